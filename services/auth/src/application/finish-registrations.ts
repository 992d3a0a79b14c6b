import { isAppError } from '@pharos/platform/errors'
import type { Registration } from '../domain/registration.ts'
import type { AuthSignals, Profiles, Registrations } from './ports.ts'

type Ports = { readonly registrations: Registrations; readonly profiles: Profiles; readonly signals: AuthSignals }

/** Finishes what a crash or a time-out has left open; gives how many it looked at. */
export const finishRegistrations = (ports: Ports) => async (): Promise<number> =>
  ports.registrations.eachOpen((registration) => finishRegistration(ports, registration))

/** Asks for the profile again, under the same id, and makes the account of it, or drops what users refuses. */
export const finishRegistration = async (ports: Ports, registration: Registration): Promise<void> => {
  const { registrations, profiles, signals } = ports
  try {
    await registrations.complete(registration.id, await profiles.create(registration))
    signals.registrationFinished(registration.id, 'completed')
  } catch (error) {
    if (!isAppError(error) || error.kind === 'unavailable') {
      signals.registrationFinished(registration.id, 'postponed', error)
      return
    }
    await registrations.drop(registration.id)
    signals.registrationFinished(registration.id, 'refused', error)
  }
}

import { backEndUrls } from '../local/extras/back-ends.ts'
import { Failure } from '../local/failure.ts'
import { runningSupervisor } from '../local/run-state.ts'
import { SERVICE_NAMES, type ServiceName } from '../local/services.ts'
import type { Settings } from '../local/settings.ts'
import type { Live } from '../proof/part.ts'

/** What is broken, as far as breaking needs to know it; what the proof looks at is one. */
export type Target = Pick<Live, 'settings' | 'api' | 'management' | 'backEnds'>

const at = (port: number): string => `http://127.0.0.1:${port}`

/** The addresses of a system with these settings, whether it runs or not. */
export const targetOf = (settings: Settings): Target => {
  const { ports, servicePorts } = settings
  const managementOf = (name: ServiceName): [ServiceName, string] => [name, at(servicePorts[name].management)]
  return {
    settings,
    api: at(servicePorts.gateway.http),
    management: Object.fromEntries(SERVICE_NAMES.map(managementOf)) as Record<ServiceName, string>,
    backEnds: { prometheus: at(ports.PROMETHEUS), ...backEndUrls(settings) },
  }
}

/** The system that runs in this checkout. @throws Failure when none does */
export const runningTarget = (settings: Settings): Target => {
  if (runningSupervisor(settings.home) === undefined) {
    throw new Failure('Pharos is not running: "FAULTS=on npm run ops" starts it, with faults of the services allowed.')
  }
  return targetOf(settings)
}

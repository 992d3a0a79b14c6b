import { Failure } from '../local/failure.ts'
import { overrideFile, writeOverrides } from '../local/overrides.ts'
import { signalProcess } from '../local/process-identity.ts'
import type { ServiceName } from '../local/services.ts'
import { processOf } from './injectors/processes.ts'
import { versionOf } from './management.ts'
import { untilWorks } from './repeat.ts'
import type { Target } from './target.ts'

/** The end of what is in hand, the pause of the supervisor and a start. */
const STARTED_MS = 60_000

const restart = ({ settings }: Target, service: ServiceName): void => {
  const running = processOf(settings.home, service)
  // As a deployment ends it; the supervisor starts whatever ends.
  if (running !== undefined) signalProcess(running, 'SIGTERM')
}

/**
 * Brings a service back as another version, with more in its environment.
 * @throws Failure when the one that comes is the old one
 */
export const bringOut = async (
  target: Target,
  service: ServiceName,
  o: { version: string; env: Readonly<Record<string, string>> },
): Promise<void> => {
  const file = overrideFile(target.settings.home, service)
  writeOverrides(file, { ...o.env, SERVICE_VERSION: o.version, SERVICE_COMMIT: 'faults' })
  restart(target, service)
  await untilWorks(STARTED_MS, async () => {
    const version = await versionOf(target, service)
    if (version !== o.version) throw new Failure(`${service} came back as ${version} and not as ${o.version}.`)
  })
}

/** Brings back what the system runs otherwise, unless it does. */
export const takeBack = async (target: Target, service: ServiceName, version: string): Promise<void> => {
  writeOverrides(overrideFile(target.settings.home, service), undefined)
  const isFaulty = await versionOf(target, service).then(
    (now) => now === version,
    () => true,
  )
  if (!isFaulty) return
  restart(target, service)
  await untilWorks(STARTED_MS, async () => {
    if ((await versionOf(target, service)) === version) throw new Failure(`${service} is still ${version}.`)
  })
}

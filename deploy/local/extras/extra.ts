import type { PartsInput } from '../parts.ts'
import { requireFree } from '../ports.ts'
import { portVariable, type PortName, type Settings } from '../settings.ts'
import type { Part } from '../supervisor.ts'

/** A part that comes when the platform is up, and what Prometheus then finds, by the label `service`. */
export type Extra = {
  part: Part
  shows: readonly string[]
  /** The extra without which this one has nothing to do: it is not started when that was left out. */
  needs?: string | undefined
}

/** The names of the extras that have come by now; it grows while they come. */
export type Running = ReadonlySet<string>

export const at = (port: number): string => `http://127.0.0.1:${port}`

export const environmentName = ({ env }: Settings): string => env['DEPLOYMENT_ENVIRONMENT'] || 'local'

/** A port of this run that is free, so that a busy one is told by its purpose instead of by the last words of a server. */
export const onPort = async (input: PartsInput, name: PortName, purpose: string): Promise<number> => {
  const port = input.settings.ports[name]
  await requireFree(port, purpose, portVariable(name))
  return port
}

import { Failure } from './failure.ts'
import { SERVICE_NAMES, SERVICES, type ServiceName } from './services.ts'
import { STORES, type StoreName } from './stores.ts'

export type Selection = { services: readonly ServiceName[]; stores: readonly StoreName[]; whole: boolean }

const isService = (name: string): name is ServiceName => SERVICE_NAMES.some((service) => service === name)
const isStore = (name: string): name is StoreName => STORES.some((store) => store === name)

/**
 * What `--only` means: the named services with the stores they need, and the named stores; `none` is every store and no
 * service. Without it, everything.
 */
export const resolveOnly = (only: string | undefined): Selection => {
  if (only === undefined) return { services: SERVICE_NAMES, stores: STORES, whole: true }
  const names = only
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (names.length === 1 && names[0] === 'none') return { services: [], stores: STORES, whole: false }
  const unknown = names.find((name) => !isService(name) && !isStore(name))
  if (unknown !== undefined || names.length === 0) {
    const known = [...SERVICE_NAMES, ...STORES, 'none'].join(', ')
    throw new Failure(`--only does not know "${unknown ?? ''}": it takes a comma list of ${known}.`)
  }
  const services = SERVICE_NAMES.filter((name) => names.includes(name))
  const needed = new Set<string>([...names, ...services.flatMap((name) => SERVICES[name].stores)])
  return { services, stores: STORES.filter((name) => needed.has(name)), whole: false }
}

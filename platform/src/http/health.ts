import { gauge } from '../telemetry/metrics.ts'

const TIMEOUT_MS = 1_000
const REMEMBER_MS = 1_000

export type DependencyState = { readonly up: boolean; readonly required: boolean }
export type Readiness = { readonly ready: boolean; readonly dependencies: Record<string, DependencyState> }

export type Health = {
  /** Asks every dependency, within a second each; an answer is remembered for a second. */
  readiness(): Promise<Readiness>
  /** From now on not ready: the process is stopping and wants no new work. */
  drain(): void
}

type Check = { readonly check: () => Promise<unknown>; readonly required: boolean }

const withTimeout = async (check: Check['check']): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), TIMEOUT_MS)
  })
  const answer = check().then(
    () => true,
    () => false,
  )
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}

/**
 * Readiness from the state of the dependencies: ready when every required one answers. Also sets `app_ready` and
 * `app_dependency_up` at each scrape.
 */
export const createHealth = (checks: Readonly<Record<string, Check>>): Health => {
  let draining = false
  let last: { readonly at: number; readonly states: Promise<Record<string, DependencyState>> } | undefined

  const states = (): Promise<Record<string, DependencyState>> => {
    if (!last || Date.now() - last.at > REMEMBER_MS) {
      const asked = Object.entries(checks).map(
        async ([name, { check, required }]): Promise<[string, DependencyState]> => [
          name,
          { up: await withTimeout(check), required },
        ],
      )
      last = { at: Date.now(), states: Promise.all(asked).then((entries) => Object.fromEntries(entries)) }
    }
    return last.states
  }

  const readiness = async (): Promise<Readiness> => {
    const dependencies = await states()
    const ready = !draining && Object.values(dependencies).every(({ up, required }) => up || !required)
    return { ready, dependencies }
  }

  gauge({
    name: 'app_ready',
    help: '1 when this process takes requests',
    collect: async (set) => set({}, (await readiness()).ready ? 1 : 0),
  })
  gauge({
    name: 'app_dependency_up',
    help: '1 when the dependency answers',
    labels: ['dependency'],
    collect: async (set) => {
      for (const [dependency, { up }] of Object.entries(await states())) set({ dependency }, up ? 1 : 0)
    },
  })

  return {
    readiness,
    drain: () => {
      draining = true
    },
  }
}

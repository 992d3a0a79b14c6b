import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Settings } from '../settings.ts'

type Judge = 'prometheus' | 'loki'
type Chosen = Pick<Settings, 'home' | 'rules'>

// Loaded when asked for: it reads the contracts of every route, which would cost each start a quarter of a second.
const fast = () => import('../../../observability/prometheus/fast.ts')

const folderOf = (home: string): string => join(home, 'run', 'rules')

/** Where the shortened rules lie; undefined while those of the repository are in force. */
export const rulesFolder = ({ home, rules }: Chosen, judge: Judge): string | undefined =>
  rules === 'fast' ? join(folderOf(home), judge) : undefined

/** Writes the shortened rules of a judge anew, or removes all that an earlier run left: `run/rules` says which are in force. */
export const layRules = async (chosen: Chosen, judge: Judge): Promise<void> => {
  const folder = rulesFolder(chosen, judge)
  await rm(folder ?? folderOf(chosen.home), { recursive: true, force: true })
  if (folder === undefined) return
  const { writeFastLokiRules, writeFastPrometheusRules } = await fast()
  await (judge === 'prometheus' ? writeFastPrometheusRules(folder) : writeFastLokiRules(folder))
}

/** Alertmanager's base file as it is in force. */
export const alertmanagerRules = async ({ rules }: Chosen, text: string): Promise<string> =>
  rules === 'fast' ? (await fast()).fastAlertmanager(text) : text

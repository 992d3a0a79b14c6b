import { join } from 'node:path'
import { format } from 'oxfmt'
import type { Dashboard } from './dashboard.ts'

/** Where a dashboard is committed: the folder of the file is its folder in Grafana. */
export const fileOf = ({ uid, folder }: Dashboard): string => join(folder, `${uid}.json`)

/** The text of its file, laid out like every JSON of the repository. */
export const textOf = async ({ uid, model }: Dashboard): Promise<string> => {
  const { code, errors } = await format(`${uid}.json`, JSON.stringify(model, null, 2), { printWidth: 120 })
  if (errors.length > 0) throw new Error(`${uid}: ${errors.map(({ message }) => message).join(', ')}`)
  return code
}

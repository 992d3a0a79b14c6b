import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts'

/** A folder for one run, removed when it is disposed of. */
export type TemporaryHome = AsyncDisposable & { path: string }

const PREFIX = 'pharos-run-'
const OWNER = 'owner.json'

// A run that was killed could not tidy up behind itself.
const removeAbandoned = async (): Promise<void> => {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue
    const folder = join(tmpdir(), name)
    try {
      const owner = JSON.parse(await readFile(join(folder, OWNER), 'utf8')) as ProcessIdentity
      if (!isAlive(owner)) await rm(folder, { recursive: true, force: true })
    } catch {
      // being made just now, or of another user
    }
  }
}

/** Makes one below the system's temporary folder, open to the user PostgreSQL runs as. */
export const temporaryHome = async (): Promise<TemporaryHome> => {
  await removeAbandoned()
  const path = await mkdtemp(join(tmpdir(), PREFIX))
  await chmod(path, 0o755)
  await writeFile(join(path, OWNER), JSON.stringify(identityOf(process.pid)))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}

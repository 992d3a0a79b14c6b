import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ROOT } from '../../local/settings.ts'
import { breaker, nothingGoesOn, type Breaker } from '../breaker.ts'
import type { Injection } from '../fault.ts'
import { bringOut, takeBack } from '../release.ts'
import { requireProcess } from './processes.ts'

const FLAGS = join(ROOT, 'platform/src/faults/flags.flagd.json')

const flagFile = z.looseObject({ flags: z.record(z.string(), z.looseObject({ defaultVariant: z.string() })) })

/** The flags of the platform, with one set from the first moment. */
const flagsWith = async (flag: string, variant: string): Promise<string> => {
  const file = flagFile.parse(JSON.parse(await readFile(FLAGS, 'utf8')))
  const found = file.flags[flag]
  if (found === undefined) throw new Error(`${FLAGS} has no flag ${flag}`)
  return JSON.stringify({ ...file, flags: { ...file.flags, [flag]: { ...found, defaultVariant: variant } } })
}

/** A version that is broken from its first moment. */
export const deploy = ({ service, version, flag, variant }: Extract<Injection, { by: 'deploy' }>): Breaker =>
  breaker(z.null(), {
    prepare: async ({ settings }) => {
      requireProcess(settings.home, service)
      return null
    },
    apply: async (target) => {
      const folder = join(target.settings.home, 'run')
      const file = join(folder, `flags-${service}.json`)
      await mkdir(folder, { recursive: true })
      await writeFile(file, await flagsWith(flag, variant))
      await bringOut(target, service, { version, env: { FAULTS: 'on', FAULTS_FILE: file } })
      return nothingGoesOn
    },
    mend: (target) => takeBack(target, service, version),
  })

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { ConfigError } from '../runtime/config.ts'
import type { AmountFlag, SwitchFlag } from './faults.ts'

const OURS = fileURLToPath(new URL('flags.flagd.json', import.meta.url))

/** A flag is changed by its default variant, which targeting could overrule: there is none. */
const flagOf = <V extends z.ZodNumber | z.ZodBoolean>(value: V) =>
  z
    .strictObject({
      state: z.literal('ENABLED'),
      variants: z.record(z.string(), value),
      defaultVariant: z.string(),
      metadata: z.object({ about: z.string() }),
    })
    .refine(({ variants, defaultVariant }) => Object.hasOwn(variants, defaultVariant), {
      path: ['defaultVariant'],
      message: 'is none of the variants',
    })

const amount = flagOf(z.number().min(0))
const onOff = flagOf(z.boolean())

const flagFile = z.looseObject({
  flags: z.strictObject({
    'http-delay': amount,
    'http-error': amount,
    'event-loop-block': amount,
    'memory-leak': amount,
    'consumer-stall': onOff,
    'consumer-error': onOff,
    'relay-stop': onOff,
  } satisfies Record<AmountFlag, typeof amount> & Record<SwitchFlag, typeof onOff>),
})

export type FlagFile = z.output<typeof flagFile>

/** All flags, as our file has them or the one that is named. @throws ConfigError that says what is wrong with it */
export const readFlagFile = async (file = OURS): Promise<FlagFile> => {
  try {
    return flagFile.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error)
    throw new ConfigError(`FAULTS_FILE: ${file} is no file of our flags:\n${reason}`)
  }
}

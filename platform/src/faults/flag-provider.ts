import { FlagdCore } from '@openfeature/flagd-core'
import { OpenFeatureEventEmitter, ProviderEvents } from '@openfeature/server-sdk'
import type { Logger, Provider } from '@openfeature/server-sdk'
import type { FlagName, FlagState } from './faults.ts'
import type { FlagFile } from './flag-file.ts'

export type FlagProvider = Provider & {
  states(): FlagState[]
  /** False when the variant was in force already. @throws Error when the flag has no such variant */
  change(flag: FlagName, variant: string): boolean
}

/**
 * Flags of a flagd file that is held in memory: a change is a new default variant, the same that editing the file would do.
 * The provider that flagd publishes asks a server or a file elsewhere; here the management port is the only one to ask.
 */
export const createFlagProvider = (file: FlagFile, logger: Logger): FlagProvider => {
  const { flags } = structuredClone(file)
  const core = new FlagdCore(undefined, logger)
  const events = new OpenFeatureEventEmitter()
  const load = (): string[] => core.setConfigurations(JSON.stringify({ flags }))
  load()
  return {
    metadata: { name: 'flags in memory' },
    runsOn: 'server',
    events,
    resolveBooleanEvaluation: async (...asked) => core.resolveBooleanEvaluation(...asked),
    resolveNumberEvaluation: async (...asked) => core.resolveNumberEvaluation(...asked),
    resolveStringEvaluation: async (...asked) => core.resolveStringEvaluation(...asked),
    resolveObjectEvaluation: async (...asked) => core.resolveObjectEvaluation(...asked),
    states: () =>
      Object.entries(flags).map(([flag, { metadata, variants, defaultVariant }]) => ({
        flag: flag as FlagName,
        about: metadata.about,
        variants,
        variant: defaultVariant,
      })),
    change: (flag, variant) => {
      if (!Object.hasOwn(flags[flag].variants, variant)) throw new Error(`${flag} has no variant ${variant}`)
      flags[flag].defaultVariant = variant
      const flagsChanged = load()
      if (flagsChanged.length > 0) events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged })
      return flagsChanged.length > 0
    },
  }
}

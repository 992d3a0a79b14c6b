import type { Faults } from './faults.ts'

type FaultSettings = { readonly FAULTS: boolean; readonly FAULTS_FILE?: string | undefined }

/**
 * Undefined unless `FAULTS=on`: then nothing of OpenFeature is even loaded, and nobody who takes faults has any.
 * @throws ConfigError when `FAULTS_FILE` is no file of our flags
 */
export const openFaults = async ({ FAULTS, FAULTS_FILE }: FaultSettings): Promise<Faults | undefined> => {
  if (!FAULTS) return undefined
  const { startFaults } = await import('./start-faults.ts')
  return startFaults(FAULTS_FILE)
}

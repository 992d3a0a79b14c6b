import { run } from '@pharos/platform/runtime/run'
import { composeRelations } from './compose.ts'
import { loadConfig } from './config.ts'

await run(async (stack) => {
  await composeRelations(loadConfig(process.env), stack)
})

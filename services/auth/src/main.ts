import { run } from '@pharos/platform/runtime/run'
import { composeAuth } from './compose.ts'
import { loadConfig } from './config.ts'

await run(async (stack) => {
  await composeAuth(loadConfig(process.env), stack)
})

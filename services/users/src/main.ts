import { run } from '@pharos/platform/runtime/run'
import { composeUsers } from './compose.ts'
import { loadConfig } from './config.ts'

await run(async (stack) => {
  await composeUsers(loadConfig(process.env), stack)
})

import { run } from '@pharos/platform/runtime/run'
import { composeNotifications } from './compose.ts'
import { loadConfig } from './config.ts'

await run(async (stack) => {
  await composeNotifications(loadConfig(process.env), stack)
})

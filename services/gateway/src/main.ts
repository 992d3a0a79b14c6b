import { run } from '@pharos/platform/runtime/run'
import { composeGateway } from './compose.ts'
import { loadConfig } from './config.ts'

await run(async (stack) => {
  await composeGateway(loadConfig(process.env), stack)
})

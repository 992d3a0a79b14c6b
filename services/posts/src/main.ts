import { run } from '@pharos/platform/runtime/run'
import { composePosts } from './compose.ts'
import { loadConfig } from './config.ts'

await run(async (stack) => {
  await composePosts(loadConfig(process.env), stack)
})

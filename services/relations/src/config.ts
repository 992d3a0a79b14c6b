import { z } from 'zod'
import {
  jwksSettings,
  kafkaSettings,
  listenSettings,
  parseConfig,
  postgresSettings,
  redisSettings,
  serviceTokenSettings,
  tokenSettings,
} from '@pharos/platform/runtime/config'

const settings = z.object({
  ...listenSettings(8085),
  ...postgresSettings,
  ...redisSettings,
  ...kafkaSettings,
  ...jwksSettings,
  ...tokenSettings,
  ...serviceTokenSettings,
  USERS_URL: z.url().default('http://127.0.0.1:8081'),
})

export type RelationsConfig = Readonly<z.output<typeof settings>>

/** @throws ConfigError naming every variable that is missing or wrong */
export const loadConfig = (env: NodeJS.ProcessEnv): RelationsConfig => parseConfig(settings, env)

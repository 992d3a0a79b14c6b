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
  ...listenSettings(8081),
  ...postgresSettings,
  ...redisSettings,
  ...kafkaSettings,
  ...jwksSettings,
  ...tokenSettings,
  ...serviceTokenSettings,
})

export type UsersConfig = Readonly<z.output<typeof settings>>

/** @throws ConfigError naming every variable that is missing or wrong */
export const loadConfig = (env: NodeJS.ProcessEnv): UsersConfig => parseConfig(settings, env)

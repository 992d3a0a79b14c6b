import {
  jwksSettings,
  listenSettings,
  onOff,
  originList,
  parseConfig,
  redisSettings,
  tokenSettings,
} from '@pharos/platform/runtime/config'
import { z } from 'zod'

const schema = z.object({
  ...listenSettings(8080),
  ...redisSettings,
  ...tokenSettings,
  ...jwksSettings,
  USERS_URL: z.url().default('http://127.0.0.1:8081'),
  AUTH_URL: z.url().default('http://127.0.0.1:8082'),
  POSTS_URL: z.url().default('http://127.0.0.1:8083'),
  NOTIFICATIONS_URL: z.url().default('http://127.0.0.1:8084'),
  RELATIONS_URL: z.url().default('http://127.0.0.1:8085'),
  /** How long a service may take to begin an answer, and between two parts of it. */
  UPSTREAM_TIMEOUT_MS: z.coerce.number().int().min(1).default(10_000),
  /** Streams and WebSockets that this process holds at once; each needs a file descriptor. */
  MAX_LIVE_CONNECTIONS: z.coerce.number().int().min(1).default(10_000),
  RATE_LIMIT: onOff('on'),
  /** Origins that browsers may call from, comma-separated; `*` for any. */
  CORS_ORIGINS: originList.default([]),
  /** Proxies in front of the gateway whose X-Forwarded-For is believed: addresses, subnets, or `loopback`. */
  TRUST_PROXY: originList.default([]),
})

export type GatewayConfig = Readonly<z.output<typeof schema>>

export const loadConfig = (env: NodeJS.ProcessEnv): GatewayConfig => parseConfig(schema, env)

import type { Dashboard } from '../dashboard.ts'
import { pharosBusiness } from './pharos-business.ts'
import { pharosErrors } from './pharos-errors.ts'
import { pharosHosts } from './pharos-hosts.ts'
import { pharosKafka } from './pharos-kafka.ts'
import { pharosLogsElastic } from './pharos-logs-elastic.ts'
import { pharosLogsLoki } from './pharos-logs-loki.ts'
import { pharosNodejs } from './pharos-nodejs.ts'
import { pharosOverview } from './pharos-overview.ts'
import { pharosPostgres } from './pharos-postgres.ts'
import { pharosRedis } from './pharos-redis.ts'
import { pharosRequest } from './pharos-request.ts'
import { pharosService } from './pharos-service.ts'
import { pharosSlo } from './pharos-slo.ts'
import { pharosTelemetry } from './pharos-telemetry.ts'
import { pharosTraces } from './pharos-traces.ts'

/** Every dashboard there is; a new one is added here. */
export const all: readonly Dashboard[] = [
  pharosOverview,
  pharosSlo,
  pharosRequest,
  pharosService,
  pharosNodejs,
  pharosLogsElastic,
  pharosLogsLoki,
  pharosTraces,
  pharosErrors,
  pharosPostgres,
  pharosRedis,
  pharosKafka,
  pharosBusiness,
  pharosTelemetry,
  pharosHosts,
]

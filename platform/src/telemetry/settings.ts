import { resourceFromAttributes } from '@opentelemetry/resources'
import type { Resource } from '@opentelemetry/resources'
import type { InstrumentationScope } from '@opentelemetry/core'

/** Which signals this process emits and under which name. Set once by the bootstrap; without it nothing is emitted. */
export type TelemetrySettings = {
  serviceName: string
  serviceVersion: string
  serviceCommit: string
  environment: string
  resource: Resource
  traces: boolean
  metrics: boolean
  logs: boolean
  errors: boolean
}

export const SCOPE: InstrumentationScope = { name: '@pharos/platform', version: '0.1.0' }

export const telemetry: TelemetrySettings = {
  serviceName: 'unknown',
  serviceVersion: '0.0.0',
  serviceCommit: 'unknown',
  environment: 'local',
  resource: resourceFromAttributes({ 'service.name': 'unknown' }),
  traces: false,
  metrics: true,
  logs: false,
  errors: false,
}

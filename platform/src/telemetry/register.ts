import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace'
import { hostname } from 'node:os'
import { startErrorCapture } from './capture.ts'
import { setLogLevel } from './log.ts'
import type { LogLevel } from './log.ts'
import { frameContextManager } from './otel-context.ts'
import { collectProcessMetrics } from './process-metrics.ts'
import { telemetry } from './settings.ts'
import { createSpanWriter } from './span-writer.ts'
import { countingExporter, tracing, useSpanSink } from './trace-pipeline.ts'
import { newUuid } from './ids.ts'

/*
 * The telemetry bootstrap, given to `node --import` so that it is complete before the first line of the application.
 * It is the only reader of the OTEL_*, TELEMETRY* and SENTRY_* environment.
 */

const env = process.env
const isOn = (name: string): boolean => env['TELEMETRY'] !== 'off' && env[name] !== 'off'

const MAX_BATCH = 1_024
const EXPORT_EVERY_MS = 1_000

telemetry.serviceName = env['OTEL_SERVICE_NAME'] ?? 'unknown'
telemetry.serviceVersion = env['SERVICE_VERSION'] ?? '0.1.0'
telemetry.serviceCommit = env['SERVICE_COMMIT'] ?? 'unknown'
telemetry.environment = env['DEPLOYMENT_ENVIRONMENT'] ?? 'local'
telemetry.traces = isOn('TELEMETRY_TRACES')
telemetry.metrics = isOn('TELEMETRY_METRICS')
telemetry.logs = isOn('TELEMETRY_LOGS')
telemetry.errors = isOn('TELEMETRY_ERRORS') && Boolean(env['SENTRY_DSN'])
telemetry.resource = resourceFromAttributes({
  'service.name': telemetry.serviceName,
  'service.version': telemetry.serviceVersion,
  'service.instance.id': newUuid(),
  'deployment.environment.name': telemetry.environment,
  'host.name': hostname(),
  'process.pid': process.pid,
})
if (env['LOG_LEVEL']) setLogLevel(env['LOG_LEVEL'] as LogLevel)
if (telemetry.metrics) collectProcessMetrics()

/** As the SDK's own exporters read them: the signal's variable wins, the general one gets the path of the signal. */
const tracesUrl = ({
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own,
  OTEL_EXPORTER_OTLP_ENDPOINT: general,
}: NodeJS.ProcessEnv): string => own ?? `${(general as string).replace(/\/$/, '')}/v1/traces`

const otlpHeaders = ({ OTEL_EXPORTER_OTLP_HEADERS: list = '' }: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    list
      .split(',')
      .map((pair) => pair.split('=') as [string, string?])
      .filter((pair): pair is [string, string] => pair[1] !== undefined)
      .map(([name, value]) => [name.trim(), decodeURIComponent(value.trim())]),
  )

/** @throws Error for anything but a share: a typing error must not silence traces */
const samplingRatio = ({ OTEL_TRACES_SAMPLER_ARG: given = '1' }: NodeJS.ProcessEnv): number => {
  const ratio = given.trim() === '' ? Number.NaN : Number(given)
  if (ratio >= 0 && ratio <= 1) return ratio
  throw new Error(`OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, not "${given}"`)
}

const startTraces = async (): Promise<void> => {
  const automatic = env['TELEMETRY_INSTRUMENTATION'] === 'auto'
  const processor = new BatchSpanProcessor({
    exporter: countingExporter(new OTLPTraceExporter()),
    maxQueueSize: tracing.maxPending,
    maxExportBatchSize: MAX_BATCH,
    scheduledDelayMillis: EXPORT_EVERY_MS,
  })
  const common = {
    resource: telemetry.resource,
    autoDetectResources: false,
    spanProcessors: [processor],
    metricReaders: [],
    logRecordProcessors: [],
  }
  tracing.ratio = samplingRatio(env)
  if (automatic) {
    useSpanSink({ take: () => {}, flush: () => processor.forceFlush() })
    tracing.automatic = true
    const { startAutomaticInstrumentation } = await import('./automatic.ts')
    startAutomaticInstrumentation(common)
  } else {
    useSpanSink(createSpanWriter({ url: tracesUrl(env), headers: otlpHeaders(env) }))
    tracing.notes = true
    tracing.enabled = true
    new NodeSDK({ ...common, contextManager: frameContextManager, instrumentations: [] }).start()
  }
}

if (telemetry.traces && env['OTEL_EXPORTER_OTLP_ENDPOINT']) await startTraces()
if (telemetry.errors) await startErrorCapture(env['SENTRY_DSN'] as string)

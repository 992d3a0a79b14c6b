import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node'
import { NodeSDK } from '@opentelemetry/sdk-node'
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node'
import { ParentBasedSampler, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace'
import { register } from 'import-in-the-middle/register-hooks.mjs'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { tracing } from './trace-pipeline.ts'

const INSTRUMENTED = ['express', 'pg', 'pg-pool', 'ioredis', 'kafkajs', 'undici']

/**
 * Leaves the making of spans to OpenTelemetry's own bundle: the yardstick that the kit's spans are measured against.
 *
 * ES modules are only patched through a loader hook, registered synchronously and from the same copy of
 * import-in-the-middle that the instrumentations use; built-in modules need their exports synchronised afterwards.
 * Without either, most spans are silently missing.
 */
export const startAutomaticInstrumentation = (options: Partial<NodeSDKConfiguration>): void => {
  register({ include: INSTRUMENTED })
  const off = { enabled: false }
  new NodeSDK({
    ...options,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(tracing.ratio) }),
    instrumentations: getNodeAutoInstrumentations({
      '@opentelemetry/instrumentation-dns': off,
      '@opentelemetry/instrumentation-net': off,
      '@opentelemetry/instrumentation-fs': off,
      '@opentelemetry/instrumentation-router': off,
      '@opentelemetry/instrumentation-winston': off,
      '@opentelemetry/instrumentation-runtime-node': off,
    }),
  }).start()
  const require = createRequire(import.meta.url)
  require('node:http')
  require('node:https')
  syncBuiltinESMExports()
}

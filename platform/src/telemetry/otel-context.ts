import { ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api'
import type { Context, ContextManager } from '@opentelemetry/api'
import { AsyncResource } from 'node:async_hooks'
import { activeFrame, runInFrame } from './context.ts'

/**
 * Shows the kit's async context to the OpenTelemetry API, so that `trace.getActiveSpan()` and spans made by libraries
 * belong to the request that is running. The OpenTelemetry context is only built when somebody asks for it.
 */
export const frameContextManager: ContextManager = {
  active(): Context {
    const frame = activeFrame()
    if (!frame) return ROOT_CONTEXT
    return trace.setSpanContext(ROOT_CONTEXT, {
      traceId: frame.record.traceId,
      spanId: frame.spanId,
      traceFlags: frame.record.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    })
  },
  with(context, fn, thisArg, ...args) {
    const frame = activeFrame()
    const span = trace.getSpanContext(context)
    const call = () => fn.call(thisArg as ThisParameterType<typeof fn>, ...args)
    if (!frame || !span || span.traceId !== frame.record.traceId) return call()
    return runInFrame({ record: frame.record, spanId: span.spanId }, call)
  },
  bind(_context, target) {
    return typeof target === 'function' ? AsyncResource.bind(target as never) : target
  },
  enable() {
    return this
  },
  disable() {
    return this
  },
}

import type * as Sentry from '@sentry/node'
import { activeFrame } from './context.ts'
import type { Frame } from './context.ts'
import { counter } from './metrics.ts'
import { scrub } from './scrub.ts'
import { telemetry } from './settings.ts'

const events = counter({
  name: 'error_events_total',
  help: 'Error events: captured, and then sent or failed',
  labels: ['outcome'],
})

let sentry: typeof Sentry | undefined

const withoutPersonalData = (event: Sentry.ErrorEvent): Sentry.ErrorEvent => {
  delete event.request
  delete event.user
  delete event.server_name
  // Where the client puts the fields of a thing that was thrown and is no error.
  delete event.extra
  if (event.message !== undefined) event.message = scrub(event.message)
  // What an error tracker puts beside the title of an issue.
  if (typeof event.tags?.['route'] === 'string') event.transaction = event.tags['route']
  for (const exception of event.exception?.values ?? []) {
    if (exception.value !== undefined) exception.value = scrub(exception.value)
    for (const stackFrame of exception.stacktrace?.frames ?? []) delete stackFrame.vars
  }
  return event
}

/**
 * Starts the client of the Sentry protocol. Imported only when there is a DSN: the import alone takes 0.3 s.
 * No tracing, no sessions, no patched modules: error events are all it is for. Equal ones are not merged: each can be
 * found by the ids of its own request.
 */
export const startErrorCapture = async (dsn: string): Promise<void> => {
  sentry = await import('@sentry/node')
  // There from the start: what a counter is born with, no increase shows.
  for (const outcome of ['captured', 'sent', 'failed']) events.inc({ outcome }, 0)
  const client = sentry.initWithoutDefaultIntegrations({
    dsn,
    release: `pharos@${telemetry.serviceVersion}`,
    environment: telemetry.environment,
    integrations: [
      sentry.eventFiltersIntegration(),
      sentry.linkedErrorsIntegration(),
      sentry.contextLinesIntegration(),
      sentry.nodeContextIntegration(),
    ],
    enableRuntimeChannelInjection: false,
    sendClientReports: false,
    dataCollection: { userInfo: false, cookies: false, httpHeaders: false, httpBodies: [], urlQueryParams: false },
    maxBreadcrumbs: 0,
    beforeSend: withoutPersonalData,
  })
  // No answer, or an answer that refuses, ends here alike.
  client?.on('afterSendEvent', (_event, { statusCode = 0 }) => {
    events.inc({ outcome: statusCode >= 200 && statusCode < 300 ? 'sent' : 'failed' })
  })
}

/**
 * Reports a fault that somebody must mend: a 5xx, a rejected promise, a dead letter. The event carries the ids of
 * the request; it never throws and never waits.
 */
export const captureError = (
  error: unknown,
  tags: Record<string, string> = {},
  frame: Frame | undefined = activeFrame(),
): void => {
  if (!sentry || !telemetry.errors) return
  const ids = frame && { trace_id: frame.record.traceId, span_id: frame.spanId }
  try {
    sentry.captureException(error, {
      tags: {
        service: telemetry.serviceName,
        ...(frame && { correlation_id: frame.record.correlationId }),
        ...tags,
      },
      ...(ids && { contexts: { trace: ids } }),
    })
    events.inc({ outcome: 'captured' })
  } catch {
    events.inc({ outcome: 'failed' })
  }
}

/** Waits until queued events were sent, at most `timeoutMs`. */
export const flushErrors = async (timeoutMs: number): Promise<void> => {
  await sentry?.flush(timeoutMs)
}

import { SpanShape } from '../telemetry/span-shape.ts'
import type { SpanAttributes } from '../telemetry/span-shape.ts'

/** What spans of sending to a topic, or of processing what is in it, share (semantic conventions of messaging). */
export const messagingShape = (operation: 'send' | 'process', topic: string, more: SpanAttributes = {}): SpanShape =>
  new SpanShape(`${operation} ${topic}`, operation === 'send' ? 'producer' : 'consumer', {
    'messaging.system': 'kafka',
    'messaging.operation.type': operation,
    'messaging.operation.name': operation,
    'messaging.destination.name': topic,
    ...more,
  })

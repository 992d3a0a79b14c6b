import { dashboard, row } from '../dashboard.ts'
import { increase, quantile, rate, share } from '../expressions.ts'
import { timeseries } from '../graphs.ts'
import { toDashboard, toService, toTraces } from '../links.ts'
import { prom, promNow } from '../queries.ts'
import { stat } from '../tiles.ts'

const EVENTS = 'app_domain_events_total'
const eventOf = (type: string) => ({ where: `type="${type}"` })
/** A counter begins with the first event of its kind, what it counts does not. */
const orNone = (expr: string): string => `${expr} or vector(0)`

type Event = { readonly title: string; readonly type: string; readonly description: string }

/** Today's course of an event against the same time a week before. */
const course = ({ service, title, type, description }: Event & { service: string }) =>
  timeseries({
    title,
    description: `${description} Against the same time a week before, once there is one.`,
    unit: 'cps',
    links: [toService(service)],
    queries: [
      prom(orNone(rate(EVENTS, eventOf(type))), 'now'),
      prom(rate(EVENTS, { ...eventOf(type), ago: '1w' }), 'a week before'),
    ],
  })

const total = ({ title, type, description }: Event) =>
  stat({ title, description, unit: 'short', decimals: 0, queries: [promNow(orNone(increase(EVENTS, eventOf(type))))] })

const totals = row('In this time range', [
  total({ title: 'New accounts', type: 'user.created', description: 'Profiles that were created in the time range.' }),
  total({ title: 'Posts', type: 'post.created', description: 'Posts that were written in the time range.' }),
  total({
    title: 'Follows',
    type: 'follow.created',
    description: 'Follows that were made in the time range, also those taken back since.',
  }),
  total({
    title: 'Notifications',
    type: 'notification.created',
    description: 'Notifications to one person in the time range. Followers of an author are reached by fan-out.',
  }),
  stat({
    title: 'Reached by fan-out',
    description: 'Followers that were told of a new post in the time range.',
    unit: 'short',
    decimals: 0,
    queries: [promNow(orNone(increase('notifications_fanned_out_total')))],
  }),
  stat({
    title: 'Live now',
    description: 'Open event streams and WebSockets.',
    unit: 'short',
    queries: [prom('sum(realtime_connections)')],
  }),
])

const people = row('People come', [
  course({ service: 'users', title: 'Registrations', type: 'user.created', description: 'New accounts per second.' }),
  timeseries({
    title: 'Credentials',
    description:
      'Logins, registrations, refreshes per second, by what became of them. Many refused logins are somebody who guesses passwords.',
    unit: 'cps',
    queries: [prom(rate('auth_attempts_total', { by: 'operation, outcome' }), '{{operation}}: {{outcome}}')],
    links: [toTraces('auth')],
  }),
  timeseries({
    title: 'Refused logins',
    description: 'Share of logins that were not ok.',
    unit: 'percentunit',
    limits: { warning: 0.2, critical: 0.5 },
    queries: [
      prom(
        share(
          rate('auth_attempts_total', { where: 'operation="login", outcome!="ok"' }),
          rate('auth_attempts_total', { where: 'operation="login"' }),
        ),
        'refused',
      ),
    ],
    links: [toTraces('auth')],
  }),
])

const doings = row('People do', [
  course({ service: 'posts', title: 'New posts', type: 'post.created', description: 'New posts per second.' }),
  course({
    service: 'relations',
    title: 'New follows',
    type: 'follow.created',
    description: 'New follows per second.',
  }),
  timeseries({
    title: 'All events',
    description: 'What was written, by the name of its event, counted once its transaction has committed.',
    unit: 'cps',
    stacked: true,
    queries: [prom(rate(EVENTS, { by: 'type' }), '{{type}}')],
    links: [toDashboard('Kafka, outbox, consumers', 'pharos-kafka')],
  }),
])

const hearing = row('People hear of it', [
  timeseries({
    title: 'Notifications',
    description: 'Written for one person, and to followers by fan-out, per second.',
    unit: 'cps',
    queries: [
      prom(rate(EVENTS, eventOf('notification.created')), 'to one person'),
      prom(rate('notifications_fanned_out_total'), 'to followers'),
    ],
  }),
  timeseries({
    title: 'From deed to notification',
    description: 'Age of the event when its notification is written. Half a second is what feels immediate.',
    unit: 's',
    limits: { critical: 1 },
    queries: [
      prom(quantile(0.5, 'messaging_event_age_seconds', { where: 'service="notifications"' }), 'p50'),
      prom(quantile(0.99, 'messaging_event_age_seconds', { where: 'service="notifications"' }), 'p99'),
    ],
    links: [toTraces('notifications')],
  }),
  timeseries({
    title: 'Live connections',
    description: 'People with an open event stream or WebSocket, by transport.',
    unit: 'short',
    queries: [prom('sum by (transport) (realtime_connections)', '{{transport}}')],
  }),
  timeseries({
    title: 'Announced',
    description:
      'Notifications announced to gateways by what became of it. What failed or was skipped is read later by the gateway.',
    unit: 'cps',
    queries: [prom(rate('realtime_pushes_total', { by: 'outcome' }), '{{outcome}}')],
  }),
  timeseries({
    title: 'Delivered live',
    description: 'Messages sent over open connections per second, by transport.',
    unit: 'cps',
    queries: [prom(rate('realtime_messages_total', { by: 'transport' }), '{{transport}}')],
    empty: 'Nobody was live',
  }),
  timeseries({
    title: 'Connections that ended',
    description: 'By reason. Slow and silent are clients that were cut off; shutdown is a deploy.',
    unit: 'cps',
    queries: [prom(rate('realtime_closed_total', { by: 'reason' }), '{{reason}}')],
    empty: 'No connection ended',
  }),
])

export const pharosBusiness = dashboard({
  uid: 'pharos-business',
  title: 'Business activity',
  folder: 'Business',
  question:
    '**Do people do on Pharos what they usually do?** They come, they do something, others hear of it. A dip here without errors elsewhere is a fault that nobody has found yet.',
  links: [toDashboard('Overview', 'pharos-overview')],
  rows: [totals, people, doings, hearing],
})

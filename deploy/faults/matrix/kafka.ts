import type { Fault } from '../fault.ts'
import { eventsLate, freshnessBurns } from './following.ts'

const CONSUMERS = ['notifications', 'relations', 'posts', 'auth'] as const

/** Kafka, and what lies before and behind it. */
export const kafka: readonly Fault[] = [
  {
    name: 'kafka-stopped',
    breaks: 'Kafka takes connections and answers nothing: events wait in the outboxes, nobody is notified of anything.',
    see: { dashboard: 'pharos-kafka', panel: 'Kafka reachable from' },
    injection: { by: 'stop', part: 'kafka' },
    sli: { query: 'max(app_dependency_up{dependency="kafka"})', is: 'below', bound: 1 },
    alerts: [{ alert: 'KafkaBrokerDown', service: 'kafka', withinSeconds: 150 }],
    // That a broker hangs is known when requests have run out, and by then the first outboxes are stale.
    mayFire: [{ alert: 'OutboxStale' }, { alert: 'OutboxPublishFailing' }, freshnessBurns],
    hard: true,
  },
  {
    name: 'kafka-slow',
    breaks: 'Kafka stands still for four seconds out of six: whatever is told from service to service comes late.',
    see: { dashboard: 'pharos-kafka', panel: 'Event age' },
    injection: { by: 'stutter', part: 'kafka', forMs: 4000, thenMs: 2000 },
    sli: {
      query: 'max(service_topic:event_age_seconds:p95_2m{service="notifications",topic="pharos.relations.v1"})',
      is: 'above',
      bound: 2,
    },
    alerts: [{ alert: 'NotificationDelay', service: 'notifications', withinSeconds: 170 }],
    mayFire: [{ alert: 'EventAgeHigh' }, { alert: 'DuplicatesHigh' }, freshnessBurns],
    hard: false,
  },
  {
    name: 'kafka-poison-message',
    breaks: 'An event that breaks its contract comes to the topic of users: everybody who reads it puts it aside.',
    see: { dashboard: 'pharos-kafka', panel: 'Dead letters' },
    injection: { by: 'attack', name: 'poison-message' },
    sli: {
      query: 'sum(messaging_dead_letters_total) - (sum(messaging_dead_letters_total offset 1m) or vector(0))',
      is: 'above',
      bound: 0,
    },
    alerts: CONSUMERS.map((service) => ({ alert: 'DeadLetters', service, withinSeconds: 75 })),
    mayFire: [{ alert: 'DeliveryBudgetBurn' }],
    hard: false,
  },
  {
    name: 'notifications-consumer-stalled',
    breaks: 'Notifications is a member of its group and handles nothing: nobody hears of follows and posts.',
    see: { dashboard: 'pharos-kafka', panel: 'Lag in events' },
    injection: { by: 'flag', services: ['notifications'], flag: 'consumer-stall', variant: 'on' },
    sli: {
      query: 'sum(messaging_consumer_lag{service="notifications",topic="pharos.relations.v1"})',
      is: 'above',
      bound: 20,
    },
    alerts: [{ alert: 'ConsumerStalled', service: 'notifications', withinSeconds: 200 }],
    mayFire: [
      { alert: 'ConsumerLagGrowing', service: 'notifications' },
      { alert: 'ConsumerLagHigh', service: 'notifications' },
      ...eventsLate('notifications'),
    ],
    hard: true,
  },
  {
    name: 'notifications-consumer-failing',
    breaks: 'Notifications fails at every event: follows and posts end among the dead letters until they are replayed.',
    see: { dashboard: 'pharos-kafka', panel: 'Dead letters' },
    injection: { by: 'flag', services: ['notifications'], flag: 'consumer-error', variant: 'on' },
    sli: {
      query: 'sum(rate(messaging_process_duration_seconds_count{service="notifications",outcome="dead"}[1m]))',
      is: 'above',
      bound: 0.05,
    },
    alerts: [
      { alert: 'DeadLetters', service: 'notifications', withinSeconds: 120 },
      { alert: 'DeliveryBudgetBurn', service: 'notifications', withinSeconds: 180 },
    ],
    hard: true,
  },
  {
    name: 'posts-relay-stopped',
    breaks: 'Posts publishes no events: posts are written and read, and no follower hears of them.',
    see: { dashboard: 'pharos-kafka', panel: 'Age of the oldest' },
    injection: { by: 'flag', services: ['posts'], flag: 'relay-stop', variant: 'on' },
    sli: { query: 'max(outbox_oldest_age_seconds{service="posts"})', is: 'above', bound: 20 },
    alerts: [{ alert: 'OutboxStale', service: 'posts', withinSeconds: 110 }],
    mayFire: [
      { alert: 'OutboxPublishFailing', service: 'posts' },
      ...eventsLate('relations'),
      ...eventsLate('notifications'),
    ],
    hard: true,
  },
]

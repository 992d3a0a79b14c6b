import { dashboard, row } from '../dashboard.ts'
import { quantile, rate } from '../expressions.ts'
import { heatmap, stateTimeline, timeseries } from '../graphs.ts'
import { columnOf, labelOf, toDashboard, toLogs, toRunbook, toService, toTraces } from '../links.ts'
import { prom, promBuckets, promNow } from '../queries.ts'
import { happened } from '../rare.ts'
import { table } from '../tables.ts'
import { stat } from '../tiles.ts'
import { labelVariable, runbooksVariable, serviceVariable, windowVariable } from '../variables.ts'

const SERVICE = 'service=~"$service"'
const TOPIC = 'topic=~"$topic"'
/** Groups are named as the services that they are of. */
const GROUP = 'group=~"$service", topic=~"$topic"'

const topicVariable = () =>
  labelVariable({
    name: 'topic',
    label: 'Topic',
    description: 'Topics of events, without those of dead letters.',
    of: 'label_values(messaging_publish_duration_seconds_count, topic)',
    all: 'pharos[.][a-z]+[.]v1',
  })

const wellbeing = row('Does everything arrive', [
  stat({
    title: 'Brokers',
    description: 'Brokers that the collector reaches. With none, writes go on and events wait in the outbox.',
    links: [toRunbook('KafkaBrokerDown')],
    unit: 'short',
    limits: { critical: 1, below: true },
    queries: [promNow('max(kafka_brokers) or vector(0)', 'brokers')],
  }),
  stat({
    title: 'Partitions offline',
    description: 'Partitions without a complete copy: nobody can write to them.',
    links: [toRunbook('KafkaOfflinePartitions')],
    unit: 'short',
    limits: { critical: 1 },
    queries: [promNow('count(kafka_partition_replicas_in_sync == 0) or vector(0)', 'offline')],
  }),
  stat({
    title: 'Events waiting for consumers',
    description: 'Events that groups have not committed, of all topics.',
    links: [toRunbook('ConsumerLagHigh')],
    unit: 'short',
    limits: { warning: 500, critical: 5_000 },
    queries: [promNow(`sum(kafka_consumer_group_lag_sum{${GROUP}})`, 'lag')],
  }),
  stat({
    title: 'Oldest in an outbox',
    description: 'How long the oldest event has waited to be published. Beyond seconds Kafka or a relay is away.',
    links: [toRunbook('OutboxStale')],
    unit: 's',
    limits: { warning: 30, critical: 120 },
    queries: [promNow(`max(outbox_oldest_age_seconds{${SERVICE}})`, 'age')],
  }),
  stat({
    title: 'Event age, p99',
    description: 'From an event happening to its being handled: how late users see it.',
    links: [toRunbook('EventAgeHigh'), toTraces()],
    unit: 's',
    limits: { warning: 1, critical: 5 },
    queries: [
      promNow(quantile(0.99, 'messaging_event_age_seconds', { where: `${SERVICE}, ${TOPIC}`, over: '$window' }), 'p99'),
    ],
  }),
  stat({
    title: 'Dead letters',
    description: 'Events put aside within the window. Each is an effect that a user misses: `npm run dlq:list`.',
    unit: 'short',
    decimals: 0,
    limits: { critical: 1 },
    links: toLogs(),
    queries: [
      promNow(
        `${happened('messaging_dead_letters_total', { where: GROUP, over: '$window' })} or vector(0)`,
        'dead letters',
      ),
    ],
  }),
  stat({
    title: 'Groups without members',
    description: 'Consumer groups in which nobody is: their events pile up.',
    links: [toRunbook('ConsumerGroupEmpty')],
    unit: 'short',
    limits: { critical: 1 },
    queries: [promNow('count(kafka_consumer_group_members{group=~"$service"} == 0) or vector(0)', 'empty groups')],
  }),
])

const way = row(
  'How late events are',
  [
    timeseries({
      title: 'Event age',
      description:
        'From happening to handled, by topic. It holds the wait in the outbox, in Kafka and for the consumer.',
      unit: 's',
      limits: { warning: 1, critical: 5 },
      links: [toTraces()],
      queries: [
        prom(
          quantile(0.5, 'messaging_event_age_seconds', { by: 'topic', where: `${SERVICE}, ${TOPIC}` }),
          '{{topic}} p50',
        ),
        prom(
          quantile(0.99, 'messaging_event_age_seconds', { by: 'topic', where: `${SERVICE}, ${TOPIC}` }),
          '{{topic}} p99',
        ),
      ],
    }),
    heatmap({
      title: 'Event age, all of it',
      description: 'Where most events are, and a second crowd that a quantile hides: retries look like that.',
      unit: 's',
      links: [toTraces()],
      queries: [promBuckets(rate('messaging_event_age_seconds_bucket', { by: 'le', where: `${SERVICE}, ${TOPIC}` }))],
    }),
    timeseries({
      title: 'Where the time goes',
      description:
        'p99 of publishing a batch and of handling an event. If both are small and events are old, they wait: see lag.',
      unit: 's',
      links: [toTraces()],
      queries: [
        prom(
          quantile(0.99, 'messaging_publish_duration_seconds', { by: 'topic', where: `${SERVICE}, ${TOPIC}` }),
          'publish {{topic}}',
        ),
        prom(
          quantile(0.99, 'messaging_process_duration_seconds', { by: 'topic', where: `${SERVICE}, ${TOPIC}` }),
          'handle {{topic}}',
        ),
      ],
    }),
  ],
  [
    timeseries({
      title: 'Lag in events',
      description: 'Events that a group has not committed, as the brokers tell; it grows also while no consumer lives.',
      unit: 'short',
      links: [toService(labelOf('group'))],
      queries: [prom(`sum by (group, topic) (kafka_consumer_group_lag_sum{${GROUP}})`, '{{group}} {{topic}}')],
    }),
    timeseries({
      title: 'Lag in time',
      description:
        'How long the group needs for what waits, at the pace at which it handles now. Empty when nothing waits.',
      unit: 's',
      limits: { warning: 10, critical: 60 },
      links: [toService(labelOf('group'))],
      queries: [
        prom(
          `(sum by (group, topic) (kafka_consumer_group_lag_sum{${GROUP}}) > 0) / (${rate('kafka_consumer_group_offset', { by: 'group, topic', where: GROUP })} > 0)`,
          '{{group}} {{topic}}',
        ),
      ],
    }),
    timeseries({
      title: 'Lag as the consumers see it',
      description: 'The same from the members, by partition: one that stands out has a stuck event or a hot key.',
      unit: 'short',
      links: [toService(labelOf('group'))],
      queries: [
        prom(
          `max by (group, topic, partition) (messaging_consumer_lag{${GROUP}}) > 0`,
          '{{group}} {{topic}} {{partition}}',
        ),
      ],
    }),
  ],
)

const outbox = row('Outbox: on the way to Kafka', [
  timeseries({
    title: 'Waiting in the outbox',
    description: 'Events stored with their transaction and not published yet.',
    unit: 'short',
    links: [toService(labelOf('service'))],
    queries: [prom(`sum by (service) (outbox_pending{${SERVICE}})`, '{{service}}')],
  }),
  timeseries({
    title: 'Age of the oldest',
    description: 'A line that climbs steadily is Kafka or the relay being away; nothing is lost, everything is late.',
    unit: 's',
    limits: { warning: 30, critical: 120 },
    links: [toService(labelOf('service'))],
    queries: [prom(`max by (service) (outbox_oldest_age_seconds{${SERVICE}})`, '{{service}}')],
  }),
  timeseries({
    title: 'Published',
    description: 'Events published per second, and batches that could not be.',
    unit: 'ops',
    links: toLogs(labelOf('service')),
    queries: [
      prom(rate('outbox_published_total', { by: 'service', where: SERVICE }), '{{service}}'),
      prom(`${rate('outbox_publish_errors_total', { by: 'service', where: SERVICE })} > 0`, '{{service}} failed'),
    ],
  }),
  stateTimeline({
    title: 'Kafka reachable from',
    description: 'Whether each service reaches the brokers.',
    states: { 0: ['away', 'red'], 1: ['up', 'green'] },
    links: [toService(labelOf('service'))],
    queries: [prom(`min by (service) (app_dependency_up{dependency="kafka", ${SERVICE}})`, '{{service}}')],
  }),
])

const consumers = row(
  'Consumers',
  [
    timeseries({
      title: 'Handled',
      description: 'Events per second by how they ended. Ignored ones are of a type that the service does not need.',
      unit: 'ops',
      links: [toService(labelOf('service'))],
      queries: [
        prom(
          rate('messaging_process_duration_seconds_count', {
            by: 'service, topic, outcome',
            where: `${SERVICE}, ${TOPIC}`,
          }),
          '{{service}} {{topic}} {{outcome}}',
        ),
      ],
    }),
    timeseries({
      title: 'Retries and duplicates',
      description:
        'Retries mean that a store is away and the partition waits. Duplicates have no effect, but many cost time.',
      unit: 'ops',
      empty: 'Neither since the start',
      links: toLogs(labelOf('group'), 'warn'),
      queries: [
        prom(rate('messaging_retries_total', { by: 'group, topic', where: GROUP }), '{{group}} {{topic}} retries'),
        prom(
          rate('messaging_duplicates_total', { by: 'group, topic', where: GROUP }),
          '{{group}} {{topic}} duplicates',
        ),
      ],
    }),
    timeseries({
      title: 'Dead letters',
      description: 'Events put aside. `npm run dlq:show` tells why, `npm run dlq:replay` brings them back.',
      unit: 'short',
      limits: { critical: 1 },
      empty: 'No dead letter since the start',
      links: toLogs(labelOf('group')),
      queries: [
        prom(
          happened('messaging_dead_letters_total', { by: 'group, topic', where: GROUP, over: '$__rate_interval' }),
          '{{group}} {{topic}}',
        ),
      ],
    }),
  ],
  [
    timeseries({
      title: 'Members',
      description:
        'Consumers in each group. A drop is a crash or a deploy; then partitions move and events come again.',
      unit: 'short',
      links: [toService(labelOf('group'))],
      queries: [prom('max by (group) (kafka_consumer_group_members{group=~"$service"})', '{{group}}')],
    }),
    timeseries({
      title: 'Work in batches',
      description: 'Deletions and fan-outs with batches left. It must come back to zero.',
      unit: 'short',
      links: [toService(labelOf('service'))],
      queries: [prom(`sum by (service) (batched_work_pending{${SERVICE}})`, '{{service}}')],
    }),
    timeseries({
      title: 'Fan-out',
      description: 'Notifications that followers were given of posts.',
      unit: 'ops',
      links: [toDashboard('Business activity', 'pharos-business')],
      queries: [prom(rate('notifications_fanned_out_total'), 'notifications')],
    }),
  ],
)

const DEAD = 'topic=~"pharos\\\\..+\\\\.dlq"'

const topics = row(
  'Topics',
  table({
    title: 'Topics',
    description: 'What is published and kept in each topic, and whether its copies are complete.',
    by: { topic: 'Topic' },
    order: 'Published',
    links: [toDashboard('Only this topic', 'pharos-kafka', { set: { topic: columnOf('topic') } })],
    columns: [
      {
        name: 'Published',
        expr: rate('kafka_partition_current_offset', { by: 'topic', where: 'topic=~"pharos.*"', over: '$window' }),
        unit: 'ops',
      },
      {
        name: 'Kept',
        expr: 'sum by (topic) (kafka_partition_current_offset{topic=~"pharos.*"}) - sum by (topic) (kafka_partition_oldest_offset{topic=~"pharos.*"})',
        unit: 'short',
      },
      { name: 'Partitions', expr: 'max by (topic) (kafka_topic_partitions{topic=~"pharos.*"})', unit: 'short' },
      {
        name: 'Missing copies',
        expr: 'sum by (topic) (kafka_partition_replicas{topic=~"pharos.*"}) - sum by (topic) (kafka_partition_replicas_in_sync{topic=~"pharos.*"})',
        unit: 'short',
        limits: { critical: 1 },
      },
    ],
  }),
  [
    timeseries({
      title: 'Published by topic',
      description: 'How fast the ends of the partitions move: what is published by whomever.',
      links: [toDashboard('Business activity', 'pharos-business')],
      unit: 'ops',
      queries: [prom(rate('kafka_partition_current_offset', { by: 'topic', where: TOPIC }), '{{topic}}')],
    }),
    timeseries({
      title: 'Dead letters that are kept',
      description: 'What lies in the topics of dead letters, replayed ones included: they stay for 30 days.',
      links: [toRunbook('DeadLetters')],
      unit: 'short',
      queries: [
        prom(
          `sum by (topic) (kafka_partition_current_offset{${DEAD}}) - sum by (topic) (kafka_partition_oldest_offset{${DEAD}})`,
          '{{topic}}',
        ),
      ],
    }),
  ],
)

export const pharosKafka = dashboard({
  uid: 'pharos-kafka',
  title: 'Kafka, outbox, consumers',
  folder: 'Stores',
  question:
    '**Do events arrive, in time and once?** Along their way: outbox, Kafka, consumers, dead letters. Old in the outbox: Kafka or the relay. Old and lagging: the consumer, mostly its [database](/d/pharos-postgres).',
  variables: [serviceVariable(), topicVariable(), windowVariable(), runbooksVariable()],
  links: [toDashboard('PostgreSQL', 'pharos-postgres', { keep: ['service'] })],
  rows: [wellbeing, way, outbox, consumers, topics],
})

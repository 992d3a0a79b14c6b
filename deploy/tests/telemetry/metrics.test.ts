import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { somebody, userIdOf } from '@pharos/platform/testing/api-client'
import { eventually } from '@pharos/platform/testing/eventually'
import { readCatalogue, type Metric } from '../../../observability/catalogue/catalogue.ts'
import { SERVICE_NAMES, type ServiceName } from '../../local/services.ts'
import { dataOf } from '../answers.ts'
import { startTestSystem, type TestSystem } from '../test-system.ts'

let platform: TestSystem
before(async () => {
  platform = await startTestSystem({ env: { RATE_LIMIT: 'off' } })
})
after(() => platform?.[Symbol.asyncDispose]())

/** A life in which every part of the platform has something to count. */
const liveALittle = async (): Promise<{ id: number; token: string }> => {
  const api = platform.client()
  const [ada, bob] = [somebody(), somebody()]
  const { access_token: token } = dataOf(await api.register(ada), 201)
  const { access_token: other } = dataOf(await api.register(bob), 201)
  const id = userIdOf(token)
  await api.post('/relation/follow', { followee_id: id }, { token: other })
  await api.post('/posts', { title: 'On engines', content: 'They weave.', tags: ['maths'] }, { token })
  await eventually(async () =>
    assert.ok((await platform.metric('notifications', 'notifications_fanned_out_total')) > 0),
  )
  await api.get('/notification/feed', { token })
  return { id, token }
}

type Family = { name: string; type: string; labels: Set<string> }

/** The families of a scrape, with the labels that their series really have. */
const familiesOf = (text: string): Family[] => {
  const families: Family[] = []
  for (const line of text.split('\n')) {
    const [, name = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? []
    // OpenMetrics names a counter without the ending of its series.
    if (name !== '') families.push({ name: type === 'counter' ? `${name}_total` : name, type, labels: new Set() })
    if (line.startsWith('#')) continue
    const [, texts = ''] = /^[a-zA-Z_][\w]*\{(.*?)\} /.exec(line) ?? []
    for (const [, label = ''] of texts.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) families.at(-1)?.labels.add(label)
  }
  return families
}

const OWN_LABELS: Readonly<Record<string, readonly string[]>> = { histogram: ['le'], summary: ['quantile'] }

test('a service serves what the catalogue says of it, and nothing else', async () => {
  await liveALittle()
  const { ours } = await readCatalogue()
  for (const service of SERVICE_NAMES) {
    const known = new Map<string, Metric>(ours.map((metric) => [metric.name, metric]))
    const families = familiesOf(await platform.metricsOf(service))
    for (const { name, type, labels } of families) {
      const metric = known.get(name)
      assert.ok(
        metric !== undefined && metric.from.includes(service),
        `${service} serves ${name}, which the catalogue does not say of it`,
      )
      assert.equal(type, metric.type, `${service}: type of ${name}`)
      const allowed = [...metric.labels, ...(OWN_LABELS[type] ?? [])]
      for (const label of labels) assert.ok(allowed.includes(label), `${service}: ${name} has the label ${label}`)
    }
    const served = new Set(families.map(({ name }) => name))
    const missing = ours.filter(({ name, from }) => from.includes(service) && !served.has(name))
    assert.deepEqual(
      missing.map(({ name }) => name),
      [],
      `${service} does not serve what the catalogue says`,
    )
  }
})

const seriesOf = async (): Promise<Record<ServiceName, number>> => {
  const counts = await Promise.all(
    SERVICE_NAMES.map(async (name) => {
      const text = await platform.metricsOf(name)
      return [name, text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length] as const
    }),
  )
  return Object.fromEntries(counts) as Record<ServiceName, number>
}

// Every kind of id and text that a client can put into a request, a different one each time.
const askFor = async (api: ReturnType<TestSystem['client']>, token: string, n: number): Promise<void> => {
  const options = { token, headers: { 'x-correlation-id': `series-${n}` } }
  await Promise.all([
    api.get(`/users/${n + 1000}`, options),
    api.get(`/users/username/nobody-${n}`, options),
    api.get(`/users/search?query=word${n}`, options),
    api.get(`/posts/${n + 1000}`, options),
    api.get(`/posts/list?tag=tag${n}`, options),
    api.get(`/relation/${n + 1000}/followers`, options),
    api.get(`/no/such/path/${n}`, options),
    api.get(`//nothing-${n}.php`, options),
    api.post('/auth/login', { login: `nobody-${n}`, password: '' }, options),
    api.put(`/notification/${n}/read`, undefined, options),
  ])
}

test('ten thousand different ids, names and paths make no series', async () => {
  const api = platform.client()
  const { token } = await liveALittle()
  for (let n = 0; n < 20; n += 1) await askFor(api, token, n)
  const early = await seriesOf()
  for (let n = 20; n < 1020; n += 4) await Promise.all([n, n + 1, n + 2, n + 3].map((each) => askFor(api, token, each)))
  const grown = await seriesOf()
  for (const service of SERVICE_NAMES) {
    // A status, a pool state or a heap space may show up for the first time meanwhile; an id would show up a thousand times.
    const more = grown[service] - early[service]
    assert.ok(more < 50, `${service} has ${more} series more, ${grown[service]} in all`)
  }
})

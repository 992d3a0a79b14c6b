import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readAlerts } from '../catalogue/assets.ts'
import { panelsOf, readCommitted } from '../grafana/lint/dashboard-json.ts'
import { knownMetrics } from '../grafana/lint/known-metrics.ts'
import { readPromql } from '../grafana/lint/promql.ts'
import { variablesIn } from '../grafana/lint/variables.ts'
import { codeIn, dashboardsIn, readPages, runbooksIn } from './page.ts'
import type { Block, Page } from './page.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const MOST_LINES = 80
const SECTIONS = ['## Impact', '## First look', '## Likely causes', '## Fix', '## Afterwards']
const QUERIES = ['promql', 'logql', 'traceql', 'lucene']
const LANGUAGES = [...QUERIES, 'sql', 'bash']
const VARIABLES = ['service', 'topic', 'id']

const pages = readPages()
const alerts = await readAlerts()
const names = alerts.map(({ name }) => name)
const dashboards = new Map(readCommitted().map(({ dashboard }) => [dashboard.uid, dashboard]))

/** Faults are collected, so that one run names them all. */
const noFaults = (find: (page: Page) => readonly string[]): void =>
  assert.deepEqual(
    pages.flatMap((page) => find(page).map((fault) => `${page.name}: ${fault}`)),
    [],
  )

const eachBlock = (languages: readonly string[], find: (block: Block) => readonly string[]): void =>
  noFaults(({ blocks }) => blocks.filter(({ language }) => languages.includes(language)).flatMap(find))

test('every alert has its page, and every page its alert', () => {
  assert.deepEqual(
    pages.map(({ name }) => name),
    names.toSorted(),
  )
})

test('the index names every alert once, with its severities, in the order of the rules', () => {
  const text = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
  const rows = [...text.matchAll(/^\| \[(\w+)\]\((\w+)\.md\) \| ([\w, ]+) \| (\S.*) \|$/gm)]
  assert.deepEqual(
    rows.map(([, name, file, severities]) => ({ name, file, severities })),
    alerts.map(({ name, severities }) => ({ name, file: name, severities: severities.join(', ') })),
  )
})

test('a page says in one sentence what the alert means, and has the same sections as every other', () => {
  noFaults(({ name, headings, meaning }) => {
    const faults: string[] = []
    if (headings.join() !== [`# ${name}`, ...SECTIONS].join()) faults.push(`has ${headings.join(', ')}`)
    if (!/^\S[^\n]*\.$/.test(meaning) || /[.?!]\s+[A-Z]/.test(meaning)) faults.push('its meaning is not one sentence')
    return faults
  })
})

test('no section is empty, and no page is longer than one wants to read at night', () => {
  noFaults(({ lines, prose }) => [
    ...(lines.length > MOST_LINES ? [`has ${lines.length} lines`] : []),
    ...SECTIONS.filter((heading) => !new RegExp(`^${heading}\\n+[^#\\s]`, 'm').test(prose)).map(
      (heading) => `${heading} is empty`,
    ),
  ])
})

test('the first look names a panel and asks a question', () => {
  noFaults(({ prose, blocks }) => {
    const look = prose.slice(prose.indexOf(SECTIONS[1] ?? ''), prose.indexOf(SECTIONS[2] ?? ''))
    const asked = blocks.some(({ language, section }) => section === '## First look' && QUERIES.includes(language))
    return [
      ...(dashboardsIn(look).some(({ panels }) => panels.length > 0) ? [] : ['names no panel']),
      ...(asked ? [] : ['asks nothing']),
    ]
  })
})

test('a linked dashboard is there under its title, with the panels that are named and the variables that are set', () => {
  noFaults(({ prose }) =>
    dashboardsIn(prose).flatMap(({ title, uid, sets, panels }) => {
      const dashboard = dashboards.get(uid)
      if (dashboard === undefined) return [`no dashboard ${uid}`]
      const shown = new Set(panelsOf(dashboard).map((panel) => panel.title))
      const variables = new Set(dashboard.templating.list.map((variable) => variable.name))
      return [
        ...(title === dashboard.title ? [] : [`${uid} is called "${dashboard.title}", not "${title}"`]),
        ...panels.filter((panel) => !shown.has(panel)).map((panel) => `${uid} has no panel "${panel}"`),
        ...sets.filter((name) => !variables.has(name)).map((name) => `${uid} has no variable ${name}`),
      ]
    }),
  )
})

test('every link to a dashboard is written so that it is checked', () => {
  noFaults(({ prose }) => {
    const found = dashboardsIn(prose).length
    const written = [...prose.matchAll(/\/d\//g)].length
    return found === written ? [] : [`${written - found} links to dashboards are not of the form [Title](/d/uid)`]
  })
})

test('every block is of a language that is known, and holds something', () => {
  noFaults(({ blocks }) => [
    ...blocks.filter(({ language }) => !LANGUAGES.includes(language)).map(({ language }) => `"${language}" is unknown`),
    ...blocks.filter(({ text }) => text.trim() === '').map(({ language }) => `an empty ${language}`),
  ])
})

test('a query has no variables but those that the live check fills in', () => {
  eachBlock(QUERIES, ({ text }) =>
    // Of Grafana's own, variablesIn is silent.
    [...variablesIn(text), ...(text.includes('$__') ? ['__…'] : [])]
      .filter((name) => !VARIABLES.includes(name))
      .map((name) => `nobody fills in $${name}`),
  )
})

test('PromQL asks for metrics that are in the catalogue or recorded by a rule', async () => {
  const known = await knownMetrics()
  eachBlock(['promql'], ({ text }) => {
    try {
      return [...readPromql(text).metrics].filter((name) => !known.has(name)).map((name) => `no metric ${name}`)
    } catch (error) {
      return [`${String(error)}: ${text}`]
    }
  })
  noFaults(({ prose }) =>
    codeIn(prose)
      .flatMap(
        (code) =>
          /^([a-z][a-z0-9_:]*(?:_total|_seconds|_bytes|_state|_up|_open|:\w+))(?:\{.*\})?$/.exec(code)?.[1] ?? [],
      )
      .filter((name) => !known.has(name) && !known.has(`${name}_count`))
      .map((name) => `no metric ${name}`),
  )
})

test('LogQL and TraceQL begin with what they select, by labels that there are', () => {
  eachBlock(['logql'], ({ text }) => {
    const selectors = [...text.matchAll(/\{([^{}]*)\}/g)].map(([, inner = '']) => inner)
    const labels = selectors.flatMap((inner) => [...inner.matchAll(/(\w+)\s*[=!]~?/g)].map(([, label = '']) => label))
    return [
      ...(selectors.length === 0 ? ['selects nothing'] : []),
      ...labels
        .filter((label) => !['service_name', 'level', 'env'].includes(label))
        .map((label) => `${label} is no label`),
    ]
  })
  eachBlock(['traceql'], ({ text }) => (/^(\{.*\}|[\da-f]{32}|\$id)/s.test(text) ? [] : [`${text} selects nothing`]))
})

test('what lines are searched for by event is written by the code', () => {
  const files = globSync('{platform,services/*}/src/**/*.ts', { cwd: ROOT })
  const code = files.map((file) => readFileSync(join(ROOT, file), 'utf8')).join('\n')
  const isWritten = (event: string): boolean =>
    code.includes(`'${event}'`) || code.includes(`\`${event.replace(/-\w+$/, '-${')}`)
  eachBlock(['logql', 'lucene'], ({ text }) =>
    [...text.matchAll(/event[._]action\s*(?:=~?|:)\s*(?:"([^"]*)"|\(([^)]*)\)|([\w.-]+))/g)]
      .flatMap(([, quoted, listed, bare]) => (quoted ?? listed ?? bare ?? '').split(/\||\s+OR\s+/))
      .map((event) => event.replaceAll('"', ''))
      .filter((event) => /^[a-z-]+\.[a-z-]+$/.test(event) && !isWritten(event))
      .map((event) => `nothing writes ${event}`),
  )
})

test('SQL only reads', () => {
  eachBlock(['sql'], ({ text }) =>
    /^SELECT\b/.test(text) &&
    !/;\s*\S/.test(text) &&
    !/\b(INSERT|UPDATE|DELETE|ALTER|DROP|pg_terminate\w*)\b/.test(text)
      ? []
      : [`not a single SELECT: ${text}`],
  )
})

test('a command is one that there is', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const management = ['/healthz', '/readyz', '/version', '/metrics', '/loglevel']
  const LOOKING =
    'amtool cat curl date df dmesg du free grep head kill ls lsof node npm promtool ps psql redis-cli ss tail'.split(
      ' ',
    )
  eachBlock(['bash'], ({ text }) =>
    text.split('\n').flatMap((line) => {
      const command = line.replace(/\s+#.*$/, '').replace(/^(?:[A-Z_]+=\S+ )+/, '')
      const programs = command.split(' | ').map((part) => part.trim().split(' ')[0] ?? '')
      const [, script] = /^npm (?:run )?([\w:]+)/.exec(command) ?? []
      const [, file] = /^node (\S+\.ts)/.exec(command) ?? []
      const [, path] = /127\.0\.0\.1:908[0-5](\/[\w.]*)/.exec(command) ?? []
      return [
        ...programs.filter((program) => !LOOKING.includes(program)).map((program) => `${program}: in "${command}"`),
        ...(script !== undefined && scripts[script] === undefined ? [`no script ${script}`] : []),
        ...(file !== undefined && !existsSync(join(ROOT, file)) ? [`no file ${file}`] : []),
        ...(path !== undefined && !management.includes(path) ? [`no ${path} on a management port`] : []),
      ]
    }),
  )
})

test('alerts that are named are alerts, and a link to one leads to its page', () => {
  const NAME = /^(?:[A-Z][a-z0-9]+){2,}$/
  noFaults(({ prose }) => [
    ...runbooksIn(prose)
      .filter(({ text, name }) => text !== name || !names.includes(name))
      .map(({ text, name }) => `[${text}](${name}.md) leads nowhere`),
    // A name alone leads nowhere at night.
    ...(prose
      .replace(/^#.*$/gm, '')
      .replace(/\[[^\]]+\]\([^)]+\)|`[^`]+`/g, '')
      .match(/\b(?:[A-Z][a-z0-9]+){2,}\b/g)
      ?.filter((word) => names.includes(word))
      .map((word) => `${word} is no link`) ?? []),
    ...codeIn(prose)
      .filter((code) => NAME.test(code) && !/(?:Error|Exception|Warning)$/.test(code) && !names.includes(code))
      .map((code) => `${code} is no alert`),
  ])
})

test('files that are named are there', () => {
  noFaults(({ prose }) =>
    codeIn(prose)
      .filter((code) => /^(?:platform|services|observability|deploy)\/\S+$/.test(code) && !code.includes('*'))
      .filter((file) => !existsSync(join(ROOT, file)))
      .map((file) => `no file ${file}`),
  )
})

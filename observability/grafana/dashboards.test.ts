import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { test } from 'node:test'
import { panelsOf, readCommitted, textsOf, type DashboardJson, type Panel, type Target } from './lint/dashboard-json.ts'
import { knownMetrics } from './lint/known-metrics.ts'
import { promqlOfVariable, readPromql } from './lint/promql.ts'
import { linksIn, variablesIn } from './lint/variables.ts'
import { all } from './src/dashboards/all.ts'
import { sources } from './src/sources.ts'
import { fileOf, textOf } from './src/write.ts'

const committed = readCommitted()
const dashboards = committed.map(({ dashboard }) => dashboard)

/** Faults are collected, so that one run names them all. */
const noFaults = (faults: readonly string[]): void => assert.deepEqual(faults, [])

const eachPanel = (find: (panel: Panel) => readonly string[]): string[] =>
  dashboards.flatMap((dashboard) =>
    panelsOf(dashboard).flatMap((panel) => find(panel).map((fault) => `${dashboard.uid}, "${panel.title}": ${fault}`)),
  )

const promqlIn = ({ targets = [] }: Panel): (Target & { readonly expr: string })[] =>
  targets.flatMap((target) =>
    target.datasource?.type === 'prometheus' && target.expr !== undefined ? [{ ...target, expr: target.expr }] : [],
  )

test('what is committed is what src/dashboards makes, and nothing else is', async () => {
  const made = await Promise.all(all.map(async (one) => [fileOf(one), await textOf(one)] as const))
  assert.deepEqual(
    committed.map(({ path }) => path),
    made.map(([path]) => path).toSorted(),
  )
  for (const [path, text] of made)
    assert.equal(readFileSync(new URL(`dashboards/${path}`, import.meta.url), 'utf8'), text, path)
})

test('no two dashboards share a uid or a title, and no two panels of a kind in one of them share a title', () => {
  const twice = (names: readonly string[]) => names.filter((name, at) => names.indexOf(name) !== at)
  noFaults([
    ...twice(dashboards.map(({ uid }) => uid)).map((uid) => `uid ${uid} twice`),
    ...twice(dashboards.map(({ title }) => title)).map((title) => `title ${title} twice`),
    ...dashboards.flatMap((dashboard) =>
      twice(panelsOf(dashboard).map(({ type, title = '' }) => `${type} "${title}"`)).map(
        (panel) => `${dashboard.uid}: ${panel} twice`,
      ),
    ),
  ])
})

test('no dashboard is called as its folder, which Grafana refuses to save', () => {
  noFaults(
    committed
      .filter(({ path, dashboard }) => basename(dirname(path)).toLowerCase() === dashboard.title.toLowerCase())
      .map(({ path }) => path),
  )
})

test('a dashboard is read-only, refreshes, is in the menu, and opens with the question it answers', () => {
  for (const { uid, editable, refresh, tags, description, panels } of dashboards) {
    assert.match(uid, /^pharos-[a-z-]+$/)
    assert.equal(editable, false, uid)
    assert.equal(refresh, '10s', uid)
    assert.ok(tags.includes('pharos'), uid)
    assert.match(description, /\?/, uid)
    assert.equal(panels[0]?.type, 'text', uid)
  }
})

test('every panel has a title, a sentence that says what it shows, and a unit for each number', () => {
  const DRAWING = ['timeseries', 'stat', 'gauge', 'bargauge', 'heatmap']
  noFaults(
    eachPanel((panel) => {
      const { type, title = '', description = '', fieldConfig, transformations = [] } = panel
      const faults: string[] = []
      if (title.trim() === '') faults.push('has no title')
      if (!/\S.*[.?]$/s.test(description)) faults.push('has no sentence that describes it')
      if (DRAWING.includes(type) && (fieldConfig?.defaults.unit ?? '') === '') faults.push('has no unit')
      const { renameByName = {}, excludeByName = {} } =
        transformations.find(({ id }) => id === 'organize')?.options ?? {}
      for (const [field, name] of Object.entries(renameByName)) {
        if (!field.startsWith('Value') || excludeByName[field] === true) continue
        const looks = fieldConfig?.overrides.find(({ matcher }) => matcher.options === name)?.properties ?? []
        if (!looks.some(({ id, value }) => id === 'unit' && value !== '')) faults.push(`column "${name}" has no unit`)
      }
      return faults
    }),
  )
})

test('panels lie within 24 columns, and none on another', () => {
  noFaults(
    dashboards.flatMap(({ uid, panels }) => {
      const places = panels.flatMap(({ id, gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, at) => ({ id, cell: `${x + (at % w)},${y + Math.floor(at / w)}` })),
      )
      const wide = panels.filter(({ gridPos: { x, w } }) => x + w > 24).map(({ id }) => `${uid}: ${id} is too wide`)
      const taken = new Map<string, number>()
      const over = places.filter(({ id, cell }) => (taken.get(cell) ?? id) !== id || taken.set(cell, id) === undefined)
      return [...wide, ...new Set(over.map(({ id }) => `${uid}: ${id} lies on another`))]
    }),
  )
})

test('every question is put to a store that is a variable of the dashboard', () => {
  const known = (dashboard: DashboardJson) =>
    new Map(
      dashboard.templating.list.filter(({ type }) => type === 'datasource').map(({ name, query }) => [name, query]),
    )
  noFaults(
    dashboards.flatMap((dashboard) => {
      const stores = known(dashboard)
      const refs = [
        ...panelsOf(dashboard).flatMap(({ title, targets = [] }) =>
          targets.map(({ datasource }) => [`panel "${title}"`, datasource] as const),
        ),
        ...dashboard.templating.list
          .filter(({ type }) => type === 'query')
          .map(({ name, datasource }) => [`variable ${name}`, datasource] as const),
        ...dashboard.annotations.list.map(({ name, datasource }) => [`annotation ${name}`, datasource] as const),
      ]
      return refs
        .filter(([, ref]) => !sources.some((store) => ref?.uid === `\${${store}}` && stores.get(store) === ref.type))
        .map(([where]) => `${dashboard.uid}, ${where}`)
    }),
  )
  noFaults(
    eachPanel(({ datasource, targets = [] }) => {
      const asked = new Set(targets.map((target) => target.datasource?.uid))
      const fits = asked.size > 1 ? datasource?.uid === '-- Mixed --' : datasource?.uid === [...asked][0]
      return fits ? [] : [`asks ${datasource?.uid}, its queries ${[...asked].join(', ')}`]
    }),
  )
})

test('a question to Elasticsearch says what it wants counted or listed', () => {
  const known = ['count', 'logs']
  noFaults(
    eachPanel(({ targets = [] }) =>
      targets
        .filter(({ datasource }) => datasource?.type === 'elasticsearch')
        .flatMap(({ metrics = [] }) => metrics.map(({ type }) => type))
        .filter((type) => !known.includes(type))
        .map((type) => `asks for "${type}"`),
    ),
  )
})

test('no text of a dashboard asks for a variable that it does not have', () => {
  noFaults(
    dashboards.flatMap((dashboard) => {
      const defined = new Set(dashboard.templating.list.map(({ name }) => name))
      const asked = textsOf(dashboard).flatMap((text) => variablesIn(text).map((name) => ({ name, text })))
      return asked
        .filter(({ name }) => !defined.has(name))
        .map(({ name, text }) => `${dashboard.uid}: ${name} in ${text}`)
    }),
  )
})

test('a link leads to a dashboard that is there, and sets only variables that it has', () => {
  const variables = new Map(
    dashboards.map(({ uid, templating }) => [uid, new Set(templating.list.map(({ name }) => name))]),
  )
  const provisioned = readFileSync(new URL('provisioning/datasources/pharos.yaml', import.meta.url), 'utf8')
  const links = [...dashboards, provisioned].flatMap((one) => textsOf(one).flatMap(linksIn))
  assert.ok(links.length > 100, 'links were found')
  noFaults([
    ...new Set(
      links.flatMap(({ uid, sets }) => {
        const target = variables.get(uid)
        if (target === undefined) return [`${uid} is nowhere`]
        return sets.filter((name) => !target.has(name)).map((name) => `${uid} has no variable ${name}`)
      }),
    ),
  ])
})

test('rates over time are taken over $__rate_interval, so that no scrape is left out and none is too few', () => {
  noFaults(
    eachPanel((panel) =>
      promqlIn(panel)
        .filter(({ range }) => range === true)
        .flatMap(({ expr }) => readPromql(expr).rateWindows)
        .filter((window) => window !== '$__rate_interval')
        .map((window) => `a rate over [${window}]`),
    ),
  )
})

test('a graph of latency shows exemplars, the way from a point to its trace', () => {
  noFaults(
    eachPanel((panel) =>
      ['timeseries', 'heatmap'].includes(panel.type)
        ? promqlIn(panel)
            .filter(({ expr, exemplar }) => expr.includes('_bucket') && exemplar !== true)
            .map(({ refId }) => `query ${refId} shows none`)
        : [],
    ),
  )
})

test('a row of a table is made by labels that its queries keep, so that all of them meet in it', () => {
  noFaults(
    eachPanel((panel) =>
      promqlIn(panel)
        .filter(({ format, expr }) => format === 'table' && !/\bby \(/.test(expr))
        .map(({ refId }) => `query ${refId} keeps every label`),
    ),
  )
})

test('every metric that is asked for is in the catalogue or is recorded by a rule', async () => {
  const known = await knownMetrics()
  noFaults(
    dashboards.flatMap((dashboard) => {
      const queries = dashboard.templating.list.flatMap(({ type, query }) =>
        type === 'query' && typeof query === 'object' ? [promqlOfVariable(query.query ?? '')] : [],
      )
      const asked = [
        ...panelsOf(dashboard)
          .flatMap(promqlIn)
          .map(({ expr }) => expr),
        ...dashboard.annotations.list.flatMap(({ datasource, expr }) =>
          datasource.type === 'prometheus' ? [expr] : [],
        ),
        ...queries,
      ]
      const names = new Set(asked.flatMap((expr) => [...readPromql(expr).metrics]))
      return [...names].filter((name) => !known.has(name)).map((name) => `${dashboard.uid} asks for ${name}`)
    }),
  )
})

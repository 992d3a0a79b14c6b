import { Counter, Gauge, Registry } from 'prom-client'
import type { Histogram, OpenMetricsContentType } from 'prom-client'
import { activeFrame } from './context.ts'
import type { Frame } from './context.ts'
import { ExemplarHistogram } from './exemplar-histogram.ts'
import type { Series } from './exemplar-histogram.ts'
import { telemetry } from './settings.ts'

type Labels = Record<string, string | number>
type Definition = { readonly name: string; readonly help: string; readonly labels?: readonly string[] }

/**
 * Exemplars need OpenMetrics, and prom-client keeps the format as state of the registry: switching it per scrape
 * would rename counters, so OpenMetrics is what every scrape gets.
 */
export const registry = new Registry<OpenMetricsContentType>()
registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)

/** Seconds; the buckets of every latency in the platform. */
export const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const made = new Map<string, unknown>()

const once = <T>(name: string, make: () => T): T => {
  const known = made.get(name)
  if (known !== undefined) return known as T
  const fresh = make()
  made.set(name, fresh)
  return fresh
}

/** A counter, made at the first call with its name. Labels must come from closed sets: never ids or raw paths. */
export const counter = ({ name, help, labels = [] }: Definition) =>
  once(name, () => {
    const metric = new Counter({ name, help, labelNames: labels, registers: [registry] })
    if (labels.length === 0) metric.inc(0)
    return {
      inc: (values: Labels = {}, by = 1): void => {
        if (telemetry.metrics) metric.inc(values, by)
      },
    }
  })

type CountDefinition = Definition & { readonly read: (set: (labels: Labels, total: number) => void) => void }

/** A counter whose totals are kept as plain numbers where they are hot, and only read when they are scraped. */
export const countedElsewhere = ({ name, help, labels = [], read }: CountDefinition): void => {
  once(name, () => {
    const metric = new Counter({
      name,
      help,
      labelNames: labels,
      registers: [registry],
      collect() {
        this.reset()
        read((values, total) => this.inc(values, total))
      },
    })
    return metric
  })
}

type GaugeDefinition = Definition & {
  readonly collect?: (set: (labels: Labels, value: number) => void) => void | Promise<void>
}

/** A gauge, set when something changes or, with `collect`, when it is scraped. */
export const gauge = ({ name, help, labels = [], collect }: GaugeDefinition) =>
  once(name, () => {
    const metric: Gauge = new Gauge({
      name,
      help,
      labelNames: labels,
      registers: [registry],
      ...(collect && { collect: () => collect((values, value) => metric.set(values, value)) }),
    })
    return {
      set: (values: Labels, value: number): void => metric.set(values, value),
      inc: (values: Labels = {}): void => metric.inc(values),
      dec: (values: Labels = {}): void => metric.dec(values),
    }
  })

/**
 * A latency histogram in seconds. Each observation inside a sampled trace leaves its ids as an exemplar; `frame` says
 * whose, where the async context is no longer that of the request.
 */
export const histogram = ({
  name,
  help,
  labels = [],
  buckets = LATENCY_BUCKETS,
}: Definition & { readonly buckets?: number[] }) =>
  once(name, () => {
    const metric = new ExemplarHistogram(name, help, labels, buckets)
    registry.registerMetric(metric as unknown as Histogram)
    const record = (series: Series, seconds: number, frame: Frame | undefined): void => {
      if (telemetry.metrics) series.observe(seconds, frame?.record.exemplary ? frame : undefined)
    }
    return {
      observe: (values: Labels, seconds: number, frame: Frame | undefined = activeFrame()): void =>
        record(metric.series(values), seconds, frame),
      /** For label values that are known beforehand: the same without a look-up. */
      of: (values: Labels) => {
        const series = metric.series(values)
        return {
          observe: (seconds: number, frame: Frame | undefined): void => record(series, seconds, frame),
        }
      },
    }
  })

/** The text of a scrape and its content type. */
export const scrape = async (): Promise<{ contentType: string; body: string }> => ({
  contentType: registry.contentType,
  body: await registry.metrics(),
})

import type { Frame } from './context.ts'

type Labels = Readonly<Record<string, string | number>>
type Exemplar = { readonly labelSet: Labels; readonly value: number; readonly timestamp: number }
type Sample = {
  readonly labels: Labels
  readonly sharedLabels: Labels
  readonly value: number
  readonly metricName: string
  readonly exemplar: Exemplar | undefined
}
type Series = {
  readonly labels: Labels
  /** Per bucket, not cumulative; the last is +Inf. */
  readonly counts: number[]
  readonly exemplars: (Exemplar | undefined)[]
  sum: number
}

/**
 * A histogram for prom-client's registry with the last exemplar of each bucket. prom-client's own validates and hashes
 * labels twice per observation and once more for the exemplar; here it is one key and one look-up, four times per request.
 */
export class ExemplarHistogram {
  readonly name: string
  readonly help: string
  readonly type = 'histogram'
  readonly aggregator = 'sum'
  readonly #labelNames: readonly string[]
  readonly #bounds: readonly number[]
  readonly #series = new Map<string, Series>()

  constructor(name: string, help: string, labelNames: readonly string[], bounds: readonly number[]) {
    this.name = name
    this.help = help
    this.#labelNames = labelNames
    this.#bounds = bounds
    if (labelNames.length === 0) this.#open('', {})
  }

  observe(labels: Labels, value: number, exemplarOf: Frame | undefined): void {
    let key = ''
    for (const name of this.#labelNames) key += `${labels[name]}\u0000`
    const series = this.#series.get(key) ?? this.#open(key, labels)
    const bounds = this.#bounds
    let bucket = 0
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1
    series.counts[bucket] = (series.counts[bucket] as number) + 1
    series.sum += value
    if (!exemplarOf) return
    const labelSet = { trace_id: exemplarOf.record.traceId, span_id: exemplarOf.spanId }
    series.exemplars[bucket] = { labelSet, value, timestamp: Date.now() / 1_000 }
  }

  #open(key: string, labels: Labels): Series {
    const known = this.#labelNames.map((name) => [name, labels[name] ?? ''])
    const slots = this.#bounds.length + 1
    const series: Series = {
      labels: Object.fromEntries(known) as Labels,
      counts: Array<number>(slots).fill(0),
      exemplars: Array<Exemplar | undefined>(slots).fill(undefined),
      sum: 0,
    }
    this.#series.set(key, series)
    return series
  }

  /** What the registry asks for at a scrape, in the shape of prom-client's own metrics. */
  async get() {
    return {
      name: this.name,
      help: this.help,
      type: this.type,
      aggregator: this.aggregator,
      values: [...this.#series.values()].flatMap((series) => this.#samples(series)),
    }
  }

  #samples({ labels, counts, exemplars, sum }: Series): Sample[] {
    let total = 0
    const buckets = counts.map((count, index) => {
      total += count
      return {
        labels: { le: this.#bounds[index] ?? '+Inf' },
        sharedLabels: labels,
        value: total,
        metricName: `${this.name}_bucket`,
        exemplar: exemplars[index],
      }
    })
    const plain = (suffix: string, value: number): Sample => ({
      labels: {},
      sharedLabels: labels,
      value,
      metricName: `${this.name}_${suffix}`,
      exemplar: undefined,
    })
    return [...buckets, plain('sum', sum), plain('count', total)]
  }

  /** Forgets everything; part of what the registry expects. */
  reset(): void {
    this.#series.clear()
  }
}

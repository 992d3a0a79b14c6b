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

/** One set of label values. */
export class Series {
  readonly labels: Labels
  /** Per bucket, not cumulative; the last is +Inf. */
  readonly counts: number[]
  readonly exemplars: (Exemplar | undefined)[]
  sum = 0
  readonly #bounds: readonly number[]

  constructor(labels: Labels, bounds: readonly number[]) {
    this.labels = labels
    this.#bounds = bounds
    this.counts = Array<number>(bounds.length + 1).fill(0)
    this.exemplars = Array<Exemplar | undefined>(bounds.length + 1).fill(undefined)
  }

  observe(value: number, exemplarOf: Frame | undefined): void {
    const bounds = this.#bounds
    let bucket = 0
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1
    this.counts[bucket] = (this.counts[bucket] as number) + 1
    this.sum += value
    if (!exemplarOf) return
    const labelSet = { trace_id: exemplarOf.record.traceId, span_id: exemplarOf.spanId }
    this.exemplars[bucket] = { labelSet, value, timestamp: Date.now() / 1_000 }
  }

  reset(): void {
    this.counts.fill(0)
    this.exemplars.fill(undefined)
    this.sum = 0
  }
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

  /** The series of these label values. Where it is kept, an observation costs no look-up. */
  series(labels: Labels): Series {
    let key = ''
    for (const name of this.#labelNames) key += `${labels[name]}\u0000`
    return this.#series.get(key) ?? this.#open(key, labels)
  }

  #open(key: string, labels: Labels): Series {
    const known = this.#labelNames.map((name) => [name, labels[name] ?? ''])
    const series = new Series(Object.fromEntries(known) as Labels, this.#bounds)
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

  /** Back to zero; part of what the registry expects. */
  reset(): void {
    for (const series of this.#series.values()) series.reset()
  }
}

export const VARIANT_NAMES = ['off', 'traces', 'metrics', 'logs', 'errors', 'all', 'all-10%', 'auto', 'grown'] as const
export type VariantName = (typeof VARIANT_NAMES)[number]

/** One way to run the services: what is said to them about telemetry, or more of what they keep, everything else being equal. */
export type Variant = {
  about: string
  env: Readonly<Record<string, string>>
  /** How many posts there are, where the scenarios ask for posts. */
  posts?: number
}

const LAYERS = ['traces', 'metrics', 'logs', 'errors'] as const

const only = (layer: (typeof LAYERS)[number]): Variant => ({
  about: `${layer} alone`,
  env: Object.fromEntries(LAYERS.map((name) => [`TELEMETRY_${name.toUpperCase()}`, name === layer ? 'on' : 'off'])),
})

export const VARIANTS: Readonly<Record<VariantName, Variant>> = {
  off: { about: 'no telemetry', env: { TELEMETRY: 'off' } },
  traces: only('traces'),
  metrics: only('metrics'),
  logs: only('logs'),
  errors: only('errors'),
  all: { about: 'every signal, every trace', env: { OTEL_TRACES_SAMPLER_ARG: '1' } },
  'all-10%': { about: 'every signal, one trace in ten', env: { OTEL_TRACES_SAMPLER_ARG: '0.1' } },
  auto: { about: "every signal, spans made by OpenTelemetry's own bundle", env: { TELEMETRY_INSTRUMENTATION: 'auto' } },
  grown: { about: 'every signal, every trace; 20,600 posts', env: { OTEL_TRACES_SAMPLER_ARG: '1' }, posts: 20_600 },
}

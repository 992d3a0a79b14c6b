import { ThresholdsConfigBuilder, ThresholdsMode, type Threshold } from '@grafana/grafana-foundation-sdk/dashboard'

/** From where on a value is worth a look (yellow) and is bad (red). With `below`, it is the small values that are bad. */
export type Limits = { readonly warning?: number; readonly critical: number; readonly below?: boolean }

export const stepsOf = ({ warning, critical, below = false }: Limits): Threshold[] => {
  const ends = below ? (['red', 'green'] as const) : (['green', 'red'] as const)
  if (warning === undefined) return [step(null, ends[0]), step(critical, ends[1])]
  const [middle, last] = below ? [critical, warning] : [warning, critical]
  return [step(null, ends[0]), step(middle, 'yellow'), step(last, ends[1])]
}

const step = (value: number | null, color: string): Threshold => ({ value, color })

export const thresholdsOf = (limits: Limits | undefined): ThresholdsConfigBuilder =>
  new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(limits === undefined ? [step(null, 'text')] : stepsOf(limits))

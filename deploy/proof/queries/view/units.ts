type Step = readonly [number, string]

// One function that uses nothing outside of it, so that its text can run in the page as well.
const units = () => {
  const SECONDS: readonly Step[] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
    [1e-3, 'ms'],
    [1e-6, 'µs'],
    [1e-9, 'ns'],
  ]
  const THOUSANDS: readonly Step[] = [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ]
  const BINARY: readonly Step[] = [
    [2 ** 40, 'TiB'],
    [2 ** 30, 'GiB'],
    [2 ** 20, 'MiB'],
    [2 ** 10, 'KiB'],
  ]
  const RATES: Readonly<Record<string, string>> = {
    reqps: 'req/s',
    ops: 'ops/s',
    cps: '/s',
    rowsps: 'rows/s',
    pps: 'p/s',
  }

  const plain = (value: number, decimals: number | undefined): string => {
    if (decimals !== undefined) return value.toFixed(decimals)
    if (Math.abs(value) >= 1000) return String(Math.round(value))
    // Digits that say nothing go: 1.50 is 1.5, and 0.1 + 0.2 is 0.3.
    return String(Number(value.toPrecision(3)))
  }

  const scaled = (value: number, steps: readonly Step[], decimals: number | undefined): string => {
    const step = steps.find(([size]) => Math.abs(value) >= size * 0.9995)
    return step === undefined ? plain(value, decimals) : `${plain(value / step[0], decimals)} ${step[1]}`
  }

  const seconds = (value: number, decimals: number | undefined): string =>
    value === 0 ? '0 s' : scaled(value, SECONDS, decimals)

  const withThousands = (value: number, suffix: string, decimals: number | undefined): string => {
    const text = scaled(value, THOUSANDS, Math.abs(value) >= 1000 ? undefined : decimals)
    if (suffix === '') return text
    return /[a-zA-Z]$/.test(text) ? `${text}${suffix}` : `${text} ${suffix}`
  }

  return (value: number, unit = 'none', decimals?: number): string => {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? '–' : value > 0 ? '∞' : '−∞'
    const rate = RATES[unit]
    if (rate !== undefined) return withThousands(value, rate, decimals)
    switch (unit) {
      case 's':
        return seconds(value, decimals)
      case 'ms':
        return seconds(value / 1e3, decimals)
      case 'µs':
        return seconds(value / 1e6, decimals)
      case 'ns':
        return seconds(value / 1e9, decimals)
      case 'percentunit':
        return `${plain(value * 100, decimals)} %`
      case 'percent':
        return `${plain(value, decimals)} %`
      case 'bytes':
        return Math.abs(value) < 1024 ? `${plain(value, decimals)} B` : scaled(value, BINARY, decimals)
      case 'Bps':
        return withThousands(value, 'B/s', decimals)
      case 'x':
        return `${plain(value, decimals)} ×`
      case 'none':
      case 'short':
        return withThousands(value, '', decimals)
      default:
        return `${withThousands(value, '', decimals)} ${unit}`
    }
  }
}

/** A number as Grafana's unit says it, three digits long unless `decimals` says otherwise: 0.0123 in `s` is "12.3 ms". */
export const formatValue = units()

/** The same for a page, which names it `formatValue`. */
export const UNITS_SCRIPT = `const formatValue = (${units.toString()})()`

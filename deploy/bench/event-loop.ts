import type { ServiceName } from '../local/services.ts'
import type { System } from '../local/system.ts'

/** By service, the longest time in ms that its event loop was held up; nothing where metrics are off. */
export type Lags = Partial<Record<ServiceName, number>>

/** The greatest lag in ms in the text of a scrape. */
export const lagOfScrape = (text: string): number | undefined => {
  const seconds = /^app_eventloop_lag_seconds\{quantile="1"\} (\S+)/m.exec(text)?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1000
}

/** Reads the lags since the last reading. */
export const readLags = async (services: System['services']): Promise<Lags> => {
  const lags: Lags = {}
  for (const { name, managementUrl } of Object.values(services)) {
    const response = await fetch(`${managementUrl}/metrics`, { signal: AbortSignal.timeout(5000) })
    const lag = lagOfScrape(await response.text())
    if (lag !== undefined) lags[name] = lag
  }
  return lags
}

import type { z } from 'zod'

const TIMEOUT_MS = 20_000

/** Parameters as a query string. */
export const search = (values: Readonly<Record<string, string | number>>): string =>
  new URLSearchParams(Object.entries(values).map(([name, value]): [string, string] => [name, String(value)])).toString()

/**
 * The text of a store's answer, or undefined when it does not know of what was asked (404). `body` makes it a POST.
 * @throws Error for any other answer, or none within 20 s
 */
export const askText = async (url: string, body?: unknown): Promise<string | undefined> => {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (response.status === 404) return undefined
  if (!response.ok) throw new Error(`${new URL(url).host} answers ${response.status} ${text.slice(0, 200)}`)
  return text
}

/** Like `askText`, for an answer of a known shape. @throws Error also for one of another shape, and for a 404 */
export const askJson = async <S extends z.ZodType>(schema: S, url: string, body?: unknown): Promise<z.output<S>> => {
  const text = await askText(url, body)
  if (text === undefined) throw new Error(`${new URL(url).host} answers 404`)
  return schema.parse(JSON.parse(text))
}

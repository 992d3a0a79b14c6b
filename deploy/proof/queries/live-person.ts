import { z } from 'zod'
import type { Live } from '../part.ts'

const WAIT_MS = 15_000
const PASSWORD = 'a-person-who-listens'

// Some answers are a sentence without data.
const answered = z.object({ data: z.looseObject({}).default({}) })

type Person = { token: string; name: string }

/** One who follows events as they happen, so that what is delivered live can be seen; traffic opens no connections. */
export const listenLive = async ({ api, signal }: Live): Promise<void> => {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)])
  const call = async (path: string, o: { token?: string; body?: unknown }): Promise<Record<string, unknown>> => {
    const response = await fetch(`${api}/api/v1/${path}`, {
      signal: patience,
      ...(o.body !== undefined && { method: 'POST', body: JSON.stringify(o.body) }),
      headers: {
        'content-type': 'application/json',
        ...(o.token !== undefined && { authorization: `Bearer ${o.token}` }),
      },
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path} answered ${response.status} ${text.slice(0, 200)}`)
    return answered.parse(JSON.parse(text)).data
  }
  const join = async (role: string): Promise<Person> => {
    const name = `${role}${Date.now().toString(36)}`
    const body = { username: name, email: `${name}@example.org`, password: PASSWORD }
    const { access_token: token } = await call('auth/register', { body })
    return { name, token: String(token) }
  }
  const [listener, writer] = [await join('listener'), await join('writer')]
  const { id } = await call(`users/username/${listener.name}`, {})
  const stream = await fetch(`${api}/api/v1/notification/stream`, {
    signal: patience,
    headers: { authorization: `Bearer ${listener.token}` },
  })
  if (!stream.ok || stream.body === null) throw new Error(`notification/stream answered ${stream.status}`)
  await call('relation/follow', { token: writer.token, body: { followee_id: id } })
  const decoder = new TextDecoder()
  for await (const chunk of stream.body as AsyncIterable<Uint8Array>) {
    if (decoder.decode(chunk, { stream: true }).includes('data:')) return
  }
}

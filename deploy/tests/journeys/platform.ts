import { createApiClient, somebody, userIdOf } from '@pharos/platform/testing/api-client'
import type { ApiClient } from '@pharos/platform/testing/api-client'
import { dataOf } from '../answers.ts'
import { startTestSystem } from '../test-system.ts'

/** What a journey needs of a platform, whoever made it: a way in. */
export type Platform = AsyncDisposable & { readonly url: string; client(): ApiClient }

/**
 * The platform at `PHAROS_URL` or, without one, a whole system of its own. These journeys know nothing but the public
 * contract, so they can be asked of any implementation of it; one that is given should not limit its callers.
 */
export const openPlatform = async (): Promise<Platform> => {
  const url = process.env['PHAROS_URL']
  if (url === undefined || url === '') {
    const { system, client, [Symbol.asyncDispose]: dispose } = await startTestSystem({ env: { RATE_LIMIT: 'off' } })
    return { url: system.url, client, [Symbol.asyncDispose]: dispose }
  }
  const stack = new AsyncDisposableStack()
  return {
    url,
    client: () => stack.use(createApiClient(url)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

export type Member = { readonly id: number; readonly token: string; readonly username: string; readonly email: string }

/** Somebody who has just registered. */
export const join = async (api: ApiClient, more: Parameters<typeof somebody>[0] = {}): Promise<Member> => {
  const person = somebody(more)
  const { access_token: token } = dataOf(await api.register(person), 201)
  return { id: userIdOf(token), token, username: person.username, email: person.email }
}

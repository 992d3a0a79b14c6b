import { authApi } from '@pharos/platform/contracts/http/auth'
import { API_PREFIX } from '@pharos/platform/contracts/http/define'
import type { Operation, ServiceName } from '@pharos/platform/contracts/http/define'
import { liveApi } from '@pharos/platform/contracts/http/live'
import { notificationsApi } from '@pharos/platform/contracts/http/notifications'
import { postsApi } from '@pharos/platform/contracts/http/posts'
import { relationsApi } from '@pharos/platform/contracts/http/relations'
import { usersApi } from '@pharos/platform/contracts/http/users'

/** Requests that are held to the same objective; `streams` stay open and have none of latency. */
export type RequestClass = 'reads' | 'writes' | 'credentials' | 'streams'

/** What the labels `method` and `route` of the gateway say of one kind of request. */
export type Endpoint = { readonly method: string; readonly route: string }
export type RouteGroup = {
  readonly service: ServiceName
  readonly requestClass: RequestClass
  readonly endpoints: readonly Endpoint[]
}

const CLASSES: Record<Operation['limit'], RequestClass> = {
  read: 'reads',
  write: 'writes',
  send: 'writes',
  credentials: 'credentials',
}

const endpointsOf = ({ methods, paths }: Operation): Endpoint[] =>
  methods
    .flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
    .flatMap((method) => paths.map((path) => ({ method, route: API_PREFIX + path })))

/** Every public operation, by the service that owns it and by class. */
export const routeGroups = (): RouteGroup[] => {
  const apis: Record<string, Operation>[] = [usersApi, authApi, postsApi, relationsApi, notificationsApi]
  const classified = [
    ...apis.flatMap((api) => Object.values(api)).map((operation) => [operation, CLASSES[operation.limit]] as const),
    ...Object.values(liveApi).map((operation) => [operation, 'streams'] as const),
  ]
  const groups = Map.groupBy(classified, ([{ service }, requestClass]) => `${service} ${requestClass}`)
  return [...groups.values()].flatMap((members) => {
    const [first] = members
    if (first === undefined) return []
    const endpoints = members.flatMap(([operation]) => endpointsOf(operation))
    return { service: first[0].service, requestClass: first[1], endpoints }
  })
}

const byMethods = (endpoints: readonly Endpoint[]): Endpoint[][] => {
  const methods = (route: string) =>
    endpoints
      .filter((endpoint) => endpoint.route === route)
      .map(({ method }) => method)
      .toSorted()
      .join('|')
  return [...Map.groupBy(endpoints, ({ route }) => methods(route)).values()]
}

const crossing = (endpoints: readonly Endpoint[]) => {
  const methods = [...new Set(endpoints.map(({ method }) => method))]
  const routes = [...new Set(endpoints.map(({ route }) => route))]
  return { methods, routes }
}

/**
 * Label matchers that find a group and nothing of another. A matcher crosses methods with routes; where that would take in
 * somebody else's request, such as PUT /users beside POST /users, there is one for each set of methods.
 */
export const matchersOf = (group: RouteGroup, all: readonly RouteGroup[]): string[] => {
  const foreign = all.filter((other) => other !== group).flatMap(({ endpoints }) => endpoints)
  const { methods, routes } = crossing(group.endpoints)
  const takesIn = foreign.some(({ method, route }) => methods.includes(method) && routes.includes(route))
  return (takesIn ? byMethods(group.endpoints) : [group.endpoints]).map(crossing).map((one) => {
    const strange = one.routes.find((route) => !/^[\w/:-]+$/.test(route))
    if (strange !== undefined) throw new Error(`${strange} cannot be part of a regular expression as it stands`)
    return `service="gateway",method=~"${one.methods.join('|')}",route=~"${one.routes.join('|')}"`
  })
}

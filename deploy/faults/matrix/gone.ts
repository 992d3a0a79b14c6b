import { SERVICE_NAMES, type ServiceName } from '../../local/services.ts'
import type { AlertRef, Fault } from '../fault.ts'
import { availabilityBurns, eventsLate, latencyBurns } from './following.ts'

const LOSES: Readonly<Record<ServiceName, string>> = {
  gateway: 'everybody, because nobody else lets anybody in',
  users: 'who looks at, searches or changes a profile, or registers',
  auth: 'who logs in or registers; sessions that are open go on',
  posts: 'who reads or writes posts',
  notifications: 'who looks at notifications; new ones come late',
  relations: 'who follows or looks at followers; followers hear of posts late',
}

/** What its users lose, as the gateway sees it; with the gateway itself nobody is left to see it. */
const burnsOf = (service: ServiceName): AlertRef[] =>
  service === 'gateway'
    ? [...availabilityBurns(), ...latencyBurns()]
    : [...availabilityBurns(service), ...latencyBurns(service)]

/** Another member takes its partitions over after six seconds, which is long for what came meanwhile. */
const lateAfter = (service: ServiceName): AlertRef[] =>
  service === 'gateway' || service === 'users' ? [] : eventsLate(service)

const killed = (service: ServiceName): Fault => ({
  name: `${service}-killed`,
  breaks: `The process of ${service} is killed and comes back within seconds. Those seconds are lost to ${LOSES[service]}.`,
  see: { dashboard: 'pharos-nodejs', panel: 'Restarts' },
  injection: { by: 'kill', part: service },
  sli: {
    query: `changes(process_start_time_seconds{job="services",service="${service}"}[1m])`,
    is: 'above',
    bound: 0,
  },
  alerts: [{ alert: 'RestartedUnexpectedly', service, withinSeconds: 75 }],
  mayFire: [...burnsOf(service), ...lateAfter(service)],
  hard: true,
})

const stopped = (service: ServiceName): Fault => ({
  name: `${service}-stopped`,
  breaks: `The process of ${service} is there and answers nothing, to the harm of ${LOSES[service]}.`,
  see: { dashboard: 'pharos-overview', panel: 'Readiness' },
  injection: { by: 'stop', part: service },
  sli: { query: `up{job="services",service="${service}"}`, is: 'below', bound: 1 },
  alerts: [{ alert: 'TargetDown', service, withinSeconds: 110 }],
  // Who asks for somebody unknown makes relations and notifications ask users.
  mayFire: [
    ...burnsOf(service),
    ...lateAfter(service),
    ...(service === 'users' ? availabilityBurns('relations', 'notifications', 'posts', 'auth') : []),
  ],
  hard: true,
})

/** Services that are gone: for seconds, and for as long as it lasts. */
export const gone: readonly Fault[] = [...SERVICE_NAMES.map(killed), ...SERVICE_NAMES.map(stopped)]

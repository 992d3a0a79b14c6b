import type { StoreName } from './stores.ts'

export type ServiceName = 'gateway' | 'users' | 'auth' | 'posts' | 'notifications' | 'relations'

export type ServiceFacts = {
  name: ServiceName
  port: number
  /** Has a database and migrations of its own. */
  database: boolean
  stores: readonly StoreName[]
}

/** The services of the platform, in the order in which they are shown. */
export const SERVICES: Readonly<Record<ServiceName, ServiceFacts>> = {
  gateway: { name: 'gateway', port: 8080, database: false, stores: ['redis'] },
  users: { name: 'users', port: 8081, database: true, stores: ['postgres', 'redis', 'kafka'] },
  auth: { name: 'auth', port: 8082, database: true, stores: ['postgres', 'redis', 'kafka'] },
  posts: { name: 'posts', port: 8083, database: true, stores: ['postgres', 'redis', 'kafka'] },
  notifications: { name: 'notifications', port: 8084, database: true, stores: ['postgres', 'redis', 'kafka'] },
  relations: { name: 'relations', port: 8085, database: true, stores: ['postgres', 'redis', 'kafka'] },
}

export const SERVICE_NAMES = Object.keys(SERVICES) as readonly ServiceName[]

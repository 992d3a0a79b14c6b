import type { AlertRef } from '../fault.ts'

// What follows from a fault and is nobody's false alarm. A burning budget is never kept back by its cause (Alertmanager), and
// how soon one burns depends on how long the system has run, so it may come and need not.

const of = (alert: string, services: readonly string[]): AlertRef[] =>
  services.length === 0 ? [{ alert }] : services.map((service) => ({ alert, service }))

/** The budget of what users of these services lose; of any service without names. */
export const availabilityBurns = (...services: readonly string[]): AlertRef[] => of('AvailabilityBudgetBurn', services)

export const latencyBurns = (...services: readonly string[]): AlertRef[] => of('LatencyBudgetBurn', services)

/** Follows became notifications too late. */
export const freshnessBurns: AlertRef = { alert: 'FreshnessBudgetBurn', service: 'notifications' }

/** Events that waited are handled late, and are told once they are handled. */
export const eventsLate = (service: string): AlertRef[] => [
  { alert: 'EventAgeHigh', service },
  ...(service === 'notifications' ? [{ alert: 'NotificationDelay', service }, freshnessBurns] : []),
]

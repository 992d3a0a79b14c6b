import { appendFile, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { placeOf } from '../local/parts.ts'
import { releaseOf } from '../local/service-environment.ts'
import { ROOT, type Settings } from '../local/settings.ts'
import type { Injection } from './fault.ts'

type What = { action: 'fault.injected' | 'fault.repaired'; fault: string; injection?: Injection | undefined }

/** Names what is hit; the services of a flag, the part, the service of a deployment. */
const hitBy = (injection: Injection): string => {
  switch (injection.by) {
    case 'flag':
      return injection.services.join(',')
    case 'kill':
    case 'stop':
    case 'stutter':
      return injection.part
    case 'deploy':
      return injection.service
    case 'attack':
      return injection.name
  }
}

const lineOf = (settings: Settings, { action, fault, injection }: What, time: Date): string =>
  JSON.stringify({
    '@timestamp': time.toISOString(),
    'log.level': 'warn',
    message: `${action === 'fault.injected' ? 'fault injected' : 'fault repaired'}: ${fault}`,
    'ecs.version': '8.11.0',
    'service.name': 'faults',
    'service.version': releaseOf(ROOT).version,
    'service.environment': settings.env['DEPLOYMENT_ENVIRONMENT'] || 'local',
    'event.action': action,
    'fault.name': fault,
    ...(injection && { 'fault.by': injection.by, 'fault.target': hitBy(injection) }),
  })

/** A line as the services write them, so that the stores of lines have it and every dashboard can show it. */
export const writeFaultLine = async (settings: Settings, what: What): Promise<void> => {
  const { logFile } = placeOf(settings.home, 'faults')
  await mkdir(dirname(logFile), { recursive: true })
  await appendFile(logFile, `${lineOf(settings, what, new Date())}\n`)
}

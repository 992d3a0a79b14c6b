import { targetOf } from '../faults/target.ts'
import { say } from '../local/progress.ts'
import type { Settings } from '../local/settings.ts'
import type { Live } from './part.ts'

/** The system of this checkout as the parts look at it. */
export const liveOf = (settings: Settings, o: Pick<Live, 'rules' | 'folder' | 'signal'>): Live => ({
  ...targetOf(settings),
  alertmanager: `http://127.0.0.1:${settings.ports.ALERTMANAGER}`,
  oncall: `http://127.0.0.1:${settings.ports.ONCALL}`,
  say,
  ...o,
})

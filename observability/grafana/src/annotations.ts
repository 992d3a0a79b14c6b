import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { refOf, type Source } from './sources.ts'

type Event = { name: string; color: string; expr: string }

const marked = (source: Source, { name, color, expr }: Event): AnnotationQueryBuilder =>
  new AnnotationQueryBuilder().name(name).datasource(refOf(source)).enable(true).iconColor(color).expr(expr)

const mark = ({ title, text, ...event }: Event & { title: string; text: string }): AnnotationQueryBuilder =>
  marked('prometheus', event).step('10s').titleFormat(title).textFormat(text).tagKeys('service')

// Its text is the line itself, which says what was done. Of all dashboards, because a fault shows far from where it is made.
const faults = (): AnnotationQueryBuilder =>
  marked('loki', {
    name: 'Fault injection',
    color: 'purple',
    expr: '{service_name="faults"} | event_action=~"fault.injected|fault.repaired"',
  })
    .titleFormat('{{event_action}} {{fault_name}}')
    .tagKeys('fault_name')

/** What happened meanwhile, of the chosen services where a dashboard has that variable. */
export const annotations = (byService: boolean): AnnotationQueryBuilder[] => {
  const ours = byService ? '{service=~"$service"}' : ''
  const chosen = byService ? ', service=~"$service"' : ''
  return [
    // A version is new if it was not to be seen in the ten minutes before: a restart of the same one is no deploy.
    mark({
      name: 'Deploys',
      color: 'blue',
      expr: `count by (service, version, commit) (app_info${ours}) unless count by (service, version, commit) (last_over_time(app_info${ours}[10m] offset 30s))`,
      title: '{{service}} {{version}}',
      text: 'commit {{commit}}',
    }),
    mark({
      name: 'Firing alerts',
      color: 'red',
      expr: `ALERTS{alertstate="firing", alertname!="Watchdog"${chosen}}`,
      title: '{{alertname}}',
      text: '{{severity}} for {{service}}',
    }),
    mark({
      name: 'Restarts',
      color: 'orange',
      expr: `changes(process_start_time_seconds{job="services"${chosen}}[1m]) > 0`,
      title: '{{service}} restarted',
      text: '{{instance}}',
    }),
    faults(),
  ]
}

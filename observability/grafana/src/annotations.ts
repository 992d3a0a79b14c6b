import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { refOf } from './sources.ts'

type Event = { name: string; color: string; expr: string; title: string; text: string }

const mark = ({ name, color, expr, title, text }: Event): AnnotationQueryBuilder =>
  new AnnotationQueryBuilder()
    .name(name)
    .datasource(refOf('prometheus'))
    .enable(true)
    .iconColor(color)
    .expr(expr)
    .step('10s')
    .titleFormat(title)
    .textFormat(text)
    .tagKeys('service')

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
  ]
}

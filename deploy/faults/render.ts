import { table } from '../local/progress.ts'
import { SERVICE_NAMES } from '../local/services.ts'
import type { Settings } from '../local/settings.ts'
import type { Fault, Injection } from './fault.ts'

const WIDTH = 100

const at = (port: number): string => `http://127.0.0.1:${port}`

/** Lines of at most so many letters. */
const wrapped = (text: string, width = WIDTH): string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

const everySeconds = (seconds: number | undefined): string =>
  seconds === undefined ? 'once; the supervisor brings it back' : `again and again, every ${seconds} s`

/** How it is done, in a sentence. */
export const howOf = (injection: Injection): string => {
  switch (injection.by) {
    case 'flag':
      return `the flag ${injection.flag} of ${injection.services.join(', ')} is set to "${injection.variant}" (FAULTS=on)`
    case 'kill':
      return `SIGKILL for ${injection.part}, ${everySeconds(injection.everySeconds)}`
    case 'stop':
      return `SIGSTOP for ${injection.part} and all that it has started`
    case 'stutter':
      return `SIGSTOP for ${injection.part} for ${injection.forMs} ms, SIGCONT for ${injection.thenMs} ms, in turn`
    case 'deploy':
      return `${injection.service} comes back as ${injection.version}, with ${injection.flag}=${injection.variant} from its first moment`
    case 'attack':
      return `deploy/faults/attacks, "${injection.name}"`
  }
}

const called = ({ alert, service }: { alert: string; service?: string }): string =>
  service === undefined ? `${alert} of any service` : `${alert} of ${service}`

/** Everything that can be broken, a line each. */
export const renderList = (faults: readonly Fault[]): string => {
  const rows = faults.flatMap(({ name, breaks, alerts }) => {
    const told = alerts.map((each) => called(each)).join(', ')
    const [first = '', ...others] = wrapped(breaks, 70)
    return [[name, first, told], ...others.map((line) => ['', line])]
  })
  return `${table([['fault', 'what breaks', 'who tells'], ...rows])}\n\n${faults.length} faults; "npm run fault -- <name> --show" tells more of one.`
}

/** Whose dashboard it is: stores are not among the services that one can choose. */
const serviceOf = (injection: Injection): string | undefined => {
  const hit = injection.by === 'flag' ? injection.services[0] : 'part' in injection ? injection.part : undefined
  const service = injection.by === 'deploy' ? injection.service : hit
  return SERVICE_NAMES.find((name) => name === service)
}

/** Where a fault shows first. */
export const placeOfFault = ({ see, injection }: Fault, { ports }: Settings): string => {
  const service = serviceOf(injection)
  const chosen = service === undefined ? '' : `?var-service=${service}`
  return `${at(ports.GRAFANA)}/d/${see.dashboard}${chosen}, panel "${see.panel}"`
}

const runbookOf = (alert: string, { ports }: Settings): string =>
  `observability/runbooks/${alert}.md  ${at(ports.ONCALL)}/runbooks/${alert}.md`

/** Indents what comes after the first line as far as its title. */
const paragraph = (title: string, lines: readonly string[]): string =>
  lines.map((line, place) => `${(place === 0 ? title : '').padEnd(14)}${line}`).join('\n')

/** What there is to know of one fault. */
export const renderFault = (fault: Fault, settings: Settings): string => {
  const { name, breaks, injection, sli, alerts, mayFire = [] } = fault
  const told = alerts.flatMap((each) => [
    `${called(each)}, within ${each.withinSeconds} s`,
    `  ${runbookOf(each.alert, settings)}`,
  ])
  return [
    name,
    '',
    paragraph('breaks', wrapped(breaks)),
    paragraph('how', wrapped(howOf(injection))),
    paragraph('see', [placeOfFault(fault, settings)]),
    paragraph('moves', [sli.query, `${sli.is} ${sli.bound}`]),
    paragraph('tells', told),
    paragraph(
      'may follow',
      mayFire.length === 0 ? ['nothing'] : wrapped(mayFire.map((each) => called(each)).join(', ')),
    ),
  ].join('\n')
}

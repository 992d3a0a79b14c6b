import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'

const TEMPLATES = fileURLToPath(new URL('templates/*.tmpl', import.meta.url))

type Environment = Readonly<Record<string, string | undefined>>

type Receiver = Record<string, unknown> & { name: string; webhook_configs?: { url: string }[] }
type Configuration = { global?: Record<string, unknown>; templates: string[]; receivers: Receiver[] }

const MAIL_SETTINGS = ['ALERT_SMTP_HOST', 'ALERT_SMTP_FROM', 'ALERT_SMTP_USERNAME', 'ALERT_SMTP_PASSWORD']

/** No sentence here may hold a value: most of them are secrets. */
const refuse = (sentence: string): never => {
  throw new Error(sentence)
}

const valueOf = (env: Environment, name: string): string | undefined => env[name]?.trim() || undefined

const addressOf = (env: Environment, name: string): string | undefined => {
  const value = valueOf(env, name)
  if (value !== undefined && !/^https?:$/.test(URL.parse(value)?.protocol ?? '')) {
    refuse(`${name} must be an address that begins with http:// or https://.`)
  }
  return value
}

const routingKeyOf = (env: Environment): string | undefined => {
  const name = 'ALERT_PAGERDUTY_ROUTING_KEY'
  const value = valueOf(env, name)
  if (value !== undefined && !/^[A-Za-z0-9]{32}$/.test(value)) {
    refuse(`${name} must be an integration key of 32 letters and digits.`)
  }
  return value
}

/** How mail is sent, and to whom; undefined when nobody gets any. */
const mailOf = (env: Environment): { to: string; global: Record<string, string> } | undefined => {
  const to = valueOf(env, 'ALERT_EMAIL_TO')
  const [host, from, username, password] = MAIL_SETTINGS.map((name) => valueOf(env, name))
  if (to === undefined) {
    const given = MAIL_SETTINGS.find((name) => valueOf(env, name) !== undefined)
    return given === undefined
      ? undefined
      : refuse(`${given} is set, but ALERT_EMAIL_TO is not: nobody would get mail.`)
  }
  if (!/^[^\s@,]+@[^\s@,]+(\s*,\s*[^\s@,]+@[^\s@,]+)*$/.test(to)) {
    return refuse('ALERT_EMAIL_TO must be an e-mail address, or several with commas between.')
  }
  if (host === undefined)
    return refuse('ALERT_EMAIL_TO is set, but ALERT_SMTP_HOST is not: mail needs a server, as host:port.')
  if (!/^(\[[^\s\]]+\]|[^\s:]+):\d+$/.test(host)) return refuse('ALERT_SMTP_HOST must be host:port.')
  if (from === undefined) return refuse('ALERT_EMAIL_TO is set, but ALERT_SMTP_FROM is not: mail needs a sender.')
  if (username === undefined && password !== undefined) {
    return refuse('ALERT_SMTP_PASSWORD is set, but ALERT_SMTP_USERNAME is not.')
  }
  if (username !== undefined && password === undefined) {
    return refuse('ALERT_SMTP_USERNAME is set, but ALERT_SMTP_PASSWORD is not.')
  }
  const login = username !== undefined && password !== undefined ? { username, password } : undefined
  return {
    to,
    global: {
      smtp_smarthost: host,
      smtp_from: from,
      ...(login && { smtp_auth_username: login.username, smtp_auth_password: login.password }),
    },
  }
}

const slackTo = (url: string) => [
  {
    api_url: url,
    send_resolved: true,
    title: '{{ template "pharos.title" . }}',
    title_link: '{{ (index .Alerts 0).Annotations.dashboard_url }}',
    text: '{{ template "pharos.slack" . }}',
    color:
      '{{ if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}',
  },
]

const mailTo = (to: string) => [
  {
    to,
    send_resolved: true,
    headers: { Subject: '{{ template "pharos.title" . }}' },
    html: '{{ template "pharos.mail" . }}',
  },
]

const pagerDutyWith = (key: string) => [
  {
    routing_key: key,
    send_resolved: true,
    severity: 'critical',
    description: '{{ template "pharos.title" . }}',
    component: '{{ .CommonLabels.service }}',
    links: [
      { href: '{{ (index .Alerts 0).Annotations.runbook_url }}', text: 'Runbook' },
      { href: '{{ (index .Alerts 0).Annotations.dashboard_url }}', text: 'Dashboard' },
    ],
  },
]

/**
 * The configuration of a run: the base file with the receivers that the environment names, and the way to the templates.
 * It holds secrets. @throws one sentence that names the variable at fault, and never its value
 */
export const alertmanagerConfig = (base: string, env: Environment): string => {
  const webhook = addressOf(env, 'ALERT_WEBHOOK_URL')
  const slack = addressOf(env, 'ALERT_SLACK_WEBHOOK_URL')
  const pagerDuty = routingKeyOf(env)
  const mail = mailOf(env)
  const more: Record<string, Record<string, unknown>> = {
    page: {
      ...(pagerDuty && { pagerduty_configs: pagerDutyWith(pagerDuty) }),
      ...(slack && { slack_configs: slackTo(slack) }),
      ...(mail && { email_configs: mailTo(mail.to) }),
    },
    ticket: { ...(slack && { slack_configs: slackTo(slack) }) },
    mail: { ...(mail && { email_configs: mailTo(mail.to) }) },
  }
  const configuration = parse(base) as Configuration
  const receivers = configuration.receivers.map((receiver) => ({
    ...receiver,
    ...(receiver.webhook_configs && {
      webhook_configs: receiver.webhook_configs.map((config) => ({ ...config, url: webhook ?? config.url })),
    }),
    ...more[receiver.name],
  }))
  return stringify({
    ...configuration,
    ...(mail && { global: { ...configuration.global, ...mail.global } }),
    templates: [TEMPLATES],
    receivers,
  })
}

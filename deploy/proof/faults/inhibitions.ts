import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import type { AlertRef } from '../../faults/fault.ts'

const CONFIG = new URL('../../../observability/alertmanager/alertmanager.yml', import.meta.url)

const matchers = z.array(z.string())
const config = z.object({
  inhibit_rules: z.array(
    z.object({ source_matchers: matchers, target_matchers: matchers, equal: z.array(z.string()).default([]) }),
  ),
})

/** Whether one alert, while it fires, may keep another one from being told. What is not known of them is taken to fit. */
export type HoldsBack = (source: AlertRef, target: AlertRef) => boolean

/** Of the labels only name and service are known; without a service, an alert may be of any. */
const known = ({ alert, service }: AlertRef, label: string): string | undefined => {
  if (label === 'alertname') return alert
  return label === 'service' && service !== '' ? service : undefined
}

const mayMatch = (matcher: string, ref: AlertRef): boolean => {
  const [, label = '', operator = '', wanted = ''] = /^\s*(\w+)\s*(=~|!~|!=|=)\s*"?(.*?)"?\s*$/.exec(matcher) ?? []
  const value = known(ref, label)
  if (value === undefined) return true
  const fits = operator.endsWith('~') ? new RegExp(`^(?:${wanted})$`).test(value) : value === wanted
  return fits !== operator.startsWith('!')
}

const mayEqual = (label: string, source: AlertRef, target: AlertRef): boolean => {
  const [one, other] = [known(source, label), known(target, label)]
  return one === undefined || other === undefined || one === other
}

/** What the inhibitions of a configuration of Alertmanager hold back. @throws when it has none */
export const inhibitionsOf = (text: string): HoldsBack => {
  const rules = config.parse(parse(text)).inhibit_rules
  return (source, target) =>
    rules.some(
      (rule) =>
        rule.source_matchers.every((matcher) => mayMatch(matcher, source)) &&
        rule.target_matchers.every((matcher) => mayMatch(matcher, target)) &&
        rule.equal.every((label) => mayEqual(label, source, target)),
    )
}

/** Those of the committed configuration; fast rules leave them as they are. */
export const readInhibitions = async (): Promise<HoldsBack> => inhibitionsOf(await readFile(CONFIG, 'utf8'))

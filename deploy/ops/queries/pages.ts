import { glob, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { readPages } from '../../../observability/runbooks/page.ts'
import { amountOf, type Answer } from './answers.ts'
import { askElasticsearch, askLoki, askPrometheus, askTempo, type BackEnds, type Range } from './back-ends.ts'
import { fill, type Chosen } from './fill.ts'

const LANGUAGES = ['promql', 'logql', 'traceql', 'lucene'] as const
type Language = (typeof LANGUAGES)[number]

/** A query that stands in a text, and what became of it: how much it answered, or what went wrong. */
export type TextAnswer = {
  where: string
  /** A recorded series always is; an alert is not in health; a runbook's query may be either. */
  kind: 'runbook' | 'alert' | 'record'
  language: Language
  query: string
  found: number
  fault: string | undefined
}

type Question = { where: string; kind: TextAnswer['kind']; language: Language; text: string }
type Asked = { backEnds: BackEnds; range: Range; given: Chosen }

const ask = ({ language, text }: Question, { backEnds, range, given }: Asked): Promise<Answer> => {
  switch (language) {
    case 'promql':
      return askPrometheus(backEnds.prometheus, fill(text, given, 'prometheus', range), true, range)
    case 'logql':
      return askLoki(backEnds.loki, fill(text, given, 'loki', range), false, range)
    case 'traceql':
      return askTempo(backEnds.tempo, fill(text, given, 'tempo', range), range)
    case 'lucene':
      return askElasticsearch(backEnds.elasticsearch, fill(text, given, 'elasticsearch', range), range)
    default:
      return language satisfies never
  }
}

const askAll = async (questions: readonly Question[], asked: Asked): Promise<TextAnswer[]> => {
  const answers: TextAnswer[] = []
  for (const question of questions) {
    const { where, kind, language, text: query } = question
    try {
      answers.push({ where, kind, language, query, found: amountOf(await ask(question, asked)), fault: undefined })
    } catch (error) {
      answers.push({
        where,
        kind,
        language,
        query,
        found: 0,
        fault: error instanceof Error ? error.message : String(error),
      })
    }
  }
  return answers
}

/** Asks every query of every runbook. */
export const askRunbooks = (asked: Asked): Promise<TextAnswer[]> =>
  askAll(
    readPages().flatMap(({ name, blocks }) =>
      blocks.flatMap(({ language, text }) => {
        const known = LANGUAGES.find((one) => one === language)
        return known === undefined ? [] : [{ where: name, kind: 'runbook' as const, language: known, text }]
      }),
    ),
    asked,
  )

const RULES = fileURLToPath(new URL('../../../observability/', import.meta.url))

type RuleFile = { groups: { rules: { alert?: string; record?: string; expr: string }[] }[] }

const rulesIn = async (pattern: string, language: Language): Promise<Question[]> => {
  const questions: Question[] = []
  for await (const file of glob(pattern, { cwd: RULES })) {
    const { groups } = parse(await readFile(`${RULES}${file}`, 'utf8')) as RuleFile
    for (const { alert, record, expr } of groups.flatMap((group) => group.rules)) {
      questions.push({
        where: alert ?? record ?? file,
        kind: record === undefined ? 'alert' : 'record',
        language,
        text: expr,
      })
    }
  }
  return questions
}

/** Asks the expression of every rule of Prometheus and Loki. In health an alert's answers nothing. */
export const askRules = async (asked: Asked): Promise<TextAnswer[]> => [
  ...(await askAll(await rulesIn('prometheus/rules/*.yml', 'promql'), asked)),
  ...(await askAll(await rulesIn('loki/rules/*/*.yml', 'logql'), asked)),
]

import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** What stands between two fences. */
export type Block = { readonly language: string; readonly text: string; readonly section: string }

export type Page = {
  /** The name of the file, which is the alert's. */
  readonly name: string
  readonly lines: readonly string[]
  /** Headings with their signs, in the order of the page. */
  readonly headings: readonly string[]
  /** What stands between the title and the first section. */
  readonly meaning: string
  readonly blocks: readonly Block[]
  /** The page without its blocks. */
  readonly prose: string
}

const FENCE = /^```(.*)$/

/** @throws Error when a block is never closed */
const parsePage = (name: string, text: string): Page => {
  const lines = text.trimEnd().split('\n')
  const blocks: Block[] = []
  const prose: string[] = []
  let section = ''
  let open: { language: string; from: number } | undefined
  for (const [at, line] of lines.entries()) {
    const fence = FENCE.exec(line)
    if (open !== undefined && fence !== null) {
      blocks.push({ language: open.language, text: lines.slice(open.from, at).join('\n'), section })
      open = undefined
    } else if (fence !== null) open = { language: fence[1] ?? '', from: at + 1 }
    else if (open === undefined) {
      prose.push(line)
      if (line.startsWith('#')) section = line
    }
  }
  if (open !== undefined) throw new Error(`${name}: a block is never closed`)
  const headings = prose.filter((line) => line.startsWith('#'))
  const meaning = prose
    .slice(1, prose.indexOf(headings[1] ?? ''))
    .join('\n')
    .trim()
  return { name, lines, headings, meaning, blocks, prose: prose.join('\n') }
}

/** Every page of this folder but its README. */
export const readPages = (): Page[] =>
  globSync('*.md', { cwd: import.meta.dirname })
    .filter((file) => file !== 'README.md')
    .toSorted()
    .map((file) => parsePage(basename(file, '.md'), readFileSync(join(import.meta.dirname, file), 'utf8')))

export type DashboardMention = {
  readonly title: string
  readonly uid: string
  readonly sets: readonly string[]
  /** The titles in bold behind the link. */
  readonly panels: readonly string[]
}

const MENTION = /\[([^\]]+)\]\(\/d\/([\w-]+)(\?[^)]*)?\)((?:(?:,| and)? \*\*[^*]+\*\*)*)/g

/** `[Service](/d/pharos-service?var-service=$service) **In and out**, **Circuits**: …` */
export const dashboardsIn = (prose: string): DashboardMention[] =>
  [...prose.matchAll(MENTION)].map(([, title = '', uid = '', query = '', bold = '']) => ({
    title,
    uid,
    sets: [...query.matchAll(/[?&]var-(\w+)=/g)].map(([, name = '']) => name),
    panels: [...bold.matchAll(/\*\*([^*]+)\*\*/g)].map(([, panel = '']) => panel),
  }))

/** Links to other pages, by their text and by where they lead. */
export const runbooksIn = (prose: string): { readonly text: string; readonly name: string }[] =>
  [...prose.matchAll(/\[([^\]]+)\]\((\w+)\.md\)/g)].map(([, text = '', name = '']) => ({ text, name }))

/** What stands between backticks. */
export const codeIn = (prose: string): string[] => [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)

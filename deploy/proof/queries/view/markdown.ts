import { escapeHtml } from './html.ts'

const LINK = /\[([^\]]+)\]\(([^)\s]+)\)/g

// A link to a dashboard stays on this page; the rest leads out.
const addressOf = (url: string): string => /^\/d\/([\w-]+)/.exec(url)?.[1]?.replace(/^/, '#') ?? url

const inline = (text: string): string =>
  escapeHtml(text)
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>')
    .replaceAll(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replaceAll(/(^|\W)\*([^*]+)\*/g, '$1<em>$2</em>')
    .replaceAll(LINK, (all, label: string, url: string) =>
      /^(https?:|\/d\/|#)/.test(url) ? `<a href="${addressOf(url)}">${label}</a>` : all,
    )

/** The Markdown that texts of dashboards are written in: paragraphs, lists, bold, italic, code and links. */
export const markdown = (text: string): string =>
  text
    .split(/\n{2,}/)
    .map((block) => {
      const lines = block.split('\n').filter((line) => line.trim() !== '')
      const heading = /^#+ (.*)$/.exec(lines[0] ?? '')
      if (heading !== null && lines.length === 1) return `<h4>${inline(heading[1] ?? '')}</h4>`
      if (lines.every((line) => /^[-*] /.test(line))) {
        return `<ul>${lines.map((line) => `<li>${inline(line.slice(2))}</li>`).join('')}</ul>`
      }
      return `<p>${inline(lines.join(' '))}</p>`
    })
    .join('')

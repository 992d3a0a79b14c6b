/** Something that must be in no store; `name` says what it is, and is all of it that is ever shown. */
export type Secret = { name: string; text: string }

/** Shorter than this, a text is found by chance. */
const SHORTEST = 8

/** The forms in which a text may come: as it is, in other letters, as a URL or JSON writes it, or as base64. */
const formsOf = (text: string): string[] => {
  const json = JSON.stringify(text).slice(1, -1)
  const encoded = encodeURIComponent(text)
  const base64 = Buffer.from(text).toString('base64').replace(/=+$/, '')
  return [...new Set([text, text.toLowerCase(), text.toUpperCase(), json, encoded, encoded.toLowerCase(), base64])]
}

const BASE = 31
/** What the first of eight characters weighs in a hash, by which it is taken out again. */
const FIRST_WEIGHT = Array.from({ length: SHORTEST - 1 }).reduce<number>((weight) => Math.imul(weight, BASE), 1)

const hashOf = (text: string, at: number): number => {
  let hash = 0
  for (let i = at; i < at + SHORTEST; i += 1) hash = (Math.imul(hash, BASE) + text.charCodeAt(i)) | 0
  return hash
}

/**
 * Which of the needles stand in the texts, by one walk over them however many needles there are (Rabin and Karp): a thousand
 * searches of a hundred megabytes would take minutes. @throws Error for a needle of less than eight characters
 */
export const needlesIn = (texts: readonly string[], needles: readonly string[]): Set<string> => {
  const byHash = new Map<number, string[]>()
  for (const needle of needles) {
    if (needle.length < SHORTEST) throw new Error('a text of less than eight characters cannot be looked for')
    const hash = hashOf(needle, 0)
    byHash.set(hash, [...(byHash.get(hash) ?? []), needle])
  }
  const found = new Set<string>()
  for (const text of texts) {
    if (text.length < SHORTEST) continue
    let hash = hashOf(text, 0)
    for (let at = 0; ; at += 1) {
      for (const needle of byHash.get(hash) ?? []) if (text.startsWith(needle, at)) found.add(needle)
      if (at + SHORTEST >= text.length) break
      const rest = (hash - Math.imul(text.charCodeAt(at), FIRST_WEIGHT)) | 0
      hash = (Math.imul(rest, BASE) + text.charCodeAt(at + SHORTEST)) | 0
    }
  }
  return found
}

/** The secrets that stand in texts, in whatever form. @throws Error for a secret of less than eight characters */
export const secretsIn = (texts: readonly string[], secrets: readonly Secret[]): Secret[] => {
  const forms = secrets.map(({ text }) => formsOf(text))
  const found = needlesIn(texts, forms.flat())
  return secrets.filter((_, place) => forms[place]?.some((form) => found.has(form)))
}

/** Where a secret stands, with what is around it, but never it itself. */
export const around = (texts: readonly string[], { text }: Secret): string => {
  for (const where of texts) {
    for (const form of formsOf(text)) {
      const at = where.indexOf(form)
      if (at < 0) continue
      const end = at + form.length
      return `${where.slice(Math.max(0, at - 80), at)}⟨…⟩${where.slice(end, end + 40)}`.replaceAll(/\s+/g, ' ')
    }
  }
  return ''
}

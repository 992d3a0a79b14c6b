/** A prepared statement: parsed once per connection, then called by name. Values travel apart from the text. */
export type Statement = { readonly name: string; readonly text: string }

const MAX_NAME_LENGTH = 63
const known = new Map<string, string>()

/**
 * Declares a named statement, such as `statement('users.by-id', 'SELECT … WHERE id = $1')`. The name is its span, its
 * metric label and its name on the server, so it is unique in the process and at most 63 characters long.
 * @throws Error when the name is taken by another text or too long
 */
export const statement = (name: string, text: string): Statement => {
  if (name.length > MAX_NAME_LENGTH) throw new Error(`statement name is longer than ${MAX_NAME_LENGTH}: ${name}`)
  if ((known.get(name) ?? text) !== text) throw new Error(`two statements are called ${name}`)
  known.set(name, text)
  return Object.freeze({ name, text })
}

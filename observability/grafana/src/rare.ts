type Scope = { readonly by?: string; readonly where?: string; readonly over: string }

/**
 * How often something that mostly never happens has happened. A counter with labels has no series before its first time, and
 * `increase` does not see that first time; a series that is new in the window counts whole.
 */
export const happened = (counter: string, { by, where = '', over }: Scope): string => {
  const series = `${counter}{${where}}`
  const summed = by === undefined ? 'sum' : `sum by (${by}) `
  return `${summed}((increase(${series}[${over}]) and ${series} offset ${over}) or ${series})`
}

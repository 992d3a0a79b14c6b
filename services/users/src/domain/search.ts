export type SearchQuery = { readonly text: string; readonly page: number; readonly limit: number }

/**
 * How texts are compared in a search, and how they are stored for it: without regard to case, and one way to write
 * an accented letter. One text, one folding, on both sides and independent of any locale.
 */
export const fold = (text: string): string => text.normalize('NFC').toLowerCase()

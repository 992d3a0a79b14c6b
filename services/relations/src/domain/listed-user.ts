import type { UserId } from './follow.ts'

/** What is known of somebody in a list: the card, or that there is none yet, or that the account is gone. */
export type Card = { readonly username: string; readonly avatarUrl: string | undefined } | 'missing' | 'deleted'

export type Listed = { readonly id: UserId; readonly card: Card }

/** Somebody as a list shows them. */
export type ListedUser = { readonly id: UserId; readonly username: string; readonly avatarUrl: string | undefined }

const MISSING_USERNAME = 'Missing user'

/** Nobody drops out of a list because nothing is known of them, so a page and its total always agree. */
export const shown = ({ id, card }: Listed): ListedUser =>
  typeof card === 'string'
    ? { id, username: MISSING_USERNAME, avatarUrl: undefined }
    : { id, username: card.username, avatarUrl: card.avatarUrl }

/** What a service may keep of a user beside the id. It names those that it shows, and keeps no other. */
export type CardColumn = 'username' | 'full_name' | 'avatar_url' | 'email' | 'bio'

/**
 * The migration of the table of cards. A row without `deleted` is somebody who is there; one with it says that the account is gone, so
 * that no older event brings it back, and holds nothing of it any more.
 */
export const userCardsMigration = (columns: readonly CardColumn[]): { readonly up: string; readonly down: string } => ({
  up: `
CREATE TABLE user_cards (
  id bigint PRIMARY KEY,
  version integer NOT NULL,
  deleted boolean NOT NULL DEFAULT false${columns.map((column) => `,\n  ${column} text`).join('')}
)`,
  down: 'DROP TABLE user_cards',
})

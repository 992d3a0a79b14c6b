import { userCardsMigration } from '@pharos/platform/user-cards/table'

/** What posts keeps of a user: what is shown of an author, and what the answer of a creation tells besides. */
export const { up, down } = userCardsMigration(['username', 'full_name', 'avatar_url', 'email', 'bio'])

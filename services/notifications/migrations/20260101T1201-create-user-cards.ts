import { userCardsMigration } from '@pharos/platform/user-cards/table'

export const { up, down } = userCardsMigration([])

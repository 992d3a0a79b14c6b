import { migrateCommand } from '@pharos/platform/postgres/migrate'

await migrateCommand(new URL('../migrations/', import.meta.url), process)

import { join } from 'node:path'
import { storeUrls } from '../../local/parts.ts'
import { loadSecrets } from '../../local/secrets.ts'
import type { StoreUrls } from '../../local/stores.ts'
import type { Target } from '../target.ts'

/** Where the stores are, with the passwords of their administrators. */
export const storesOf = ({ settings }: Target): StoreUrls =>
  storeUrls({ settings, secrets: loadSecrets(join(settings.home, 'secrets.json')) })

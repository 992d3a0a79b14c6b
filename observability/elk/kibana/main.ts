import { writeFile } from 'node:fs/promises'
import { ndjson } from './objects.ts'

await writeFile(new URL('pharos.ndjson', import.meta.url), ndjson())

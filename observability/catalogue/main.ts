import { writeFile } from 'node:fs/promises'
import { readme, regenerated } from './readme.ts'

await writeFile(readme, await regenerated())

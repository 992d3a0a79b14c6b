import type { BatchedWork } from '@pharos/platform/postgres/batched-work'
import { gatherFollowers } from './gather-followers.ts'
import { removeFollows } from './remove-follows.ts'

/** What may take more than one transaction. The names are stored with the work, so they outlive a deployment. */
export const batches = { 'remove-follows': removeFollows, 'gather-followers': gatherFollowers }

export type Batches = BatchedWork<typeof batches>

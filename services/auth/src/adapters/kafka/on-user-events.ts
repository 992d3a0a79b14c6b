import { userDeleted } from '@pharos/platform/contracts/events/user-deleted.v1'
import { userUpdated } from '@pharos/platform/contracts/events/user-updated.v1'
import { on, onByStatement } from '@pharos/platform/kafka/handler'
import type { Revocations } from '@pharos/platform/redis/revocations'
import { followNames } from '../postgres/login-names.ts'
import type { LoginNamesStore } from '../postgres/login-names.ts'

type Ports = { readonly loginNames: LoginNamesStore; readonly revocations: Pick<Revocations, 'revokeUser'> }

const namesChanged = ({ changed }: { readonly changed?: readonly string[] | undefined }): boolean =>
  changed === undefined || changed.includes('username') || changed.includes('email')

/**
 * What auth follows of users. `user.created` is not among it: the registration itself makes the credentials, and the
 * event has no password to make them of.
 */
export const userEventHandlers = ({ loginNames, revocations }: Ports) => [
  onByStatement(userUpdated, followNames.statement, followNames.valuesOf, namesChanged),
  on(userDeleted, async (event, tx) => {
    await loginNames.forget(event.data.id, tx)
    // Users has done so already; if Redis was away then, this is where it is made good.
    await revocations.revokeUser(event.data.id)
  }),
]

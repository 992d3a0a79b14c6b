import { isCommonPassword } from './common-passwords.ts'
import { commonPassword } from './faults.ts'

/** Refuses a new password that this installation does not allow; `path` is its field. @throws AppError `invalid` */
export type AllowPassword = (password: string, path: string) => void

/** Length is a matter of the wire; what is left are the most common passwords, if the operator refuses them. */
export const passwordRule =
  ({ denyCommon }: { readonly denyCommon: boolean }): AllowPassword =>
  (password, path) => {
    if (denyCommon && isCommonPassword(password)) throw commonPassword(path)
  }

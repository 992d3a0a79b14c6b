export type Role = 'user' | 'admin'

/** What auth knows of somebody who can sign in. */
export type Account = {
  readonly userId: number
  readonly role: Role
  readonly passwordHash: string
}

/** The names somebody may sign in with. Profiles belong to another service; these are copies. */
export type LoginNames = { readonly username: string; readonly email: string }

/** What a person gives to get an account. */
export type NewAccount = LoginNames & {
  readonly password: string
  readonly full_name?: string | undefined
  readonly bio?: string | undefined
  readonly avatar_url?: string | undefined
}

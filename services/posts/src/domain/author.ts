export type AuthorId = number

/** Who has written a post, as everybody may see it. */
export type Author = {
  readonly id: AuthorId
  readonly username: string
  readonly fullName: string | undefined
  readonly avatarUrl: string | undefined
}

/** All that posts knows of an author; the address and the rest are shown to the author alone. */
export type AuthorCard = Author & {
  readonly version: number
  readonly email: string
  readonly bio: string | undefined
}

/** A picture or film beside a post, before it has got an id. */
export type NewMedia = {
  readonly url: string
  readonly type: 'image' | 'video'
  readonly position?: number | undefined
  readonly description?: string | undefined
}

export type Media = {
  readonly id: number
  readonly url: string
  readonly type: 'image' | 'video'
  readonly position: number
  readonly description?: string
}

/** Media as they are kept: each with an id and a position, which is the place in the list unless it is given. */
export const numbered = (media: readonly NewMedia[], ids: readonly number[]): readonly Media[] =>
  media.map(({ url, type, position, description }, index) => ({
    id: idAt(ids, index),
    url,
    type,
    position: position ?? index + 1,
    ...(description !== undefined && description !== '' && { description }),
  }))

/** Whether two lists of media show the same; the ids are not shown for themselves. */
export const sameMedia = (left: readonly Media[], right: readonly Media[]): boolean =>
  left.length === right.length && left.every((item, index) => looksLike(item, right[index]))

const looksLike = (item: Media, other: Media | undefined): boolean =>
  item.url === other?.url &&
  item.type === other.type &&
  item.position === other.position &&
  item.description === other.description

const idAt = (ids: readonly number[], index: number): number => {
  const id = ids[index]
  if (id === undefined) throw new Error('there are fewer ids than media')
  return id
}

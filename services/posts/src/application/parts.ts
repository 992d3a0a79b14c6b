import { numbered } from '../domain/media.ts'
import type { Media, NewMedia } from '../domain/media.ts'
import type { Tag } from '../domain/post.ts'
import type { MaybePromise, NewIds, Tags } from './ports.ts'

/** Gives names their tags; a name that comes twice counts once, where it comes first. */
export const tagsOf = (tags: Tags, names: readonly string[]): MaybePromise<readonly Tag[]> =>
  names.length === 0 ? [] : tags.named([...new Set(names)])

/** Gives media their ids. */
export const mediaOf = async (ids: NewIds, media: readonly NewMedia[]): Promise<readonly Media[]> =>
  media.length === 0 ? [] : numbered(media, await ids.forMedia(media.length))

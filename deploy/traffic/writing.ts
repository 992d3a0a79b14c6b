import { faker } from '@faker-js/faker/locale/en'
import { createRandom, zipf, type Random } from './random.ts'

/** A post, as it is sent. */
export type Writing = {
  title: string
  content: string
  tags: string[]
  media_items: { url: string; type: 'image' | 'video'; description?: string }[]
}

const MAX_TITLE = 255
const MAX_PARAGRAPHS = 6
const MAX_PICTURES = 4
const WITH_MEDIA = 0.4
const VIDEOS = 0.15

/** From what everybody writes about to what hardly anybody does. */
export const TAGS: readonly string[] =
  'music food travel news photography football gaming books art coffee programming movies nature fitness fashion science history gardening cycling cats dogs politics startups space jazz baking hiking typescript chess architecture poetry astronomy sailing vinyl pottery lighthouses origami falconry bookbinding topology'.split(
    ' ',
  )

const tagPlace = zipf(TAGS.length, 1)

/** A tag as people use them: few are everywhere, most are rare. */
export const tagOf = (random: Random): string => TAGS[tagPlace(random)] ?? 'news'

const mediaOf = (random: Random): Writing['media_items'] => {
  if (!random.chance(WITH_MEDIA)) return []
  return Array.from({ length: 1 + random.below(MAX_PICTURES) }, () => {
    const type = random.chance(VIDEOS) ? ('video' as const) : ('image' as const)
    const url = `https://media.example.com/${faker.string.uuid()}.${type === 'video' ? 'mp4' : 'jpg'}`
    return { url, type, ...(random.chance(0.5) && { description: faker.lorem.sentence() }) }
  })
}

/** A post that always has the same words for the same seed. */
export const writingOf = (...seed: readonly number[]): Writing => {
  faker.seed([...seed])
  const random = createRandom(...seed)
  const tags = Array.from({ length: 1 + random.below(4) }, () => tagOf(random))
  return {
    title: faker.lorem.sentence({ min: 3, max: 10 }).slice(0, MAX_TITLE),
    content: faker.lorem.paragraphs(1 + random.below(MAX_PARAGRAPHS)),
    tags: [...new Set(tags)],
    media_items: mediaOf(random),
  }
}

import { faker } from '@faker-js/faker/locale/en'

/** Somebody, as they register. */
export type Person = {
  username: string
  email: string
  password: string
  full_name: string
  bio?: string
  avatar_url?: string
}

const NAME_LENGTH = 18
const WITH_BIO = 0.7
const WITH_AVATAR = 0.6

/** What the contract allows in a username, of any name. */
const plain = (name: string): string =>
  name
    .normalize('NFD')
    .replaceAll(/[^A-Za-z ]/g, '')
    .toLowerCase()
    .replaceAll(' ', '.')
    .slice(0, NAME_LENGTH)

/** The person at a place of the population of a seed: always the same one, and nobody else's name. */
export const personOf = (seed: number, place: number): Person => {
  faker.seed([seed, place])
  const fullName = `${faker.person.firstName()} ${faker.person.lastName()}`
  const username = `${plain(fullName)}-${seed.toString(36)}.${place.toString(36)}`
  const bio = faker.datatype.boolean(WITH_BIO) ? faker.person.bio() : undefined
  const avatar = faker.datatype.boolean(WITH_AVATAR)
    ? `https://avatars.example.com/${faker.string.uuid()}.jpg`
    : undefined
  return {
    username,
    email: `${username}@example.com`,
    password: `${faker.word.adjective()}-${faker.word.noun()}-${faker.string.alphanumeric(6)}`,
    full_name: fullName,
    ...(bio !== undefined && { bio }),
    ...(avatar !== undefined && { avatar_url: avatar }),
  }
}

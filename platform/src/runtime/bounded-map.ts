/** A map that forgets the oldest beyond `max` entries. */
export const createBoundedMap = <K, V>(max: number) => {
  const entries = new Map<K, V>()
  return {
    get: (key: K): V | undefined => entries.get(key),
    delete: (key: K): void => void entries.delete(key),
    set: (key: K, value: V): void => {
      entries.delete(key)
      if (entries.size >= max) for (const oldest of entries.keys()) if (entries.delete(oldest)) break
      entries.set(key, value)
    },
  }
}

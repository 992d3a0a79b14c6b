/** Makes a value at the first use of its key and keeps it. Keys must come from a closed set: nothing is ever forgotten. */
export const oncePerKey = <K, V extends object>(make: (key: K) => V): ((key: K) => V) => {
  const made = new Map<K, V>()
  return (key) => {
    let value = made.get(key)
    if (value === undefined) made.set(key, (value = make(key)))
    return value
  }
}

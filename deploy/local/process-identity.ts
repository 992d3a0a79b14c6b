import { readdirSync, readFileSync } from 'node:fs'

/**
 * Names a process for good: a pid alone is used again by the kernel, a pid with its start time within one boot is not.
 * `startTime` is in clock ticks since boot and is empty where there is no /proc.
 */
export type ProcessIdentity = { pid: number; startTime: string; boot: string }

type Stat = { parent: number; state: string; startTime: string }

const readText = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

// The command name in /proc/<pid>/stat may hold spaces and brackets, so fields are counted after the last bracket.
const statOf = (pid: number): Stat | undefined => {
  const text = readText(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', parent: Number(fields[1]), startTime: fields[19] ?? '' }
}

const hasProc = readText('/proc/self/stat') !== undefined
const boot = readText('/proc/sys/kernel/random/boot_id')?.trim() ?? ''

export const identityOf = (pid: number): ProcessIdentity => ({ pid, startTime: statOf(pid)?.startTime ?? '', boot })

const answersSignals = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** True only while the very process that was recorded is alive; a foreign process with the same pid does not count. */
export const isAlive = (identity: ProcessIdentity): boolean => {
  if (!hasProc) return answersSignals(identity.pid)
  const stat = statOf(identity.pid)
  if (stat === undefined || stat.state === 'Z') return false
  return identity.boot === boot && identity.startTime === stat.startTime
}

/** Every living process below `pid`, children first. */
export const descendantsOf = (pid: number): ProcessIdentity[] => {
  if (!hasProc) return []
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc')) {
    const child = Number(entry)
    if (!Number.isInteger(child)) continue
    const parent = statOf(child)?.parent
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), child])
  }
  const below = (parent: number): number[] => (children.get(parent) ?? []).flatMap((child) => [child, ...below(child)])
  return below(pid).map(identityOf)
}

/** Sends a signal to that very process; false when it is no longer there. */
export const signalProcess = (identity: ProcessIdentity, signal: NodeJS.Signals): boolean => {
  if (!isAlive(identity)) return false
  try {
    return process.kill(identity.pid, signal)
  } catch {
    return false
  }
}

/** Memory of a process and everything below it in bytes, shared pages counted once (PSS), or undefined when unknown. */
export const memoryOf = (pid: number): number | undefined => {
  let total: number | undefined
  for (const id of [pid, ...descendantsOf(pid).map((child) => child.pid)]) {
    const kilobytes =
      /^Pss:\s+(\d+)/m.exec(readText(`/proc/${id}/smaps_rollup`) ?? '')?.[1] ??
      /^VmRSS:\s+(\d+)/m.exec(readText(`/proc/${id}/status`) ?? '')?.[1]
    if (kilobytes !== undefined) total = (total ?? 0) + Number(kilobytes) * 1024
  }
  return total
}

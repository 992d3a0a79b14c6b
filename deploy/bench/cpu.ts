import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { descendantsOf } from '../local/process-identity.ts'

/** Linux counts in hundredths of a second in /proc, whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** Ticks of a process, with its threads and the children it has outlived, from the text of /proc/<pid>/stat. */
export const ticksOfStat = (stat: string): number => {
  // The command's name, in brackets, may hold spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
}

/** CPU seconds that a process and everything below it has used; none for pid 0, which stands for no process. */
export const cpuSeconds = (pid: number): number => {
  if (pid === 0) return 0
  return [pid, ...descendantsOf(pid).map((child) => child.pid)].reduce(
    (sum, id) => sum + ticksOfStat(read(`/proc/${id}/stat`)) / TICKS_PER_SECOND,
    0,
  )
}

/** CPU seconds that the whole machine has used, from the text of /proc/stat: all but idle, waiting and counted-twice guests. */
export const busySecondsOfStat = (stat: string): number => {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = stat
    .slice(0, stat.indexOf('\n'))
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND
}

export const machineBusySeconds = (): number => busySecondsOfStat(read('/proc/stat'))

/** Resident memory of one process in MB, shared libraries included. */
export const residentMegabytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? Number.NaN) / 1024

export const cpuCount = availableParallelism()

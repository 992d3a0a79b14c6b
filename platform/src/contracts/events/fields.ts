import { z } from 'zod'

/** An id from an identity column: it fits a JSON number. */
export const id = z.int().positive()

/** Grows with every change of the aggregate; a reader keeps the highest it has seen. */
export const version = z.int().nonnegative()

import { z } from 'zod'

/** An id from an identity column: it fits a JSON number. */
export const id = z.int().positive()

/** Grows with every change of the aggregate; a reader keeps the highest it has seen. */
export const version = z.int().nonnegative()

/** The id of what came before in the same inbox, 0 for the first: who has not got it has missed something. */
export const previousId = z.int().nonnegative().optional()

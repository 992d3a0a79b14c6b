import { json } from 'express'
import type { Express, RequestHandler } from 'express'
import { z } from 'zod'
import type { Faults } from './faults.ts'

const variantChange = z.object({ variant: z.string() })

const changeFlag =
  (faults: Faults): RequestHandler =>
  (req, res) => {
    const state = (name: unknown) => faults.list().find(({ flag }) => flag === name)
    const { flag, variants } = state(req.params['flag']) ?? {}
    if (flag === undefined || variants === undefined) {
      res.status(404).json({
        error: `flag must be one of ${faults
          .list()
          .map((one) => one.flag)
          .join(', ')}`,
      })
      return
    }
    const parsed = variantChange.safeParse(req.body)
    if (!parsed.success || !Object.hasOwn(variants, parsed.data.variant)) {
      res.status(400).json({ error: `variant must be one of ${Object.keys(variants).join(', ')}` })
      return
    }
    faults.change(flag, parsed.data.variant)
    res.json(state(flag))
  }

/** What breaks a process on purpose, for the management port: all flags, and the change of one. */
export const mountFaults = (app: Express, faults: Faults): void => {
  app.get('/faults', (_req, res) => void res.json({ flags: faults.list() }))
  app.put('/faults/:flag', json({ limit: '1kb' }), changeFlag(faults))
}

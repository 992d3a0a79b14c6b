import { Op } from 'sequelize'
import { statement } from '@pharos/platform/postgres/connect'
import type { Database } from '@pharos/platform/postgres/connect'
import type { StoredKey } from '../keys/key-material.ts'
import type { SigningKeyStore } from '../keys/key-ring.ts'
import type { Models, SigningKeyRow } from './models.ts'

const lock = statement('signing-keys.lock', `SELECT pg_advisory_xact_lock(hashtext('pharos.signing-keys'))`)

const fromSigningKeyRow = (row: SigningKeyRow): StoredKey => ({
  kid: row.kid,
  publicJwk: row.publicJwk,
  sealedPrivateKey: row.sealedPrivateKey,
  activeFrom: row.activeFrom,
})

export const createSigningKeyStore = (db: Database, { signingKeys }: Models): SigningKeyStore => ({
  list: async () => (await signingKeys.findAll()).map(fromSigningKeyRow),
  change: (decide) =>
    db.transaction(async (transaction) => {
      await transaction.statement(lock, [])
      const keys = (await signingKeys.findAll({ transaction })).map(fromSigningKeyRow)
      const { add, remove } = await decide(keys)
      if (remove.length > 0) await signingKeys.destroy({ where: { kid: { [Op.in]: [...remove] } }, transaction })
      if (add) await signingKeys.create({ ...add, createdAt: new Date() }, { transaction, returning: false })
      const kept = keys.filter(({ kid }) => !remove.includes(kid))
      return add ? [...kept, add] : kept
    }),
})

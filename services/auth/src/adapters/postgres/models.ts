import { DataTypes } from 'sequelize'
import type { Model, ModelAttributes, Sequelize } from 'sequelize'
import type { Role } from '../../domain/account.ts'

type Row<Attributes extends object> = Model<Attributes, Partial<Attributes>> & Attributes

export type CredentialsRow = Row<{
  userId: number
  username: string
  email: string
  namesVersion: number
  namesChangedAt: Date
  role: Role
  passwordHash: string
  passwordChangedAt: Date
  createdAt: Date
}>

export type SessionRow = Row<{
  id: string
  userId: number
  createdAt: Date
  renewedAt: Date
  expiresAt: Date
  revokedAt: Date | null
}>

export type RefreshTokenRow = Row<{
  hash: Buffer
  sessionId: string
  issuedAt: Date
  expiresAt: Date
  usedAt: Date | null
}>

export type RegistrationRow = Row<{
  id: string
  username: string
  email: string
  fullName: string | null
  bio: string | null
  avatarUrl: string | null
  passwordHash: string
  createdAt: Date
  attempts: number
  dueAt: Date
  traceparent: string | null
  correlationId: string | null
}>

export type SigningKeyRow = Row<{
  kid: string
  publicJwk: object
  sealedPrivateKey: Buffer
  activeFrom: Date
  createdAt: Date
}>

const { BIGINT, BLOB, DATE, INTEGER, JSONB, TEXT, UUID } = DataTypes

const required = (type: DataTypes.DataType) => ({ type, allowNull: false })
const key = (type: DataTypes.DataType) => ({ type, primaryKey: true })

/** The tables of auth as models of one database. */
export const defineModels = (sequelize: Sequelize) => {
  const define = <R extends Model>(table: string, attributes: ModelAttributes<R, R['_attributes']>) =>
    sequelize.define<R, R['_attributes']>(table, attributes, { tableName: table, underscored: true, timestamps: false })

  const credentials = define<CredentialsRow>('credentials', {
    userId: key(BIGINT),
    username: required(TEXT),
    email: required(TEXT),
    namesVersion: required(INTEGER),
    namesChangedAt: required(DATE),
    role: { ...required(TEXT), defaultValue: 'user' },
    passwordHash: required(TEXT),
    passwordChangedAt: required(DATE),
    createdAt: required(DATE),
  })
  const sessions = define<SessionRow>('sessions', {
    id: key(UUID),
    userId: required(BIGINT),
    createdAt: required(DATE),
    renewedAt: required(DATE),
    expiresAt: required(DATE),
    revokedAt: DATE,
  })
  const refreshTokens = define<RefreshTokenRow>('refresh_tokens', {
    hash: key(BLOB),
    sessionId: required(UUID),
    issuedAt: required(DATE),
    expiresAt: required(DATE),
    usedAt: DATE,
  })
  const registrations = define<RegistrationRow>('registrations', {
    id: key(UUID),
    username: required(TEXT),
    email: required(TEXT),
    fullName: TEXT,
    bio: TEXT,
    avatarUrl: TEXT,
    passwordHash: required(TEXT),
    createdAt: required(DATE),
    attempts: { ...required(INTEGER), defaultValue: 0 },
    dueAt: required(DATE),
    traceparent: TEXT,
    correlationId: TEXT,
  })
  const signingKeys = define<SigningKeyRow>('signing_keys', {
    kid: key(TEXT),
    publicJwk: required(JSONB),
    sealedPrivateKey: required(BLOB),
    activeFrom: required(DATE),
    createdAt: required(DATE),
  })

  credentials.hasMany(sessions, { foreignKey: 'userId', onDelete: 'CASCADE' })
  sessions.belongsTo(credentials, { foreignKey: 'userId' })
  sessions.hasMany(refreshTokens, { foreignKey: 'sessionId', onDelete: 'CASCADE' })
  refreshTokens.belongsTo(sessions, { foreignKey: 'sessionId' })
  return { credentials, sessions, refreshTokens, registrations, signingKeys }
}

export type Models = ReturnType<typeof defineModels>

import { DataTypes, Model } from 'sequelize'
import type { CreationOptional, InferAttributes, InferCreationAttributes, ModelStatic, Sequelize } from 'sequelize'
import { fold } from '../../domain/search.ts'
import type { Profile, User } from '../../domain/user.ts'

/** A row as the reading statements select it. */
export type UserRow = {
  readonly id: number
  readonly username: string
  readonly email: string
  readonly full_name: string | null
  readonly bio: string | null
  readonly avatar_url: string | null
  readonly version: number
  readonly created_at: Date
  readonly updated_at: Date
}

export class UserRecord extends Model<InferAttributes<UserRecord>, InferCreationAttributes<UserRecord>> {
  declare id: CreationOptional<number>
  declare username: string
  declare email: string
  declare full_name: string | null
  declare full_name_folded: string
  declare bio: string | null
  declare avatar_url: string | null
  declare version: CreationOptional<number>
  declare created_at: Date
  declare updated_at: Date
  declare registration_key: string | null
}

/** The table of one database: a class of its own each time, because a model is bound to its connection for good. */
export const defineUsers = (sequelize: Sequelize): ModelStatic<UserRecord> =>
  class extends UserRecord {}.init(
    {
      id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true, autoIncrementIdentity: true },
      username: { type: DataTypes.TEXT, allowNull: false },
      email: { type: DataTypes.TEXT, allowNull: false },
      full_name: DataTypes.TEXT,
      full_name_folded: { type: DataTypes.TEXT, allowNull: false },
      bio: DataTypes.TEXT,
      avatar_url: DataTypes.TEXT,
      version: { type: DataTypes.INTEGER, allowNull: false },
      created_at: { type: DataTypes.DATE, allowNull: false },
      updated_at: { type: DataTypes.DATE, allowNull: false },
      registration_key: DataTypes.TEXT,
    },
    { sequelize, modelName: 'User', tableName: 'users', timestamps: false },
  )

export const toUserRow = (profile: Profile) => ({
  username: profile.username,
  email: profile.email,
  full_name: profile.fullName ?? null,
  full_name_folded: fold(profile.fullName ?? ''),
  bio: profile.bio ?? null,
  avatar_url: profile.avatarUrl ?? null,
})

export const fromUserRow = (row: UserRow): User => ({
  id: row.id,
  username: row.username,
  email: row.email,
  fullName: row.full_name ?? undefined,
  bio: row.bio ?? undefined,
  avatarUrl: row.avatar_url ?? undefined,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

import { authApi } from '@pharos/platform/contracts/http/auth'
import { bind } from '@pharos/platform/http/router'
import type { BoundRoute } from '@pharos/platform/http/router'
import type { UseCases } from '../../application/use-cases.ts'

const UNKNOWN_ADDRESS = 'unknown'

export const authRoutes = (useCases: UseCases): BoundRoute[] =>
  bind(authApi, {
    register: ({ body }) => useCases.register(body),
    createUser: ({ body }) => useCases.createUser(body),
    login: ({ body, req }) => useCases.login({ ...body, address: req.ip ?? UNKNOWN_ADDRESS }),
    refresh: ({ body }) => useCases.refresh(body.refresh_token),
    logout: async ({ body }) => {
      await useCases.logout(body.refresh_token)
      return undefined
    },
    updatePassword: async ({ body, user, req }) => {
      await useCases.updatePassword({
        userId: user.userId,
        oldPassword: body.old_password,
        newPassword: body.new_password,
        address: req.ip ?? UNKNOWN_ADDRESS,
      })
      return undefined
    },
  })

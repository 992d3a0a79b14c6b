import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '@pharos/platform/errors'
import { passwordRule } from './password.ts'

test('common passwords are refused in any case, with the field that held them, but only when asked to', () => {
  const deny = passwordRule({ denyCommon: true })
  for (const password of ['123456', 'PassWord', 'qwertyuiop']) {
    assert.throws(
      () => deny(password, 'new_password'),
      (error) => error instanceof AppError && error.kind === 'invalid' && error.details?.[0]?.path === 'new_password',
    )
  }
  deny('correct horse battery staple', 'password')
  passwordRule({ denyCommon: false })('123456', 'password')
})

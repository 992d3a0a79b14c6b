import { isAppError, unavailable } from '../errors.ts'

/** Answers of a server that cannot serve for now; other error replies are mistakes of the caller. */
const AWAY_REPLIES =
  /^(LOADING|MASTERDOWN|CLUSTERDOWN|READONLY|TRYAGAIN|BUSY|OOM|NOREPLICAS|MISCONF|NOAUTH|WRONGPASS)\b/

/** The platform's word for a fault of Redis: `unavailable` (`redis.unavailable`) unless Redis has answered with an error. */
export const translateRedisError = (error: unknown): unknown => {
  if (isAppError(error)) return error
  const { name, message } = error as Error
  return name === 'ReplyError' && !AWAY_REPLIES.test(message) ? error : unavailable('redis.unavailable', error)
}

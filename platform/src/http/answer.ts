type ReplyOptions = {
  readonly data?: unknown
  /** `data` that is serialised already; wins over `data`. */
  readonly json?: string
  readonly etag?: string
  readonly message?: string
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer that says more than its data: another message, headers, or bytes that were serialised before. */
export class Reply {
  readonly options: ReplyOptions

  constructor(options: ReplyOptions) {
    this.options = options
  }
}

/** What a handler returns: the `data` of the envelope, nothing, or a `Reply`. */
export type Answer = Reply | object | undefined

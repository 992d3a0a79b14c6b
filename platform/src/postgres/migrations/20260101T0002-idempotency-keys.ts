/**
 * One row per idempotency key and caller. Of the key itself only a hash is here; `steps` and `answer` are encrypted
 * under a key derived from it, so the rows tell nothing to anybody who does not hold the key.
 */
export const up = `
CREATE TABLE idempotency_keys (
  scope text NOT NULL,
  key_hash bytea NOT NULL,
  body_hash bytea NOT NULL,
  attempt uuid NOT NULL,
  locked_until timestamptz NOT NULL,
  steps bytea[] NOT NULL DEFAULT '{}',
  status integer,
  answer bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, key_hash)
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys USING brin (created_at)`

export const down = 'DROP TABLE idempotency_keys'

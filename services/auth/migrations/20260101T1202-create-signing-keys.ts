/** The private part is sealed (AES-256-GCM); its secret is not in the database. */
export const up = `
CREATE TABLE signing_keys (
  kid text PRIMARY KEY,
  public_jwk jsonb NOT NULL,
  sealed_private_key bytea NOT NULL,
  active_from timestamptz NOT NULL,
  created_at timestamptz NOT NULL
)`

export const down = 'DROP TABLE signing_keys'

/**
 * Login names are copies of what users owns, so they are not unique here: for a moment two accounts may seem to hold
 * the same one, and the one that took it last is meant.
 */
export const up = `
CREATE TABLE credentials (
  user_id bigint PRIMARY KEY,
  username text NOT NULL,
  email text NOT NULL,
  names_version integer NOT NULL,
  names_changed_at timestamptz NOT NULL,
  role text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin')),
  password_hash text NOT NULL,
  password_changed_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX credentials_username ON credentials (lower(username), names_changed_at DESC);
CREATE INDEX credentials_email ON credentials (lower(email), names_changed_at DESC);

CREATE TABLE registrations (
  id uuid PRIMARY KEY,
  username text NOT NULL,
  email text NOT NULL,
  full_name text,
  bio text,
  avatar_url text,
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL,
  traceparent text,
  correlation_id text
);
CREATE INDEX registrations_due_at ON registrations (due_at)`

export const down = `
DROP TABLE registrations;
DROP TABLE credentials`

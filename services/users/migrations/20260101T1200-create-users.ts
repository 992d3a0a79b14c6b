/**
 * Profiles. `search_text` is what a search looks into: both names, folded, with a separator between them that a name
 * does not hold. The folding of `full_name` is the service's (`full_name_folded`), so that it is the same in every
 * locale of the server; usernames are ASCII, which every locale folds alike. The columns that a search reads for each
 * match come first in the row; a tenth of each page is left free, so that most updates stay off the indexes. The search
 * index takes new names at once (`fastupdate = off`): names are written seldom, and a list of pending ones would be read
 * by every search.
 */
export const up = `
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  version integer NOT NULL DEFAULT 1,
  search_text text NOT NULL GENERATED ALWAYS AS (lower(username) || E'\\x1f' || full_name_folded) STORED,
  username text NOT NULL CONSTRAINT users_username_length CHECK (char_length(username) BETWEEN 1 AND 64),
  full_name_folded text NOT NULL DEFAULT '',
  email text NOT NULL CONSTRAINT users_email_length CHECK (char_length(email) BETWEEN 3 AND 320),
  full_name text CONSTRAINT users_full_name_length CHECK (char_length(full_name) <= 200),
  bio text CONSTRAINT users_bio_length CHECK (char_length(bio) <= 1000),
  avatar_url text CONSTRAINT users_avatar_url_length CHECK (char_length(avatar_url) <= 1024),
  registration_key text CONSTRAINT users_registration_key UNIQUE
) WITH (fillfactor = 90);

CREATE UNIQUE INDEX users_username ON users (lower(username));
CREATE UNIQUE INDEX users_email ON users (lower(email));
CREATE INDEX users_search_text ON users USING gin (search_text gin_trgm_ops) WITH (fastupdate = off)`

export const down = 'DROP TABLE users'

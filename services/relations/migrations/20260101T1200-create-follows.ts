/**
 * Who follows whom. The ids grow with time, so both lists are walked newest first along an index that holds all that a
 * page needs.
 *
 * `follow_counts` are the true totals of both lists, kept by the statements that change `follows`. A row is closed when
 * the account is deleted and stays so: a follow that was decided before it knew of the deletion must raise a count of a
 * closed row, which the constraint refuses. There is no check that counts are never negative, because Postgres checks the
 * row proposed for insertion also where the conflict makes an update of it, and a decrement is proposed as -1.
 */
export const up = `
CREATE TABLE follows (
  id bigint GENERATED ALWAYS AS IDENTITY,
  follower_id bigint NOT NULL,
  followee_id bigint NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (follower_id, followee_id),
  CONSTRAINT follows_of_oneself CHECK (follower_id <> followee_id)
);
CREATE INDEX follows_of_followee ON follows (followee_id, id DESC) INCLUDE (follower_id);
CREATE INDEX follows_of_follower ON follows (follower_id, id DESC) INCLUDE (followee_id);

CREATE TABLE follow_counts (
  user_id bigint PRIMARY KEY,
  followers bigint NOT NULL,
  followees bigint NOT NULL,
  closed boolean NOT NULL DEFAULT false,
  CONSTRAINT follow_counts_closed CHECK (NOT closed OR (followers = 0 AND followees = 0))
) WITH (fillfactor = 70)`

export const down = `
DROP TABLE follow_counts;
DROP TABLE follows`

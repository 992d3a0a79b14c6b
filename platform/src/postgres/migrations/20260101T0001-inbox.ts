/**
 * Events that were handled, by consumer. Ids are UUIDs of version 7, so rows are appended at the right end of the key;
 * the block range index is a few kilobytes for millions of rows and serves the pruning alone.
 */
export const up = `
CREATE TABLE inbox (
  consumer text NOT NULL,
  event_id uuid NOT NULL,
  handled_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_handled_at ON inbox USING brin (handled_at)`

export const down = 'DROP TABLE inbox'

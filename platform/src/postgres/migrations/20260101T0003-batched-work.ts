/** Work that is too much for one transaction and has batches left; `position` is where the next one begins. */
export const up = `
CREATE TABLE batched_work (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  input json NOT NULL,
  position bigint NOT NULL,
  due_at timestamptz NOT NULL DEFAULT now(),
  failures integer NOT NULL DEFAULT 0,
  traceparent text,
  correlation_id text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX batched_work_due_at ON batched_work (due_at)`

export const down = 'DROP TABLE batched_work'

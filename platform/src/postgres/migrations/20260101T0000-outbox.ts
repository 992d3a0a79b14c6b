/**
 * Events that wait for the relay. A published row is deleted at once, so the table stays as small as what is pending,
 * and the vacuum settings keep its index as small: they clean up after every few hundred events, without pausing.
 */
export const up = `
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id uuid NOT NULL,
  topic text NOT NULL,
  key text NOT NULL,
  type text NOT NULL,
  source text NOT NULL,
  payload json NOT NULL,
  occurred_at timestamptz NOT NULL,
  traceparent text,
  correlation_id text,
  created_at timestamptz NOT NULL DEFAULT now()
) WITH (
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 500,
  autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_cost_delay = 0
)`

export const down = 'DROP TABLE outbox'

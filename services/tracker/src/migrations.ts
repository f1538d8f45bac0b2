import type { Migration } from '@chorus/chassis'

/**
 * Unlogged: they cost the write-ahead log, which the services' events are read from, nothing. After a crash of
 * Postgres they are empty, `reading` too; then everything is read from the topics again.
 */
const FLOWS = `
  CREATE UNLOGGED TABLE reading (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    group_id text NOT NULL
  );
  CREATE UNLOGGED TABLE flows (
    id uuid PRIMARY KEY,
    user_id text,
    state text NOT NULL,
    steps int NOT NULL,
    last_type text NOT NULL,
    last_at timestamptz NOT NULL,
    waits jsonb NOT NULL,
    waiting_since timestamptz,
    created_at timestamptz NOT NULL
  ) WITH (fillfactor = 70);
  CREATE INDEX flows_newest ON flows (created_at, id);
  CREATE INDEX flows_user ON flows (user_id, created_at, id);
  CREATE INDEX flows_state ON flows (state, created_at, id);
  CREATE INDEX flows_waiting ON flows (waiting_since) WHERE waiting_since IS NOT NULL;
  CREATE UNLOGGED TABLE flow_counts (
    state text PRIMARY KEY,
    count bigint NOT NULL
  );
  CREATE UNLOGGED TABLE logs (
    topic text NOT NULL,
    partition int NOT NULL,
    log int NOT NULL,
    next bigint NOT NULL,
    PRIMARY KEY (topic, partition)
  );
  CREATE UNLOGGED TABLE steps (
    flow_id uuid NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    service text NOT NULL,
    at timestamptz NOT NULL,
    causation_id text NOT NULL,
    traceparent text NOT NULL,
    dataschema text NOT NULL,
    topic text NOT NULL,
    partition int NOT NULL,
    "offset" bigint NOT NULL,
    payload text NOT NULL,
    log int NOT NULL,
    resent boolean NOT NULL DEFAULT false,
    PRIMARY KEY (flow_id, id)
  );
  CREATE UNLOGGED TABLE copies (
    topic text NOT NULL,
    partition int NOT NULL,
    "offset" bigint NOT NULL,
    flow_id uuid NOT NULL,
    id uuid NOT NULL,
    PRIMARY KEY (topic, partition, "offset")
  );
  CREATE INDEX copies_flow ON copies (flow_id);
  CREATE TABLE sign_ins (
    id text PRIMARY KEY,
    expires_at timestamptz NOT NULL
  );
`

export const migrations: Migration[] = [{ name: '001_flows', up: (knex) => knex.raw(FLOWS) }]

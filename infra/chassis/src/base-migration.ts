import type { Migration } from './migrations.js'
import { dividing } from './partitions.js'
import { publishing } from './publication.js'

const TABLES = `
  CREATE TABLE inbox (
    id uuid PRIMARY KEY,
    hash text,
    received_at timestamptz NOT NULL DEFAULT now()
  ) PARTITION BY RANGE (id);
  CREATE TABLE outbox (
    id uuid NOT NULL,
    aggregatetype text NOT NULL,
    aggregateid text NOT NULL,
    type text NOT NULL,
    specversion text NOT NULL DEFAULT '1.0',
    source text NOT NULL,
    subject text NOT NULL,
    time text NOT NULL,
    dataschema text NOT NULL,
    datacontenttype text NOT NULL DEFAULT 'application/json',
    correlationid text NOT NULL,
    causationid text NOT NULL,
    aggregateversion text NOT NULL,
    traceparent text NOT NULL,
    payload text NOT NULL CHECK (octet_length(payload) <= 262144),
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Whoever locked an aggregate's row first also counted first: the order in which rows are sent again.
    position bigint GENERATED ALWAYS AS IDENTITY
    -- No key: nobody looks a row up, and each index entry is one more record in the log that every slot reads.
  ) PARTITION BY RANGE (created_at);
  CREATE TABLE dead_letters (
    topic text NOT NULL,
    partition int NOT NULL,
    "offset" bigint NOT NULL,
    key text,
    event_id text,
    type text,
    state text NOT NULL CHECK (state IN ('DEAD', 'WAITING')),
    reason text NOT NULL,
    detail text,
    headers jsonb NOT NULL,
    payload bytea,
    first_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, "offset")
  );
  CREATE INDEX dead_letters_key ON dead_letters (key);
  ${publishing};
`

/** The runtime role may only add to the outbox: nothing updates or deletes an outbox row. */
const grants = (service: string) => `
  GRANT SELECT ON outbox TO ${service}_cdc;
  GRANT USAGE ON SCHEMA public TO ${service}_cdc;
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${service}_app;
  GRANT SELECT, INSERT ON outbox TO ${service}_app;
  GRANT SELECT, INSERT, DELETE ON inbox TO ${service}_app;
  GRANT SELECT, INSERT, UPDATE, DELETE ON dead_letters TO ${service}_app;
`

/** The tables that every service has: inbox, outbox and dead letters, with the rights that each role needs. */
export const baseMigration = (service: string): Migration => ({
  name: '000_chassis',
  up: (db) => db.raw(TABLES + grants(service) + dividing(service)),
})

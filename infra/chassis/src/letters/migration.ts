import type { Migration } from '../migrations.js'

const TABLES = `
  ALTER TABLE dead_letters
    ADD last_at timestamptz NOT NULL DEFAULT now(),
    ADD attempts int NOT NULL DEFAULT 1,
    -- Attempts that began since the last one that ended: what ends the process is found out by them.
    ADD started int NOT NULL DEFAULT 0,
    ADD released_at timestamptz;
  CREATE INDEX dead_letters_released ON dead_letters (released_at) WHERE released_at IS NOT NULL;
  CREATE TABLE dropped_letters (
    LIKE dead_letters,
    dropped_at timestamptz NOT NULL DEFAULT now(),
    dropped_by text NOT NULL,
    why text NOT NULL
  );
  CREATE INDEX dropped_letters_event ON dropped_letters (event_id);
  CREATE INDEX dropped_letters_place ON dropped_letters (topic, partition, "offset");
  CREATE TABLE begun_batches (
    topic text NOT NULL,
    partition int NOT NULL,
    first_offset bigint NOT NULL,
    last_offset bigint NOT NULL,
    starts int NOT NULL DEFAULT 1,
    begun_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, first_offset)
  );
  CREATE TABLE running_processes (id uuid PRIMARY KEY, started_at timestamptz NOT NULL DEFAULT now());
`

/** What is dropped stays on record. */
const grants = (service: string) => `
  REVOKE UPDATE, DELETE ON dropped_letters FROM ${service}_app;
`

/** What dead letters need besides: their releases, who dropped which, and what was begun when a process ended. */
export const lettersMigration = (service: string): Migration => ({
  name: '000_letters',
  up: (db) => db.raw(TABLES + grants(service)),
})

import type { Migration } from '../migrations.js'
import { sourceUri } from '../outbox.js'

/** Where canaries fly: Debezium routes them as it routes events, to a topic that keeps nothing for long. */
const ROUTE = '__canary'

/** The topic of the canaries of all services. */
export const CANARY_TOPIC = `${ROUTE}.events`

/** What canaries are marked with. They are no events of the business, so there is no contract of this name. */
export const CANARY = 'CanarySent'

/**
 * A canary is written into the outbox and deleted in the same transaction: it is in the log, which is what Debezium
 * reads, and no row is ever seen by anyone, so there is nothing to keep, to count, to send again or to audit. The
 * runtime role may delete no outbox row; this one function may, and only its own.
 */
const made = (service: string) => `
  CREATE TABLE canary (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    -- When the last canary that came back had been committed.
    heard_at timestamptz NOT NULL DEFAULT now()
  );
  INSERT INTO canary DEFAULT VALUES;

  CREATE FUNCTION send_canary() RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
  DECLARE
    place tid;
  BEGIN
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, source, subject, time, dataschema, correlationid, causationid, aggregateversion, traceparent, payload)
    VALUES (gen_random_uuid(), '${ROUTE}', '${service}', '${CANARY}', '${sourceUri(service)}', '${service}', to_json(now()) #>> '{}', '', '', '', '', '', '{}')
    RETURNING ctid INTO place;
    DELETE FROM outbox WHERE ctid = place AND created_at = now() AND type = '${CANARY}';
  END $$;
`

const rights = (service: string) => `
  REVOKE EXECUTE ON FUNCTION send_canary FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION send_canary TO ${service}_app;
  REVOKE INSERT, DELETE ON canary FROM ${service}_app;
`

/** What a service needs to find out whether its events come through. */
export const canaryMigration = (service: string): Migration => ({
  name: '000_canary',
  up: (db) => db.raw(made(service) + rights(service)),
})

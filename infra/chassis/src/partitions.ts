/**
 * How the outbox and the inbox are divided, and what keeps them so. The outbox is divided by time of entry: its rows
 * are never looked for by anyone but Debezium. The inbox is divided by id, so that an id is entered once whatever
 * its partition; ids begin with the time of their cause. Rows that no partition was made for wait in the default one.
 *
 * The runtime role may change none of this, so `keep_partitions` runs with the rights of the owner.
 */
const BOUNDS = `
  CREATE SCHEMA partitions;
  CREATE TABLE partitions.outbox_default PARTITION OF outbox DEFAULT;
  CREATE TABLE partitions.inbox_default PARTITION OF inbox DEFAULT;
  CREATE INDEX ON partitions.inbox_default USING brin (received_at);
  CREATE TABLE partitions.leaving (name text PRIMARY KEY, lsn pg_lsn NOT NULL);

  CREATE FUNCTION partitions.first_id(at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT regexp_replace(lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0'),
                          '(.{8})(.{4})', '\\1-\\2-0000-0000-000000000000')
  $$;

  CREATE FUNCTION partitions.bounds(parent text, at timestamptz, OUT name text, OUT begins timestamptz, OUT ends timestamptz)
  LANGUAGE sql STABLE AS $$
    SELECT parent || to_char(b, '_YYYYMMDD'), b, b + width
      FROM (SELECT CASE parent WHEN 'outbox' THEN interval '1 day' ELSE interval '30 days' END AS width) w,
           LATERAL (SELECT date_bin(width, at, timestamptz '2020-01-01 00:00:00+00') AS b) x
  $$;

  CREATE VIEW partitions.known AS
    SELECT p.relname AS parent, c.relname AS name, c.oid,
           to_date(right(c.relname, 8), 'YYYYMMDD')::timestamp AT TIME ZONE 'UTC' AS begins
      FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_class c ON c.oid = i.inhrelid
     WHERE p.oid IN ('public.outbox'::regclass, 'public.inbox'::regclass) AND c.relname !~ '_default$';
`

/** Rows of this time that wait in the default partition move in, so that a partition can be made at any time. */
const MAKE = `
  CREATE FUNCTION partitions.make(parent text, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
  DECLARE
    b record;
    key text := CASE parent WHEN 'outbox' THEN 'created_at' ELSE 'id' END;
    low text;
    high text;
  BEGIN
    SELECT * INTO b FROM partitions.bounds(parent, at);
    IF to_regclass('partitions.' || b.name) IS NOT NULL THEN RETURN NULL; END IF;
    low := CASE parent WHEN 'outbox' THEN b.begins::text ELSE partitions.first_id(b.begins) END;
    high := CASE parent WHEN 'outbox' THEN b.ends::text ELSE partitions.first_id(b.ends) END;
    EXECUTE format('CREATE TABLE partitions.%I (LIKE public.%I INCLUDING ALL EXCLUDING IDENTITY)', b.name, parent);
    EXECUTE format('LOCK TABLE partitions.%I IN ACCESS EXCLUSIVE MODE', parent || '_default');
    EXECUTE format('WITH moved AS (DELETE FROM partitions.%I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO partitions.%I SELECT * FROM moved',
                   parent || '_default', key, low, key, high, b.name);
    EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION partitions.%I FOR VALUES FROM (%L) TO (%L)', parent, b.name, low, high);
    RETURN b.name;
  END $$;
`

/**
 * An outbox partition is dropped once it is old enough and every slot has confirmed a place in the log that was
 * written after it became so; without a slot that can be read nothing is dropped. An inbox partition is dropped once
 * its time and all it received are old enough.
 */
const DROP = `
  CREATE FUNCTION partitions.confirmed() RETURNS pg_lsn LANGUAGE sql AS $$
    SELECT CASE WHEN bool_and(coalesce(wal_status, 'lost') <> 'lost') THEN min(confirmed_flush_lsn) END
      FROM pg_replication_slots WHERE database = current_database() AND slot_type = 'logical'
  $$;

  CREATE FUNCTION partitions.may_go(parent text, name text, before timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
  DECLARE
    result boolean;
  BEGIN
    IF parent = 'inbox' THEN
      EXECUTE format('SELECT coalesce(max(received_at) < %L, true) FROM partitions.%I', before, name) INTO result;
      RETURN result;
    END IF;
    SELECT lsn <= partitions.confirmed() INTO result FROM partitions.leaving l WHERE l.name = may_go.name;
    IF result IS NULL THEN INSERT INTO partitions.leaving VALUES (name, pg_current_wal_lsn()) ON CONFLICT DO NOTHING; END IF;
    RETURN coalesce(result, false);
  END $$;
`

const KEEP = `
  CREATE FUNCTION keep_partitions(outbox_kept interval, inbox_kept interval, at timestamptz DEFAULT now())
  RETURNS TABLE (action text, name text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' SET timezone = 'UTC' AS $$
  DECLARE
    p record;
  BEGIN
    IF NOT pg_try_advisory_xact_lock(7265302) THEN RETURN; END IF;
    RETURN QUERY SELECT 'made', made FROM (
      SELECT partitions.make(w.parent, at + w.step * n) AS made
        FROM (VALUES ('outbox', interval '1 day'), ('inbox', interval '30 days')) AS w (parent, step), generate_series(0, 3) n
    ) m WHERE made IS NOT NULL;
    FOR p IN
      SELECT k.*, at - CASE k.parent WHEN 'outbox' THEN outbox_kept ELSE inbox_kept END AS before
        FROM partitions.known k
    LOOP
      CONTINUE WHEN (SELECT ends FROM partitions.bounds(p.parent, p.begins)) > p.before;
      CONTINUE WHEN NOT partitions.may_go(p.parent, p.name, p.before);
      EXECUTE format('DROP TABLE partitions.%I', p.name);
      DELETE FROM partitions.leaving l WHERE l.name = p.name;
      RETURN QUERY SELECT 'dropped', p.name::text;
    END LOOP;
    -- Ids whose prefix is no time: no partition will ever be theirs, so they go one by one.
    DELETE FROM partitions.inbox_default WHERE ctid = ANY (ARRAY(
      SELECT d.ctid FROM partitions.inbox_default d WHERE d.received_at < at - inbox_kept LIMIT 10000));
  END $$;

  CREATE FUNCTION partition_sizes()
  RETURNS TABLE (parent text, partitions int, bytes bigint, oldest_at timestamptz, waiting_bytes bigint)
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.parent::text, count(*)::int, sum(pg_total_relation_size(k.oid))::bigint, min(k.begins),
           pg_relation_size(format('partitions.%I', k.parent || '_default')::regclass)
      FROM partitions.known k GROUP BY k.parent
  $$;
`

const rights = (service: string) => `
  REVOKE EXECUTE ON FUNCTION keep_partitions, partition_sizes FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION keep_partitions, partition_sizes TO ${service}_app;
  SELECT keep_partitions('7 days', '365 days');
`

/** The statements that divide a new outbox and inbox, and let the runtime role have the division kept up. */
export const dividing = (service: string): string => BOUNDS + MAKE + DROP + KEEP + rights(service)

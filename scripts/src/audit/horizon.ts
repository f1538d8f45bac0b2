/**
 * SQL: the time from which a service's outbox is whole; `-infinity` while nothing of it was dropped. What was written
 * before is not missed. The first partition begins on the day of the first migration, until it is dropped.
 */
export const HORIZON = `(
  SELECT CASE WHEN min(begins) > (SELECT min(migration_time) FROM migrations) THEN min(begins)
              ELSE '-infinity'::timestamptz END
    FROM partitions.known WHERE parent = 'outbox')`

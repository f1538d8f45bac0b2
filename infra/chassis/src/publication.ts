import { columnNames } from './outbox.js'

/**
 * The columns of the outbox that Debezium is told of: those that become a CloudEvent. What only this database needs
 * (when a row was entered, and where) would be sent, parsed and thrown away for each event.
 */
export const publishedColumns: readonly string[] = [...columnNames, 'specversion', 'datacontenttype']

const table = `outbox (${publishedColumns.join(', ')})`
const settings = `(publish = 'insert', publish_via_partition_root = true)`

/** Makes the publication that a service's connector reads. */
export const publishing = `CREATE PUBLICATION outbox_pub FOR TABLE ${table} WITH ${settings}`

/** Puts a publication right that is not as it was made. */
export const publishingAnew = `ALTER PUBLICATION outbox_pub SET ${settings}; ALTER PUBLICATION outbox_pub SET TABLE ${table}`

import type { Migration } from '@chorus/chassis'

export const migrations: Migration[] = [
  {
    name: '001_sales',
    up: (db) =>
      db.raw(`
        CREATE TABLE sales (
          order_id uuid PRIMARY KEY,
          pieces int NOT NULL,
          payable bigint NOT NULL,
          currency text NOT NULL
        );
      `),
  },
]

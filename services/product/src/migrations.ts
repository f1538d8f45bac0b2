import type { Migration } from '@chorus/chassis'

export const migrations: Migration[] = [
  {
    name: '001_products',
    up: (db) =>
      db.raw(`
        CREATE TABLE products (
          id uuid PRIMARY KEY,
          name text NOT NULL,
          category text NOT NULL,
          price_amount bigint NOT NULL,
          currency text NOT NULL,
          price_version int NOT NULL,
          -- A product of version 0 is only known from its orders while tables are being rebuilt.
          stock bigint NOT NULL CHECK (stock >= 0 OR price_version = 0),
          version int NOT NULL,
          created_at timestamptz NOT NULL
        );
        CREATE INDEX products_newest ON products (created_at DESC, id DESC);
        CREATE INDEX products_by_category ON products (category, created_at DESC, id DESC);
        CREATE TABLE reservations (
          order_id uuid PRIMARY KEY,
          status text NOT NULL CHECK (status IN ('DECREMENTED', 'REJECTED', 'RESTORED', 'TOMBSTONED')),
          items jsonb NOT NULL,
          version int NOT NULL,
          updated_at timestamptz NOT NULL
        );
      `),
  },
]

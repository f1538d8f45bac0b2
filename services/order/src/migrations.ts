import type { Migration } from '@chorus/chassis'

export const migrations: Migration[] = [
  {
    name: '001_orders',
    up: (db) =>
      db.raw(`
        CREATE TABLE orders (
          id uuid PRIMARY KEY,
          user_id text NOT NULL,
          status text NOT NULL CHECK (
            status IN ('PENDING', 'COUPON_APPLIED', 'STOCK_SECURED', 'COMPLETED', 'FAILED', 'CANCELLED')
          ),
          items jsonb NOT NULL,
          subtotal bigint NOT NULL CHECK (subtotal >= 0),
          discount bigint NOT NULL CHECK (discount BETWEEN 0 AND subtotal),
          payable bigint NOT NULL CHECK (payable = subtotal - discount),
          currency text NOT NULL,
          user_coupon_id uuid,
          delivery_address_id text NOT NULL,
          payment_method text NOT NULL,
          failure_step text,
          failure_reason text,
          cancel_reason text,
          deadline_at timestamptz NOT NULL,
          traceparent text NOT NULL DEFAULT '',
          version int NOT NULL,
          created_at timestamptz NOT NULL,
          updated_at timestamptz NOT NULL,
          -- An index that names the status would be written anew at each step of an order.
          open boolean NOT NULL GENERATED ALWAYS AS (status IN ('PENDING', 'COUPON_APPLIED', 'STOCK_SECURED')) STORED
        ) WITH (fillfactor = 70);
        CREATE INDEX orders_mine ON orders (user_id, created_at DESC, id DESC);
        CREATE INDEX orders_open ON orders (deadline_at) WHERE open;
        CREATE TABLE prices (
          product_id uuid PRIMARY KEY,
          amount bigint NOT NULL,
          currency text NOT NULL,
          price_version int NOT NULL
        );
      `),
  },
]

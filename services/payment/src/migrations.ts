import type { Migration } from '@chorus/chassis'

export const migrations: Migration[] = [
  {
    name: '001_payments',
    up: (db) =>
      db.raw(`
        CREATE TABLE payments (
          order_id uuid PRIMARY KEY,
          id uuid NOT NULL UNIQUE,
          user_id text NOT NULL,
          status text NOT NULL CHECK (
            status IN ('REQUESTED', 'UNKNOWN', 'COMPLETED', 'FAILED', 'REFUNDING', 'REFUNDED', 'CANCELLED')
          ),
          amount bigint NOT NULL CHECK (amount >= 0),
          currency text NOT NULL,
          method text NOT NULL,
          token text,
          user_coupon_id uuid,
          gateway_reference text,
          failure_reason text,
          paid_at timestamptz,
          traceparent text NOT NULL DEFAULT '',
          version int NOT NULL,
          created_at timestamptz NOT NULL,
          updated_at timestamptz NOT NULL
        );
        CREATE INDEX payments_mine ON payments (user_id, created_at DESC, id DESC);
        CREATE INDEX payments_waiting ON payments (status) WHERE status IN ('REQUESTED', 'UNKNOWN', 'REFUNDING');
      `),
  },
]

import type { Migration } from '@chorus/chassis'

export const migrations: Migration[] = [
  {
    name: '001_coupons',
    up: (db) =>
      db.raw(`
        CREATE TABLE coupons (
          id uuid PRIMARY KEY,
          name text NOT NULL,
          type text NOT NULL CHECK (type IN ('FIXED', 'RATE')),
          value bigint NOT NULL,
          currency text,
          minimum_amount bigint,
          maximum_discount bigint,
          total int NOT NULL,
          -- A template of total 0 is only known from its coupons while tables are being rebuilt.
          issued int NOT NULL CHECK (issued <= total OR total = 0),
          valid_from timestamptz NOT NULL,
          valid_until timestamptz NOT NULL,
          version int NOT NULL,
          created_at timestamptz NOT NULL
        );
        CREATE TABLE user_coupons (
          id uuid PRIMARY KEY,
          coupon_id uuid NOT NULL,
          user_id text NOT NULL,
          uses int NOT NULL CHECK (uses >= 0),
          expired boolean NOT NULL,
          valid_until timestamptz NOT NULL,
          version int NOT NULL,
          created_at timestamptz NOT NULL,
          UNIQUE (user_id, coupon_id)
        );
        CREATE INDEX user_coupons_mine ON user_coupons (user_id, created_at DESC, id DESC);
        CREATE INDEX user_coupons_expiring ON user_coupons (valid_until) WHERE NOT expired AND uses = 0;
        CREATE TABLE coupon_uses (
          order_id uuid PRIMARY KEY,
          user_coupon_id uuid NOT NULL,
          status text NOT NULL CHECK (status IN ('USED', 'REJECTED', 'RESTORED', 'TOMBSTONED')),
          version int NOT NULL,
          updated_at timestamptz NOT NULL
        );
      `),
  },
]

BEGIN IMMEDIATE;
CREATE TABLE "users" (
  "id" INTEGER NOT NULL CONSTRAINT "users_pkey" PRIMARY KEY AUTOINCREMENT,
  "email" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "time_zone" TEXT NOT NULL,
  "version" INT NOT NULL DEFAULT 1,
  CONSTRAINT "users_email_key" UNIQUE ("email")
);
CREATE TABLE "wallets" (
  "id" INTEGER NOT NULL CONSTRAINT "wallets_pkey" PRIMARY KEY AUTOINCREMENT,
  "user_id" BIGINT,
  "name" TEXT,
  "balance" DECIMAL_TEXT COLLATE decimal,
  CONSTRAINT "wallets_name_key" UNIQUE ("name"),
  CONSTRAINT "wallets_owner" CHECK ((user_id IS NULL) = (name IS NOT NULL)),
  CONSTRAINT "wallets_balance" CHECK ((user_id IS NULL) = (balance IS NULL)),
  CONSTRAINT "wallets_not_overdrawn" CHECK (balance >= 0),
  CONSTRAINT "wallets_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id")
);
CREATE INDEX "wallets_user_id_idx" ON "wallets" ("user_id");
CREATE TABLE "postings" (
  "id" INTEGER NOT NULL CONSTRAINT "postings_pkey" PRIMARY KEY AUTOINCREMENT,
  "kind" TEXT NOT NULL,
  "reference" TEXT NOT NULL,
  "booked_at" TIMESTAMPTZ_TEXT NOT NULL,
  CONSTRAINT "postings_reference_key" UNIQUE ("reference"),
  CONSTRAINT "postings_kind_check" CHECK ("kind" IN ('top_up', 'call', 'refund'))
);
CREATE TABLE "entries" (
  "id" INTEGER NOT NULL CONSTRAINT "entries_pkey" PRIMARY KEY AUTOINCREMENT,
  "posting_id" BIGINT NOT NULL,
  "wallet_id" BIGINT NOT NULL,
  "amount" DECIMAL_TEXT COLLATE decimal NOT NULL,
  CONSTRAINT "entries_amount" CHECK (amount <> 0),
  CONSTRAINT "entries_posting_id_fkey" FOREIGN KEY ("posting_id") REFERENCES "postings" ("id"),
  CONSTRAINT "entries_wallet_id_fkey" FOREIGN KEY ("wallet_id") REFERENCES "wallets" ("id")
);
CREATE INDEX "entries_posting_id_idx" ON "entries" ("posting_id");
CREATE INDEX "entries_wallet_id_id_idx" ON "entries" ("wallet_id", "id");
CREATE TABLE "calls" (
  "id" INTEGER NOT NULL CONSTRAINT "calls_pkey" PRIMARY KEY AUTOINCREMENT,
  "wallet_id" BIGINT NOT NULL,
  "rate" DECIMAL_TEXT COLLATE decimal NOT NULL,
  "started_at" TIMESTAMPTZ_TEXT NOT NULL,
  "seconds" INT,
  "posting_id" BIGINT,
  "version" INT NOT NULL DEFAULT 1,
  CONSTRAINT "calls_posting_id_key" UNIQUE ("posting_id"),
  CONSTRAINT "calls_rate" CHECK (rate >= 0),
  CONSTRAINT "calls_seconds" CHECK (seconds >= 0),
  CONSTRAINT "calls_billed_after_end" CHECK (posting_id IS NULL OR seconds IS NOT NULL),
  CONSTRAINT "calls_wallet_id_fkey" FOREIGN KEY ("wallet_id") REFERENCES "wallets" ("id"),
  CONSTRAINT "calls_posting_id_fkey" FOREIGN KEY ("posting_id") REFERENCES "postings" ("id")
);
CREATE INDEX "calls_wallet_id_idx" ON "calls" ("wallet_id");
CREATE TABLE "payments" (
  "id" TEXT NOT NULL,
  "wallet_id" BIGINT,
  "amount" DECIMAL_TEXT COLLATE decimal,
  "refunded" DECIMAL_TEXT COLLATE decimal NOT NULL,
  "version" INT NOT NULL DEFAULT 1,
  CONSTRAINT "payments_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "payments_known" CHECK ((wallet_id IS NULL) = (amount IS NULL)),
  CONSTRAINT "payments_refunded" CHECK (refunded >= 0 AND refunded <= coalesce(amount, 0)),
  CONSTRAINT "payments_wallet_id_fkey" FOREIGN KEY ("wallet_id") REFERENCES "wallets" ("id")
);
CREATE INDEX "payments_wallet_id_idx" ON "payments" ("wallet_id");
CREATE TABLE "webhooks" (
  "id" TEXT NOT NULL,
  "payment_id" TEXT,
  "event" JSON_TEXT NOT NULL,
  "occurred_at" TIMESTAMPTZ_TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "reason" TEXT,
  CONSTRAINT "webhooks_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "webhooks_state_check" CHECK ("state" IN ('waiting', 'applied', 'rejected')),
  CONSTRAINT "webhooks_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payments" ("id")
);
CREATE INDEX "webhooks_payment_id_idx" ON "webhooks" ("payment_id");
COMMIT;

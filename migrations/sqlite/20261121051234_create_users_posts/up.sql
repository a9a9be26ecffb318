BEGIN IMMEDIATE;
CREATE TABLE "users" (
  "id" INTEGER NOT NULL CONSTRAINT "users_pkey" PRIMARY KEY AUTOINCREMENT,
  "email" TEXT NOT NULL,
  "name" TEXT,
  "created_at" TIMESTAMPTZ_TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000+00:00', 'now')),
  CONSTRAINT "users_email_key" UNIQUE ("email")
);
CREATE TABLE "posts" (
  "id" INTEGER NOT NULL CONSTRAINT "posts_pkey" PRIMARY KEY AUTOINCREMENT,
  "author_id" BIGINT NOT NULL,
  "title" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ_TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000+00:00', 'now')),
  CONSTRAINT "title_not_empty" CHECK (length(title) > 0),
  CONSTRAINT "posts_author_id_fkey" FOREIGN KEY ("author_id") REFERENCES "users" ("id") ON DELETE CASCADE
);
CREATE INDEX "posts_author_id_created_at_idx" ON "posts" ("author_id", "created_at" DESC);
COMMIT;

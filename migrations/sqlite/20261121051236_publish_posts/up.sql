-- Dropping a table would delete what refers to its rows: foreign keys are off until the end, and checked there.
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;

-- Each guard stops the migration if it finds rows in the way. SQL that changes such rows goes here, above the guards.
CREATE TEMP TABLE mizzle_guard (rows INTEGER NOT NULL CHECK (rows = 0));

-- guard: "users" has {rows} rows that share their (nick) with another, which the unique constraint "users_nick_key" forbids: change or delete all but one of each
INSERT INTO temp.mizzle_guard SELECT coalesce(sum("n"), 0) FROM (SELECT count(*) AS "n" FROM (SELECT "name" AS "nick" FROM "users") AS "after" WHERE "nick" IS NOT NULL GROUP BY "nick" HAVING count(*) > 1) AS "twice";

-- guard: "users" has {rows} triggers or indexes of its own, which would be lost: run this migration with mizzle, which keeps them
INSERT INTO temp.mizzle_guard SELECT count(*) FROM sqlite_schema WHERE tbl_name = 'users' COLLATE NOCASE AND (type = 'trigger' OR type = 'index' AND sql IS NOT NULL AND name NOT IN ('')) AND NOT EXISTS (SELECT 1 FROM sqlite_temp_schema WHERE name = 'mizzle_runner');

-- guard: "users" has {rows} columns that this migration doesn't know, which would be lost: run it with mizzle, which keeps them
INSERT INTO temp.mizzle_guard SELECT count(*) FROM pragma_table_xinfo('users') WHERE name COLLATE NOCASE NOT IN ('id', 'email', 'name', 'created_at') AND NOT EXISTS (SELECT 1 FROM sqlite_temp_schema WHERE name = 'mizzle_runner');

-- Rows that refer to nothing already are not this migration's.
CREATE TEMP TABLE mizzle_orphans ("table" TEXT, "key" TEXT, "rows" INTEGER);
INSERT INTO temp.mizzle_orphans SELECT 'posts', 'posts_author_id_fkey', (SELECT count(*) FROM "posts" AS child WHERE child."author_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "users" AS parent WHERE parent."id" = child."author_id"));
ALTER TABLE "users" RENAME COLUMN "name" TO "nick";
ALTER TABLE "posts" ADD COLUMN "published" BOOLEAN NOT NULL DEFAULT 0;
PRAGMA legacy_alter_table = ON;

-- Rebuilds users: SQLite has no statement for what changes. What the table has beyond this, mizzle keeps:
-- was:CREATE TABLE "users" (
-- was:  "id" INTEGER NOT NULL CONSTRAINT "users_pkey" PRIMARY KEY AUTOINCREMENT,
-- was:  "email" TEXT NOT NULL,
-- was:  "nick" TEXT,
-- was:  "created_at" TIMESTAMPTZ_TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000+00:00', 'now')),
-- was:  CONSTRAINT "users_email_key" UNIQUE ("email")
-- was:)
CREATE TABLE "__mizzle_new_users" (
  "id" INTEGER NOT NULL CONSTRAINT "users_pkey" PRIMARY KEY AUTOINCREMENT,
  "email" TEXT NOT NULL,
  "nick" TEXT,
  "created_at" TIMESTAMPTZ_TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000+00:00', 'now')),
  CONSTRAINT "users_email_key" UNIQUE ("email"),
  CONSTRAINT "users_nick_key" UNIQUE ("nick")
);
INSERT INTO "__mizzle_new_users" ("id", "email", "nick", "created_at")
SELECT "id", "email", "nick", "created_at"
FROM "users";

-- The numbers of rows that were deleted are not given again.
INSERT INTO sqlite_sequence (name, seq) SELECT '__mizzle_new_users', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = '__mizzle_new_users');
UPDATE sqlite_sequence SET seq = max(seq, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'users'), 0)) WHERE name = '__mizzle_new_users';
DROP TABLE "users";
ALTER TABLE "__mizzle_new_users" RENAME TO "users";
PRAGMA legacy_alter_table = OFF;

-- guard: "posts" has {rows} rows that would refer to a row that doesn't exist by "posts_author_id_fkey": change or delete them first
INSERT INTO temp.mizzle_guard SELECT max(0, (SELECT count(*) FROM "posts" AS child WHERE child."author_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "users" AS parent WHERE parent."id" = child."author_id")) - coalesce((SELECT "rows" FROM temp.mizzle_orphans WHERE "table" = 'posts' AND "key" = 'posts_author_id_fkey'), 0));
DROP TABLE temp.mizzle_orphans;
DROP TABLE temp.mizzle_guard;
COMMIT;
PRAGMA foreign_keys = ON;

-- Each guard stops the migration if it finds rows in the way. SQL that changes such rows goes here, above the guards.
-- guard: "users" has {rows} rows that share their (nick) with another, which the unique constraint "users_nick_key" forbids: change or delete all but one of each
DO $mizzle$
DECLARE mizzle_rows bigint;
BEGIN
  SELECT INTO mizzle_rows coalesce(sum("n"), 0) FROM (SELECT count(*) AS "n" FROM (SELECT "name" AS "nick" FROM "users") AS "after" WHERE "nick" IS NOT NULL GROUP BY "nick" HAVING count(*) > 1) AS "twice";
  IF mizzle_rows > 0 THEN
    RAISE EXCEPTION USING MESSAGE = '"users" has ' || mizzle_rows || ' rows that share their (nick) with another, which the unique constraint "users_nick_key" forbids: change or delete all but one of each';
  END IF;
END
$mizzle$;
ALTER TABLE "users" RENAME COLUMN "name" TO "nick";
ALTER TABLE "posts" ADD COLUMN "published" boolean NOT NULL DEFAULT false;
ALTER TABLE "users" ADD CONSTRAINT "users_nick_key" UNIQUE ("nick");

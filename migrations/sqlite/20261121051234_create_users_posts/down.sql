-- Dropping a table would delete what refers to its rows: foreign keys are off until the end, and checked there.
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TEMP TABLE mizzle_guard (rows INTEGER NOT NULL CHECK (rows = 0));
DROP TABLE "users";
DROP TABLE "posts";
DROP TABLE temp.mizzle_guard;
COMMIT;
PRAGMA foreign_keys = ON;

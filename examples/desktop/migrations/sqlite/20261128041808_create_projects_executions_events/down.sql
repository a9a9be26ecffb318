-- Dropping a table would delete what refers to its rows: foreign keys are off until the end, and checked there.
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
DROP TABLE "projects";
DROP TABLE "executions";
DROP TABLE "events";
COMMIT;
PRAGMA foreign_keys = ON;

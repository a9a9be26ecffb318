-- Dropping a table would delete what refers to its rows: foreign keys are off until the end, and checked there.
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
DROP TABLE "users";
DROP TABLE "wallets";
DROP TABLE "postings";
DROP TABLE "entries";
DROP TABLE "calls";
DROP TABLE "payments";
DROP TABLE "webhooks";
COMMIT;
PRAGMA foreign_keys = ON;

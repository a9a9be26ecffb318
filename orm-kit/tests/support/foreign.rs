//! Databases that mizzle didn't make, with what it can't say.

#![allow(dead_code, reason = "no test file uses all of it")]

/// For SQLite.
pub const SQLITE: &str = r#"
CREATE TABLE kinds ([key] NVARCHAR(20) PRIMARY KEY, `note` CLOB COLLATE NOCASE) WITHOUT ROWID;
CREATE TABLE "Order Lines" (
    id INTEGER PRIMARY KEY,
    price NUMERIC(10,2) DEFAULT 1.5 CHECK (price > 0),
    at DATETIME DEFAULT CURRENT_TIMESTAMP,
    day DATE DEFAULT "2024-01-31",
    kind TEXT NOT NULL DEFAULT 'x' REFERENCES KINDS ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    state TEXT CHECK (state IN ('open', 'closed')),
    size VARCHAR(10) CHECK (length(size) <= 10),
    free VARCHAR(10),
    total REAL AS (price * 2),
    anything,
    money MONEY,
    lost INT REFERENCES nowhere(id),
    vague INT REFERENCES "Order Lines"(price),
    CONSTRAINT "a b" UNIQUE (kind, state)
    CHECK (price < 100),
    CONSTRAINT named CHECK (free <> ')') -- the last
);
CREATE INDEX "i" ON "Order Lines" (kind COLLATE NOCASE DESC, lower(state), "price" ASC) WHERE price > 0;
CREATE UNIQUE INDEX one_open ON "Order Lines" (kind) WHERE state = 'open';
CREATE TABLE nokey (a INT, b TEXT);
CREATE TABLE strict_one (id INT, id2 INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 1, PRIMARY KEY (id COLLATE NOCASE) ON CONFLICT FAIL) STRICT;
CREATE VIEW v AS SELECT * FROM nokey;
CREATE VIRTUAL TABLE words USING fts5(body);
CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL);
CREATE TABLE __mizzle_migrations (version TEXT PRIMARY KEY);
CREATE TEMP TABLE temporary (a INT);
"#;

/// For PostgreSQL.
pub const POSTGRES: &str = r#"
CREATE SCHEMA other;
CREATE TABLE other.x (id int PRIMARY KEY);
CREATE TYPE mood AS ENUM ('sad', 'ok', 'very happy');
CREATE TYPE other.far AS ENUM ('a');
CREATE DOMAIN email AS varchar(80) CHECK (VALUE LIKE '%@%');
CREATE TABLE people (
    id serial PRIMARY KEY,
    mail email NOT NULL,
    code char(3),
    price numeric(10,2) DEFAULT 0.00,
    at timestamp(0) DEFAULT now(),
    tags text[],
    loc point NOT NULL,
    mood mood DEFAULT 'ok',
    far other.far,
    meta json,
    kind text CHECK (kind IN ('x y', 'z')),
    n bigint GENERATED ALWAYS AS IDENTITY,
    name text COLLATE "C",
    other_id int REFERENCES other.x,
    low text GENERATED ALWAYS AS (lower(code)) STORED,
    lp text GENERATED ALWAYS AS ((loc[0])::text) STORED,
    EXCLUDE USING gist (loc WITH ~=)
);
CREATE INDEX hashed ON people USING hash (code);
CREATE INDEX pattern ON people (code bpchar_pattern_ops);
CREATE INDEX nulls ON people (code DESC NULLS LAST);
CREATE INDEX including ON people (code) INCLUDE (price);
CREATE INDEX over_tags ON people (tags);
CREATE UNIQUE INDEX lower_code ON people (lower(code), price DESC) WHERE mood = 'ok';
ALTER TABLE people
    ADD CONSTRAINT located CHECK (loc IS NOT NULL),
    ADD CONSTRAINT later UNIQUE (code) DEFERRABLE,
    ADD CONSTRAINT positive CHECK (price >= 0) NOT VALID;
CREATE TABLE nokey (a int, b text);
CREATE TABLE links (
    a int REFERENCES people ON DELETE SET NULL,
    b int NOT NULL REFERENCES people ON DELETE RESTRICT ON UPDATE CASCADE,
    seq serial,
    PRIMARY KEY (b, a)
);
CREATE TABLE log (id bigint, at date) PARTITION BY RANGE (at);
CREATE TABLE log_2024 PARTITION OF log FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE renamed (id int PRIMARY KEY);
ALTER TABLE renamed RENAME TO bees;
CREATE VIEW v AS SELECT * FROM nokey;
CREATE TEMP TABLE temporary (a int);
CREATE TABLE __diesel_schema_migrations (version text PRIMARY KEY);
CREATE TABLE __mizzle_migrations (version text PRIMARY KEY);
"#;

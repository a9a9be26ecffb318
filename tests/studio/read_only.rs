//! A studio that only reads: the database refuses everything else, whatever a person writes.

use mizzle::studio::Studio;

use super::*;

/// Runs each text in both consoles, and checks that nothing changes.
fn attack(db: &Db, texts: &[&str], state: &str) {
    let read_only = Client::of(Studio::new(db.clone()).read_only(true));
    let writable = Client::new(db);
    let before = writable.query(state, false)["results"].clone();
    for text in texts {
        for client in [&read_only, &writable] {
            client.call("query", &json!({ "sql": text, "seconds": 20 }));
            client.bytes("explain", &json!({ "sql": text, "analyze": true }));
            client.bytes("export", &json!({ "sql": text, "format": "csv" }));
            // Alone, and after a statement that may have left something open.
            let after = format!("SELECT 1; {text}; {text}");
            client.call("query", &json!({ "sql": after, "seconds": 20 }));
            let rows: Vec<Value> = writable.query(state, false)["results"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["rows"].clone())
                .collect();
            let known: Vec<Value> =
                before.as_array().unwrap().iter().map(|one| one["rows"].clone()).collect();
            assert_eq!(rows, known, "{text}");
        }
    }
    // The connections that were used can still write.
    writable.query("INSERT INTO victim VALUES (1000, 'after')", true);
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_refuses_all_writes() {
    let fresh = test_support::Fresh::sqlite();
    let db = &fresh.db;
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.db");
    run(
        db,
        "CREATE TABLE victim (id int PRIMARY KEY, name text); INSERT INTO victim VALUES (1, 'a'); \
         CREATE VIEW editable AS SELECT * FROM victim; CREATE TABLE log (n int); INSERT INTO log VALUES (0); \
         CREATE TRIGGER edits INSTEAD OF INSERT ON editable BEGIN DELETE FROM victim; END; \
         CREATE VIRTUAL TABLE words USING fts5(body); INSERT INTO words VALUES ('hello')",
    );
    let attach = format!("ATTACH '{}' AS other", other.display());
    let vacuum = format!("VACUUM INTO '{}'", other.display());
    let texts = [
        "DELETE FROM victim",
        "PRAGMA query_only = 0",
        "PRAGMA query_only = 0; DELETE FROM victim",
        "PRAGMA query_only(0); DELETE FROM victim",
        "BEGIN; DELETE FROM victim; COMMIT",
        "BEGIN IMMEDIATE",
        "COMMIT",
        "SAVEPOINT x; DELETE FROM victim; RELEASE x",
        "DROP TABLE victim",
        "CREATE TABLE more (a)",
        "CREATE TEMP TABLE more (a)",
        "CREATE TEMP TRIGGER t AFTER INSERT ON victim BEGIN DELETE FROM log; END",
        "INSERT INTO editable VALUES (1, 'x')",
        "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = 'x'",
        "UPDATE sqlite_schema SET sql = 'x'",
        "PRAGMA user_version = 7",
        "PRAGMA application_id = 7",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA schema_version = 900",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA incremental_vacuum",
        "PRAGMA optimize",
        "PRAGMA foreign_keys = 0",
        "PRAGMA case_sensitive_like = 1",
        "PRAGMA trusted_schema = 1",
        "PRAGMA temp_store_directory = '/tmp'",
        "SELECT * FROM pragma_user_version(9)",
        "SELECT * FROM pragma_journal_mode('delete')",
        "VACUUM",
        "REINDEX",
        "ANALYZE",
        "SELECT load_extension('libm.so.6')",
        "SELECT writefile('x', 'y')",
        "SELECT fts3_tokenizer('simple', x'00')",
        "INSERT INTO words (words) VALUES ('optimize')",
        "INSERT INTO words (words, rank) VALUES ('rank', 'bm25(1.0)')",
        "WITH x AS (SELECT 1) DELETE FROM victim",
        "REPLACE INTO victim VALUES (1, 'b')",
        "EXPLAIN DELETE FROM victim; DELETE FROM victim",
        "ALTER TABLE victim RENAME TO gone",
        "SELECT 1; DELETE FROM victim",
        "/* */ DELETE FROM victim -- SELECT",
        "DETACH main",
        &attach,
        &vacuum,
    ];
    let state = "SELECT * FROM victim; SELECT * FROM log; SELECT type, name, sql FROM sqlite_schema ORDER BY name; \
         PRAGMA user_version; PRAGMA application_id; PRAGMA foreign_keys; SELECT * FROM words";
    attack(db, &texts, state);
    assert!(!other.exists());
}

#[cfg(feature = "postgres")]
#[test]
fn postgres_refuses_all_writes() {
    let fresh = test_support::Fresh::postgres();
    let db = &fresh.db;
    run(
        db,
        "CREATE TABLE victim (id int PRIMARY KEY, name text); INSERT INTO victim VALUES (1, 'a'); CREATE SEQUENCE counter; \
         CREATE FUNCTION write() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM victim; RETURN 1; END $$; \
         CREATE FUNCTION unlock() RETURNS int LANGUAGE plpgsql AS $$ BEGIN \
         PERFORM set_config('transaction_read_only', 'off', true); DELETE FROM victim; RETURN 1; END $$; \
         CREATE PROCEDURE leave() LANGUAGE plpgsql AS $$ BEGIN COMMIT; DELETE FROM victim; COMMIT; END $$; \
         CREATE FUNCTION hidden() RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'COMMIT'; RETURN 1; END $$; \
         CREATE VIEW trap AS SELECT write() AS w",
    );
    let texts = [
        "DELETE FROM victim",
        "COMMIT; DELETE FROM victim",
        "COMMIT",
        "ROLLBACK",
        "END; BEGIN; DELETE FROM victim; COMMIT",
        "ABORT; DELETE FROM victim",
        "COMMIT AND CHAIN; DELETE FROM victim",
        "ROLLBACK TO SAVEPOINT studio",
        "RELEASE SAVEPOINT studio",
        "PREPARE TRANSACTION 'x'",
        "BEGIN READ WRITE; DELETE FROM victim; COMMIT",
        "SET TRANSACTION READ WRITE; DELETE FROM victim",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE; DELETE FROM victim",
        "SET default_transaction_read_only = off; DELETE FROM victim",
        "SET transaction_read_only = off",
        "RESET ALL",
        "DISCARD ALL",
        "SELECT set_config('transaction_read_only', 'off', false)",
        "SELECT set_config('transaction_read_only', 'off', true), write()",
        "SELECT set_config('default_transaction_read_only', 'off', false); SELECT write()",
        "SELECT write()",
        "SELECT unlock()",
        "SELECT hidden()",
        "CALL leave()",
        "DO $$ BEGIN DELETE FROM victim; END $$",
        "DO $$ BEGIN COMMIT; DELETE FROM victim; END $$",
        "SELECT * FROM trap",
        "TABLE trap",
        "WITH x AS (DELETE FROM victim RETURNING 1) SELECT * FROM x",
        "SELECT * INTO copied FROM victim",
        "SELECT nextval('counter')",
        "SELECT setval('counter', 50)",
        "CREATE TABLE more (a int)",
        "CREATE TEMP TABLE more (a int)",
        "COPY victim TO PROGRAM 'cat > /tmp/mizzle_studio_attack'",
        "COPY victim FROM STDIN",
        "EXPLAIN ANALYZE DELETE FROM victim",
        "EXPLAIN (ANALYZE) WITH x AS (DELETE FROM victim RETURNING 1) SELECT * FROM x",
        "EXPLAIN ANALYZE SELECT write()",
        "EXPLAIN ANALYZE CREATE TABLE made AS SELECT 1",
        "TRUNCATE victim",
        "DROP TABLE victim",
        "GRANT ALL ON victim TO PUBLIC",
        "VACUUM",
        "LISTEN x",
        "NOTIFY x",
        "SELECT lo_create(4711)",
        "PREPARE p AS DELETE FROM victim; EXECUTE p",
        "SELECT pg_advisory_lock(1)",
        "LOCK TABLE victim",
        "SELECT 1; DELETE FROM victim",
        "SELECT 1 \\; DELETE FROM victim",
        "/* SELECT */ DELETE FROM victim",
        "(SELECT 1); DELETE FROM victim",
        "( DELETE FROM victim )",
        "VALUES (write())",
        "SHOW ALL; DELETE FROM victim",
        "DECLARE c CURSOR WITH HOLD FOR SELECT write()",
        "REFRESH MATERIALIZED VIEW nothing",
        "ALTER SYSTEM SET work_mem = '1MB'",
    ];
    let state = "SELECT * FROM victim; SELECT last_value, is_called FROM counter; SELECT relname FROM pg_class WHERE relnamespace = \
         'public'::regnamespace ORDER BY 1; SELECT count(*) FROM pg_largeobject_metadata; SHOW default_transaction_read_only";
    attack(db, &texts, state);
    assert!(!std::path::Path::new("/tmp/mizzle_studio_attack").exists());
}

on_each_database! {
    fn calls_that_write_are_refused(db: &Db) {
        run(db, "CREATE TABLE victim (id int PRIMARY KEY); INSERT INTO victim VALUES (1)");
        let client = Client::of(Studio::new(db.clone()).read_only(true));
        assert_eq!(client.call("info", &json!({}))["readOnly"], true);
        let table = named(db, "victim");
        let edit = json!({ "kind": "delete", "table": table, "key": [["i", "1"]], "seen": {} });
        for (name, body) in [
            ("apply", json!({ "edits": [edit] })),
            ("query", json!({ "sql": "DELETE FROM victim", "write": true })),
            ("import", json!({ "table": table, "csv": "2", "mapping": { "0": "id" } })),
            ("import", json!({ "table": table, "csv": "2", "mapping": { "0": "id" }, "dry": true })),
        ] {
            assert_eq!(client.fail(name, &body, 403)["code"], "READ_ONLY", "{name}");
        }
        assert_eq!(client.one("SELECT count(*) FROM victim"), json!(["i", "1"]));
        client.call("rows", &json!({ "table": table }));
        client.call("tables", &json!({}));
    }
}

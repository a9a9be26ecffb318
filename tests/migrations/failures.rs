//! Migrations that fail.

use std::thread;

use mizzle::Dialect;
use mizzle::migration::{MigrationError, MigrationState};
use mizzle::prelude::*;
use test_support::on_each_database;
#[cfg(feature = "sqlite")]
use test_support::with_sqlite;

use crate::folder::{Folder, cause, number, schema, states, tables};

on_each_database! {
    fn nothing_remains(db: &Db) {
        db.execute_sql("CREATE TABLE kept (id INT); INSERT INTO kept VALUES (1), (1)").unwrap();
        let folder = Folder::new().add("1_fine", "CREATE TABLE fine (id INT)", "DROP TABLE fine").add(
            "2_wrong",
            "CREATE TABLE half (id INT);\nDELETE FROM kept;\nINSERT INTO half VALUES (1), (1);\n\n\
             -- a comment\nCREATE UNIQUE INDEX half_id\n   ON half (id);\nCREATE TABLE never (id INT);",
            "",
        );
        let folder = folder.add("3_next", "CREATE TABLE next (id INT)", "");
        let before = { db.migrator(&folder.read()).to("1").run().unwrap(); schema(db) };
        db.migrator(&folder.read()).rollback(1).unwrap();
        let error = db.migrate(&folder.read()).unwrap_err();
        let MigrationError::Failed(failed) = cause(&error) else { panic!("{error:?}") };
        assert_eq!((failed.migration.as_str(), failed.file), ("2_wrong", "up.sql"));
        assert_eq!((failed.number, failed.total, failed.line), (4, 5, 6));
        assert_eq!(failed.statement, "CREATE UNIQUE INDEX half_id ON half (id)");
        assert_eq!(failed.applied, ["1_fine"]);
        assert!(failed.rolled_back && !failed.refused);
        let message = error.to_string();
        for words in [
            "2_wrong/up.sql failed at statement 4 of 5, line 6 (`CREATE UNIQUE INDEX half_id ON half (id)`): ",
            "nothing of it remains; before it 1_fine ran, and stays",
            "unique",
        ] {
            assert!(message.to_lowercase().contains(&words.to_lowercase()), "{message}");
        }
        assert_eq!(error.sql(), Some("CREATE UNIQUE INDEX half_id\n   ON half (id)"));
        assert_eq!(schema(db), before);
        assert_eq!(tables(db), ["fine", "kept"]);
        assert_eq!(number(db, "SELECT count(*) FROM kept"), 2);
        let states = states(db, &folder.read()).into_iter().map(|(_, state)| state).collect::<Vec<_>>();
        assert_eq!(states, [MigrationState::Applied, MigrationState::Pending, MigrationState::Pending]);
    }

    fn a_rollback_that_fails(db: &Db) {
        let folder = Folder::new().add("1_a", "CREATE TABLE a (id INT)", "DROP TABLE a; DROP TABLE none");
        db.migrate(&folder.read()).unwrap();
        let error = db.migrator(&folder.read()).rollback(1).unwrap_err();
        assert!(error.to_string().starts_with("1_a/down.sql failed at statement 2 of 2"), "{error}");
        assert_eq!(tables(db), ["a"]);
        assert_eq!(states(db, &folder.read())[0].1, MigrationState::Applied);
    }

    fn a_commit_that_fails(db: &Db) {
        let folder = Folder::new().add(
            "1_a",
            "CREATE TABLE a (id INTEGER PRIMARY KEY, up INTEGER REFERENCES a DEFERRABLE INITIALLY DEFERRED);\
             INSERT INTO a VALUES (1, 7)",
            "",
        );
        let error = db.migrate(&folder.read()).unwrap_err();
        assert!(error.to_string().starts_with("1_a/up.sql failed at COMMIT: "), "{error}");
        assert!(error.to_string().ends_with("nothing of it remains"), "{error}");
        assert!(tables(db).is_empty());
        db.execute_sql("CREATE TABLE a (id INT)").unwrap();
    }

    fn a_file_must_not_end_the_transaction(db: &Db) {
        for end in ["COMMIT", "END", "BEGIN", "ROLLBACK"] {
            let folder = Folder::new().add("1_a", &format!("CREATE TABLE a (id INT);\n{end};"), "");
            let error = db.migrate(&folder.read()).unwrap_err();
            assert!(matches!(cause(&error), MigrationError::Unusable { .. }), "{error:?}");
            assert!(error.to_string().contains("run_in_transaction = false"), "{error}");
            assert!(error.to_string().contains(&format!("`{end}` on line 2")), "{error}");
            assert!(tables(db).is_empty());
        }
        let folder = Folder::new().add_as_it_is("1_a", "BEGIN; CREATE TABLE a (id INT);", "");
        let error = db.migrate(&folder.read()).unwrap_err();
        assert!(error.to_string().contains("no COMMIT"), "{error}");
        assert!(tables(db).is_empty());
    }

    /// What is done outside a transaction can't be taken back, which the message must not claim.
    fn what_remains_is_said(db: &Db) {
        let folder = Folder::new().add_as_it_is("1_a", "CREATE TABLE a (id INT); nonsense", "");
        let error = db.migrate(&folder.read()).unwrap_err();
        assert!(error.to_string().contains("what came before the statement remains"), "{error}");
        assert_eq!(tables(db), ["a"]);
        assert_eq!(states(db, &folder.read())[0].1, MigrationState::Pending);
        let folder = Folder::new().add_as_it_is("2_b", "BEGIN; CREATE TABLE b (id INT); nonsense; COMMIT", "");
        let error = db.migrate(&folder.read()).unwrap_err();
        assert!(error.to_string().contains("nothing of it remains"), "{error}");
        assert_eq!(tables(db), ["a"]);
    }

    fn a_guard_refuses_with_the_rows_counted(db: &Db) {
        db.execute_sql("CREATE TABLE users (nick TEXT)").unwrap();
        db.execute_sql("INSERT INTO users VALUES (NULL), ('a'), (NULL), (NULL)").unwrap();
        let message = "users.nick is NULL in {rows} rows: give it a default";
        let guard = match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => format!(
                "CREATE TEMP TABLE mizzle_guard (rows INTEGER NOT NULL CHECK (rows = 0));\n\
                 -- guard: {message}\n\
                 INSERT INTO temp.mizzle_guard SELECT count(*) FROM \"users\" WHERE \"nick\" IS NULL;\n\
                 DROP TABLE temp.mizzle_guard"
            ),
            Dialect::Postgres => format!(
                "-- guard: {message}\nDO $mizzle$ DECLARE n bigint; BEGIN SELECT count(*) INTO n FROM users \
                 WHERE nick IS NULL; IF n > 0 THEN RAISE EXCEPTION USING MESSAGE = \
                 format('{}', n), ERRCODE = 'P0001'; END IF; END $mizzle$",
                message.replace("{rows}", "%s")
            ),
        };
        let up = format!("CREATE TABLE other (id INT);\n{guard};\nDELETE FROM users");
        let folder = Folder::new().add("1_a", &up, "");
        let error = db.migrate(&folder.read()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "1_a/up.sql is refused: users.nick is NULL in 3 rows: give it a default; nothing of it remains"
        );
        let MigrationError::Failed(failed) = cause(&error) else { panic!("{error:?}") };
        assert!(failed.refused);
        if db.dialect() == Dialect::Sqlite {
            assert_eq!(failed.rows, Some(3));
        }
        assert_eq!(tables(db), ["users"]);
        db.execute_sql("DELETE FROM users WHERE nick IS NULL").unwrap();
        db.migrate(&folder.read()).unwrap();
        assert_eq!(tables(db), ["other", "users"]);
    }

    /// A guard that can't look at the rows refuses nothing, and its advice is not about rows.
    fn a_guard_that_fails_is_no_refusal(db: &Db) {
        db.execute_sql("CREATE TABLE users (nick TEXT); INSERT INTO users VALUES (NULL)").unwrap();
        let guard = |condition: &str| match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => format!(
                "CREATE TEMP TABLE mizzle_guard (rows INTEGER NOT NULL CHECK (rows = 0));\n-- guard: {{rows}} rows\n\
                 INSERT INTO temp.mizzle_guard SELECT count(*) FROM users WHERE {condition};"
            ),
            Dialect::Postgres => format!(
                "-- guard: {{rows}} rows\nDO $$ DECLARE n bigint; BEGIN SELECT count(*) INTO n FROM users WHERE \
                 {condition}; IF n > 0 THEN RAISE EXCEPTION '% rows', n; END IF; END $$;"
            ),
        };
        let advice = |up: &str| {
            let error = db.migrate(&Folder::new().add("1_a", up, "").read()).unwrap_err();
            let MigrationError::Failed(failed) = cause(&error) else { panic!("{error:?}") };
            assert!(!failed.refused && failed.rows.is_none(), "{error:?}");
            let advice = error.troubleshooting().join("\n");
            assert!(!advice.contains("change the rows"), "{advice}");
            advice
        };
        let told = advice(&guard("nosuch IS NULL"));
        assert!(told.contains("correct the statement that the message names"), "{told}");
        if db.dialect() == Dialect::Postgres {
            // The statement is right, but it doesn't get the table.
            let up = format!("SET LOCAL lock_timeout = '10ms';\n{}", guard("nick IS NULL"));
            db.transaction(|tx| {
                tx.execute_sql("LOCK TABLE users")?;
                // This thread has a transaction, in which it may not use the handle.
                let told = thread::scope(|scope| scope.spawn(|| advice(&up)).join().unwrap());
                assert!(told.contains("holds the database's lock") && !told.contains("correct"), "{told}");
                mizzle::Result::Ok(())
            })
            .unwrap();
        }
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn a_guard_refuses_even_if_its_rows_are_not_counted() {
    with_sqlite(|db| {
        db.execute_sql("CREATE TABLE users (nick TEXT)").unwrap();
        let folder = Folder::new().add(
            "1_a",
            "CREATE TEMP TABLE mizzle_guard (rows INTEGER CHECK (rows IS 0));\n\
             -- guard: users.nick is NULL in {rows} rows\n\
             INSERT INTO temp.mizzle_guard SELECT sum(1) FROM users;",
            "",
        );
        let error = db.migrate(&folder.read()).unwrap_err();
        let MigrationError::Failed(failed) = cause(&error) else { panic!("{error:?}") };
        assert!(failed.refused && failed.rows.is_none(), "{error:?}");
        assert_eq!(failed.reason, "users.nick is NULL in some rows");
    });
}

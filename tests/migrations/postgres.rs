//! What only PostgreSQL does.

use mizzle::Dialect;
use mizzle::migration::MigrationState;
use mizzle::prelude::*;

use crate::folder::{Folder, number, states, tables, texts};
use test_support::with_postgres;

#[test]
fn a_label_is_used_by_the_next_migration() {
    with_postgres(|db| {
        let folder = Folder::new()
            .add(
                "1_status",
                "CREATE TYPE status AS ENUM ('draft', 'live'); CREATE TABLE posts (id INT, status status);\
                 INSERT INTO posts VALUES (1, 'draft')",
                "",
            )
            .add("2_review", "ALTER TYPE status ADD VALUE 'review' BEFORE 'live'", "")
            .add("3_use", "UPDATE posts SET status = 'review'", "");
        assert_eq!(db.migrate(&folder.read()).unwrap().migrations.len(), 3);
        assert_eq!(texts(db, "SELECT status::text FROM posts"), ["review"]);
    });
}

#[test]
fn an_index_is_built_concurrently() {
    with_postgres(|db| {
        db.execute_sql("CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('a'), ('a')")
            .unwrap();
        let folder = Folder::new().add_as_it_is(
            "1_index",
            "-- while others write\nCREATE INDEX CONCURRENTLY users_name ON users (name);",
            "DROP INDEX CONCURRENTLY users_name",
        );
        // Another runner waits meanwhile, and must not stand in its way.
        std::thread::scope(|scope| {
            let migrations = folder.read();
            for _ in 0..3 {
                let migrations = migrations.clone();
                scope.spawn(move || db.migrate(&migrations).unwrap());
            }
        });
        let valid = "SELECT count(*) FROM pg_index WHERE indexrelid = 'users_name'::regclass AND indisvalid";
        assert_eq!(number(db, valid), 1);
        db.migrator(&folder.read()).rollback(1).unwrap();
        assert_eq!(number(db, "SELECT count(*) FROM pg_class WHERE relname = 'users_name'"), 0);

        // One that fails leaves an index that is not valid; the message doesn't claim otherwise.
        let folder = folder.add_as_it_is(
            "2_unique",
            "CREATE UNIQUE INDEX CONCURRENTLY u ON users (name)",
            "",
        );
        let error = db.migrate(&folder.read()).unwrap_err();
        assert!(error.to_string().contains("unique"), "{error}");
        let states: Vec<_> =
            states(db, &folder.read()).into_iter().map(|(_, state)| state).collect();
        assert_eq!(states, [MigrationState::Applied, MigrationState::Pending]);
        db.execute_sql("DROP INDEX u; DELETE FROM users").unwrap();
        db.migrate(&folder.read()).unwrap();
    });
}

/// The migrations' tables are those of the schema in which the program finds its own.
#[test]
fn each_schema_has_its_history() {
    with_postgres(|db| {
        let url = texts(db, "SELECT current_database()::text");
        let base = test_support::with_database(&test_support::postgres_url(), &url[0]);
        let folder = Folder::new().add("1_a", "CREATE TABLE a (id INT)", "");
        db.execute_sql("CREATE SCHEMA tenant; CREATE TABLE tenant.other (id INT)").unwrap();
        let mark = if base.contains('?') { '&' } else { '?' };
        let tenant = Db::connect(&format!("{base}{mark}options=-csearch_path%3Dtenant")).unwrap();
        tenant.migrate(&folder.read()).unwrap();
        assert!(tables(db).is_empty());
        assert_eq!(states(db, &folder.read())[0].1, MigrationState::Pending);
        db.migrate(&folder.read()).unwrap();
        assert_eq!(tables(db), ["a"]);
        assert_eq!(number(db, "SELECT count(*) FROM pg_tables WHERE schemaname = 'tenant'"), 4);
    });
}

/// A script that puts names out of sight, as those of pg_dump do.
#[test]
fn a_script_may_change_the_search_path() {
    with_postgres(|db| {
        let folder = Folder::new()
            .add("1_a", "SELECT pg_catalog.set_config('search_path', '', false); CREATE TABLE public.a (id INT)", "")
            .add("2_b", "CREATE TABLE b (id INT)", "");
        db.migrate(&folder.read()).unwrap();
        assert_eq!(tables(db), ["a", "b"]);
        assert_eq!(db.migrate(&folder.read()).unwrap().migrations.len(), 0);
    });
}

#[test]
fn bodies_of_functions_hold_semicolons() {
    with_postgres(|db| {
        let folder = Folder::new();
        folder.write(
            Dialect::Postgres,
            "1_functions",
            "up.sql",
            "CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS $body$ BEGIN RETURN 1; END; $body$;\n\
             CREATE FUNCTION two() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END;\n\
             CREATE TABLE t (x TEXT DEFAULT E'it\\'s;');\n\
             CREATE RULE r AS ON UPDATE TO t DO ALSO (DELETE FROM t; DELETE FROM t);",
        );
        db.migrate(&folder.read()).unwrap();
        assert_eq!(number(db, "SELECT (one() + two())::bigint"), 3);
        assert_eq!(tables(db), ["t"]);
    });
}

#[derive(Enum, Debug, Clone, Copy, PartialEq)]
#[db(native = "mood")]
pub enum Mood {
    Good,
    Bad,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Day {
    #[column(primary_key)]
    pub id: i32,
    pub mood: Mood,
}

/// An enum that was dropped and created again is another type, under the old name.
#[test]
fn a_type_that_was_created_again_is_found() {
    with_postgres(|db| {
        let create = "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE days (id INT PRIMARY KEY, mood mood NOT NULL)";
        let folder = Folder::new().add("1_days", create, "");
        db.migrate(&folder.read()).unwrap();
        // On two connections of the pool.
        let barrier = &std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            for id in [1, 2] {
                scope.spawn(move || {
                    db.transaction(|tx| {
                        barrier.wait();
                        tx.insert(Day { id, mood: Mood::Good })
                    })
                    .unwrap();
                });
            }
        });
        let again = format!("DROP TABLE days; DROP TYPE mood; {create}");
        db.migrate(&folder.add("2_again", &again, "").read()).unwrap();
        for id in 1..=5 {
            db.insert(Day { id, mood: Mood::Bad }).unwrap();
        }
        let found = Day::query().filter(days::mood.eq(Mood::Bad)).all(db).unwrap();
        assert_eq!(found.len(), 5);
    });
}

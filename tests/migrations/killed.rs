//! kill -9 in the middle of a migration, at each of its statements.

use mizzle::Dialect;
use mizzle::migration::MigrationState;
use mizzle::prelude::*;
use test_support::each_url;

use crate::child::Runner;
use crate::folder::{Folder, number, schema, states};

const ROWS: i64 = 5_000;

const PREPARE: &str = "\
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE);
CREATE INDEX users_name ON users (name);";

/// Rebuilds the parent, as usual on SQLite.
const REBUILD: &str = "\
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
PRAGMA legacy_alter_table = ON;
CREATE TABLE __mizzle_new_users (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '');
INSERT INTO __mizzle_new_users (id, name) SELECT id, name FROM users;
DROP TABLE users;
ALTER TABLE __mizzle_new_users RENAME TO users;
PRAGMA legacy_alter_table = OFF;
COMMIT;
PRAGMA foreign_keys = ON;";

/// The same statements in the runner's transaction.
const ALTER: &str = "\
UPDATE users SET name = name || '';
ALTER TABLE users ALTER COLUMN name SET NOT NULL;
CREATE TABLE more (id INT);
DELETE FROM posts WHERE id < 0;";

fn fill(db: &Db) {
    let series = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) SELECT"
    );
    db.execute_sql(&format!("INSERT INTO users {series} i, 'user ' || i FROM n")).unwrap();
    db.execute_sql(&format!("INSERT INTO posts {series} i, i FROM n")).unwrap();
}

#[test]
fn the_next_run_finishes() {
    each_url!(|url| {
        let sqlite = url.starts_with("sqlite");
        let folder = Folder::new().add("1_prepare", PREPARE, "");
        let db = Db::connect(url).unwrap();
        db.migrate(&folder.read()).unwrap();
        fill(&db);
        let before = schema(&db);
        let folder = if sqlite {
            folder.add_as_it_is("2_change", REBUILD, "")
        } else {
            folder.add("2_change", ALTER, "")
        };
        let migrations = folder.read();
        let dialect = if sqlite { Dialect::Sqlite } else { Dialect::Postgres };
        let statements = migrations.of(dialect).unwrap()[1].up_statements().len();
        // At the last one of the rebuild, the transaction is committed.
        let last = if sqlite { statements - 1 } else { statements };
        for number_of_statement in 1..=last {
            let stop = format!("statement {number_of_statement}/");
            let mut runner = Runner::start(url, folder.path(), &format!("{stop}{statements}"));
            assert!(runner.wait_for_stop(), "{stop}");
            drop(runner);
            let db = Db::connect(url).unwrap();
            assert_eq!(schema(&db), before, "{stop}");
            assert_eq!(number(&db, "SELECT count(*) FROM users"), ROWS, "{stop}");
            assert_eq!(number(&db, "SELECT count(*) FROM posts"), ROWS, "{stop}");
            assert_eq!(states(&db, &migrations)[1].1, MigrationState::Pending, "{stop}");
        }
        let db = Db::connect(url).unwrap();
        assert_eq!(db.migrate(&migrations).unwrap().migrations.len(), 1);
        let orphans = "SELECT count(*) FROM posts p JOIN users u ON u.id = p.user_id WHERE u.name = 'user ' || u.id";
        assert_eq!(number(&db, orphans), ROWS);
        assert_ne!(schema(&db), before);
    });
}

/// After the COMMIT it is done, and known to be.
#[cfg(feature = "sqlite")]
#[test]
fn after_the_commit_it_is_done() {
    test_support::with_sqlite(|db| {
        let folder =
            Folder::new().add("1_prepare", PREPARE, "").add_as_it_is("2_change", REBUILD, "");
        let url = crate::folder::texts(db, "SELECT 'sqlite:' || file FROM pragma_database_list");
        let mut runner = Runner::start(&url[0], folder.path(), "statement 10/10");
        assert!(runner.wait_for_stop());
        drop(runner);
        assert_eq!(states(db, &folder.read())[1].1, MigrationState::Applied);
        assert!(db.migrate(&folder.read()).unwrap().migrations.is_empty());
    });
}

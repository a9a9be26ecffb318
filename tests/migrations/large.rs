//! A rebuild of a large table beside the same statements by hand. Run it by
//! `cargo test --release --test migrations -- --ignored large --nocapture`.

use std::time::{Duration, Instant};

use mizzle::migration::Event;
use mizzle::prelude::*;

use crate::folder::{Folder, number};

const ROWS: i64 = 1_000_000;
const ROUNDS: usize = 5;

const REBUILD: &str = "\
CREATE TEMP TABLE mizzle_guard (rows INTEGER NOT NULL CHECK (rows = 0));
-- guard: users.email is NULL in {rows} rows
INSERT INTO temp.mizzle_guard SELECT count(*) FROM users WHERE email IS NULL;
PRAGMA legacy_alter_table = ON;
CREATE TABLE __mizzle_new_users (
    id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL, name TEXT, score REAL, note TEXT
);
INSERT INTO __mizzle_new_users (id, email, name, score, note) SELECT id, email, name, score, note FROM users;
DROP TABLE users;
ALTER TABLE __mizzle_new_users RENAME TO users;
CREATE UNIQUE INDEX users_email ON users (email);
-- guard: {rows} rows refer to no row
INSERT INTO temp.mizzle_guard SELECT count(*) FROM pragma_foreign_key_check;
PRAGMA legacy_alter_table = OFF;
DROP TABLE temp.mizzle_guard;
";

fn prepared() -> (tempfile::TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("large.db").display());
    let db = Db::builder(&url).pool_size(1).connect().unwrap();
    db.execute_sql(&format!(
        "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT, name TEXT, score REAL, note TEXT);
         CREATE UNIQUE INDEX users_email ON users (email);
         CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id) ON DELETE CASCADE);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})
         INSERT INTO users SELECT i, 'user' || i || '@example.com', 'User ' || i, i * 1.5, 'a note of some length' FROM n;
         INSERT INTO posts SELECT id, id FROM users WHERE id % 10 = 0;
         PRAGMA wal_checkpoint(TRUNCATE)"
    ))
    .unwrap();
    (folder, db)
}

fn by_hand(db: &Db) -> Duration {
    let script = format!(
        "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE; {REBUILD} COMMIT; PRAGMA foreign_keys = ON"
    );
    let start = Instant::now();
    db.execute_sql(&script).unwrap();
    start.elapsed()
}

fn by_runner(db: &Db) -> Duration {
    let folder = Folder::new().add_as_it_is(
        "1_rebuild",
        &format!("PRAGMA foreign_keys = OFF;\nBEGIN IMMEDIATE;\n{REBUILD}COMMIT;\nPRAGMA foreign_keys = ON;"),
        "",
    );
    let migrations = folder.read();
    let mut told = 0;
    let start = Instant::now();
    let progress = |event: &Event<'_>| told += usize::from(matches!(event, Event::Rows { .. }));
    db.migrator(&migrations).on_progress(progress).run().unwrap();
    let elapsed = start.elapsed();
    println!("  progress was told {told} times");
    assert!(told > 0);
    elapsed
}

#[test]
#[ignore = "takes a minute, and measures"]
fn a_large_table_is_rebuilt_as_fast_as_by_hand() {
    let (mut hand, mut runner) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for (times, run) in [(&mut hand, by_hand as fn(&Db) -> Duration), (&mut runner, by_runner)]
        {
            let (_folder, db) = prepared();
            times.push(run(&db));
            assert_eq!(number(&db, "SELECT count(*) FROM users"), ROWS);
            assert_eq!(number(&db, "SELECT count(*) FROM posts"), ROWS / 10);
        }
    }
    hand.sort();
    runner.sort();
    let ratio = runner[ROUNDS / 2].as_secs_f64() / hand[ROUNDS / 2].as_secs_f64();
    println!("by hand {hand:?}\nby the runner {runner:?}\nmedians: {ratio:.3}");
    assert!(ratio <= 1.3);
}

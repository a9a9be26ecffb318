//! What is done on a disk that fails.

use std::path::Path;
use std::time::Duration;

use diesel::sql_types::Text;
use mizzle::Migrations;
use mizzle::migration::MigrationState;
use mizzle::prelude::*;

use crate::{Letter, NewLetter, Post, Writer, WriterChanges, letters, writers};

/// A piece of work, all of which is done or nothing.
pub struct Work {
    /// What it is called.
    pub name: &'static str,
    /// Does it.
    pub run: fn(&Db) -> mizzle::Result<()>,
}

fn letter(writer_id: i64, number: usize) -> NewLetter {
    NewLetter::builder().writer_id(writer_id).text(format!("{number} ").repeat(100)).build()
}

/// All of them.
pub const WORK: [Work; 7] = [
    Work { name: "insert", run: |db| db.insert(letter(1, 7)).map(drop) },
    Work {
        name: "insert_all",
        run: |db| {
            db.insert_all((0..150).map(|number| letter(2, number)).collect::<Vec<_>>()).map(drop)
        },
    },
    Work {
        name: "transaction",
        run: |db| {
            db.transaction(|tx| {
                tx.insert(Writer { id: 7, name: "seven".into() })?;
                tx.transaction(|tx| tx.insert(letter(7, 1)))?;
                tx.update_by_key::<Writer>(1, WriterChanges::default().name("one"))?;
                tx.delete_by_key::<Writer>(3)?;
                Ok(())
            })
        },
    },
    Work { name: "upsert", run: |db| db.upsert(Writer { id: 2, name: "two".into() }).map(drop) },
    Work {
        name: "update and delete",
        run: |db| Letter::query().filter(letters::writer_id.gt(1)).delete(db).map(drop),
    },
    Work { name: "sql", run: |db| db.execute_sql("CREATE INDEX letters_text ON letters (text)") },
    Work {
        name: "migrate",
        run: |db| db.migrator(&migrations()).lock_timeout(Duration::from_millis(1)).run().map(drop),
    },
];

/// One of them by its name.
pub fn work(name: &str) -> &'static Work {
    WORK.iter().find(|work| work.name == name).unwrap()
}

/// A database before the work.
pub fn prepare(url: &str) {
    let db = Db::connect(url).unwrap();
    db.create_all::<Post>().unwrap();
    let all: Vec<_> = (1..=4).map(|id| Writer { id, name: format!("writer {id}") }).collect();
    db.insert_all(&all).unwrap();
    let letters: Vec<_> = (0..40).map(|number| letter(1 + number % 4, number as usize)).collect();
    db.insert_all(&letters).unwrap();
    db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
}

/// A rebuild, as `generate` writes one.
fn migrations() -> Migrations {
    const REBUILD: &str = "\
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE __mizzle_new_writers (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, age INTEGER);
INSERT INTO __mizzle_new_writers (id, name) SELECT id, name FROM writers;
DROP TABLE writers;
ALTER TABLE __mizzle_new_writers RENAME TO writers;
COMMIT;
PRAGMA foreign_keys = ON;";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sqlite/2026-01-01-000000_rebuild");
    std::fs::create_dir_all(&path).unwrap();
    std::fs::write(path.join("up.sql"), REBUILD).unwrap();
    std::fs::write(path.join("down.sql"), "SELECT 1").unwrap();
    std::fs::write(path.join("metadata.toml"), "run_in_transaction = false").unwrap();
    Migrations::from_path(folder.path()).unwrap()
}

/// All that a database holds, read by another program's means; its history agrees with its schema, and it is whole.
pub fn contents(path: &Path) -> String {
    let db = Db::connect(&format!("sqlite:{}", path.display())).unwrap();
    let text = |sql: &str| -> Vec<String> { db.load(diesel::dsl::sql::<Text>(sql)).unwrap() };
    assert_eq!(text("SELECT integrity_check FROM pragma_integrity_check"), ["ok"]);
    assert!(text("SELECT \"table\" FROM pragma_foreign_key_check").is_empty());
    // What only keeps a history may be there before it.
    let schema = text(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE '\\_\\_%' ESCAPE '\\' ORDER BY name",
    );
    let status = db.migrator(&migrations()).status().unwrap();
    let applied = status.iter().all(|migration| migration.state == MigrationState::Applied);
    assert_eq!(applied, schema.iter().any(|sql| sql.contains("age")), "{status:?} {schema:?}");
    let rows = [
        text("SELECT id || ' ' || name FROM writers ORDER BY id"),
        text("SELECT id || ' ' || writer_id || ' ' || text FROM letters ORDER BY id"),
    ];
    format!("{schema:#?}\n{rows:#?}\n{}", db.count(writers::table).unwrap())
}

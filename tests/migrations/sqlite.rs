//! What SQLite loses where nobody takes care, and what takes care.

use std::cell::RefCell;

use mizzle::migration::{Event, MigrationError};
use mizzle::prelude::*;

use crate::folder::{Folder, cause, number, schema, shown, states, tables, texts};
use test_support::with_sqlite;

/// Parents with children of each kind, which refer to themselves too, with indexes, triggers and a view.
const PREPARE: &str = "\
CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, up INTEGER REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE cascades (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id) ON DELETE CASCADE);
CREATE TABLE nulls (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id) ON DELETE SET NULL);
CREATE TABLE restricts (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE RESTRICT);
CREATE TABLE grandchildren (id INTEGER PRIMARY KEY, child_id INTEGER REFERENCES cascades (id) ON DELETE CASCADE);
CREATE TABLE log (text TEXT);
CREATE UNIQUE INDEX users_name ON users (name);
CREATE INDEX \"an; odd \"\"name\" ON users (lower(name), up DESC) WHERE up IS NOT NULL;
CREATE TRIGGER users_log AFTER UPDATE OF name ON users BEGIN
    INSERT INTO log VALUES ('users; ' || NEW.name); INSERT INTO log VALUES ('END');
END;
CREATE TRIGGER cascades_log AFTER INSERT ON cascades BEGIN UPDATE users SET name = name WHERE id = NEW.user_id; END;
CREATE VIEW names AS SELECT u.id, u.name, c.id AS child FROM users u JOIN cascades c ON c.user_id = u.id;
CREATE TRIGGER names_insert INSTEAD OF INSERT ON names BEGIN INSERT INTO users (name) VALUES (NEW.name); END;
INSERT INTO users (name, up) VALUES ('a', NULL), ('b', 1), ('c', 2), ('d', 3);
DELETE FROM users WHERE name = 'd';
INSERT INTO cascades VALUES (1, 1), (2, 2);
INSERT INTO nulls VALUES (1, 1), (2, 3);
INSERT INTO restricts VALUES (1, 1), (2, 2);
INSERT INTO grandchildren VALUES (1, 1), (2, 2);
DELETE FROM log;";

/// A rebuild as people write it, which names nothing but the table.
fn rebuild(columns: &str, copied: &str) -> String {
    format!(
        "PRAGMA foreign_keys = OFF;
        BEGIN IMMEDIATE;
        PRAGMA legacy_alter_table = ON;
        CREATE TABLE __mizzle_new_users ({columns});
        INSERT INTO __mizzle_new_users ({copied}) SELECT {copied} FROM users;
        DROP TABLE users;
        ALTER TABLE __mizzle_new_users RENAME TO users;
        PRAGMA legacy_alter_table = OFF;
        COMMIT;
        PRAGMA foreign_keys = ON;"
    )
}

const COLUMNS: &str = "id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, \
                       up INTEGER REFERENCES users (id) ON DELETE CASCADE, more INT DEFAULT 7";

fn prepared(db: &Db) -> Folder {
    let folder = Folder::new().add("1_prepare", PREPARE, "");
    db.migrate(&folder.read()).unwrap();
    folder
}

fn rows(db: &Db) -> Vec<String> {
    let mut all = Vec::new();
    for (table, row) in [
        ("users", "id || ',' || name || ',' || coalesce(up, '-')"),
        ("cascades", "id || ',' || coalesce(user_id, '-')"),
        ("nulls", "id || ',' || coalesce(user_id, '-')"),
        ("restricts", "id || ',' || user_id"),
        ("grandchildren", "id || ',' || coalesce(child_id, '-')"),
        ("log", "text"),
    ] {
        all.extend(texts(db, &format!("SELECT '{table} ' || {row} FROM {table} ORDER BY 1")));
    }
    all
}

/// The objects of the schema but its tables.
fn objects(db: &Db) -> Vec<String> {
    schema(db).into_iter().filter(|object| !object.starts_with("table ")).collect()
}

#[test]
fn a_rebuild_loses_nothing() {
    with_sqlite(|db| {
        let folder = prepared(db);
        let (rows_before, objects_before) = (rows(db), objects(db));
        assert_eq!(rows_before.len(), 11);
        assert_eq!(objects_before.len(), 6);
        let folder = folder.add_as_it_is("2_rebuild", &rebuild(COLUMNS, "id, name, up"), "");
        db.migrate(&folder.read()).unwrap();
        assert_eq!(rows(db), rows_before);
        assert_eq!(objects(db), objects_before);
        assert_eq!(number(db, "SELECT sum(more) FROM users"), 21);
        assert_eq!(number(db, "SELECT foreign_keys FROM pragma_foreign_keys"), 1);
        assert_eq!(number(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
        assert!(!tables(db).iter().any(|table| table.contains("mizzle")));

        // All of it works: the mark goes on behind the row that was deleted, triggers fire, keys hold.
        db.execute_sql("INSERT INTO names (name) VALUES ('e'); INSERT INTO cascades VALUES (3, 1)")
            .unwrap();
        assert_eq!(number(db, "SELECT id FROM users WHERE name = 'e'"), 5);
        assert_eq!(texts(db, "SELECT text FROM log"), ["users; a", "END"]);
        assert!(
            db.execute_sql("DELETE FROM users WHERE id = 1")
                .unwrap_err()
                .is_foreign_key_violation()
        );
        assert!(
            db.execute_sql("INSERT INTO users (name) VALUES ('e')")
                .unwrap_err()
                .is_unique_violation()
        );
        db.execute_sql("DELETE FROM restricts; DELETE FROM users WHERE id = 1").unwrap();
        assert_eq!(number(db, "SELECT count(*) FROM grandchildren"), 0);
        assert_eq!(number(db, "SELECT count(*) FROM nulls WHERE user_id IS NULL"), 2);
    });
}

#[test]
fn parent_and_child_are_rebuilt_together() {
    with_sqlite(|db| {
        let folder = prepared(db);
        let (rows_before, objects_before) = (rows(db), objects(db));
        let both = rebuild(COLUMNS, "id, name, up").replace(
            "PRAGMA legacy_alter_table = OFF",
            "CREATE TABLE new_cascades (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) \
             ON DELETE CASCADE);
             INSERT INTO new_cascades SELECT * FROM cascades; DROP TABLE cascades;
             ALTER TABLE new_cascades RENAME TO cascades;
             PRAGMA legacy_alter_table = OFF",
        );
        db.migrate(&folder.add_as_it_is("2_both", &both, "").read()).unwrap();
        assert_eq!(rows(db), rows_before);
        assert_eq!(objects(db), objects_before);
    });
}

/// What the script renames before it drops the table keeps the new names.
#[test]
fn a_rebuild_behind_new_names_loses_nothing() {
    with_sqlite(|db| {
        let folder = prepared(db);
        let script = "PRAGMA foreign_keys = OFF;
            BEGIN IMMEDIATE;
            DROP TRIGGER names_insert; -- SQLite can't rename what it takes from the view
            ALTER TABLE users RENAME TO people;
            ALTER TABLE people RENAME COLUMN name TO nick;
            PRAGMA legacy_alter_table = ON;
            CREATE TABLE new (id INTEGER PRIMARY KEY AUTOINCREMENT, nick TEXT NOT NULL, up INTEGER REFERENCES people);
            INSERT INTO new SELECT id, nick, up FROM people;
            DROP TABLE people;
            ALTER TABLE new RENAME TO people;
            PRAGMA legacy_alter_table = OFF;
            COMMIT;";
        db.migrate(&folder.add_as_it_is("2_rebuild", script, "").read()).unwrap();
        let left = objects(db);
        assert_eq!(left.len(), 5, "{left:?}");
        assert!(left.iter().all(|object| !object.contains("ON users")), "{left:?}");
        db.execute_sql(
            "UPDATE people SET nick = 'z' WHERE id = 1; INSERT INTO people (nick) VALUES ('e')",
        )
        .unwrap();
        assert_eq!(texts(db, "SELECT text FROM log"), ["users; z", "END"]);
        assert_eq!(number(db, "SELECT id FROM people WHERE nick = 'e'"), 5);
        assert_eq!(number(db, "SELECT count(*) FROM names"), 2);
    });
}

/// A new name that the runner can't carry into a trigger.
#[test]
fn a_rebuild_under_another_name_is_refused() {
    with_sqlite(|db| {
        let folder = prepared(db);
        let before = (rows(db), schema(db));
        let script =
            rebuild(COLUMNS, "id, name, up").replace("RENAME TO users", "RENAME TO people");
        let error = db.migrate(&folder.add_as_it_is("2_rebuild", &script, "").read()).unwrap_err();
        let words = "the trigger \"users_log\" of \"users\" would be lost, because the rows move to \"people\"";
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!((rows(db), schema(db)), before);
    });
}

#[test]
fn what_is_dropped_by_name_stays_dropped() {
    with_sqlite(|db| {
        let folder = prepared(db);
        let drops = "DROP INDEX IF EXISTS main.\"USERS_NAME\"; DROP TRIGGER users_log; DROP VIEW [names]; DROP TABLE users";
        let script = rebuild(COLUMNS, "id, name, up").replace("DROP TABLE users", drops);
        db.migrate(&folder.add_as_it_is("2_rebuild", &script, "").read()).unwrap();
        let left = objects(db);
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(left[0].contains("odd") && left[1].contains("cascades_log"), "{left:?}");
    });
}

/// What can't come back is refused by name, and nothing of the migration remains.
#[test]
fn what_would_be_lost_is_named() {
    with_sqlite(|db| {
        let folder = prepared(db);
        let before = (rows(db), schema(db));
        let no_name = "id INTEGER PRIMARY KEY AUTOINCREMENT, up INTEGER";
        let without = |drops: &str| {
            rebuild(no_name, "id, up")
                .replace("DROP TABLE users", &format!("{drops} DROP TABLE users"))
        };
        let steps = [
            ("DROP INDEX users_name;", "the index \"users_name\" of \"users\" would be lost"),
            ("DROP INDEX \"an; odd \"\"name\";", "(`DROP INDEX \"an; odd \"\"name\"`)"),
            (
                "DROP TRIGGER users_log;",
                "the trigger \"users_log\" would no longer fire (no such column: users.name)",
            ),
            (
                "DROP VIEW names;",
                "the view \"names\" would no longer work (no such column: u.name)",
            ),
            (
                "DROP TRIGGER cascades_log;",
                "INSERT of \"cascades\" would fail (no such column: name) because of a trigger (\"cascades_log\")",
            ),
        ];
        for dropped in 0..steps.len() {
            let drops: String = steps[..dropped].iter().map(|(drop, _)| *drop).collect();
            let folder = Folder::new().add("1_prepare", PREPARE, "").add_as_it_is(
                "2_lose",
                &without(&drops),
                "",
            );
            let error = db.migrate(&folder.read()).unwrap_err();
            assert!(matches!(cause(&error), MigrationError::WouldLose { .. }), "{error:?}");
            assert!(error.to_string().starts_with("2_lose/up.sql was rolled back: "), "{error}");
            for (place, (_, words)) in steps.iter().enumerate() {
                assert_eq!(error.to_string().contains(words), place >= dropped, "{words}\n{error}");
            }
            assert_eq!((rows(db), schema(db)), before);
            assert_eq!(number(db, "SELECT foreign_keys FROM pragma_foreign_keys"), 1);
        }
        let drops: String = steps.iter().map(|(drop, _)| *drop).collect();
        let folder = folder.add_as_it_is("2_lose", &without(&drops), "");
        db.migrate(&folder.read()).unwrap();
        assert_eq!(number(db, "SELECT count(*) FROM users"), 3);
    });
}

/// A rebuild inside the runner's transaction, where foreign keys are on: other tools lose the children here.
#[test]
fn children_are_not_deleted_by_drop_table() {
    with_sqlite(|db| {
        let folder = prepared(db);
        let before = (rows(db), schema(db));
        let script: String = rebuild(COLUMNS, "id, name, up")
            .lines()
            .filter(|line| !line.contains("BEGIN") && !line.contains("COMMIT"))
            .collect::<Vec<_>>()
            .join("\n");
        let folder = folder.add("2_rebuild", &script, "");
        let error = db.migrate(&folder.read()).unwrap_err();
        assert!(
            error.to_string().contains(
                "would delete 2 rows of \"__mizzle_new_users\" (ON DELETE CASCADE) and delete 2 rows of \"cascades\" \
                 (ON DELETE CASCADE) and change 2 rows of \"nulls\" (ON DELETE SET NULL): if"
            ),
            "{error}"
        );
        assert!(error.to_string().contains("run_in_transaction = false"), "{error}");
        assert_eq!((rows(db), schema(db)), before);

        // Those that are dropped with it don't count.
        let all = "DROP VIEW names; DROP TABLE restricts; DROP TABLE grandchildren; DROP TABLE nulls; \
                   DROP TABLE users; DROP TABLE cascades";
        let folder = Folder::new().add("1_prepare", PREPARE, "").add("2_drop", all, "");
        db.migrate(&folder.read()).unwrap();
        assert_eq!(tables(db), ["log"]);
    });
}

/// Where foreign keys are off, SQLite checks none at COMMIT: the runner does.
#[test]
fn orphans_are_counted() {
    with_sqlite(|db| {
        let folder = prepared(db);
        let before = (rows(db), schema(db));
        let script =
            rebuild(COLUMNS, "id, name, up").replace("FROM users", "FROM users WHERE id <> 2");
        let error = db.migrate(&folder.add_as_it_is("2_rebuild", &script, "").read()).unwrap_err();
        assert!(
            error.to_string().contains(
                "rows would refer to missing rows: 1 of \"cascades\" in \"users\", \
                 1 of \"restricts\" in \"users\", 1 of \"users\" in \"users\""
            ),
            "{error}"
        );
        assert_eq!((rows(db), schema(db)), before);
    });
}

/// Each statement of a rebuild may fail.
#[test]
fn a_rebuild_that_fails_leaves_all_as_it_was() {
    with_sqlite(|db| {
        prepared(db);
        let before = (rows(db), schema(db));
        let script = rebuild(COLUMNS, "id, name, up");
        let statements: Vec<&str> = script.split(';').collect();
        for place in 0..9 {
            let mut wrong = statements.clone();
            wrong.insert(place, " SELECT * FROM nowhere");
            let folder = Folder::new().add("1_prepare", PREPARE, "").add_as_it_is(
                "2_wrong",
                &wrong.join(";"),
                "",
            );
            let error = db.migrate(&folder.read()).unwrap_err();
            let MigrationError::Failed(failed) = cause(&error) else { panic!("{error:?}") };
            assert_eq!((failed.number, failed.rolled_back), (place + 1, true), "{error}");
            assert_eq!((rows(db), schema(db)), before);
            let memory = number(db, "SELECT count(*) FROM sqlite_temp_schema");
            assert_eq!(memory, 0);
        }
    });
}

/// On the only connection of a database in memory, settings come back after a failure too.
#[test]
fn settings_come_back() {
    let db = Db::connect("sqlite::memory:").unwrap();
    prepared(&db);
    let script = rebuild(COLUMNS, "id, name, up").replace("DROP TABLE users", "DROP TABLE nobody");
    let folder = Folder::new().add("1_prepare", PREPARE, "").add_as_it_is("2_wrong", &script, "");
    db.migrate(&folder.read()).unwrap_err();
    for (pragma, value) in [("foreign_keys", 1), ("legacy_alter_table", 0), ("busy_timeout", 5000)]
    {
        let column = if pragma == "busy_timeout" { "timeout" } else { pragma };
        let sql = format!("SELECT {column} FROM pragma_{pragma}");
        assert_eq!(number(&db, &sql), value, "{pragma}");
    }
}

/// A guard of a script that runs by itself, in its own transaction; its table is gone afterwards.
#[test]
fn a_guard_in_a_rebuild() {
    let db = Db::connect("sqlite::memory:").unwrap();
    prepared(&db);
    let before = (rows(&db), schema(&db));
    let guard = "CREATE TEMP TABLE mizzle_guard (rows INTEGER NOT NULL CHECK (rows = 0));
                 -- guard: users.up is NULL in {rows} rows
                 INSERT INTO temp.mizzle_guard SELECT count(*) FROM users WHERE up IS NULL;
                 DROP TABLE temp.mizzle_guard;
                 CREATE TABLE __mizzle_new_users";
    let script = rebuild(COLUMNS, "id, name, up").replace("CREATE TABLE __mizzle_new_users", guard);
    let folder = Folder::new().add("1_prepare", PREPARE, "").add_as_it_is("2_guarded", &script, "");
    let error = db.migrate(&folder.read()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "2_guarded/up.sql is refused: users.up is NULL in 1 rows; nothing of it remains"
    );
    assert_eq!((rows(&db), schema(&db)), before);
    assert_eq!(number(&db, "SELECT count(*) FROM sqlite_temp_schema"), 0);
    // It can be run again.
    db.migrate(&folder.read()).unwrap_err();
}

#[test]
fn rows_are_counted_while_they_are_copied() {
    with_sqlite(|db| {
        let series =
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)";
        let folder = Folder::new().add(
            "1_fill",
            &format!("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); {series} INSERT INTO users SELECT i, 'x' FROM n"),
            "",
        );
        db.migrate(&folder.read()).unwrap();
        let folder = folder.add_as_it_is(
            "2_rebuild",
            &rebuild("id INTEGER PRIMARY KEY, name TEXT", "id, name"),
            "",
        );
        let migrations = folder.read();
        let events = RefCell::new(Vec::new());
        let progress = |event: &Event<'_>| {
            if let Event::Rows { copied, total, .. } = event {
                assert_eq!(*total, Some(20_000));
                assert!(*copied <= 20_000);
                events.borrow_mut().push(shown(event));
            }
        };
        db.migrator(&migrations).on_progress(progress).run().unwrap();
        assert_eq!(events.borrow().last().unwrap(), "rows __mizzle_new_users 20000/Some(20000)");
        assert_eq!(number(db, "SELECT count(*) FROM users"), 20_000);
    });
}

/// VACUUM can't run in a transaction.
#[test]
fn without_any_transaction() {
    with_sqlite(|db| {
        let folder = Folder::new().add_as_it_is("1_vacuum", "VACUUM; PRAGMA optimize", "");
        assert_eq!(db.migrate(&folder.read()).unwrap().migrations.len(), 1);
        assert_eq!(states(db, &folder.read()).len(), 1);
        assert!(db.migrate(&folder.read()).unwrap().migrations.is_empty());
    });
}

/// A table whose foreign key was broken before may be renamed: its key is no worse than it was.
#[test]
fn a_renamed_table_keeps_its_broken_key() {
    with_sqlite(|db| {
        db.execute_sql(
            "CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT); \
             CREATE TABLE children (id INTEGER PRIMARY KEY, name TEXT REFERENCES parents (name), x TEXT)",
        )
        .unwrap();
        let keys_off = |sql: &str| {
            format!(
                "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE; {sql}; COMMIT; PRAGMA foreign_keys = ON"
            )
        };
        let folder = Folder::new()
            .add_as_it_is("1_plain", &keys_off("ALTER TABLE children RENAME TO kids"), "")
            .add_as_it_is(
                "2_rebuilt",
                &keys_off(
                    "CREATE TABLE made (id INTEGER PRIMARY KEY, name TEXT REFERENCES parents (name)); \
                     INSERT INTO made SELECT id, name FROM kids; DROP TABLE kids; ALTER TABLE made RENAME TO young",
                ),
                "",
            );
        db.migrate(&folder.read()).unwrap();
        assert_eq!(tables(db), ["parents", "young"]);
        let folder = folder.add_as_it_is(
            "3_worse",
            &keys_off(
                "CREATE TABLE other (id INTEGER PRIMARY KEY, name TEXT REFERENCES parents (name))",
            ),
            "",
        );
        let error = db.migrate(&folder.read()).unwrap_err();
        assert!(
            error.to_string().contains("\"other\" would refer to columns that are not a key"),
            "{error}"
        );
    });
}

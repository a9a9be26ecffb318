//! Tables of SQLite that others made, or changed by hand: a change keeps what it doesn't know, bit for bit.

use orm_core::Executor;
use orm_core::schema::{ColumnDef, ColumnType, DefaultValue, TableDef};
use orm_kit::diff::diff;
use orm_kit::introspect::introspect;
use orm_kit::render::{Script, render};

use crate::harness::{Base, none};

/// Each table with each clause that SQLite has and structs don't, and rows whose values have every form.
const FOREIGN: &str = r#"
CREATE TABLE ev (id INTEGER PRIMARY KEY, dt DATETIME, num NUMERIC, "dec" DECIMAL(10,2), r REAL, txt TEXT COLLATE NOCASE);
CREATE UNIQUE INDEX ev_txt ON ev (txt);
CREATE TABLE uq (id INTEGER PRIMARY KEY, a TEXT UNIQUE ON CONFLICT REPLACE, v INT NOT NULL ON CONFLICT REPLACE DEFAULT 7);
CREATE TABLE pkc (k TEXT NOT NULL, v INT, PRIMARY KEY (k COLLATE NOCASE));
CREATE TABLE uc (id INTEGER PRIMARY KEY, k TEXT, v INT, UNIQUE (k COLLATE NOCASE));
CREATE TABLE cc (id INTEGER PRIMARY KEY, k TEXT COLLATE NOCASE UNIQUE, v INT);
CREATE TABLE vg (id INTEGER PRIMARY KEY, v INT, g INT AS (v * 2), s TEXT GENERATED ALWAYS AS (v || 'x') STORED);
CREATE TABLE fk (id INTEGER PRIMARY KEY, u INTEGER REFERENCES uq(id) DEFERRABLE INITIALLY DEFERRED, v INT);
CREATE TABLE desc_key (id INTEGER PRIMARY KEY DESC, v);
CREATE TABLE [odd "name"] ( -- a comment, with a comma
    `a b` VARCHAR(20) /* (another) */ DEFAULT 'x, y' CHECK (`a b` <> ')') PRIMARY KEY,
    "select" UNSIGNED BIG INT DEFAULT -1.5e-3, 'quoted' STRING NOT NULL DEFAULT x'00',
    untyped, -- the last column
    CONSTRAINT "a check" CHECK (length(quoted) >= 0) UNIQUE ("select", untyped) ON CONFLICT IGNORE
) WITHOUT ROWID;
CREATE TABLE firm (id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT, a ANY, r REAL, b BLOB) STRICT;
CREATE TABLE texts (name TEXT PRIMARY KEY, body TEXT);
CREATE VIRTUAL TABLE found USING fts5(body, content='texts', content_rowid='rowid');
CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);
INSERT INTO ev VALUES (1, 1704067200, 9007199254740993, 1234567890123456789, 3.141592653589793, 'Abc1'),
    (2, '2024-01-01', 'text', x'ff00', -0.0, NULL), (3, 2460310.5, 1e300, '1.50', 9e999, x'61');
INSERT INTO uq VALUES (1,'x',1); INSERT INTO pkc VALUES ('a',1); INSERT INTO uc VALUES (1,'a',1); INSERT INTO cc VALUES (1,'a',1);
INSERT INTO vg(id,v) VALUES (1,1); INSERT INTO fk VALUES (1,1,1); INSERT INTO desc_key VALUES ('k', 1), (7, 'x');
INSERT INTO [odd "name"] VALUES ('k', 9223372036854775807, '007', x'00ff'), ('l', 1.5, x'', NULL);
INSERT INTO firm VALUES (5, 't', '007', 1, x'00'), (6, NULL, 7, NULL, NULL); DELETE FROM firm WHERE id = 6;
INSERT INTO texts (rowid, name, body) VALUES (5, 'z', 'some words'), (9, 'a', 'others');
INSERT INTO found (found) VALUES ('rebuild');
"#;

/// What each table is, without what means nothing, and all rows with their storage classes.
fn all(base: &Base) -> Vec<String> {
    let mut all = Vec::new();
    let tables = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
                  AND name NOT LIKE 'sqlite%' ORDER BY name";
    for table in base.texts(tables).into_iter().flatten() {
        let columns = base.texts(&format!(
            "SELECT name FROM pragma_table_xinfo('{table}') WHERE hidden <> 1 ORDER BY cid"
        ));
        let values: Vec<String> = columns
            .iter()
            .flatten()
            .map(|name| {
                format!("typeof(\"{0}\") || ':' || quote(\"{0}\")", name.replace('"', "\"\""))
            })
            .collect();
        let quoted = table.replace('"', "\"\"");
        let order = if table == "odd \"name\"" { "1" } else { "rowid" };
        let rows =
            format!("SELECT {} FROM \"{quoted}\" ORDER BY {order}", values.join(" || ' ' || "));
        all.extend(base.texts(&rows).into_iter().flatten());
    }
    let objects = "SELECT name || '|' || coalesce(sql, '-') FROM sqlite_schema WHERE name NOT LIKE 'found_%' \
                   AND name NOT LIKE '\\_\\_%' ESCAPE '\\' ORDER BY name";
    for object in base.texts(objects).into_iter().flatten() {
        let written: String = object.chars().filter(|c| !c.is_whitespace()).collect();
        all.push(
            written
                .replace("CREATETABLE[odd\"name\"]", "CREATETABLE\"odd\"\"name\"\"\"")
                .replace(['"', '`'], ""),
        );
    }
    all
}

fn script(base: &Base, from: &[TableDef], to: &[TableDef]) -> Script {
    let change = diff(from, to, &none()).unwrap_or_else(|error| panic!("{error}"));
    render(&change, base.dialect()).expect("a schema")
}

#[track_caller]
fn run(base: &Base, from: &[TableDef], to: &[TableDef]) {
    base.run(&script(base, from, to)).unwrap_or_else(|error| panic!("{error}"));
}

/// The tables, each with a check, which SQLite can't add to a table.
fn checked(tables: &[TableDef]) -> Vec<TableDef> {
    let checked = tables.iter().cloned().map(|table| {
        let name = format!("{}_checked", table.name);
        table.check(&name, "1")
    });
    checked.collect()
}

#[test]
fn a_rebuild_there_and_back_keeps_every_clause_and_value() {
    Base::sqlite(|base| {
        base.sql(FOREIGN);
        let before = all(base);
        let found = introspect(&base.db).expect("the schema").tables;
        let after = checked(&found);
        run(base, &found, &after);
        let there = all(base);
        let rebuilt = there.iter().filter(|line| line.contains("_checkedCHECK(1)")).count();
        assert_eq!(rebuilt, found.len(), "{there:#?}");
        run(base, &after, &found);
        let back = all(base);
        for (before, after) in before.iter().zip(&back) {
            assert_eq!(before, after);
        }
        assert_eq!(before.len(), back.len());
        // The clauses work.
        base.holds("SELECT rowid FROM found WHERE found MATCH 'others'", &["9"]);
        base.holds("SELECT name FROM texts WHERE rowid = 9", &["a"]);
        for refused in [
            "INSERT INTO ev (txt) VALUES ('aBC1')",
            "INSERT INTO pkc VALUES ('A', 1)",
            "INSERT INTO uc VALUES (2, 'A', 1)",
            "INSERT INTO cc VALUES (2, 'A', 1)",
            "INSERT INTO firm (t) VALUES (x'00')",
        ] {
            assert!(base.db.execute_sql(refused).is_err(), "{refused}");
        }
        base.sql("DELETE FROM fk; INSERT INTO uq VALUES (2, 'x', NULL); INSERT INTO firm (t) VALUES ('u')");
        base.holds("SELECT id || ' ' || v FROM uq", &["2 7"]);
        base.holds("SELECT max(id) FROM firm", &["7"]);
        base.sql("DELETE FROM ev; INSERT INTO ev (txt) VALUES ('n')");
        base.holds("SELECT id FROM ev", &["1"]);
    });
}

fn notes() -> TableDef {
    TableDef::new("notes")
        .column(ColumnDef::new("id", ColumnType::BigInt).auto())
        .column(ColumnDef::new("title", ColumnType::Varchar(40)))
        .column(
            ColumnDef::new("kind", ColumnType::Text)
                .nullable()
                .default(DefaultValue::Text("a".into())),
        )
        .primary_key(&["id"])
        .unique(None, &["title"])
        .check("titled", "length(title) > 0")
        .index(None, vec![orm_core::schema::IndexPart::column("kind")], false, None)
}

/// What somebody adds to mizzle's own table after it was made.
#[test]
fn what_was_added_by_hand_comes_along() {
    Base::sqlite(|base| {
        base.create(&[notes()]);
        base.sql(
            "INSERT INTO notes (title) VALUES ('one'), ('two');
             ALTER TABLE notes ADD COLUMN by_hand NUMERIC CHECK (by_hand <> 5) COLLATE NOCASE;
             ALTER TABLE notes ADD COLUMN doubled AS (by_hand * 2);
             UPDATE notes SET by_hand = id * 9007199254740993;
             DROP INDEX notes_kind_idx; CREATE INDEX notes_kind_idx ON notes (kind COLLATE NOCASE, by_hand);",
        );
        let mut longer = notes()
            .column(ColumnDef::new("more", ColumnType::Bool).default(DefaultValue::Bool(true)));
        longer.columns[1].ty = ColumnType::Varchar(50);
        longer.columns[2].nullable = false;
        longer.uniques.clear();
        run(base, &[notes()], &[longer.clone()]);
        base.holds(
            "SELECT by_hand FROM notes ORDER BY id",
            &["9007199254740993", "18014398509481986"],
        );
        base.holds("SELECT doubled FROM notes WHERE id = 1", &["18014398509481986"]);
        base.holds("SELECT kind || more FROM notes WHERE id = 1", &["a1"]);
        base.holds(
            "SELECT sql FROM sqlite_schema WHERE name = 'notes_kind_idx'",
            &["CREATE INDEX notes_kind_idx ON notes (kind COLLATE NOCASE, by_hand)"],
        );
        assert!(base.db.execute_sql("UPDATE notes SET by_hand = 5").is_err());
        assert!(base.db.execute_sql("UPDATE notes SET kind = NULL").is_err());
        base.sql("INSERT INTO notes (title) VALUES ('one')");
        base.sql("DELETE FROM notes WHERE id = 3");
        // Back, by another way.
        run(base, &[longer], &[notes()]);
        base.holds(
            "SELECT by_hand FROM notes ORDER BY id",
            &["9007199254740993", "18014398509481986"],
        );
        assert!(base.db.execute_sql("INSERT INTO notes (title) VALUES ('one')").is_err());
        assert!(base.db.execute_sql("UPDATE notes SET by_hand = 5").is_err());
        base.sql("UPDATE notes SET kind = NULL; INSERT INTO notes (title) VALUES ('three')");
        base.holds("SELECT max(id) FROM notes", &["4"]);
    });
}

/// A new name of the table, a column and the last constraint at once.
#[test]
fn what_comes_and_goes_at_one_place_does_both() {
    Base::sqlite(|base| {
        let labels = |labels: &[&str]| ColumnType::Enum {
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            native: None,
        };
        let tags = |name: &str, column: ColumnDef| {
            TableDef::new(name)
                .column(ColumnDef::new("id", ColumnType::BigInt).auto())
                .column(column)
                .primary_key(&["id"])
        };
        let before = tags("tags", ColumnDef::new("kind", labels(&["a"])));
        let after = tags("new tags", ColumnDef::new("kind", labels(&["a", "b"])));
        let more = ColumnDef::new("more", ColumnType::Bool).default(DefaultValue::Bool(true));
        let after = after.column(more);
        base.create(std::slice::from_ref(&before));
        base.sql("INSERT INTO tags (kind) VALUES ('a')");
        let hints =
            orm_kit::diff::Hints { tables: vec![("tags".into(), "new tags".into())], ..none() };
        base.there_and_back(&[before], &[after], &hints);
        base.holds("SELECT kind FROM tags", &["a"]);
    });
}

/// A column that goes while another takes its name, with what is over either.
#[test]
fn names_that_change_hands_are_followed() {
    Base::sqlite(|base| {
        base.create(&[notes()]);
        base.sql("INSERT INTO notes (title, kind) VALUES ('one', 'x'); ALTER TABLE notes ADD COLUMN by_hand INT CHECK (by_hand > 0)");
        base.sql("UPDATE notes SET by_hand = 4");
        let mut after = TableDef::new("notes")
            .column(ColumnDef::new("id", ColumnType::BigInt).auto())
            .column(
                ColumnDef::new("title", ColumnType::Text)
                    .nullable()
                    .default(DefaultValue::Text("b".into())),
            )
            .primary_key(&["id"]);
        let hints = orm_kit::diff::Hints {
            columns: vec![("notes".into(), "kind".into(), "title".into())],
            drops: vec!["notes.title".into()],
            ..none()
        };
        let change =
            diff(&[notes()], &[after.clone()], &hints).unwrap_or_else(|error| panic!("{error}"));
        base.run(&render(&change, base.dialect()).expect("a schema"))
            .unwrap_or_else(|error| panic!("{error}"));
        base.holds("SELECT title || by_hand FROM notes", &["x4"]);
        assert!(base.db.execute_sql("UPDATE notes SET by_hand = 0").is_err());
        base.sql("INSERT INTO notes DEFAULT VALUES");
        base.holds("SELECT title FROM notes WHERE id = 2", &["b"]);
        after.columns[1].default = None;
        assert_eq!(introspect(&base.db).expect("the schema").tables[0].uniques, []);
    });
}

/// What can't come along stops the change, and nothing of it remains.
#[test]
fn what_cannot_come_along_stops_the_change() {
    for (by_hand, words) in [
        (
            "ALTER TABLE notes ADD COLUMN x INT CHECK (x > length(kind))",
            "which names the column \"kind\" that the migration drops",
        ),
        ("ALTER TABLE notes ADD COLUMN more INT", "has a column \"more\" already"),
        ("DROP INDEX notes_kind_idx; ALTER TABLE notes DROP COLUMN kind", "no such"),
    ] {
        Base::sqlite(|base| {
            base.create(&[notes()]);
            base.sql("INSERT INTO notes (title) VALUES ('one')");
            base.sql(by_hand);
            let before = base.texts("SELECT sql FROM sqlite_schema ORDER BY name");
            let mut after = notes().column(ColumnDef::new("more", ColumnType::Text).nullable());
            after.columns.remove(2);
            after.indexes.clear();
            after.uniques.clear();
            let hints = orm_kit::diff::Hints { drops: vec!["notes.kind".into()], ..none() };
            let change =
                diff(&[notes()], &[after], &hints).unwrap_or_else(|error| panic!("{error}"));
            let error = base.run(&render(&change, base.dialect()).expect("a schema")).unwrap_err();
            assert!(error.contains(words), "{error}");
            assert_eq!(base.texts("SELECT sql FROM sqlite_schema ORDER BY name"), before);
            base.holds("SELECT count(*) FROM notes", &["1"]);
        });
    }
}

/// Tools that only run the file lose what it doesn't know, so it refuses.
#[test]
fn another_tool_is_stopped_by_a_column_that_the_file_does_not_know() {
    use diesel::connection::SimpleConnection;
    Base::sqlite(|base| {
        base.create(&[notes()]);
        base.sql("ALTER TABLE notes ADD COLUMN by_hand INT");
        let script = script(base, &[notes()], &checked(&[notes()])).text();
        let run = base.db.with_connection(|connection| {
            Ok(connection.batch_execute(&script).map_err(|error| error.to_string()))
        });
        assert!(run.expect("a connection").is_err());
        base.holds("SELECT count(by_hand) FROM notes", &["0"]);
    });
}

/// A type that SQLite stores otherwise is no change without loss for every value.
#[test]
fn values_that_another_type_would_rewrite_are_refused() {
    use orm_core::Dialect;
    let table = |ty: &str| {
        TableDef::new("t")
            .column(ColumnDef::new("id", ColumnType::BigInt).auto())
            .column(ColumnDef::new("v", ColumnType::Text).nullable().db_type(Dialect::Sqlite, ty))
            .primary_key(&["id"])
    };
    for (from, to, value, is_kept) in [
        ("NUMERIC", "REAL", "9007199254740993", false),
        ("NUMERIC", "REAL", "5", true),
        ("TEXT", "NUMERIC", "'007'", false),
        ("TEXT", "NUMERIC", "'abc'", true),
        ("TEXT", "NUMERIC", "'1.50'", false),
        ("REAL", "TEXT", "0.1", true),
        ("TEXT", "BLOB", "'007'", true),
        ("NUMERIC", "INTEGER", "1.5", true),
    ] {
        Base::sqlite(|base| {
            base.create(&[table(from)]);
            base.sql(&format!("INSERT INTO t (v) VALUES ({value}), (NULL)"));
            let before = base.texts("SELECT quote(v) FROM t ORDER BY id");
            let ran = base.run(&script(base, &[table(from)], &[table(to)]));
            assert_eq!(ran.is_ok(), is_kept, "{from} {to} {value}: {ran:?}");
            if !is_kept {
                assert_eq!(base.texts("SELECT quote(v) FROM t ORDER BY id"), before);
                assert!(ran.unwrap_err().contains("can't store as they are"));
            }
        });
    }
}

#[test]
fn a_default_that_takes_the_place_of_null_is_told() {
    let nullable = TableDef::new("t")
        .column(ColumnDef::new("id", ColumnType::BigInt).auto())
        .column(ColumnDef::new("v", ColumnType::Text).nullable())
        .primary_key(&["id"]);
    let mut filled = nullable.clone();
    filled.columns[1] =
        ColumnDef::new("v", ColumnType::Text).default(DefaultValue::Text("x".into()));
    let change = diff(&[nullable], &[filled], &none()).expect("no question");
    for dialect in orm_core::Dialect::ALL {
        let hazards = orm_kit::rows::hazards(&change, dialect).expect("a schema");
        let told = hazards.iter().any(|hazard| {
            hazard.kind == orm_kit::rows::HazardKind::Irreversible
                && hazard.what == "rolling back leaves the default in place of NULL"
        });
        assert!(told, "{dialect}: {hazards:?}");
    }
}

/// A collation that the program which made the file has, and mizzle has not.
#[test]
fn a_collation_of_another_program_is_asked_for() {
    use orm_core::Db;
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("collection.anki2").display());
    let with = || {
        let own = Db::builder(&url).on_connect(|connection| {
            connection.create_collation("unicase", |a, b| a.to_lowercase().cmp(&b.to_lowercase()))
        });
        own.connect().expect("the file")
    };
    with()
        .execute_sql(
            "CREATE TABLE decks (id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE unicase, mtime INT);
             CREATE UNIQUE INDEX idx_decks_name ON decks (name);
             CREATE TABLE graves (oid INTEGER PRIMARY KEY, usn INT);
             INSERT INTO decks VALUES (1, 'Ärzte', 5); INSERT INTO graves VALUES (1, 2);",
        )
        .expect("the tables");
    let base = Base { db: Db::connect(&url).expect("the file") };
    // All that needs it not is there.
    let found = introspect(&base.db).expect("the schema").tables;
    assert_eq!(orm_kit::introspect::normal_form(&base.db, &found).expect("a form"), found);
    base.holds("SELECT mtime FROM decks", &["5"]);
    base.sql("UPDATE decks SET mtime = 6; UPDATE graves SET usn = 3");
    // What needs it says what to do, and changes nothing. SQLite looks at all indexes when a table is renamed.
    for tables in [&found[..1], &found[1..]] {
        let error = base.run(&script(&base, tables, &checked(tables))).unwrap_err();
        assert!(error.contains("unicase") && error.contains("create_collation"), "{error}");
    }
    base.holds("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%decks%'", &["2"]);
    let error = base.db.execute_sql("INSERT INTO decks VALUES (2, 'ärzte', 5)").unwrap_err();
    assert!(format!("{error:?}").contains("create_collation(\"unicase\""), "{error:?}");
    let base = Base { db: with() };
    run(&base, &found, &checked(&found));
    assert!(base.db.execute_sql("INSERT INTO decks VALUES (2, 'äRZTE', 5)").is_err());
}

/// STRICT is no part of a struct. Its tables take five names of types, and a struct can say them.
#[test]
fn a_strict_table_says_which_type_a_new_column_can_have() {
    let lengths = [ColumnType::Varchar(20), ColumnType::BigInt.array(), ColumnType::Uuid.array()];
    let types: Vec<ColumnType> = ColumnType::PLAIN.iter().cloned().chain(lengths).collect();
    let mut refused = 0;
    for ty in types {
        Base::sqlite(|base| {
            base.sql("CREATE TABLE firm (id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT) STRICT; INSERT INTO firm VALUES (1, 'x')");
            let from = introspect(&base.db).expect("the schema").tables;
            let with = |column: ColumnDef| vec![from[0].clone().column(column.nullable())];
            let to = with(ColumnDef::new("added", ty.clone()));
            for to in [to.clone(), vec![to[0].clone().check("rebuilt", "id > 0")]] {
                let change = diff(&from, &to, &none()).expect("a diff");
                let Err(error) = base.run(&render(&change, base.dialect()).expect("a script"))
                else {
                    base.evolve(&to, &from, &none());
                    continue;
                };
                refused += 1;
                let says = "the table is STRICT, and takes only INT, INTEGER, REAL, TEXT, BLOB and ANY: write";
                assert!(error.contains(says), "{ty:?}: {error}");
                let (_, advice) = error.split_once("db_type(sqlite = ").expect("an attribute");
                let name = advice.trim_start_matches(['\\', '"']);
                let name: String = name.chars().take_while(char::is_ascii_alphabetic).collect();
                let mut to = to;
                let column = to[0].columns.last_mut().expect("the column");
                column.db_type.sqlite = Some(name);
                let change = diff(&from, &to, &none()).expect("a diff");
                base.apply(&change);
                base.holds("SELECT strict FROM pragma_table_list('firm')", &["1"]);
                base.holds("SELECT t FROM firm", &["x"]);
                base.apply(&change.inverse());
            }
        });
    }
    assert!(refused > 20, "{refused}");
}

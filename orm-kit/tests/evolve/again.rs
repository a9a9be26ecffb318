//! What has to go in between on PostgreSQL comes again with all that the database knows of it, or the change is refused.

use orm_core::Executor;
use orm_core::schema::{Action, ColumnDef, ColumnType, TableDef};
use orm_kit::diff::{Hints, diff};
use orm_kit::dump::dump;
use orm_kit::introspect::introspect;
use orm_kit::render::render;

use crate::harness::{Base, none};

const TABLES: &str = "
CREATE TABLE parents (id int PRIMARY KEY, a int, b int, UNIQUE (a, b));
CREATE TABLE children (id int PRIMARY KEY, a int, b int, c int, d int,
    CONSTRAINT later FOREIGN KEY (c) REFERENCES parents DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT maybe FOREIGN KEY (c) REFERENCES parents ON DELETE CASCADE DEFERRABLE,
    CONSTRAINT whole FOREIGN KEY (a, b) REFERENCES parents (a, b) MATCH FULL ON UPDATE CASCADE);
INSERT INTO parents VALUES (1, 1, 1);
BEGIN; INSERT INTO children VALUES (1, 1, 1, 1, 77); COMMIT;
ALTER TABLE children ADD CONSTRAINT unchecked FOREIGN KEY (d) REFERENCES parents NOT VALID;
COMMENT ON CONSTRAINT later ON children IS 'it''s said';
CREATE TABLE computed (id int PRIMARY KEY, n int NOT NULL, other int NOT NULL DEFAULT 3,
    twice int NOT NULL GENERATED ALWAYS AS (n * 2) STORED,
    CONSTRAINT with_more UNIQUE NULLS NOT DISTINCT (twice) INCLUDE (other) WITH (fillfactor = 60),
    CONSTRAINT put_off UNIQUE (twice, id) DEFERRABLE);
INSERT INTO computed (id, n) VALUES (1, 5), (2, 6);
CREATE UNIQUE INDEX chosen ON computed (twice, (id + 1) DESC) WITH (fillfactor = 70);
CREATE UNIQUE INDEX identity_of ON computed (twice);
ALTER INDEX chosen ALTER COLUMN 2 SET STATISTICS 321;
ALTER TABLE computed CLUSTER ON chosen;
ALTER TABLE computed REPLICA IDENTITY USING INDEX identity_of;
ALTER TABLE computed ADD CONSTRAINT small CHECK (twice < 1000), ALTER twice SET STATISTICS 55;
COMMENT ON INDEX chosen IS 'an index';
COMMENT ON INDEX with_more IS 'the index of a key';
COMMENT ON CONSTRAINT with_more ON computed IS 'a key';
COMMENT ON CONSTRAINT small ON computed IS 'a check';
COMMENT ON COLUMN computed.twice IS 'a column'";

/// The database without the order of columns.
fn all(base: &Base) -> Vec<String> {
    let sorted = |statement: String| {
        let mut lines: Vec<&str> =
            statement.lines().map(|line| line.trim_end_matches(',')).collect();
        if statement.starts_with("CREATE TABLE") {
            lines.sort_unstable();
        }
        lines.join("\n")
    };
    let mut all: Vec<String> =
        dump(&base.db).expect("a dump").statements.into_iter().map(sorted).collect();
    all.extend(
        base.texts(
            "SELECT attrelid::regclass || ' ' || attnum || ' ' || attstattarget FROM pg_attribute WHERE attstattarget > 0 \
             AND attrelid = to_regclass('chosen') UNION ALL \
             SELECT attname || ' ' || attstattarget FROM pg_attribute WHERE attstattarget > 0 AND attrelid = to_regclass('computed') \
             UNION ALL SELECT 'clustered ' || indexrelid::regclass FROM pg_index WHERE indisclustered \
             UNION ALL SELECT 'identity ' || indexrelid::regclass FROM pg_index WHERE indisreplident \
             UNION ALL SELECT conname || ' ' || obj_description(oid, 'pg_constraint') FROM pg_constraint \
             WHERE obj_description(oid, 'pg_constraint') IS NOT NULL \
             UNION ALL SELECT relname || ' ' || reloptions::text FROM pg_class WHERE reloptions IS NOT NULL \
             AND relnamespace = 'public'::regnamespace ORDER BY 1",
        )
        .into_iter()
        .flatten(),
    );
    all.sort();
    all
}

fn found(base: &Base) -> Vec<TableDef> {
    introspect(&base.db).expect("the schema").tables
}

/// The tables with all columns of these names of another type.
fn retyped(tables: &[TableDef], names: &[&str], ty: &ColumnType) -> Vec<TableDef> {
    let mut tables = tables.to_vec();
    for column in tables.iter_mut().flat_map(|table| &mut table.columns) {
        if names.contains(&column.name.as_str()) {
            column.ty = ty.clone();
        }
    }
    tables
}

fn leads(base: &Base, from: &[TableDef], to: &[TableDef], hints: &Hints) -> Result<(), String> {
    let change = diff(from, to, hints).map_err(|error| error.to_string())?;
    base.run(&render(&change, base.dialect()).map_err(|error| error.to_string())?)
}

#[test]
fn clauses_come_again() {
    Base::postgres(|base| {
        base.sql(TABLES);
        let (before, tables) = (all(base), found(base));
        let columns = ["id", "a", "b", "c", "d", "n"];
        let wide = retyped(&tables, &columns, &ColumnType::BigInt);
        leads(base, &tables, &wide, &none()).expect("wider columns");
        let between = all(base).join("\n");
        for words in [
            "DEFERRABLE INITIALLY DEFERRED",
            "NOT VALID",
            "MATCH FULL",
            "INCLUDE (other)",
            "NULLS NOT DISTINCT",
            "it's said",
            "with_more {fillfactor=60}",
            "small a check",
        ] {
            assert!(between.contains(words), "{words} is not in {between}");
        }
        leads(base, &wide, &tables, &none()).expect("narrower columns");
        assert_eq!(all(base), before);
        base.holds("SELECT d FROM children", &["77"]);
        base.holds("SELECT twice FROM computed ORDER BY id", &["10", "12"]);
    });
}

#[test]
fn clauses_come_again_under_other_names() {
    Base::postgres(|base| {
        base.sql(TABLES);
        let (before, tables) = (all(base), found(base));
        let mut after = retyped(&tables, &["id", "a", "b", "c", "d", "n"], &ColumnType::BigInt);
        for table in &mut after {
            for key in &mut table.foreign_keys {
                for name in key.columns.iter_mut().chain(&mut key.references) {
                    if name == "a" {
                        *name = "first \"a\"".into();
                    }
                }
                key.name = format!("{}_new", key.name);
                if key.table == "parents" {
                    key.table = "elders".into();
                }
            }
            for unique in &mut table.uniques {
                for name in &mut unique.columns {
                    if name == "a" {
                        *name = "first \"a\"".into();
                    }
                }
            }
            for column in &mut table.columns {
                if column.name == "a" {
                    column.name = "first \"a\"".into();
                } else if column.name == "other" {
                    column.name = "another".into();
                }
            }
            if table.name == "parents" {
                table.name = "elders".into();
            }
        }
        let renamed = |from: &str, to: &str| {
            vec![
                (if to == "elders" { "elders" } else { "parents" }.to_owned(), "a", "first \"a\""),
                ("children".to_owned(), "a", "first \"a\""),
                ("computed".to_owned(), "other", "another"),
            ]
            .into_iter()
            .map(|(table, old, new)| {
                if from == "parents" {
                    (table, old.to_owned(), new.to_owned())
                } else {
                    (table, new.to_owned(), old.to_owned())
                }
            })
            .collect()
        };
        let hints = |from: &str, to: &str| Hints {
            tables: vec![(from.into(), to.into())],
            columns: renamed(from, to),
            ..Hints::default()
        };
        leads(base, &tables, &after, &hints("parents", "elders")).expect("other names");
        let between = all(base).join("\n");
        for words in ["MATCH FULL", "later_new", "INCLUDE (another)", "NOT VALID", "it's said"] {
            assert!(between.contains(words), "{words} is not in {between}");
        }
        leads(base, &after, &tables, &hints("elders", "parents")).expect("the names before");
        assert_eq!(all(base), before);
    });
}

#[test]
fn an_action_changes_alone() {
    Base::postgres(|base| {
        base.sql(TABLES);
        let (before, tables) = (all(base), found(base));
        let mut after = tables.clone();
        for key in after.iter_mut().flat_map(|table| &mut table.foreign_keys) {
            key.on_delete = Action::Restrict;
        }
        leads(base, &tables, &after, &none()).expect("another action");
        base.holds(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname IN ('later', 'unchecked', 'whole') ORDER BY conname",
            &[
                "FOREIGN KEY (c) REFERENCES parents(id) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED",
                "FOREIGN KEY (d) REFERENCES parents(id) ON DELETE RESTRICT NOT VALID",
                "FOREIGN KEY (a, b) REFERENCES parents(a, b) MATCH FULL ON UPDATE CASCADE ON DELETE RESTRICT",
            ],
        );
        leads(base, &after, &tables, &none()).expect("the action before");
        assert_eq!(all(base), before);
    });
}

#[test]
fn what_would_go_with_a_computed_column_stops_the_change() {
    for (more, what) in [
        (
            "ALTER TABLE computed ADD CONSTRAINT apart EXCLUDE USING btree (twice WITH =)",
            "constraint apart on table computed would be lost",
        ),
        (
            "CREATE STATISTICS together ON twice, n FROM computed",
            "statistics object together would be lost",
        ),
        ("CREATE INDEX more ON computed (id) INCLUDE (twice)", "index more would be lost"),
        ("GRANT SELECT (twice) ON computed TO PUBLIC", "would lose its privileges"),
    ] {
        Base::postgres(|base| {
            base.sql(TABLES);
            base.sql(more);
            let (before, tables) = (all(base), found(base));
            let wide = retyped(&tables, &["n"], &ColumnType::BigInt);
            let refused = leads(base, &tables, &wide, &none()).expect_err("a refusal");
            assert!(refused.contains(what), "{what} is not in {refused}");
            assert_eq!(all(base), before);
            // Where it isn't in the way, it stays.
            let added = ColumnDef::new("added", ColumnType::Text).nullable();
            let mut longer = tables.clone();
            let table = longer.iter_mut().find(|table| table.name == "computed");
            table.expect("the table").columns.push(added);
            leads(base, &tables, &longer, &none()).expect("a column more");
            leads(base, &longer, &tables, &none()).expect("without it again");
            assert_eq!(all(base), before);
        });
    }
}

#[test]
fn a_mark_that_names_nothing_is_refused() {
    Base::postgres(|base| {
        base.sql(TABLES);
        let script = "-- again: \"children\".\"nothing\"\nALTER TABLE children ADD CONSTRAINT more CHECK (id > 0)";
        let refused =
            orm_core::migration::run_script(&base.db, script, true).expect_err("a refusal");
        assert!(refused.to_string().contains("does not exist"), "{refused}");
        assert!(base.db.execute_sql("ALTER TABLE children DROP CONSTRAINT more").is_err());
    });
}

#[test]
fn a_dump_says_all_of_it() {
    Base::postgres(|base| {
        base.sql(TABLES);
        base.sql(
            "ALTER TABLE parents ADD t text, ALTER t SET STORAGE EXTERNAL, ALTER a SET (n_distinct = -0.5); \
             ALTER TABLE parents CLUSTER ON parents_pkey",
        );
        let before = all(base);
        let text = dump(&base.db).expect("a dump").statements.join(";\n");
        Base::postgres(|other| {
            other.sql(&text);
            assert_eq!(all(other), before);
            other.holds(
                "SELECT attname || attstorage::text || coalesce(attoptions::text, '') FROM pg_attribute \
                 WHERE attrelid = 'parents'::regclass AND attname IN ('a', 't') ORDER BY 1",
                &["ap{n_distinct=-0.5}", "te"],
            );
        });
    });
}

#[test]
fn a_computed_key_comes_again() {
    Base::postgres(|base| {
        base.sql(
            "CREATE TABLE keyed (n int NOT NULL, m int, twice int GENERATED ALWAYS AS (n * 2) STORED, \
                 CONSTRAINT \"odd key\" PRIMARY KEY (twice) INCLUDE (m) WITH (fillfactor = 50)); \
             CREATE TABLE users (id int PRIMARY KEY, keyed int, \
                 CONSTRAINT refers FOREIGN KEY (keyed) REFERENCES keyed DEFERRABLE); \
             COMMENT ON CONSTRAINT \"odd key\" ON keyed IS 'the key'; COMMENT ON CONSTRAINT refers ON users IS 'refers'; \
             INSERT INTO keyed VALUES (4, 1); INSERT INTO users VALUES (1, 8)",
        );
        let (before, tables) = (all(base), found(base));
        let wide = retyped(&tables, &["n"], &ColumnType::BigInt);
        leads(base, &tables, &wide, &none()).expect("a wider column");
        leads(base, &wide, &tables, &none()).expect("a narrower column");
        let unnamed = |lines: Vec<String>| -> Vec<String> {
            let mut lines: Vec<String> = lines
                .into_iter()
                .map(|line| {
                    line.replace("\"odd key\"", "keyed_pkey").replace("odd key", "keyed_pkey")
                })
                .collect();
            lines.sort();
            lines
        };
        // Structs don't name primary keys.
        assert_eq!(unnamed(all(base)), unnamed(before));
        base.holds("SELECT keyed FROM users", &["8"]);
    });
}

/// A rehearsal changes nothing, and returns what a run runs: as plain SQL it does the same.
#[test]
fn a_rehearsal_returns_what_runs() {
    Base::postgres(|base| {
        base.sql(TABLES);
        let (before, tables) = (all(base), found(base));
        let wide = retyped(&tables, &["n", "c"], &ColumnType::BigInt);
        let change = diff(&tables, &wide, &none()).expect("a change");
        let script = render(&change, base.dialect()).expect("a script");
        let rehearsed = orm_core::migration::rehearse_script(&base.db, &script.text(), true)
            .expect("a rehearsal");
        assert_eq!(all(base), before);
        let rehearsed = rehearsed.join(";\n");
        assert!(
            rehearsed.contains("DEFERRABLE") && rehearsed.contains("COMMENT ON"),
            "{rehearsed}"
        );
        base.run(&script).expect("a run");
        let after = all(base);
        assert_ne!(after, before);
        Base::postgres(|other| {
            other.sql(TABLES);
            other.sql(&format!("BEGIN; {rehearsed}; COMMIT"));
            assert_eq!(all(other), after);
        });
    });
}

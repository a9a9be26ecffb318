//! What somebody has over a column that goes: the change stops and names it, and goes through once it is out of the way.

use std::slice::from_ref;

use orm_core::Dialect;
use orm_core::migration::run_script;
use orm_core::schema::{ColumnDef, ColumnType, IndexPart, TableDef};
use orm_kit::diff::{Diff, diff};
use orm_kit::introspect::{introspect, normal_form};
use orm_kit::managed::{Asked, Managed};
use orm_kit::render::render;

use crate::harness::{Base, none};
use crate::on_each_base;

/// The table with `c`, whose parts over it are known or aren't there.
fn with(is_known: bool) -> TableDef {
    let table = TableDef::new("t")
        .column(ColumnDef::new("id", ColumnType::BigInt).auto())
        .column(ColumnDef::new("a", ColumnType::Integer))
        .column(ColumnDef::new("b", ColumnType::Text))
        .column(ColumnDef::new("c", ColumnType::Text).nullable())
        .primary_key(&["id"])
        .index(Some("stays"), vec![IndexPart::column("a")], false, None);
    if !is_known {
        return table;
    }
    table
        .unique(None, &["b", "c"])
        .check("filled", "c <> ''")
        .index(None, vec![IndexPart::column("c")], false, None)
        .index(Some("lower_c"), vec![IndexPart::expression("lower(c)")], false, None)
}

fn without() -> TableDef {
    let mut table = with(false);
    table.columns.truncate(3);
    table
}

/// How a column goes.
#[derive(Debug, Clone, Copy)]
enum Way {
    Migration,
    Rollback,
    Push,
}

const WAYS: [Way; 3] = [Way::Migration, Way::Rollback, Way::Push];

fn go(base: &Base, way: Way, from: &TableDef, to: &TableDef) -> Result<(), String> {
    let (from, to) = (from_ref(from), from_ref(to));
    let change = match way {
        Way::Migration => diff(from, to, &none()).expect("no question"),
        Way::Rollback => diff(to, from, &none()).expect("no question").inverse(),
        Way::Push => {
            let found = introspect(&base.db).expect("the schema").tables;
            let wanted = normal_form(&base.db, to).expect("the normal form");
            let managed = Managed::new(&found, &wanted, from, &Asked::default(), base.dialect());
            managed.carry(diff(&managed.tables, &wanted, &none()).expect("no question"))
        }
    };
    run(base, &change)
}

fn run(base: &Base, change: &Diff) -> Result<(), String> {
    let script = render(change, base.dialect()).map_err(|error| error.to_string())?;
    run_script(&base.db, &script.text(), script.runs_in_transaction())
        .map_err(|error| error.to_string())
}

/// All objects of the database.
fn everything(base: &Base) -> Vec<Option<String>> {
    base.texts(base.either(
        "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY 1",
        "SELECT 'relation ' || relname || ' ' || relkind::text || coalesce(pg_get_indexdef(oid), '') FROM pg_class \
         WHERE relnamespace = 'public'::regnamespace \
         UNION ALL SELECT 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
         WHERE connamespace = 'public'::regnamespace \
         UNION ALL SELECT 'column ' || attrelid::regclass || '.' || attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid \
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped \
         UNION ALL SELECT 'statistics ' || stxname FROM pg_statistic_ext \
         UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal \
         UNION ALL SELECT 'policy ' || polname FROM pg_policy UNION ALL SELECT 'rule ' || rulename FROM pg_rewrite \
         WHERE ev_class IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace) ORDER BY 1",
    ))
}

/// Something over the column: what makes it, what an error must name, and what drops it.
type Over = (&'static str, &'static str, &'static str);

const EACH: &[Over] = &[
    ("CREATE INDEX ix ON t (c)", "index ix", "DROP INDEX ix"),
    ("CREATE INDEX ix ON t (id, c DESC)", "index ix", "DROP INDEX ix"),
    ("CREATE INDEX ix ON t (upper(c))", "index ix", "DROP INDEX ix"),
    ("CREATE INDEX ix ON t (id) WHERE c IS NOT NULL", "index ix", "DROP INDEX ix"),
    ("CREATE UNIQUE INDEX ix ON t (c, id)", "index ix", "DROP INDEX ix"),
    ("CREATE VIEW w AS SELECT c FROM t", "view w", "DROP VIEW w"),
];

const SQLITE: &[Over] = &[
    ("CREATE INDEX ix ON t (id) WHERE \"c\" > 'a'", "index ix", "DROP INDEX ix"),
    ("CREATE INDEX ix ON t (\"c\" || 'a')", "index ix", "DROP INDEX ix"),
    ("CREATE VIEW w AS SELECT \"c\" FROM t", "view w", "DROP VIEW w"),
    (
        "CREATE TRIGGER tr AFTER UPDATE OF c ON t BEGIN SELECT 1; END",
        "trigger tr",
        "DROP TRIGGER tr",
    ),
    (
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT NEW.\"c\"; END",
        "trigger tr",
        "DROP TRIGGER tr",
    ),
    (
        "CREATE TABLE u (x); CREATE TRIGGER tr AFTER INSERT ON u BEGIN SELECT \"c\" FROM t; END",
        "trigger tr",
        "DROP TRIGGER tr",
    ),
    ("ALTER TABLE t ADD COLUMN g TEXT AS (c || 'x')", "column", "ALTER TABLE t DROP COLUMN g"),
    ("ALTER TABLE t ADD COLUMN g TEXT CHECK (g <> c)", "column", "ALTER TABLE t DROP COLUMN g"),
];

/// What a person writes into the statement of a table.
#[cfg(feature = "sqlite")]
const IN_TABLE: &[(&str, &str)] = &[
    ("CHECK (c <> b)", "column"),
    ("CHECK (\"c\" <> b)", "column"),
    ("UNIQUE (c, a)", "column"),
    ("UNIQUE (c)", "column"),
    ("FOREIGN KEY (c) REFERENCES p (id)", "column"),
];

const POSTGRES: &[Over] = &[
    ("CREATE INDEX ix ON t (id) INCLUDE (c)", "index ix", "DROP INDEX ix"),
    ("CREATE INDEX ix ON t USING hash (c)", "index ix", "DROP INDEX ix"),
    ("CREATE STATISTICS st ON a, c FROM t", "statistics object st", "DROP STATISTICS st"),
    ("CREATE STATISTICS st ON (c || b) FROM t", "statistics object st", "DROP STATISTICS st"),
    (
        "ALTER TABLE t ADD CONSTRAINT hand CHECK (c <> b) NOT VALID",
        "constraint hand on table t",
        "ALTER TABLE t DROP CONSTRAINT hand",
    ),
    (
        "ALTER TABLE t ADD CONSTRAINT hand UNIQUE (c, a) DEFERRABLE",
        "constraint hand on table t",
        "ALTER TABLE t DROP CONSTRAINT hand",
    ),
    (
        "ALTER TABLE t ADD CONSTRAINT hand EXCLUDE USING btree (c WITH =)",
        "constraint hand on table t",
        "ALTER TABLE t DROP CONSTRAINT hand",
    ),
    (
        "CREATE TABLE p (c text PRIMARY KEY); INSERT INTO p VALUES ('c'); ALTER TABLE t ADD CONSTRAINT hand FOREIGN KEY (c) REFERENCES p",
        "constraint hand on table t",
        "ALTER TABLE t DROP CONSTRAINT hand",
    ),
    (
        "ALTER TABLE t ADD CONSTRAINT hand UNIQUE (c); CREATE TABLE u (r text REFERENCES t (c))",
        "constraint hand on table t",
        "ALTER TABLE t DROP CONSTRAINT hand CASCADE",
    ),
    (
        "CREATE TABLE child () INHERITS (t); CREATE INDEX ix ON child (c)",
        "index ix",
        "DROP INDEX ix",
    ),
    (
        "CREATE TABLE child () INHERITS (t); CREATE TABLE grandchild () INHERITS (child); \
         ALTER TABLE grandchild ADD CONSTRAINT hand CHECK (c <> 'x')",
        "constraint hand on table grandchild",
        "ALTER TABLE grandchild DROP CONSTRAINT hand",
    ),
    ("CREATE SEQUENCE sq OWNED BY t.c", "sequence sq", "ALTER SEQUENCE sq OWNED BY NONE"),
    ("CREATE MATERIALIZED VIEW w AS SELECT c FROM t", "view w", "DROP MATERIALIZED VIEW w"),
    (
        "CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
         CREATE TRIGGER tr BEFORE UPDATE OF c ON t FOR EACH ROW EXECUTE FUNCTION touched()",
        "trigger tr on table t",
        "DROP TRIGGER tr ON t",
    ),
    ("CREATE POLICY po ON t USING (c IS NOT NULL)", "policy po on table t", "DROP POLICY po ON t"),
    (
        "CREATE RULE ru AS ON UPDATE TO t WHERE OLD.c IS NULL DO ALSO NOTHING",
        "rule ru on table t",
        "DROP RULE ru ON t",
    ),
    (
        "ALTER TABLE t ADD g text GENERATED ALWAYS AS (c || 'x') STORED",
        "column g of table t",
        "ALTER TABLE t DROP COLUMN g",
    ),
    (
        "CREATE FUNCTION f() RETURNS bigint BEGIN ATOMIC SELECT count(c) FROM t; END",
        "function f()",
        "DROP FUNCTION f()",
    ),
];

/// Makes the change each way, with something over the column and without it.
fn each(base: &Base, is_known: bool, make: impl Fn(), named: &str, remedy: &str) {
    let from = with(is_known);
    // The files of a migration and of its way back are alike.
    for way in if is_known { [Way::Push, Way::Rollback] } else { [Way::Migration, Way::Push] } {
        if base.dialect() == Dialect::Postgres && is_known == matches!(way, Way::Push) {
            continue;
        }
        empty(base);
        base.create(from_ref(&from));
        base.sql("INSERT INTO t (a, b, c) VALUES (1, 'b', 'c')");
        make();
        let was = everything(base);
        let what = format!("{way:?}, known: {is_known}, {named}, {remedy}");
        let error = go(base, way, &from, &without()).expect_err(&what);
        assert!(error.contains(named), "{what}: {error}");
        assert_eq!(everything(base), was, "{what}");
        if remedy.is_empty() {
            continue;
        }
        base.sql(remedy);
        go(base, way, &from, &without()).unwrap_or_else(|error| panic!("{what}: {error}"));
        base.holds("SELECT a || b FROM t", &["1b"]);
        let left = everything(base);
        assert!(left.iter().flatten().any(|line| line.contains(" stays ")), "{what}: {left:#?}");
    }
}

fn empty(base: &Base) {
    if base.dialect() == Dialect::Postgres {
        base.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        return;
    }
    let drops = base.texts(
        "SELECT 'DROP ' || type || ' ' || name FROM sqlite_schema WHERE type IN ('view', 'table') AND name NOT LIKE 'sqlite%'",
    );
    let drops: Vec<String> = drops.into_iter().flatten().collect();
    base.sql(&format!("PRAGMA foreign_keys = OFF; {}; PRAGMA foreign_keys = ON", drops.join("; ")));
}

on_each_base! {
    fn what_others_have_over_a_column_stops_its_drop(base: &Base) {
        let others = match base.dialect() {
            Dialect::Sqlite | Dialect::D1 => SQLITE,
            Dialect::Postgres => POSTGRES,
        };
        for (make, named, remedy) in EACH.iter().chain(others) {
            // SQLite names what it refuses in other words.
            let named = base.either(named.split(' ').nth(1).unwrap_or(named), named);
            for is_known in [false, true] {
                each(base, is_known, || base.sql(make), named, remedy);
            }
        }
    }

    /// What the structs have over the column goes by its name.
    fn what_is_known_over_a_column_goes_with_it(base: &Base) {
        for way in WAYS {
            empty(base);
            base.create(&[with(true)]);
            go(base, way, &with(true), &without()).unwrap_or_else(|error| panic!("{error}"));
            let left = everything(base);
            empty(base);
            base.create(&[without()]);
            let kept = |lines: Vec<Option<String>>| -> Vec<String> {
                let lines = lines.into_iter().flatten().map(|line| line.replace("\"__mizzle_new_t\"", "\"t\""));
                lines.map(|line| line.split_whitespace().collect()).collect()
            };
            assert_eq!(kept(left), kept(everything(base)), "{way:?}");
        }
    }
}

/// What was written into the statement of a table by hand, in the column's line or behind all of them.
#[cfg(feature = "sqlite")]
#[test]
fn constraints_in_the_statement_of_a_table_stop_the_drop() {
    Base::sqlite(|base| {
        for (clause, named) in IN_TABLE {
            for (is_known, in_column) in
                [(false, false), (true, false), (false, true), (true, true)]
            {
                let make = || {
                    base.sql("CREATE TABLE p (id TEXT PRIMARY KEY); INSERT INTO p VALUES ('c')");
                    let made =
                        base.texts("SELECT sql FROM sqlite_schema WHERE name = 't'").remove(0);
                    let made = made.expect("a table");
                    let indexes = base.texts(
                        "SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
                    );
                    let made = if in_column {
                        let clause = clause
                            .replace("FOREIGN KEY (c) ", "")
                            .replace("UNIQUE (c, a)", "UNIQUE")
                            .replace("UNIQUE (c)", "UNIQUE")
                            .replace("<> b", "<> 'x'");
                        made.replacen("\"c\" TEXT", &format!("\"c\" TEXT {clause}"), 1)
                    } else {
                        format!("{}, {clause})", &made[..made.rfind(')').expect("an end")])
                    };
                    base.sql(&format!("DROP TABLE t; {made}"));
                    for index in indexes.iter().flatten() {
                        base.sql(index);
                    }
                    base.sql("INSERT INTO t (a, b, c) VALUES (1, 'b', 'c')");
                };
                each(base, is_known, make, named, "");
            }
        }
    });
}

/// What hangs on a table: what makes it, what an error must name, and what gets it out of the way.
const ON_TABLE: &[Over] = &[
    (
        "CREATE TABLE u (r BIGINT REFERENCES t (id)); INSERT INTO u VALUES (1)",
        "table u",
        "DROP TABLE u",
    ),
    ("CREATE VIEW w AS SELECT c FROM t", "view w", "DROP VIEW w"),
];

const ON_TABLE_OF_SQLITE: &[Over] = &[(
    "CREATE TABLE u (x); CREATE TRIGGER tr AFTER INSERT ON u BEGIN DELETE FROM t; END",
    "trigger tr",
    "DROP TRIGGER tr",
)];

const ON_TABLE_OF_POSTGRES: &[Over] = &[
    ("CREATE SEQUENCE sq OWNED BY t.a", "sequence sq", "ALTER SEQUENCE sq OWNED BY NONE"),
    ("CREATE TABLE child () INHERITS (t)", "table child", "DROP TABLE child"),
    ("CREATE TABLE u (x t)", "column x of table u", "DROP TABLE u"),
    (
        "CREATE TABLE u (x int); CREATE RULE ru AS ON INSERT TO u DO ALSO DELETE FROM t",
        "rule ru on table u",
        "DROP RULE ru ON u",
    ),
    (
        "CREATE TABLE u (x int); CREATE POLICY po ON u USING (EXISTS (SELECT FROM t))",
        "policy po on table u",
        "DROP POLICY po ON u",
    ),
    (
        "CREATE FUNCTION f() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t'",
        "function f()",
        "DROP FUNCTION f()",
    ),
];

on_each_base! {
    fn what_hangs_on_a_table_stops_its_drop(base: &Base) {
        let others = match base.dialect() {
            Dialect::Sqlite | Dialect::D1 => ON_TABLE_OF_SQLITE,
            Dialect::Postgres => ON_TABLE_OF_POSTGRES,
        };
        for (make, named, remedy) in ON_TABLE.iter().chain(others) {
            let named = base.either(named.split(' ').next_back().expect("a word"), named);
            for way in WAYS {
                empty(base);
                base.create(&[with(true)]);
                base.sql("INSERT INTO t (a, b, c) VALUES (1, 'b', 'c')");
                base.sql(make);
                let was = everything(base);
                let what = format!("{way:?}, {make}");
                let error = gone(base, way, &[with(true)]).expect_err(&what);
                assert!(error.contains(named), "{what}: {error}");
                assert_eq!(everything(base), was, "{what}");
                base.sql(remedy);
                gone(base, way, &[with(true)]).unwrap_or_else(|error| panic!("{what}: {error}"));
            }
        }
    }
}

/// Makes the tables go.
fn gone(base: &Base, way: Way, from: &[TableDef]) -> Result<(), String> {
    let change = match way {
        Way::Migration => diff(from, &[], &none()).expect("no question"),
        Way::Rollback => diff(&[], from, &none()).expect("no question").inverse(),
        Way::Push => {
            let found = introspect(&base.db).expect("the schema").tables;
            let managed = Managed::new(&found, &[], from, &Asked::default(), base.dialect());
            managed.carry(diff(&managed.tables, &[], &none()).expect("no question"))
        }
    };
    run(base, &change)
}

/// A partition is a table with rows, and goes with the one that it is a part of without a word.
#[cfg(feature = "postgres")]
#[test]
fn partitions_stop_the_drop_of_their_table() {
    Base::postgres(|base| {
        base.sql(
            "CREATE TABLE log (id bigint, at int) PARTITION BY RANGE (at); CREATE INDEX of_log ON log (id); \
             CREATE TABLE early PARTITION OF log FOR VALUES FROM (0) TO (10); INSERT INTO log VALUES (1, 1)",
        );
        let tables = introspect(&base.db).expect("the schema").tables;
        for way in WAYS {
            let error = gone(base, way, &tables).expect_err("a partition");
            assert!(
                error.contains("table early") && error.contains("DETACH PARTITION early"),
                "{error}"
            );
            base.holds("SELECT id FROM early", &["1"]);
        }
        // A column of it goes, and what the parent has goes by its name.
        base.sql("CREATE INDEX of_early ON early (id DESC)");
        let mut narrow = tables.clone();
        narrow[0].columns.remove(0);
        narrow[0].indexes.clear();
        let error = go(base, Way::Migration, &tables[0], &narrow[0]).expect_err("an index");
        assert!(error.contains("index of_early") && !error.contains("early_id_idx"), "{error}");
        base.sql("DROP INDEX of_early");
        go(base, Way::Migration, &tables[0], &narrow[0]).expect("nothing is in the way");
        base.sql("ALTER TABLE log DETACH PARTITION early");
        gone(base, Way::Push, &narrow).expect("nothing is in the way");
        base.holds("SELECT at FROM early", &["1"]);
    });
}

/// Whatever a table is called, its name is a value in what the server is asked.
#[cfg(feature = "postgres")]
#[test]
fn odd_names_are_asked_for_as_they_are() {
    Base::postgres(|base| {
        for (table, column) in [("{column}", "it's"), ("$2", "{table}"), ("a\"b", "$1")] {
            let quoted = [table, column].map(|name| Dialect::Postgres.quote_ident(name));
            let [in_sql, of_column] = &quoted;
            let mut from = TableDef::new(table)
                .column(ColumnDef::new("id", ColumnType::BigInt))
                .primary_key(&["id"]);
            let to = from.clone();
            from = from.column(ColumnDef::new(column, ColumnType::Text).nullable());
            base.create(from_ref(&from));
            base.sql(&format!("CREATE INDEX by_hand ON {in_sql} ({of_column})"));
            let error = go(base, Way::Migration, &from, &to).expect_err("an index");
            assert!(error.contains("index by_hand"), "{error}");
            base.sql("DROP INDEX by_hand");
            go(base, Way::Migration, &from, &to).expect("nothing is in the way");
        }
    });
}

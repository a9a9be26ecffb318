//! The reported locks, compared with what the server does: each script runs in a transaction, in which the server is asked
//! which locks it has and whether the tables' files are others.

use diesel::sql_types::{Bool, Text};
use orm_core::schema::ColumnType::{self, BigInt, Integer, Varchar};
use orm_core::schema::{Action, ColumnDef, DefaultValue, IndexPart, TableDef};
use orm_core::{Dialect, Executor};
use orm_kit::diff::{Hints, diff};
use orm_kit::render::render;
use orm_kit::rows::{HazardKind, hazards};

use crate::harness::{Base, none};

fn parent() -> TableDef {
    TableDef::new("parents").column(ColumnDef::new("id", BigInt)).primary_key(&["id"])
}

fn child() -> TableDef {
    TableDef::new("things")
        .column(ColumnDef::new("id", BigInt))
        .column(ColumnDef::new("name", Varchar(20)))
        .column(ColumnDef::new("size", Integer).nullable())
        .column(ColumnDef::new("parent_id", BigInt))
        .primary_key(&["id"])
}

fn with(change: impl FnOnce(&mut TableDef)) -> TableDef {
    let mut table = child();
    change(&mut table);
    table
}

fn labels(labels: &[&str]) -> ColumnType {
    let labels = labels.iter().map(|label| (*label).to_owned()).collect();
    ColumnType::Enum { labels, native: Some("kind".into()) }
}

/// Runs the change, and compares for both tables.
fn compare(base: &Base, from: &TableDef, to: &TableDef, hints: &Hints) {
    let (from, to) = ([parent(), from.clone()], [parent(), to.clone()]);
    let change = diff(&from, &to, hints).expect("a diff");
    let script = render(&change, Dialect::Postgres).expect("a script");
    let told: Vec<(String, String)> = hazards(&change, Dialect::Postgres)
        .expect("hazards")
        .into_iter()
        .filter(|hazard| hazard.kind == HazardKind::Locking)
        .map(|hazard| (hazard.table, hazard.what))
        .collect();
    let mut found = Vec::new();
    let ended: orm_core::Result<()> = base.db.transaction(|tx| {
        let one = |sql: &str| -> orm_core::Result<String> { tx.one(diesel::dsl::sql::<Text>(sql)) };
        let is_so = |sql: &str| -> orm_core::Result<bool> { tx.one(diesel::dsl::sql::<Bool>(sql)) };
        // By their numbers, as names change.
        let mut tables = Vec::new();
        for table in ["parents", "things"] {
            let oid = one(&format!("SELECT '{table}'::regclass::oid::text"))?;
            let file = one(&format!("SELECT pg_relation_filenode({oid})::text"))?;
            tables.push((table, oid, file));
        }
        for step in &script.statements {
            tx.execute_sql(&step.sql)?;
        }
        for (table, oid, file) in tables {
            let held = |mode: &str| {
                is_so(&format!(
                    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE pid = pg_backend_pid() AND relation = {oid} AND \
                     mode = '{mode}')"
                ))
            };
            let exclusive = held("AccessExclusiveLock")?;
            let no_writes = exclusive || held("ShareLock")? || held("ShareRowExclusiveLock")?;
            let rewritten = is_so(&format!("SELECT pg_relation_filenode({oid})::text <> '{file}'"))?;
            let indexes = is_so(&format!(
                "SELECT EXISTS (SELECT 1 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = {oid} \
                 AND i.xmin = pg_current_xact_id()::xid)"
            ))?;
            found.push((table, exclusive, no_writes, rewritten, indexes));
        }
        tx.execute_sql("SELECT undone_on_purpose")
    });
    let ended = ended.expect_err("it is rolled back").to_string();
    assert!(ended.contains("undone_on_purpose"), "{ended}\n{}", script.text());
    for (table, exclusive, no_writes, rewritten, indexes) in found {
        let what = told.iter().find(|(name, _)| name == table).map(|(_, what)| what.as_str());
        let shown = format!("{table}: told {what:?}\n{}", script.text());
        let says = |words: &str| what.is_some_and(|what| what.contains(words));
        assert_eq!(says("rewrites the table"), rewritten, "{shown}");
        assert!(!indexes || says("builds an index") || says("rewrites the table"), "{shown}");
        if what.is_some() {
            assert!(no_writes, "{shown}");
            assert_eq!(says("read or write it"), exclusive, "{shown}");
        }
    }
}

#[test]
fn what_is_told_is_what_the_server_does() {
    Base::postgres(|base| {
        base.create(&[parent(), child()]);
        base.sql("INSERT INTO parents SELECT generate_series(1, 3)");
        base.sql("INSERT INTO things SELECT n, 'n' || n, n, n FROM generate_series(1, 3) n");
        let add = |column: ColumnDef| with(|table| table.columns.push(column));
        let set = |place: usize, change: fn(&mut ColumnDef)| {
            with(|table| change(&mut table.columns[place]))
        };
        let int = || ColumnDef::new("extra", Integer);
        let sql = |sql: &str| {
            ColumnDef::new("extra", ColumnType::Text).default(DefaultValue::Sql(sql.into()))
        };
        let refers = |table: TableDef| {
            table.foreign_key(
                None,
                &["parent_id"],
                "parents",
                &["id"],
                Action::Cascade,
                Action::NoAction,
            )
        };
        let changes = [
            add(int().nullable()),
            add(int().default(DefaultValue::Integer(1))),
            add(ColumnDef::new("extra", ColumnType::Timestamptz).default(DefaultValue::Now)),
            add(ColumnDef::new("extra", ColumnType::Uuid)
                .default(DefaultValue::Sql("gen_random_uuid()".into()))),
            add(sql("clock_timestamp()::text")),
            add(sql("random()::text")),
            add(sql("lower('A')")),
            add(sql("now()::text")),
            add(int().auto()),
            add(int().nullable().generated("size * 2")),
            add(ColumnDef::new("extra", labels(&["a", "b"]))
                .default(DefaultValue::Text("a".into()))),
            set(2, |column| column.nullable = false),
            set(2, |column| {
                column.nullable = false;
                column.default = Some(DefaultValue::Integer(7));
            }),
            set(1, |column| column.nullable = true),
            set(1, |column| column.ty = Varchar(30)),
            set(1, |column| column.ty = Varchar(10)),
            set(1, |column| column.ty = ColumnType::Text),
            set(1, |column| column.default = Some(DefaultValue::Text("x".into()))),
            set(2, |column| column.ty = BigInt),
            set(2, |column| column.ty = ColumnType::Text),
            set(2, |column| column.ty = ColumnType::Decimal),
            set(3, |column| column.auto = true),
            child().check("small", "size < 10"),
            child().unique(None, &["name"]),
            child().index(None, vec![IndexPart::column("name")], false, None),
            child().index(None, vec![IndexPart::column("name")], true, None),
            refers(child()),
            refers(child().index(None, vec![IndexPart::column("parent_id")], false, None)),
            refers(with(|table| table.columns[1].nullable = true)),
            with(|table| table.primary_key = vec!["id".into(), "parent_id".into()]),
            with(|table| {
                table.columns[1].name = "title".into();
                table.columns[1].renamed_from = Some("name".into());
            })
            .index(None, vec![IndexPart::column("title")], false, None),
        ];
        for to in &changes {
            compare(base, &child(), to, &none());
        }
        // And from there.
        for from in &changes {
            let drop = |table: &TableDef| {
                let gone = table
                    .columns
                    .iter()
                    .filter(|column| child().find_column(&column.name).is_none());
                gone.map(|column| format!("things.{}", column.name)).collect()
            };
            let mut from = from.clone();
            from.columns.iter_mut().for_each(|column| column.renamed_from = None);
            let there = diff(
                &[parent(), child()],
                &[parent(), from.clone()],
                &Hints {
                    columns: if from.find_column("title").is_some() {
                        vec![("things".into(), "name".into(), "title".into())]
                    } else {
                        Vec::new()
                    },
                    ..none()
                },
            )
            .unwrap();
            base.apply(&there);
            if from.find_column("title").is_none() {
                let more =
                    from.clone().index(Some("more"), vec![IndexPart::column("size")], false, None);
                compare(base, &from, &more, &none());
                compare(base, &from, &child(), &Hints { drops: drop(&from), ..none() });
            }
            base.apply(&there.inverse());
        }
        // An enum type that is created again, of a table that doesn't change otherwise.
        let kinds = |of: &[&str]| add(ColumnDef::new("extra", labels(of)).nullable());
        base.evolve(&[parent(), child()], &[parent(), kinds(&["a", "b"])], &none());
        compare(base, &kinds(&["a", "b"]), &kinds(&["b", "a"]), &none());
        compare(base, &kinds(&["a", "b"]), &kinds(&["a", "b", "c"]), &none());
    });
}

/// What stands on a column is named.
#[test]
fn what_is_in_the_way_is_named() {
    Base::postgres(|base| {
        for (made, gone, name) in [
            ("CREATE VIEW shown AS SELECT size FROM things", "DROP VIEW shown", "shown"),
            (
                "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
                 CREATE TRIGGER seen BEFORE UPDATE OF size ON things FOR EACH ROW EXECUTE FUNCTION f()",
                "DROP TRIGGER seen ON things",
                "seen",
            ),
            (
                "CREATE POLICY allowed ON things USING (size > 1)",
                "DROP POLICY allowed ON things",
                "allowed",
            ),
            (
                "CREATE RULE ruled AS ON UPDATE TO things WHERE NEW.size > 5 DO ALSO NOTHING",
                "DROP RULE ruled ON things",
                "ruled",
            ),
        ] {
            if made.starts_with("CREATE VIEW") {
                base.create(&[parent(), child()]);
            }
            base.sql(made);
            let to = with(|table| table.columns[2].ty = BigInt);
            let change = diff(&[child()], &[to], &none()).unwrap();
            let refused = base.run(&render(&change, Dialect::Postgres).unwrap()).unwrap_err();
            assert!(refused.contains(name), "{name} is not in {refused}");
            base.sql(gone);
        }
    });
}

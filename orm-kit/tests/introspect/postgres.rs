//! Databases of PostgreSQL's that mizzle didn't make.

use orm_core::schema::fragments::column_type;
use orm_core::schema::{Action, ColumnDef, ColumnType, DefaultValue, IndexPart, TableDef};
use orm_core::{Db, Dialect, Executor};
use orm_kit::introspect::{Introspected, introspect, normal_form};

use crate::foreign;
use test_support::{FreshPostgres, with_postgres};

fn found(sql: &str) -> Introspected {
    with_postgres(|db: &Db| {
        db.execute_sql(sql).expect("the tables");
        introspect(db).expect("the schema")
    })
}

fn table<'a>(found: &'a Introspected, name: &str) -> &'a TableDef {
    found.tables.iter().find(|table| table.name == name).expect("the table")
}

#[test]
fn only_the_applications_tables_are_read() {
    let found = found(foreign::POSTGRES);
    let names: Vec<&str> = found.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["bees", "links", "log", "nokey", "people"]);
}

/// Tables of extensions belong to them.
#[test]
fn tables_of_extensions_are_left_alone() {
    with_postgres(|db| {
        db.execute_sql(
            "CREATE TABLE mine (id int PRIMARY KEY); CREATE TABLE theirs (id int PRIMARY KEY); \
             ALTER EXTENSION plpgsql ADD TABLE theirs",
        )
        .expect("a table of an extension");
        let found = introspect(db).expect("the schema");
        let names: Vec<&str> = found.tables.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["mine"]);
    });
}

#[test]
fn columns_of_known_types_are_read() {
    let found = found(foreign::POSTGRES);
    let people = table(&found, "people");
    let labels = |labels: &[&str], native: Option<&str>| ColumnType::Enum {
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        native: native.map(Into::into),
    };
    let types: Vec<(&str, ColumnType)> =
        people.columns.iter().map(|column| (column.name.as_str(), column.ty.clone())).collect();
    let expected = [
        ("id", ColumnType::Integer),
        ("mail", ColumnType::Varchar(80)),
        ("code", ColumnType::Text),
        ("price", ColumnType::Decimal),
        ("at", ColumnType::Timestamp),
        ("tags", ColumnType::Text.array()),
        ("mood", labels(&["sad", "ok", "very happy"], Some("mood"))),
        ("meta", ColumnType::Json),
        ("kind", labels(&["x y", "z"], None)),
        ("n", ColumnType::BigInt),
        ("name", ColumnType::Text),
        ("other_id", ColumnType::Integer),
        ("low", ColumnType::Text),
    ];
    assert_eq!(types, expected);
    assert!(people.columns[0].auto && !people.columns[9].auto);
    let next = DefaultValue::Sql("nextval('people_n_seq'::regclass)".into());
    assert_eq!(people.columns[9].default, Some(next));
    assert_eq!(people.columns[4].default, Some(DefaultValue::Sql("now()".into())));
    assert_eq!(people.columns[6].default, Some(DefaultValue::Text("ok".into())));
    assert_eq!(people.columns[12].generated.as_deref(), Some("lower(code)"));
    // Counted, but no key.
    let seq = &table(&found, "links").columns[2];
    let default = DefaultValue::Sql("nextval('links_seq_seq'::regclass)".into());
    assert_eq!((seq.auto, seq.default.clone()), (false, Some(default)));
}

/// What PostgreSQL says of a column beyond what it holds.
#[test]
fn declared_types_and_collations_are_read() {
    let sql = "CREATE DOMAIN email AS varchar(80); CREATE COLLATION byte (provider = libc, locale = 'C'); \
               CREATE TABLE t (id bigint PRIMARY KEY, price numeric(10,2), code char(3), one char, stamp timestamptz(0), \
               at timestamp(3), clock time(1), doc json, mail email, c text COLLATE \"C\", b varchar(5) COLLATE byte, \
               n numeric, v varchar, w varchar(7), j jsonb); CREATE INDEX mails ON t (mail)";
    with_postgres(|db| {
        db.execute_sql(sql).expect("the table");
        let found = introspect(db).expect("the schema");
        assert_eq!(found.notes, []);
        let said: Vec<String> = found.tables[0]
            .columns
            .iter()
            .map(|column| column_type(column, Dialect::Postgres))
            .collect();
        let expected = [
            "bigint",
            "numeric(10,2)",
            "character(3)",
            "character(1)",
            "timestamp(0) with time zone",
            "timestamp(3) without time zone",
            "time(1) without time zone",
            "json",
            "email",
            "text COLLATE \"C\"",
            "varchar(5) COLLATE \"byte\"",
            "numeric",
            "text",
            "varchar(7)",
            "jsonb",
        ];
        assert_eq!(said, expected);
        assert_eq!(normal_form(db, &found.tables).expect("the normal form"), found.tables);
    });
}

#[test]
fn constraints_and_indexes_are_read() {
    let found = found(foreign::POSTGRES);
    let links = table(&found, "links");
    assert_eq!(links.primary_key, ["b", "a"]);
    let key = &links.foreign_keys[1];
    assert_eq!((key.name.as_str(), key.table.as_str()), ("links_b_fkey", "people"));
    assert_eq!((key.on_delete, key.on_update), (Action::Restrict, Action::Cascade));
    let people = table(&found, "people");
    let checks: Vec<&str> = people.checks.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(checks, [""; 0]);
    let [hashed, index, tags, pattern] = people.indexes.as_slice() else {
        panic!("{:?}", people.indexes)
    };
    assert_eq!(hashed.method.as_deref(), Some("hash"));
    assert_eq!(hashed.parts, [IndexPart::column("code")]);
    assert_eq!(pattern.parts, [IndexPart::column("code").ops("bpchar_pattern_ops")]);
    assert_eq!(tags.parts, [IndexPart::column("tags")]);
    let parts = [IndexPart::expression("lower(code)"), IndexPart::column("price").desc()];
    assert_eq!((index.parts.as_slice(), index.unique), (parts.as_slice(), true));
    assert_eq!(index.condition.as_deref(), Some("mood = 'ok'::mood"));
}

#[test]
fn what_is_lost_is_noted() {
    let notes: Vec<String> =
        found(foreign::POSTGRES).notes.iter().map(ToString::to_string).collect();
    let expected = [
        "bees: its primary key is called renamed_pkey, but mizzle expects bees_pkey",
        "log: it is partitioned, which mizzle doesn't write when it creates the table",
        "other.*: 1 table is left out, as only the first schema of the search path is read: \
         for this one, add `?options=-c%20search_path%3Dother` to the URL",
        "people: the constraint later is DEFERRABLE, which structs can't express: a change keeps it, a new database \
         lacks it",
        "people: the constraint located is over a column that is left out, and is left out too",
        "people: the constraint people_loc_excl is over a column that is left out, and is left out too",
        "people: the constraint positive is NOT VALID, which structs can't express; it is left out, and stays as it is",
        "people: the foreign key people_other_id_fkey refers to something that mizzle doesn't see; it is left out",
        "people: the index including includes other columns, which mizzle can't write; it is left out",
        "people: the index nulls has a collation, an order of NULLs or an operator class that mizzle \
         can't write; it is left out",
        "people.far: mizzle doesn't know the type other.far; it is left out",
        "people.loc: mizzle doesn't know the type point; it is left out, and as it is NOT NULL without a \
         default, mizzle can't insert rows",
        "people.lp: it is computed from a column that is left out, and is left out too",
        "people.n: it is GENERATED ALWAYS, so mizzle can't write its values",
    ];
    assert_eq!(notes, expected);
}

/// A `varchar` is text to mizzle, and its checks are those of a text.
#[test]
fn other_types_of_text_are_text() {
    let sql = "CREATE TABLE t (id int PRIMARY KEY, a varchar NOT NULL, b char(3), c varchar(9), \
               role varchar CHECK (role IN ('x', 'y')), CHECK (length(a) > 0 AND b <> 'x'), \
               CONSTRAINT c_is CHECK (c IN ('p', 'q')), low text GENERATED ALWAYS AS (lower(a)) STORED); \
               CREATE INDEX i ON t (upper(b)) WHERE a <> 'x'";
    with_postgres(|db| {
        db.execute_sql(sql).expect("the table");
        let found = introspect(db).expect("the schema");
        assert_eq!(found.notes, []);
        assert_eq!(normal_form(db, &found.tables).expect("the normal form"), found.tables);
        let table = &found.tables[0];
        assert!(matches!(table.columns[4].ty, ColumnType::Enum { .. }));
        let checks: Vec<&str> = table.checks.iter().map(|check| check.condition.as_str()).collect();
        let expected =
            ["c = ANY (ARRAY['p'::text, 'q'::text])", "(length(a) > 0) AND (b <> 'x'::text)"];
        assert_eq!(checks, expected);
    });
}

/// What the session prefers must not show in a default.
#[test]
fn settings_of_the_session_change_nothing() {
    let fresh = FreshPostgres::new();
    let sql = "CREATE TABLE t (id int PRIMARY KEY, a timestamptz DEFAULT '2024-01-31 16:30:00+00', \
               b date DEFAULT '2024-01-31', c bytea DEFAULT '\\x6869', d text DEFAULT 'a\\b')";
    let db = Db::connect(&fresh.url).expect("the database");
    db.execute_sql(sql).expect("the table");
    let plain = introspect(&db).expect("the schema");
    let join = if fresh.url.contains('?') { '&' } else { '?' };
    let options =
        "-c%20TimeZone%3DAsia%2FTokyo%20-c%20DateStyle%3DSQL%2CDMY%20-c%20bytea_output%3Descape";
    let url = format!("{}{join}options={options}", fresh.url);
    let other = Db::connect(&url).expect("the database with other settings");
    assert_eq!(introspect(&other).expect("the schema"), plain);
    let normal = normal_form(&other, &plain.tables).expect("the normal form");
    assert_eq!(normal, plain.tables);
}

/// Neither are temporary tables of the same names in the way, nor do they go.
#[test]
fn temporary_tables_stay() {
    let fresh = FreshPostgres::new();
    let db = Db::builder(&fresh.url).pool_size(1).connect().expect("the database");
    db.execute_sql(
        "CREATE TEMP TABLE t (a serial, b point); INSERT INTO t (b) VALUES ('(1,2)'); \
         CREATE TEMP VIEW v AS SELECT * FROM t; CREATE TYPE pg_temp.mood AS ENUM ('x')",
    )
    .expect("temporary tables");
    let native = ColumnType::Enum { labels: vec!["a".into()], native: Some("mood".into()) };
    let tables = [TableDef::new("t")
        .column(ColumnDef::new("id", ColumnType::BigInt).auto())
        .column(ColumnDef::new("mood", native))
        .primary_key(&["id"])];
    assert_eq!(normal_form(&db, &tables).expect("the normal form"), tables);
    db.execute_sql("INSERT INTO t (b) SELECT b FROM v; SELECT 'x'::pg_temp.mood")
        .expect("all is there");
}

/// The normal form needs nothing but temporary tables, and leaves none.
#[test]
fn the_normal_form_needs_no_right_to_create_tables() {
    let fresh = FreshPostgres::new();
    let owner = Db::connect(&fresh.url).expect("the database");
    let role = format!("reader_{}", uuid::Uuid::new_v4().simple());
    owner
        .execute_sql(&format!("REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE ROLE {role}"))
        .expect("a role");
    let join = if fresh.url.contains('?') { '&' } else { '?' };
    let url = format!("{}{join}options=-c%20role%3D{role}", fresh.url);
    let tables = [TableDef::new("t")
        .column(ColumnDef::new("id", ColumnType::BigInt).auto())
        .primary_key(&["id"])];
    let reader = Db::connect(&url).expect("the database as another role");
    reader.execute_sql("CREATE TABLE t (id int)").expect_err("the role may create nothing");
    let normal = normal_form(&reader, &tables);
    drop(reader);
    owner.execute_sql(&format!("DROP ROLE {role}")).expect("no role");
    assert_eq!(normal.expect("the normal form"), tables);
    assert_eq!(introspect(&owner).expect("the schema").tables, []);
}

//! Databases of SQLite's that mizzle didn't make.

use orm_core::schema::{Action, CheckDef, ColumnType, DefaultValue, IndexKey, IndexPart, TableDef};
use orm_core::{Db, Executor};
use orm_kit::introspect::{Introspected, introspect, normal_form};

use crate::foreign;
use test_support::with_sqlite;

fn found(sql: &str) -> Introspected {
    with_sqlite(|db: &Db| {
        db.execute_sql(sql).expect("the tables");
        let found = introspect(db).expect("the schema");
        let again = normal_form(db, &found.tables).expect("the normal form");
        assert_eq!(found.tables, again);
        found
    })
}

fn table<'a>(found: &'a Introspected, name: &str) -> &'a TableDef {
    found.tables.iter().find(|table| table.name == name).expect("the table")
}

#[test]
fn only_the_applications_tables_are_read() {
    let found = found(foreign::SQLITE);
    let names: Vec<&str> = found.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["Order Lines", "kinds", "nokey", "strict_one"]);
}

#[test]
fn columns_have_the_types_that_others_mean() {
    let found = found(foreign::SQLITE);
    let lines = table(&found, "Order Lines");
    let labels = |labels: &[&str]| ColumnType::Enum {
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        native: None,
    };
    let types: Vec<(&str, &ColumnType, bool)> = lines
        .columns
        .iter()
        .map(|column| (column.name.as_str(), &column.ty, column.nullable))
        .collect();
    let state = labels(&["open", "closed"]);
    let expected = [
        ("id", &ColumnType::BigInt, false),
        ("price", &ColumnType::Decimal, true),
        ("at", &ColumnType::Timestamp, true),
        ("day", &ColumnType::Date, true),
        ("kind", &ColumnType::Text, false),
        ("state", &state, true),
        ("size", &ColumnType::Varchar(10), true),
        ("free", &ColumnType::Text, true),
        ("total", &ColumnType::Double, true),
        ("anything", &ColumnType::Bytes, true),
        ("money", &ColumnType::Text, true),
        ("lost", &ColumnType::Integer, true),
        ("vague", &ColumnType::Integer, true),
    ];
    assert_eq!(types, expected);
    assert!(lines.columns[0].auto);
    let defaults: Vec<&DefaultValue> =
        lines.columns.iter().filter_map(|column| column.default.as_ref()).collect();
    let expected = [
        &DefaultValue::Sql("1.5".into()),
        &DefaultValue::Sql("CURRENT_TIMESTAMP".into()),
        &DefaultValue::Text("2024-01-31".into()),
        &DefaultValue::Text("x".into()),
    ];
    assert_eq!(defaults, expected);
    assert_eq!(lines.columns[8].generated.as_deref(), Some("price * 2"));
    // No alias of the rowid.
    let strict = table(&found, "strict_one");
    assert_eq!((strict.primary_key.clone(), strict.columns[0].auto), (vec!["id".into()], false));
    assert_eq!(table(&found, "nokey").primary_key, [""; 0]);
}

#[test]
fn constraints_have_names_whether_they_were_given_or_not() {
    let found = found(foreign::SQLITE);
    let lines = table(&found, "Order Lines");
    let check =
        |name: &str, condition: &str| CheckDef { name: name.into(), condition: condition.into() };
    let expected = [
        check("Order Lines_check", "price < 100"),
        check("Order Lines_price_check", "price > 0"),
        check("named", "free <> ')'"),
    ];
    assert_eq!(lines.checks, expected);
    assert_eq!(lines.uniques[0].name, "a b");
    assert_eq!(lines.uniques[0].columns, ["kind", "state"]);
    let key = &lines.foreign_keys[0];
    assert_eq!((key.name.as_str(), key.table.as_str()), ("Order Lines_kind_fkey", "kinds"));
    assert_eq!((&key.references, key.on_delete), (&vec!["key".to_owned()], Action::Cascade));
    assert_eq!(lines.foreign_keys.len(), 1);
}

#[test]
fn indexes_keep_their_expressions() {
    let found = found(foreign::SQLITE);
    let indexes = &table(&found, "Order Lines").indexes;
    assert_eq!(indexes[0].name, "i");
    let expected = [
        IndexPart::expression("kind COLLATE NOCASE").desc(),
        IndexPart::expression("lower(state)"),
        IndexPart::column("price"),
    ];
    assert_eq!(indexes[0].parts, expected);
    assert_eq!(indexes[0].condition.as_deref(), Some("price > 0"));
    assert!(indexes[1].unique);
    assert_eq!(indexes[1].parts[0].key, IndexKey::Column("kind".into()));
}

#[test]
fn what_is_lost_is_noted() {
    let notes: Vec<String> = found(foreign::SQLITE).notes.iter().map(ToString::to_string).collect();
    let unsaid = "which structs can't express: changes keep it, but a table created from the structs lacks it";
    let expected = [
        &*format!("Order Lines: the foreign key Order Lines_kind_fkey is DEFERRABLE, {unsaid}"),
        "Order Lines: the foreign key Order Lines_vague_fkey is left out: table \"Order Lines\": column \
         \"vague\" is a 32-bit integer and refers to \"price\" of \"Order Lines\", which is a decimal; \
         give both fields the same type",
        "Order Lines: the foreign key of lost refers to nowhere, which mizzle doesn't see as a table; it is left out",
        "Order Lines.anything: it has no type; it is read as bytes",
        "Order Lines.money: mizzle doesn't know the type MONEY; it is read as text",
        &*format!("Order Lines.total: it is computed when it is read, {unsaid}"),
        &*format!("kinds: it is WITHOUT ROWID, {unsaid}"),
        &*format!("strict_one: it has PRIMARY KEY (id COLLATE NOCASE) ON CONFLICT FAIL, {unsaid}"),
        &*format!("strict_one: it has id2 NOT NULL ON CONFLICT REPLACE, {unsaid}"),
        &*format!("strict_one: it is STRICT, {unsaid}"),
    ];
    assert_eq!(notes, expected);
}

#[test]
fn names_that_two_tables_give_get_numbers() {
    let found = found(
        "CREATE TABLE a (b_c INT, CONSTRAINT u UNIQUE (b_c)); \
         CREATE TABLE b (c INT, d INT, CONSTRAINT u UNIQUE (c), CONSTRAINT u UNIQUE (d))",
    );
    let names: Vec<&str> = found
        .tables
        .iter()
        .flat_map(|table| table.uniques.iter().map(|unique| unique.name.as_str()))
        .collect();
    assert_eq!(names, ["u", "b_d_key", "u1"]);
}

/// `ALTER TABLE` changes the statement that SQLite keeps.
#[test]
fn altered_tables_are_read() {
    let found = found(
        "CREATE TABLE old (id INTEGER PRIMARY KEY, a TEXT); \
         CREATE TABLE other (old_id INT REFERENCES old(id)); \
         ALTER TABLE old ADD COLUMN \"b c\" TEXT DEFAULT 'x' CHECK (\"b c\" <> ''); \
         ALTER TABLE old RENAME COLUMN a TO \"A \"\"b\"\"\"; \
         ALTER TABLE old RENAME TO \"new one\";",
    );
    let new = table(&found, "new one");
    let names: Vec<&str> = new.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["id", "A \"b\"", "b c"]);
    assert_eq!(new.checks[0].condition, "\"b c\" <> ''");
    assert_eq!(table(&found, "other").foreign_keys[0].table, "new one");
}

/// Another program has made a virtual table, with a module that this one lacks.
#[test]
fn a_table_of_an_unknown_module_hinders_nothing() {
    let found = found(
        "CREATE TABLE places (id INTEGER PRIMARY KEY, name TEXT); PRAGMA writable_schema = ON; \
         INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) \
           VALUES ('table', 'shapes', 'shapes', 0, 'CREATE VIRTUAL TABLE shapes USING no_such_module(a, b)'); \
         PRAGMA writable_schema = RESET;",
    );
    assert_eq!(found.tables.iter().map(|table| &table.name).collect::<Vec<_>>(), ["places"]);
    assert_eq!(table(&found, "places").columns.len(), 2);
}

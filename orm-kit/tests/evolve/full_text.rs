//! Full text indexes, which follow all changes of their tables, with the rows that are there.

use orm_core::schema::ColumnType::{BigInt, Integer, Text, Varchar};
use orm_core::schema::{ColumnDef, ColumnType, TableDef};
use orm_kit::diff::Hints;
use orm_kit::introspect::introspect;

use crate::harness::{Base, column, none, table};
use crate::on_each_base;

fn plain(ty: ColumnType) -> TableDef {
    TableDef::new("items")
        .column(ColumnDef::new("id", BigInt).auto())
        .primary_key(&["id"])
        .column(ColumnDef::new("title", Text))
        .column(ColumnDef::new("body", ty).nullable())
        .column(ColumnDef::new("size", Integer))
}

fn indexed() -> TableDef {
    plain(Text).full_text(&["title", "body"], "simple")
}

fn fill(base: &Base, tables: &[TableDef]) {
    base.create(tables);
    base.sql("INSERT INTO items (title, body, size) VALUES ('Red apples', 'sweet', 1), ('Plums', NULL, 2)");
}

/// Asserts which rows a word finds.
#[track_caller]
fn finds(base: &Base, table: &str, word: &str, ids: &[&str]) {
    let sqlite = format!("id IN (SELECT rowid FROM {table}_fts WHERE {table}_fts MATCH '{word}')");
    let postgres = format!("{table}_fts @@ to_tsquery('simple', '{word}')");
    let condition = base.either(&sqlite, &postgres);
    base.holds(&format!("SELECT id FROM {table} WHERE {condition} ORDER BY id"), ids);
}

/// Asserts that all writes reach the index.
#[track_caller]
fn is_kept(base: &Base, table: &str, column: &str) {
    base.sql(&format!("INSERT INTO {table} ({column}, size) SELECT 'figs', 9"));
    let id = base.texts(&format!("SELECT max(id) FROM {table}")).remove(0).expect("an id");
    finds(base, table, "figs", &[&id]);
    base.sql(&format!("UPDATE {table} SET {column} = 'limes' WHERE id = {id}"));
    finds(base, table, "figs", &[]);
    finds(base, table, "limes", &[&id]);
    base.sql(&format!("DELETE FROM {table} WHERE id = {id}"));
    finds(base, table, "limes", &[]);
}

on_each_base! {
    fn one_is_added_changed_and_removed(base: &Base) {
        let from = [plain(Text)];
        fill(base, &from);
        let to = [indexed()];
        let change = base.evolve(&from, &to, &none());
        assert_eq!(change.summary(), ["+ full text of items (title, body)"]);
        finds(base, "items", "apples", &["1"]);
        finds(base, "items", "sweet", &["1"]);
        is_kept(base, "items", "title");
        let other = [plain(Text).full_text(&["title"], "english")];
        let changed = base.evolve(&to, &other, &none());
        assert_eq!(changed.summary(), ["~ full text of items (title), english"]);
        finds(base, "items", "sweet", &[]);
        finds(base, "items", base.either("plums", "plum"), &["2"]);
        base.apply(&changed.inverse());
        finds(base, "items", "sweet", &["1"]);
        base.apply(&change.inverse());
        let nothing = base.either(
            "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'items_fts%'",
            "SELECT count(*) FROM pg_class WHERE relname LIKE 'items_fts%'",
        );
        base.holds(nothing, &["0"]);
    }

    fn it_comes_and_goes_with_its_table(base: &Base) {
        let other = TableDef::new("others").column(ColumnDef::new("id", BigInt)).primary_key(&["id"]);
        let from = [other.clone()];
        base.create(&from);
        let to = [other, indexed()];
        let change = base.evolve(&from, &to, &none());
        is_kept(base, "items", "title");
        base.apply(&change.inverse());
        let nothing = base.either(
            "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'items%'",
            "SELECT count(*) FROM pg_class WHERE relname LIKE 'items%'",
        );
        base.holds(nothing, &["0"]);
        base.apply(&change);
    }

    fn renames_take_it_along(base: &Base) {
        let from = [indexed()];
        fill(base, &from);
        let mut to = [indexed().full_text(&["name", "body"], "simple")];
        to[0].columns[1].name = "name".into();
        base.evolve(&from, &to, &column("items", "title", "name"));
        finds(base, "items", "apples", &["1"]);
        is_kept(base, "items", "name");

        let mut things = to.clone();
        things[0].name = "things".into();
        base.evolve(&to, &things, &table("items", "things"));
        finds(base, "things", "apples", &["1"]);
        is_kept(base, "things", "name");

        // The table, its key and its columns at once, and back.
        let mut all = things.clone();
        all[0].name = "items".into();
        all[0].columns[1].name = "title".into();
        all[0].full_text = indexed().full_text;
        let hints = Hints {
            tables: vec![("things".into(), "items".into())],
            columns: vec![("items".into(), "name".into(), "title".into())],
            ..Hints::default()
        };
        base.there_and_back(&things, &all, &hints);
        finds(base, "things", "sweet", &["1"]);
        is_kept(base, "things", "name");
    }

    fn it_stays_while_its_table_changes(base: &Base) {
        let from = [indexed()];
        fill(base, &from);
        // Another column's type, and one more column: SQLite rebuilds the table.
        let mut to = [indexed().column(ColumnDef::new("more", Text).nullable())];
        to[0].columns[3].ty = Text;
        let change = base.evolve(&from, &to, &none());
        finds(base, "items", "apples", &["1"]);
        is_kept(base, "items", "title");
        base.apply(&change.inverse());
        finds(base, "items", "plums", &["2"]);
        is_kept(base, "items", "title");
    }

    fn the_types_of_its_columns_change(base: &Base) {
        let from = [indexed()];
        fill(base, &from);
        let to = [plain(Varchar(40)).full_text(&["title", "body"], "simple")];
        base.there_and_back(&from, &to, &none());
        is_kept(base, "items", "title");
        // From a number and back.
        let number = [plain(Integer).full_text(&["title"], "simple")];
        base.sql("UPDATE items SET body = NULL");
        let change = base.evolve(&from, &number, &none());
        base.sql("UPDATE items SET body = 42");
        base.apply(&change.inverse());
        finds(base, "items", "42", &["1", "2"]);
        is_kept(base, "items", "title");
    }

    fn the_type_of_the_key_changes(base: &Base) {
        let from = [indexed()];
        fill(base, &from);
        let mut to = [indexed()];
        to[0].columns[0] = ColumnDef::new("id", Integer);
        base.there_and_back(&from, &to, &none());
        finds(base, "items", "apples", &["1"]);
        is_kept(base, "items", "title");
    }

    fn a_column_of_it_goes_and_another_takes_its_name(base: &Base) {
        let from = [indexed()];
        fill(base, &from);
        let mut to = [plain(Text).full_text(&["title"], "simple")];
        to[0].columns.remove(2);
        let hints = Hints { drops: vec!["items.body".into()], ..Hints::default() };
        base.evolve(&from, &to, &hints);
        finds(base, "items", "apples", &["1"]);
        is_kept(base, "items", "title");
        // `title` is dropped, and what was `other` is the title.
        let mut other = [plain(Text).full_text(&["title"], "simple")];
        other[0].columns[2].name = "other".into();
        base.evolve(&to, &other, &none());
        base.sql("UPDATE items SET other = 'pears'");
        let mut swapped = [plain(Text).full_text(&["title"], "simple")];
        swapped[0].columns.remove(1);
        swapped[0].columns[1].name = "title".into();
        let hints = Hints { drops: vec!["items.title".into()], ..column("items", "other", "title") };
        base.evolve(&other, &swapped, &hints);
        finds(base, "items", "pears", &["1", "2"]);
        finds(base, "items", "apples", &[]);
        is_kept(base, "items", "title");
    }

    /// PostgreSQL cuts names of more than 63 bytes, each part's at another place.
    fn a_table_may_have_a_long_name(base: &Base) {
        for length in 52..=63 {
            let (mut from, mut to) = ([plain(Text)], [indexed()]);
            let name = "x".repeat(length);
            from[0].name.clone_from(&name);
            to[0].name.clone_from(&name);
            base.create(&from);
            base.sql(&format!("INSERT INTO {name} (title, size) VALUES ('Red apples', 1)"));
            let change = base.evolve(&from, &to, &none());
            let mut short = [indexed()];
            short[0].name = "items".into();
            let renamed = base.evolve(&to, &short, &table(&name, "items"));
            finds(base, "items", "apples", &["1"]);
            base.apply(&renamed.inverse());
            base.apply(&change.inverse());
            base.sql(&format!("DROP TABLE {name}"));
        }
    }

    fn those_of_others_are_left_alone(base: &Base) {
        let from = [plain(Text)];
        fill(base, &from);
        base.sql(base.either(
            "CREATE VIRTUAL TABLE items_search USING fts5(title, content = 'items', content_rowid = 'id')",
            "ALTER TABLE items ADD COLUMN search tsvector GENERATED ALWAYS AS (to_tsvector('simple', title)) STORED",
        ));
        let found = introspect(&base.db).expect("the schema");
        assert_eq!(found.tables.len(), 1, "{found:?}");
        assert_eq!(found.tables[0].full_text, None);
        base.there_and_back(&from, &[indexed()], &none());
        base.texts(base.either("SELECT rowid FROM items_search", "SELECT search FROM items"));
    }
}

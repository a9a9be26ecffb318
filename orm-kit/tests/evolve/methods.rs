//! The methods and operator classes of indexes, which are PostgreSQL's.

use orm_core::schema::{ColumnDef, ColumnType, IndexPart, TableDef, create_schema};

use crate::harness::{Base, none};
use crate::on_each_base;

fn plain() -> TableDef {
    TableDef::new("notes")
        .column(ColumnDef::new("id", ColumnType::BigInt))
        .column(ColumnDef::new("tags", ColumnType::Text.array()))
        .column(ColumnDef::new("body", ColumnType::Text))
        .column(ColumnDef::new("made", ColumnType::Timestamptz))
        .primary_key(&["id"])
}

fn with(part: IndexPart, method: &str) -> [TableDef; 1] {
    [plain().index(Some("one"), vec![part], false, None).using(method)]
}

/// Returns the method, the parts and the condition of the index, as the database says them; nothing if it has no index.
fn said(base: &Base) -> Vec<String> {
    let query = base.either(
        "SELECT substr(sql, instr(sql, ' ON ') + 4) FROM sqlite_master WHERE name = 'one'",
        "SELECT substr(d, strpos(d, 'USING ') + 6) FROM (SELECT pg_get_indexdef(indexrelid) AS d FROM pg_index \
           WHERE indexrelid = to_regclass('one')) AS x",
    );
    base.texts(query).into_iter().flatten().collect()
}

/// Asserts what the database says of the index: on SQLite, and on PostgreSQL.
#[track_caller]
fn is(base: &Base, sqlite: Option<&str>, postgres: &str) {
    let expected = match base.dialect() {
        orm_core::Dialect::Sqlite | orm_core::Dialect::D1 => sqlite,
        orm_core::Dialect::Postgres => Some(postgres),
    };
    assert_eq!(said(base), expected.map(str::to_owned).into_iter().collect::<Vec<_>>());
}

on_each_base! {
    fn each_comes_changes_and_goes(base: &Base) {
        let of_tags = || IndexPart::column("tags");
        let of_body = || IndexPart::column("body");
        let sqlite = |column: &str| format!("\"notes\" (\"{column}\")");
        let (body, made) = (sqlite("body"), sqlite("made"));
        let gin = with(of_tags(), "gin");
        base.create(&gin);
        is(base, None, "gin (tags)");
        base.sql(base.either(
            "INSERT INTO notes VALUES (1, '[\"a\"]', 'b', '2026-01-01 00:00:00.000000+00:00')",
            "INSERT INTO notes VALUES (1, '{a}', 'b', '2026-01-01 00:00:00+00')",
        ));
        let pairs = [
            (with(of_body(), "hash"), Some(body.as_str()), "hash (body)"),
            (with(IndexPart::column("made"), "brin"), Some(made.as_str()), "brin (made)"),
            (with(of_body(), "spgist"), None, "spgist (body)"),
            (with(of_body(), "btree"), Some(body.as_str()), "btree (body)"),
            (with(of_body().ops("text_pattern_ops"), "btree"), Some(body.as_str()), "btree (body text_pattern_ops)"),
            (with(of_body().ops("text_bloom_ops"), "brin"), Some(body.as_str()), "brin (body text_bloom_ops)"),
            ([plain()], None, ""),
        ];
        let mut before = gin;
        for (after, on_sqlite, on_postgres) in pairs {
            base.there_and_back(&before, &after, &none());
            base.evolve(&before, &after, &none());
            let on_postgres = Some(on_postgres).filter(|said| !said.is_empty());
            if let Some(on_postgres) = on_postgres {
                is(base, on_sqlite, on_postgres);
            }
            before = after;
        }
        assert_eq!(said(base), [""; 0]);
    }

    /// SQLite has no index to rename, to drop or to create again.
    fn what_sqlite_lacks_follows_its_table(base: &Base) {
        let before = with(IndexPart::column("tags"), "gin");
        base.create(&before);
        let mut renamed = before.clone();
        renamed[0].indexes[0].name = "other".into();
        base.there_and_back(&before, &renamed, &none());
        // SQLite rebuilds the table.
        let mut changed = before.clone();
        changed[0].columns[2].nullable = true;
        changed[0].columns[1].name = "words".into();
        changed[0].indexes[0].parts[0] = IndexPart::column("words");
        base.there_and_back(&before, &changed, &crate::harness::column("notes", "tags", "words"));
        is(base, None, "gin (tags)");
    }

    fn those_of_extensions_have_names(base: &Base) {
        if base.dialect() == orm_core::Dialect::Postgres {
            base.sql("CREATE EXTENSION bloom");
            base.sql("CREATE EXTENSION pg_trgm");
        }
        let body = || IndexPart::column("body");
        let trigrams = with(body().ops("gin_trgm_ops"), "gin");
        base.create(&trigrams);
        is(base, None, "gin (body gin_trgm_ops)");
        let bloom = with(body(), "bloom");
        base.there_and_back(&trigrams, &bloom, &none());
        base.evolve(&trigrams, &bloom, &none());
        is(base, None, "bloom (body)");
        let expression = IndexPart::expression("lower(body)").ops("gist_trgm_ops");
        base.evolve(&bloom, &with(expression, "gist"), &none());
        is(base, None, "gist (lower(body) gist_trgm_ops)");
    }
}

#[test]
fn what_no_database_has_is_refused() {
    let problem = |table: TableDef| {
        let all = [orm_core::Dialect::Sqlite, orm_core::Dialect::Postgres];
        let said = all.map(|dialect| create_schema(std::slice::from_ref(&table), dialect));
        let said = said.map(|said| said.expect_err("no database has it").to_string());
        assert_eq!(said[0], said[1]);
        said[0].clone()
    };
    let index = |parts, unique| plain().index(Some("one"), parts, unique, None);
    let body = || IndexPart::column("body");
    for (table, says) in [
        (index(vec![body()], true).using("gin"), "only a btree index can be unique"),
        (index(vec![body().desc()], false).using("brin"), "leave out `desc()`"),
        (index(vec![body(), IndexPart::column("made")], false).using("hash"), "takes one column"),
        (index(vec![body()], false).using(""), "the name \"\" is empty"),
        (index(vec![body().ops("a\0")], false), "contains NUL"),
    ] {
        let found = problem(table);
        assert!(found.contains(says), "{found}");
    }
}

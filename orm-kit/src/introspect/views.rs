//! The views of a database, for comparison with those of the structs.

use diesel::dsl::sql;
use diesel::sql_types::{Bool, Text};
use orm_core::schema::{IndexDef, TableDef};
use orm_core::{Db, Dialect, Executor, Isolation, Result, Tx};
use orm_lexer::tokens;

use super::normal::on_scratch;
#[cfg(feature = "postgres")]
use super::postgres;

/// The names of a materialized view's indexes, in one text.
const BETWEEN: char = '\u{1}';

/// Returns all views of the database, sorted by name, with their SQL as the database writes it. Of their indexes only the
/// names are known, and of their columns nothing.
pub(crate) fn views(db: &Db) -> Result<Vec<TableDef>> {
    let transaction = db.transaction_builder().read_only().isolation(Isolation::RepeatableRead);
    transaction.run(|tx| read(tx, db.dialect(), false))
}

/// Returns the views among `tables` as [`views`] would find them.
pub(crate) fn normal_views(db: &Db, tables: &[TableDef]) -> Result<Vec<TableDef>> {
    let mut found = on_scratch(db, tables, |tx| read(tx, db.dialect(), true))?;
    for view in &mut found {
        let Some(wanted) = tables.iter().find(|table| table.name == view.name) else { continue };
        if wanted.view.as_ref().is_some_and(|view| view.materialized) {
            *view = view.clone().materialized();
            view.indexes = wanted.indexes.iter().map(|index| named(&index.name)).collect();
            view.indexes.sort_by(|one, other| one.name.cmp(&other.name));
        }
    }
    Ok(found)
}

fn named(index: &str) -> IndexDef {
    IndexDef { name: index.into(), parts: Vec::new(), unique: false, condition: None }
}

fn read(tx: &Tx<'_>, dialect: Dialect, is_scratch: bool) -> Result<Vec<TableDef>> {
    let query = match dialect {
        Dialect::Sqlite => {
            "SELECT name, sql, 0, '' FROM main.sqlite_schema WHERE type = 'view' ORDER BY name"
                .to_owned()
        }
        Dialect::Postgres => format!(
            "SELECT c.relname::text, pg_catalog.pg_get_viewdef(c.oid), c.relkind = 'm', \
               coalesce((SELECT string_agg(n.relname::text, '{BETWEEN}' ORDER BY n.relname) \
                 FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS n ON n.oid = i.indexrelid \
                 WHERE i.indrelid = c.oid), '') \
             FROM pg_catalog.pg_class AS c \
             WHERE c.relnamespace = {} AND c.relkind IN ('v', 'm') \
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d \
                 WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') \
             ORDER BY c.relname",
            match is_scratch {
                true => "pg_my_temp_schema()",
                false =>
                    "(SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = current_schema())",
            }
        ),
    };
    #[cfg(feature = "postgres")]
    if dialect == Dialect::Postgres {
        postgres::settle(tx)?;
    }
    let rows: Vec<(String, String, bool, String)> =
        tx.load(sql::<(Text, Text, Bool, Text)>(&query))?;
    let view = |(name, text, is_materialized, indexes): (String, String, bool, String)| {
        let view = TableDef::new(&name).view(dialect, &select(&text, dialect));
        if !is_materialized {
            return view;
        }
        let mut view = view.materialized();
        let indexes = indexes.split(BETWEEN).filter(|name| !name.is_empty());
        view.indexes = indexes.map(named).collect();
        view.indexes.sort_by(|one, other| one.name.cmp(&other.name));
        view
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Returns the SELECT of a view, with single spaces and without comments. SQLite keeps the statement as it was written, with
/// the names of the columns if they were given.
fn select(text: &str, dialect: Dialect) -> String {
    let mut tokens: Vec<&str> = tokens(text, dialect).into_iter().map(|token| token.text).collect();
    if tokens.last() == Some(&";") {
        tokens.pop();
    }
    if dialect == Dialect::Sqlite {
        let mut depth = 0_usize;
        let start = tokens.iter().position(|token| {
            match *token {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && token.eq_ignore_ascii_case("as")
        });
        let has_names = start.is_some_and(|start| tokens[..start].contains(&"("));
        if let Some(start) = start.filter(|_| !has_names) {
            tokens.drain(..=start);
        }
    }
    tokens.join(" ")
}

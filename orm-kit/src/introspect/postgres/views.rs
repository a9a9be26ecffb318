//! Views and materialized views.

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Bool, Text};
use orm_core::schema::{ColumnDef, SchemaError, TableDef, create_view, view};
use orm_core::sql::describe;
use orm_core::{Dialect, Executor, Result, Tx};

use super::{Namespace, Table, Tables, read};
use crate::introspect::fields::{doubts, field};
use crate::introspect::select::{self, Item};
use crate::introspect::{Introspected, Note, other_types};

/// The start of the names of the tables that have the indexes of temporary views.
const STORED: &str = "__mizzle_stored_";

/// Adds the views to the tables that are to be read. Temporary ones come with the tables that have their indexes.
pub(super) fn add(tx: &impl Executor, tables: &mut Tables) -> Result<()> {
    let query = format!(
        "SELECT c.oid::bigint, c.relname::text, c.relkind = 'm', \
           CASE c.relkind WHEN 'r' THEN '' ELSE pg_catalog.pg_get_viewdef(c.oid) END \
         FROM pg_catalog.pg_class AS c \
         WHERE c.relnamespace = {} AND (c.relkind IN ('v', 'm') AND c.relname NOT LIKE '\\_\\_mizzle\\_%' \
             OR c.relnamespace = pg_my_temp_schema() AND c.relname LIKE '\\_\\_mizzle\\_stored\\_%' AND c.relkind = 'r') \
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d \
             WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')",
        tables.namespace.oid()
    );
    let rows: Vec<(i64, String, bool, String)> =
        tx.load(sql::<(BigInt, Text, Bool, Text)>(&query))?;
    let of_rows = of_rows(tx, tables)?;
    for (oid, name, is_materialized, text) in rows {
        if let Some((_, function)) = of_rows.iter().find(|(view, _)| *view == oid) {
            let what = format!(
                "it is left out, because it calls {function}, which takes rows of a table: mizzle can't compare it"
            );
            tables.notes.push(Note::table(&name, what));
            continue;
        }
        let select = select::one_line(&text, Dialect::Postgres);
        let mut def = TableDef::new(&name).view(Dialect::Postgres, &select);
        if is_materialized {
            def = def.materialized();
        }
        tables.tables.insert(oid, Table::new(def));
    }
    Ok(())
}

/// Returns the views that call functions of rows, and such a function. They take rows of the database's own tables, and none of
/// the temporary tables that the views of structs are compared on.
fn of_rows(tx: &impl Executor, tables: &Tables) -> Result<Vec<(i64, String)>> {
    tx.load(sql::<(BigInt, Text)>(&format!(
        "SELECT r.ev_class::bigint, min(p.proname::text) FROM pg_catalog.pg_rewrite AS r \
         JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class AND c.relnamespace = {} \
         JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid \
           AND d.refclassid = 'pg_catalog.pg_proc'::regclass \
         JOIN pg_catalog.pg_proc AS p ON p.oid = d.refobjid \
         JOIN pg_catalog.pg_type AS t ON t.oid = ANY (p.proargtypes) \
         JOIN pg_catalog.pg_class AS o ON o.oid = t.typrelid AND o.relkind <> 'c' \
         GROUP BY 1",
        tables.namespace.oid()
    )))
}

/// Returns the statements that give temporary tables the indexes of materialized views, which can't be temporary.
pub(in crate::introspect) fn stored(tables: &[TableDef]) -> Result<Vec<String>, SchemaError> {
    let mut statements = Vec::new();
    let dialect = Dialect::Postgres;
    for (place, view) in tables.iter().enumerate().filter(|(_, view)| view.view.is_some()) {
        if view.indexes.is_empty() {
            continue;
        }
        let name = format!("{STORED}{place}");
        statements.push(format!(
            "CREATE TABLE {} AS TABLE {} WITH NO DATA",
            dialect.quote_ident(&name),
            dialect.quote_ident(&view.name)
        ));
        let table = TableDef { name, ..view.clone() };
        statements.extend(create_view(&table, dialect)?.into_iter().skip(1));
    }
    Ok(statements)
}

/// Returns the temporary views of `tables`, with their indexes.
pub(in crate::introspect) fn normal(
    tx: &impl Executor,
    tables: &[TableDef],
) -> Result<Vec<TableDef>> {
    let (stored, mut views): (Vec<TableDef>, Vec<TableDef>) =
        read(tx, Namespace::Temporary, &other_types(tables))?
            .views
            .into_iter()
            .partition(|view| view.name.starts_with(STORED));
    for view in &mut views {
        let Some(place) = tables.iter().position(|table| table.name == view.name) else { continue };
        if tables[place].view.as_ref().is_some_and(|view| view.materialized) {
            *view = view.clone().materialized();
            let own = stored.iter().find(|table| table.name == format!("{STORED}{place}"));
            view.indexes = own.map(|table| table.indexes.clone()).unwrap_or_default();
        }
    }
    Ok(views)
}

/// Finds out which columns of views are never NULL: PostgreSQL says where each one comes from.
pub(in crate::introspect) fn nulls(tx: &Tx<'_>, found: &mut Introspected) -> Result<()> {
    let dialect = Dialect::Postgres;
    // Names may hide cycles that there are not.
    let ordered =
        view::in_order(&found.views, dialect).unwrap_or_else(|_| found.views.iter().collect());
    let order: Vec<String> = ordered.into_iter().map(|view| view.name.clone()).collect();
    for name in order {
        let Some(place) = found.views.iter().position(|view| view.name == name) else { continue };
        let view = &found.views[place];
        let Some(select) = view.select(dialect) else { continue };
        // In a savepoint: the next question must be possible after an error.
        let described = match tx.transaction(|tx| describe(tx, select, &[])) {
            Ok(described) => described.columns,
            Err(error) if error.is_connection_lost() || error.is_busy() => return Err(error),
            Err(error) => {
                found.notes.push(Note::table(&name, format!("PostgreSQL can't read it: {error}")));
                continue;
            }
        };
        let adds_nulls = select::may_add_nulls(select, dialect, &[]);
        let items = select::items(select, dialect, described.len());
        let mut columns = Vec::new();
        let mut unsure = Vec::new();
        for (number, column) in described.iter().enumerate() {
            let Some(known) = view.find_column(&column.name) else { continue };
            let source = column.origin.as_ref().and_then(|(table, name)| {
                let all = found.tables.iter().chain(&found.views);
                all.filter(|known| known.name == *table).find_map(|known| known.find_column(name))
            });
            let mut def = match source {
                Some(source) => field(&column.name, source),
                None => ColumnDef { nullable: true, ..field(&column.name, known) },
            };
            let is_count = items.as_ref().is_some_and(|items| items[number] == Item::Count);
            if is_count {
                def.nullable = false;
            } else if source.is_none() || adds_nulls && !def.nullable {
                def.nullable = true;
                unsure.push(column.name.clone());
            }
            columns.push(def);
        }
        found.notes.extend(doubts(&name, &unsure));
        found.views[place].columns = columns;
    }
    found.notes.sort();
    Ok(())
}

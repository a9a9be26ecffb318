//! Views. SQLite knows the type of a column that comes from a table; for others, their words or their rows decide.

use std::collections::BTreeSet;

use diesel::dsl::sql;
use diesel::sql_types::Text;
use orm_core::backend::DescribedColumn;
use orm_core::schema::{ColumnDef, ColumnType, TableDef, view};
use orm_core::sql::describe;
use orm_core::{Dialect, Executor, Result};

use super::types::declared;
use crate::introspect::fields::{doubts, field, unlimited};
use crate::introspect::select::{self, Item};

use crate::introspect::{Introspected, Note};

/// How many rows of a view are looked at.
const ROWS: usize = 1000;

/// Returns the views with their SELECT, and without their columns.
pub(in crate::introspect) fn texts(tx: &impl Executor) -> Result<Vec<TableDef>> {
    let rows: Vec<(String, String)> = tx.load(sql::<(Text, Text)>(
        "SELECT name, sql FROM main.sqlite_schema WHERE type = 'view' AND name NOT LIKE '\\_\\_mizzle\\_%' ESCAPE '\\' \
         ORDER BY name",
    ))?;
    let view = |(name, sql): (String, String)| {
        TableDef::new(&name).view(Dialect::Sqlite, &select::of_statement(&sql))
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Adds the views.
pub(in crate::introspect) fn read(
    tx: &impl Executor,
    found: &mut Introspected,
    looks_at_rows: bool,
) -> Result<()> {
    let all = texts(tx)?;
    if all.is_empty() {
        return Ok(());
    }
    let aggregates = tx.load(sql::<Text>(
        "SELECT DISTINCT name FROM pragma_function_list WHERE type IN ('a', 'w')",
    ))?;
    // SQLite accepts views that read each other, and fails when they are read.
    let ordered = view::in_order(&all, Dialect::Sqlite).unwrap_or_else(|_| all.iter().collect());
    let mut known =
        Known { tables: &found.tables, views: Vec::new(), adding: Vec::new(), aggregates };
    let mut notes = Vec::new();
    for view in ordered {
        known.view(tx, view.clone(), looks_at_rows, &mut notes)?;
    }
    let mut views = known.views;
    views.sort_by(|one, other| one.name.cmp(&other.name));
    found.views = views;
    found.notes.extend(notes);
    found.notes.sort();
    Ok(())
}

/// The tables and views that are known so far.
struct Known<'t> {
    tables: &'t [TableDef],
    views: Vec<TableDef>,
    /// The views that may add NULLs to what they read.
    adding: Vec<String>,
    aggregates: Vec<String>,
}

impl Known<'_> {
    fn view(
        &mut self,
        tx: &impl Executor,
        mut view: TableDef,
        looks_at_rows: bool,
        notes: &mut Vec<Note>,
    ) -> Result<()> {
        let query = format!("SELECT * FROM main.{}", Dialect::Sqlite.quote_ident(&view.name));
        let described = match describe(tx, &query, &[]) {
            Ok(described) => described.columns,
            Err(error) if error.is_connection_lost() || error.is_busy() => return Err(error),
            Err(error) => {
                notes.push(Note::table(&view.name, format!("SQLite can't read it: {error}")));
                self.views.push(view);
                return Ok(());
            }
        };
        let select = view.select(Dialect::Sqlite).unwrap_or_default();
        let select = select::without_names(select).to_owned();
        let reads = view.reads(Dialect::Sqlite);
        let adds_nulls = select::may_add_nulls(&select, Dialect::Sqlite, &self.aggregates)
            || reads.iter().any(|name| self.adding.contains(name));
        if adds_nulls {
            self.adding.push(view.name.clone());
        }
        let items = select::items(&select, Dialect::Sqlite, described.len());
        let mut unsure = Vec::new();
        for (place, column) in described.into_iter().enumerate() {
            let item = match &items {
                Some(items) => items[place].clone(),
                None => Item::Column(column.name.clone()),
            };
            let source = self.origin(&column).or_else(|| match &item {
                Item::Column(name) => self.named(&reads, name),
                _ => None,
            });
            let is_count = source.is_none() && item == Item::Count;
            let may_be_null =
                !is_count && (adds_nulls || source.is_none_or(|source| source.nullable));
            let mut def = match source {
                Some(source) => {
                    if may_be_null && !source.nullable {
                        unsure.push(column.name.clone());
                    }
                    field(&column.name, source)
                }
                None => {
                    if may_be_null {
                        unsure.push(column.name.clone());
                    }
                    let ty = self.type_of(&item, &reads);
                    let ty = match ty {
                        Some(ty) => ty,
                        None => {
                            let (ty, what) = by_rows(tx, &view.name, &column.name, looks_at_rows)?;
                            notes.push(Note::column(&view.name, &column.name, what));
                            ty
                        }
                    };
                    ColumnDef::new(&column.name, ty)
                }
            };
            def.nullable = may_be_null;
            view.columns.push(def);
        }
        notes.extend(doubts(&view.name, &unsure));
        self.views.push(view);
        Ok(())
    }

    /// Returns the column of a table that a column comes from.
    fn origin(&self, column: &DescribedColumn) -> Option<&ColumnDef> {
        let (table, name) = column.origin.as_ref()?;
        let is_it = |known: &&TableDef| Dialect::Sqlite.is_same_name(&known.name, table);
        self.tables
            .iter()
            .find(is_it)?
            .columns
            .iter()
            .find(|known| known.name.eq_ignore_ascii_case(name))
    }

    /// Returns the column of this name, if just one of the tables and views has it.
    fn named(&self, reads: &[String], name: &str) -> Option<&ColumnDef> {
        let is_read = |known: &&TableDef| {
            reads.iter().any(|read| Dialect::Sqlite.is_same_name(read, &known.name))
        };
        let all =
            self.tables.iter().chain(&self.views).filter(is_read).flat_map(|known| &known.columns);
        let mut named = all.filter(|column| column.name.eq_ignore_ascii_case(name));
        named.next().filter(|_| named.next().is_none())
    }

    /// Returns the type of an expression, if its words say it.
    fn type_of(&self, item: &Item, reads: &[String]) -> Option<ColumnType> {
        match item {
            Item::Count | Item::Integer => Some(ColumnType::BigInt),
            Item::Number => Some(ColumnType::Double),
            Item::Text => Some(ColumnType::Text),
            Item::Cast(ty) => Some(unlimited(&declared(ty, None).ty)),
            Item::Call(name, argument) => {
                let (_, result) =
                    FUNCTIONS.iter().find(|(names, _)| names.contains(&name.as_str()))?;
                let argument = || Some(unlimited(&self.named(reads, argument.as_ref()?)?.ty));
                match result {
                    Returns::Integer => Some(ColumnType::BigInt),
                    Returns::Float => Some(ColumnType::Double),
                    Returns::Text => Some(ColumnType::Text),
                    Returns::Argument => argument(),
                    Returns::Sum => argument()
                        .filter(|ty| ty.is_integer() || *ty == ColumnType::Double)
                        .map(|ty| if ty.is_integer() { ColumnType::BigInt } else { ty }),
                }
            }
            Item::Column(_) | Item::Other => None,
        }
    }
}

/// What a function returns.
enum Returns {
    Integer,
    Float,
    Text,
    /// Something of the type of its first argument.
    Argument,
    Sum,
}

const FUNCTIONS: &[(&[&str], Returns)] = &[
    (
        &[
            "count",
            "length",
            "octet_length",
            "instr",
            "unicode",
            "row_number",
            "rank",
            "dense_rank",
            "ntile",
            "unixepoch",
            "json_array_length",
            "sign",
        ],
        Returns::Integer,
    ),
    (&["avg", "total", "round", "julianday", "percent_rank", "cume_dist"], Returns::Float),
    (
        &[
            "lower",
            "upper",
            "trim",
            "ltrim",
            "rtrim",
            "replace",
            "substr",
            "substring",
            "group_concat",
            "string_agg",
            "printf",
            "format",
            "hex",
            "char",
            "quote",
            "typeof",
            "strftime",
            "date",
            "time",
            "datetime",
            "concat",
            "concat_ws",
            "json",
            "json_array",
            "json_object",
            "json_group_array",
            "json_group_object",
        ],
        Returns::Text,
    ),
    (
        &[
            "max",
            "min",
            "coalesce",
            "ifnull",
            "nullif",
            "abs",
            "first_value",
            "last_value",
            "nth_value",
            "lag",
            "lead",
        ],
        Returns::Argument,
    ),
    (&["sum"], Returns::Sum),
];

/// Returns the type of what the rows contain, and what to say about it.
fn by_rows(
    tx: &impl Executor,
    view: &str,
    column: &str,
    looks_at_rows: bool,
) -> Result<(ColumnType, String)> {
    let mut classes: BTreeSet<String> = BTreeSet::new();
    if looks_at_rows {
        let (view, column) =
            (Dialect::Sqlite.quote_ident(view), Dialect::Sqlite.quote_ident(column));
        let query = format!(
            "SELECT DISTINCT typeof(c) FROM (SELECT {view}.{column} AS c FROM main.{view} LIMIT {ROWS}) WHERE c IS NOT NULL"
        );
        match tx.load::<String, _>(sql::<Text>(&query)) {
            Ok(found) => classes.extend(found),
            Err(error) if error.is_connection_lost() || error.is_busy() => return Err(error),
            // A row may be one that the SQL of the view can't compute.
            Err(_) => {}
        }
    }
    let classes: Vec<&str> = classes.iter().map(String::as_str).collect();
    let ty = match classes.as_slice() {
        ["integer"] => ColumnType::BigInt,
        ["real"] | ["integer", "real"] => ColumnType::Double,
        ["text"] => ColumnType::Text,
        ["blob"] => ColumnType::Bytes,
        _ => {
            let what = "SQLite has no type for it, and its rows don't say one: it is read as text";
            return Ok((ColumnType::Text, what.into()));
        }
    };
    let what =
        format!("SQLite has no type for it: it is read as {}, as its rows are", ty.described());
    Ok((ty, what))
}

//! Compares the columns of a result with the type of its rows.

use orm_core::Dialect;
use orm_core::backend::{AnyType, Described, DescribedColumn, Kind};
use orm_core::schema::{ColumnDef, Family, TableDef, TypeFacts};
use orm_core::sql::RowColumns;

use super::joined::{excludes_null, optional_tables};
use super::report::Severity;

/// What a field of a row takes.
struct Field {
    /// As in messages: `User.email`, or "value 2 of the row".
    name: String,
    facts: &'static TypeFacts,
    /// The name of PostgreSQL's type, or of its elements' type, if it isn't one of mizzle's.
    named: Option<String>,
    nullable: bool,
}

impl Field {
    fn new(name: String, ty: AnyType, nullable: bool) -> Self {
        let named = if let Kind::Native(name) = ty.kind { Some(name.to_owned()) } else { None };
        Self { name, facts: ty.facts(), named, nullable }
    }
}

/// Whether values of a column fit a field.
enum Fit {
    Always,
    /// The field has fewer bits.
    IfSmall,
    Never,
}

/// Returns what doesn't fit.
pub(super) fn compare(
    row: &RowColumns,
    result: &Described,
    sql: &str,
    tables: &[TableDef],
    dialect: Dialect,
) -> Vec<(Severity, String)> {
    let pairs = match pairs(row, &result.columns) {
        Ok(pairs) => pairs,
        Err(message) => return vec![(Severity::Error, message)],
    };
    compare_pairs(pairs, sql, tables, dialect)
}

/// Returns what doesn't fit of the SELECT of a view. The view may have more columns than its struct.
pub(super) fn compare_view(
    view: &TableDef,
    result: &Described,
    sql: &str,
    tables: &[TableDef],
    dialect: Dialect,
) -> Vec<(Severity, String)> {
    let known = result.columns.iter().map(|column| &*column.name).collect::<Vec<_>>().join(", ");
    let mut found = Vec::new();
    let mut pairs = Vec::new();
    for wanted in &view.columns {
        let name = format!("{}.{}", view.name, wanted.name);
        let is_it = |column: &&DescribedColumn| dialect.is_same_name(&column.name, &wanted.name);
        match result.columns.iter().find(is_it) {
            Some(column) => {
                let (facts, nullable) = (wanted.ty.facts(), wanted.nullable);
                let named = wanted.ty.item().named().map(str::to_owned);
                pairs.push((Field { name, facts, named, nullable }, column));
            }
            None => found.push((
                Severity::Error,
                format!("the SQL has no column for {name}; its columns are {known}"),
            )),
        }
    }
    found.extend(compare_pairs(pairs, sql, tables, dialect));
    found
}

fn compare_pairs(
    pairs: Vec<(Field, &DescribedColumn)>,
    sql: &str,
    tables: &[TableDef],
    dialect: Dialect,
) -> Vec<(Severity, String)> {
    let optional = optional_tables(sql, dialect);
    let mut found = Vec::new();
    for (field, column) in pairs {
        let definition = column.origin.as_ref().and_then(|(table, name)| {
            let table = tables.iter().find(|known| known.name == *table)?;
            table.columns.iter().find(|known| known.name == *name)
        });
        found.extend(wrong_type(&field, column, definition));
        if !field.nullable
            && let Some(((table, name), definition)) = column.origin.as_ref().zip(definition)
        {
            let advice = format!("make {} an `Option`, or exclude NULLs in the SQL", field.name);
            if definition.nullable && !excludes_null(sql, name, dialect) {
                let message =
                    format!("{table}.{name} may be NULL: {advice} with `{name} IS NOT NULL`");
                found.push((Severity::Warning, message));
            } else if optional.contains(table) {
                let message =
                    format!("{table}.{name} is NULL if the join finds no row of {table}: {advice}");
                found.push((Severity::Warning, message));
            }
        }
    }
    found
}

/// Returns the fields of a row with their columns.
fn pairs<'c>(
    row: &RowColumns,
    columns: &'c [DescribedColumn],
) -> Result<Vec<(Field, &'c DescribedColumn)>, String> {
    let (of, named): (&str, Vec<(String, AnyType, bool)>) = match row {
        RowColumns::Placed(fields) => {
            let count = |count: usize| match count {
                1 => "1 column".to_owned(),
                count => format!("{count} columns"),
            };
            if fields.len() != columns.len() {
                let (found, wanted) = (count(columns.len()), count(fields.len()));
                return Err(format!("the result has {found}, and the row reads {wanted}"));
            }
            let field = |place: usize| match fields.len() {
                1 => "the value".to_owned(),
                _ => format!("value {} of the row", place + 1),
            };
            let pair = |(place, column): (usize, &'c DescribedColumn)| {
                let wanted = fields[place];
                (Field::new(field(place), (wanted.ty)(), wanted.nullable), column)
            };
            return Ok(columns.iter().enumerate().map(pair).collect());
        }
        RowColumns::Named { of, columns } => {
            let columns = columns.iter();
            (
                of,
                columns
                    .map(|(name, wanted)| ((*name).to_owned(), (wanted.ty)(), wanted.nullable))
                    .collect(),
            )
        }
        RowColumns::Table { of, definition, column_type } => {
            let columns = definition().columns.into_iter().enumerate();
            (
                of,
                columns
                    .map(|(place, column)| (column.name, column_type(place), column.nullable))
                    .collect(),
            )
        }
    };
    let known = columns.iter().map(|column| &*column.name).collect::<Vec<_>>().join(", ");
    let twice = (1..columns.len())
        .find(|&place| columns[..place].iter().any(|column| column.name == columns[place].name));
    if let Some(twice) = twice {
        return Err(format!("two columns of the result are called {}", columns[twice].name));
    }
    let no_field =
        columns.iter().find(|column| named.iter().all(|(name, ..)| *name != column.name));
    if let Some(other) = no_field {
        return Err(format!(
            "{of} has no field for the column {}; the columns of the result are {known}",
            other.name
        ));
    }
    let mut pairs = Vec::new();
    for (name, ty, nullable) in named {
        let Some(column) = columns.iter().find(|column| column.name == name) else {
            return Err(format!(
                "the result has no column {name} for {of}; the columns of the result are {known}"
            ));
        };
        pairs.push((Field::new(format!("{of}.{name}"), ty, nullable), column));
    }
    Ok(pairs)
}

/// Returns what is wrong with the type of a column, by the type that the database reports, or by the struct that the
/// column comes from.
fn wrong_type(
    field: &Field,
    column: &DescribedColumn,
    definition: Option<&ColumnDef>,
) -> Option<(Severity, String)> {
    let (fit, found) = match (&column.ty, definition) {
        (Some((oid, name)), _) => (fits_postgres(field, *oid, name), name.clone()),
        (None, Some(definition)) => {
            (fits_sqlite(field.facts, definition), definition.ty.described())
        }
        (None, None) => return None,
    };
    let (field, wanted, column) = (&field.name, field.facts.described, &column.name);
    match fit {
        Fit::Always => None,
        Fit::IfSmall => Some((
            Severity::Warning,
            format!(
                "the column {column} is {found}, and {field} is {wanted}: a larger value is an error"
            ),
        )),
        Fit::Never => Some((
            Severity::Error,
            format!("the column {column} is {found}, and {field} is {wanted}"),
        )),
    }
}

/// By the types that reading accepts: a field's own, and others for numbers, texts and documents.
fn fits_postgres(field: &Field, oid: u32, name: &str) -> Fit {
    const TEXTS: [u32; 7] = [18, 19, 25, 114, 705, 1042, 1043];
    // Types that were created in the database, such as an enum, have larger numbers.
    const OWN: u32 = 16384;
    let facts = field.facts;
    let is_array = facts.family == Family::Array;
    if field.named.as_ref().is_some_and(|named| is_named(named, is_array, name)) {
        return Fit::Always;
    }
    if oid == facts.postgres.oids.0 || facts.postgres.names.contains(&name) {
        return Fit::Always;
    }
    if TEXTS.contains(&oid) || oid >= OWN {
        let fits = if name.ends_with("[]") {
            // An array of texts can be one of labels.
            is_array && field.named.is_some()
        } else {
            matches!(facts.family, Family::Text | Family::Json)
        };
        return if fits { Fit::Always } else { Fit::Never };
    }
    let (family, bits) = match oid {
        21 => (Family::Integer, 16),
        23 => (Family::Integer, 32),
        20 => (Family::Integer, 64),
        700 => (Family::Float, 32),
        701 => (Family::Float, 64),
        _ => return Fit::Never,
    };
    match facts.bits {
        Some(most) if family == facts.family && bits > most => Fit::IfSmall,
        Some(_) if family == facts.family => Fit::Always,
        Some(_) | None => Fit::Never,
    }
}

/// Returns whether a type of this name in the catalog, or an array of it, is the one that PostgreSQL shows.
fn is_named(named: &str, is_array: bool, shown: &str) -> bool {
    let (shown, shows_array) = match shown.strip_suffix("[]") {
        Some(element) => (element, true),
        None => (shown, false),
    };
    let known_as = match named {
        "varbit" => "bit varying",
        "timetz" => "time with time zone",
        other => other,
    };
    shown == known_as && shows_array == is_array
}

/// By how the struct's column stores its values.
fn fits_sqlite(field: &TypeFacts, column: &ColumnDef) -> Fit {
    let stored = column.ty.facts();
    let is_same = field.family == stored.family;
    if is_same && field.family == Family::Integer && stored.bits > field.bits {
        return Fit::IfSmall;
    }
    let fits = if matches!(field.family, Family::Text | Family::Json) {
        field.sqlite.storage == stored.sqlite.storage
    } else if field.family == Family::Array {
        field.sqlite.declared == stored.sqlite.declared
    } else {
        is_same && (field.sqlite.form == stored.sqlite.form || column.stored.is_some())
    };
    if fits { Fit::Always } else { Fit::Never }
}

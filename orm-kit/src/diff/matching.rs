//! What in one schema is what in the other.

use orm_core::schema::{ColumnDef, ColumnType, TableDef};

use super::{DiffError, Hints, Question};

/// A table that is in both schemas.
pub(super) struct Matched {
    /// Its place before.
    pub(super) from: usize,
    /// Its place after.
    pub(super) to: usize,
    /// Its columns that are in both, by their names before and after, in the order after.
    pub(super) columns: Vec<(String, String)>,
}

/// Finds the tables and columns that are in both schemas, under one name or two.
pub(super) fn tables(
    from: &[TableDef],
    to: &[TableDef],
    hints: &Hints,
) -> Result<Vec<Matched>, DiffError> {
    let before: Vec<&str> = from.iter().map(|table| table.name.as_str()).collect();
    let after: Vec<Named<'_>> =
        to.iter().map(|table| (table.name.as_str(), table.renamed_from.as_deref())).collect();
    let given: Vec<(&str, &str)> =
        hints.tables.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
    let pairs = pairs(&before, &after, &given, |name| name.into())?;
    for (table, old, new) in &hints.columns {
        if !after.iter().any(|(name, _)| name == table) {
            return Err(DiffError::UnknownHint(format!(
                "`--rename {table}.{old}={table}.{new}`: there is no table {table:?} in the structs; name the table as \
                 it is called now"
            )));
        }
    }
    check_drops(from, hints)?;

    let is_dropped = |name: &str| hints.drops.iter().any(|drop| drop == name);
    let mut questions = Vec::new();
    for (position, gone) in from.iter().enumerate() {
        if pairs.iter().any(|(before, _)| *before == position) || is_dropped(&gone.name) {
            continue;
        }
        let mut candidates: Vec<(usize, &TableDef)> = (0..to.len())
            .filter(|place| pairs.iter().all(|(_, after)| after != place))
            .filter_map(|place| Some((likeness(gone, &to[place])?, &to[place])))
            .collect();
        candidates.sort_by_key(|(likeness, _)| std::cmp::Reverse(*likeness));
        if !candidates.is_empty() {
            let candidates = candidates.into_iter().map(|(_, table)| table.name.clone()).collect();
            questions.push(Question { table: None, gone: gone.name.clone(), candidates });
        }
    }
    let mut matched = Vec::new();
    for (before, after) in pairs {
        let (one, other) = (&from[before], &to[after]);
        let columns = columns(one, other, hints, &mut questions)?;
        matched.push(Matched { from: before, to: after, columns });
    }
    if questions.is_empty() { Ok(matched) } else { Err(DiffError::Ambiguous(questions)) }
}

fn columns(
    from: &TableDef,
    to: &TableDef,
    hints: &Hints,
    questions: &mut Vec<Question>,
) -> Result<Vec<(String, String)>, DiffError> {
    let before: Vec<&str> = from.columns.iter().map(|column| column.name.as_str()).collect();
    let after: Vec<Named<'_>> = to
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column.renamed_from.as_deref()))
        .collect();
    let given: Vec<(&str, &str)> = hints
        .columns
        .iter()
        .filter(|(table, ..)| *table == to.name)
        .map(|(_, old, new)| (old.as_str(), new.as_str()))
        .collect();
    let pairs = pairs(&before, &after, &given, |name| format!("{}.{name}", to.name))?;
    for (position, gone) in from.columns.iter().enumerate() {
        let drop = format!("{}.{}", from.name, gone.name);
        if pairs.iter().any(|(before, _)| *before == position) || hints.drops.contains(&drop) {
            continue;
        }
        let mut candidates: Vec<&ColumnDef> = (0..to.columns.len())
            .filter(|place| pairs.iter().all(|(_, after)| after != place))
            .map(|place| &to.columns[place])
            .filter(|new| could_be(gone, new))
            .collect();
        candidates.sort_by_key(|new| new.ty != gone.ty);
        if !candidates.is_empty() {
            questions.push(Question {
                table: Some(to.name.clone()),
                gone: gone.name.clone(),
                candidates: candidates.into_iter().map(|new| new.name.clone()).collect(),
            });
        }
    }
    let name = |(before, after): (usize, usize)| {
        (from.columns[before].name.clone(), to.columns[after].name.clone())
    };
    Ok(pairs.into_iter().map(name).collect())
}

/// A name, and the one that it declares to have had.
type Named<'a> = (&'a str, Option<&'a str>);

/// The places of what is in both lists, in the order of the second.
fn pairs(
    from: &[&str],
    to: &[Named<'_>],
    hints: &[(&str, &str)],
    shown: impl Fn(&str) -> String,
) -> Result<Vec<(usize, usize)>, DiffError> {
    let before = |name: &str| from.iter().position(|known| *known == name);
    let after = |name: &str| to.iter().position(|(known, _)| *known == name);
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (old, new) in hints {
        let (Some(old_place), Some(new_place)) = (before(old), after(new)) else {
            let (missing, side) = match before(old) {
                None => (old, "the schema before"),
                Some(_) => (new, "the structs"),
            };
            return Err(DiffError::UnknownHint(format!(
                "`--rename {}={}`: there is no {:?} in {side}; names are those of the database",
                shown(old),
                shown(new),
                shown(missing),
            )));
        };
        pairs.push((old_place, new_place));
    }
    for gone in from.iter().filter(|name| after(name).is_none()) {
        let chain = chain(gone, from, to);
        let is_free =
            |pair: &(usize, usize)| pairs.iter().all(|(old, new)| *old != pair.0 && *new != pair.1);
        if chain.iter().all(is_free) {
            pairs.extend(chain);
        }
    }
    for (place, name) in from.iter().enumerate() {
        if let Some(same) = after(name)
            && pairs.iter().all(|(old, new)| *old != place && *new != same)
        {
            pairs.push((place, same));
        }
    }
    pairs.sort_by_key(|(_, after)| *after);
    Ok(pairs)
}

/// The declared renames that begin with what is gone: where the new name was another's before, that one must have been
/// renamed as well. A declaration stays in the struct when it has been followed, and then leads nowhere.
fn chain(gone: &str, from: &[&str], to: &[Named<'_>]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut old = gone;
    loop {
        let Some(new) = to.iter().position(|(_, renamed_from)| *renamed_from == Some(old)) else {
            return Vec::new();
        };
        let Some(before) = from.iter().position(|name| *name == old) else { return Vec::new() };
        pairs.push((before, new));
        old = to[new].0;
        if !from.contains(&old) {
            return pairs;
        }
        if pairs.len() > to.len() {
            return Vec::new();
        }
    }
}

fn check_drops(from: &[TableDef], hints: &Hints) -> Result<(), DiffError> {
    for drop in &hints.drops {
        let known = from.iter().any(|table| {
            let is_column = |column: &ColumnDef| *drop == format!("{}.{}", table.name, column.name);
            table.name == *drop || table.columns.iter().any(is_column)
        });
        if !known {
            return Err(DiffError::UnknownHint(format!(
                "`--drop {drop}`: there is no such table or column in the schema before; write `table` or \
                 `table.column`, by the names in the database"
            )));
        }
    }
    Ok(())
}

/// How many columns the two share by name; `None` if too few to be one table.
fn likeness(gone: &TableDef, new: &TableDef) -> Option<usize> {
    let is_shared = |column: &&ColumnDef| new.find_column(&column.name).is_some();
    let shared = gone.columns.iter().filter(is_shared).count();
    (shared * 2 >= gone.columns.len().max(new.columns.len())).then_some(shared)
}

/// Whether the one may be the other under a new name: whether its values would mean the same.
fn could_be(gone: &ColumnDef, new: &ColumnDef) -> bool {
    gone.generated.is_some() == new.generated.is_some() && family(&gone.ty) == family(&new.ty)
}

fn family(ty: &ColumnType) -> u8 {
    match ty {
        ColumnType::Bool => 0,
        ColumnType::SmallInt
        | ColumnType::Integer
        | ColumnType::BigInt
        | ColumnType::Real
        | ColumnType::Double
        | ColumnType::Decimal => 1,
        ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Enum { .. } => 2,
        ColumnType::Bytes => 3,
        ColumnType::Date | ColumnType::Time | ColumnType::Timestamp | ColumnType::Timestamptz => 4,
        ColumnType::Uuid => 5,
        ColumnType::Json => 6,
        _ => 7,
    }
}

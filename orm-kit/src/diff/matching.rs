//! Matches the parts of one schema with those of another.

use orm_core::schema::{ColumnDef, TableDef};

use super::{DiffError, Hints, Question};

/// A table that is in both schemas.
pub(super) struct Matched {
    /// Its position before.
    pub(super) from: usize,
    /// Its position after.
    pub(super) to: usize,
    /// Its columns that are in both schemas, by their names before and after, in the order after.
    pub(super) columns: Vec<(String, String)>,
}

/// Finds the tables and columns that are in both schemas, possibly renamed.
pub(super) fn tables(
    from: &[TableDef],
    to: &[TableDef],
    hints: &Hints,
) -> Result<Vec<Matched>, DiffError> {
    let (before, after) = (named_tables(from), named_tables(to));
    let given: Vec<(&str, &str)> =
        hints.tables.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
    let pairs = pairs(&before, &after, &given, hints.remembers, |name| name.into())?;
    for (table, old, new) in &hints.columns {
        if !after.iter().any(|(name, _)| name == table) {
            return Err(DiffError::UnknownHint(format!(
                "`--rename {table}.{old}={table}.{new}`: there is no table {table:?} in the structs; use the table's \
                 current name"
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
    let (before, after) = (named_columns(from), named_columns(to));
    let given: Vec<(&str, &str)> = hints
        .columns
        .iter()
        .filter(|(table, ..)| *table == to.name)
        .map(|(_, old, new)| (old.as_str(), new.as_str()))
        .collect();
    let shown = |name: &str| format!("{}.{name}", to.name);
    let pairs = pairs(&before, &after, &given, hints.remembers, shown)?;
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

/// A name, and the previous name that it declares.
type Named<'a> = (&'a str, Option<&'a str>);

fn named_tables(tables: &[TableDef]) -> Vec<Named<'_>> {
    tables.iter().map(|table| (table.name.as_str(), table.renamed_from.as_deref())).collect()
}

fn named_columns(table: &TableDef) -> Vec<Named<'_>> {
    let columns = table.columns.iter();
    columns.map(|column| (column.name.as_str(), column.renamed_from.as_deref())).collect()
}

/// Returns the positions of what is in both lists, in the order of the second.
fn pairs(
    from: &[Named<'_>],
    to: &[Named<'_>],
    hints: &[(&str, &str)],
    remembers: bool,
    shown: impl Fn(&str) -> String,
) -> Result<Vec<(usize, usize)>, DiffError> {
    let before = |name: &str| from.iter().position(|(known, _)| *known == name);
    let after = |name: &str| to.iter().position(|(known, _)| *known == name);
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (old, new) in hints {
        let (Some(old_place), Some(new_place)) = (before(old), after(new)) else {
            let (missing, side) = match before(old) {
                None => (old, "the schema before"),
                Some(_) => (new, "the structs"),
            };
            return Err(DiffError::UnknownHint(format!(
                "`--rename {}={}`: there is no {:?} in {side}; use the names in the database",
                shown(old),
                shown(new),
                shown(missing),
            )));
        };
        pairs.push((old_place, new_place));
    }
    // A declaration stays in the struct after the rename. The rename is still to be done if its name is new, or if
    // another rename takes the thing that had the name. Beyond that only a snapshot knows.
    let mut declared: Vec<(usize, usize)> = Vec::new();
    for (place, (_, renamed_from)) in to.iter().enumerate() {
        declared.extend(renamed_from.and_then(before).map(|old| (old, place)));
    }
    loop {
        let is_open = |&(old, new): &(usize, usize)| {
            let is_free = pairs.iter().all(|pair| pair.0 != old && pair.1 != new);
            let is_new = match before(to[new].0) {
                None => true,
                Some(same) => {
                    let is_taken = pairs.iter().any(|pair| pair.0 == same && pair.1 != new);
                    is_taken || remembers && from[same].1 != to[new].1
                }
            };
            is_free && is_new
        };
        match declared.iter().copied().find(is_open) {
            Some(pair) => pairs.push(pair),
            None => break,
        }
    }
    if !remembers {
        check_circles(from, to, &declared, &pairs, &shown)?;
    }
    for (place, (name, _)) in from.iter().enumerate() {
        if let Some(same) = after(name)
            && pairs.iter().all(|(old, new)| *old != place && *new != same)
        {
            pairs.push((place, same));
        }
    }
    pairs.sort_by_key(|(_, after)| *after);
    Ok(pairs)
}

/// Refuses declarations that swap names if nothing says whether the swap is already done. The schema before says so if
/// it has all of them.
fn check_circles(
    from: &[Named<'_>],
    to: &[Named<'_>],
    declared: &[(usize, usize)],
    pairs: &[(usize, usize)],
    shown: &impl Fn(&str) -> String,
) -> Result<(), DiffError> {
    let open: Vec<(&str, &str)> = declared
        .iter()
        .filter(|(old, new)| pairs.iter().all(|pair| pair.0 != *old && pair.1 != *new))
        .map(|(old, new)| (from[*old].0, to[*new].0))
        .filter(|(old, new)| old != new)
        .collect();
    for start in &open {
        let mut circle = vec![*start];
        while let Some(next) =
            circle.last().and_then(|(_, new)| open.iter().find(|(old, _)| old == new))
        {
            if next == start {
                let is_done = |(_, new): &(&str, &str)| {
                    let declares = |names: &[Named<'_>]| {
                        names
                            .iter()
                            .find(|(name, _)| name == new)
                            .and_then(|(_, old)| *old)
                            .map(str::to_owned)
                    };
                    declares(from) == declares(to)
                };
                if circle.iter().all(is_done) {
                    break;
                }
                let renames: Vec<String> = circle
                    .iter()
                    .map(|(old, new)| format!("--rename {}={}", shown(old), shown(new)))
                    .collect();
                let names: Vec<&str> = circle.iter().map(|(_, new)| *new).collect();
                return Err(DiffError::UnknownHint(format!(
                    "{} have `renamed_from`, and the database doesn't show whether they are already renamed: if not, \
                     pass `{}`; if so, remove `renamed_from` from the structs",
                    names.join(" and "),
                    renames.join(" ")
                )));
            }
            if circle.len() > open.len() {
                break;
            }
            circle.push(*next);
        }
    }
    Ok(())
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

/// Returns the number of columns that the two share by name, or `None` if they are too few for a rename.
fn likeness(gone: &TableDef, new: &TableDef) -> Option<usize> {
    let is_shared = |column: &&ColumnDef| new.find_column(&column.name).is_some();
    let shared = gone.columns.iter().filter(is_shared).count();
    (shared * 2 >= gone.columns.len().max(new.columns.len())).then_some(shared)
}

/// Returns whether one column may be the other under a new name, with values that mean the same.
fn could_be(gone: &ColumnDef, new: &ColumnDef) -> bool {
    let (old, ty) = (&gone.ty, &new.ty);
    let is_alike = old.family() == ty.family() || old.is_number() && ty.is_number();
    gone.generated.is_some() == new.generated.is_some() && is_alike
}

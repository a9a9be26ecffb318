//! Renamed labels of enums.

use orm_core::Dialect;
use orm_core::schema::{ColumnDef, ColumnType, TableDef};

use super::matching::Matched;
use super::{DiffError, Hints};

/// Labels by their names before and after.
pub(crate) type Renamed = Vec<(String, String)>;

/// The two schemas and the renames of the native types. The columns of the second schema keep only the renames that
/// are still to be done.
pub(super) struct Resolved {
    pub(super) from: Vec<TableDef>,
    pub(super) to: Vec<TableDef>,
    pub(super) native: Vec<(String, Renamed)>,
}

/// Resolves declared renames. A declaration stays in the enum after the rename, so the labels before tell which ones
/// are still to be done.
pub(super) fn resolve(
    from: &[TableDef],
    to: &[TableDef],
    matched: &[Matched],
    hints: &Hints,
) -> Result<Resolved, DiffError> {
    let mut resolved = Resolved { from: from.to_vec(), to: to.to_vec(), native: Vec::new() };
    for column in columns_of(&mut resolved.from).chain(columns_of(&mut resolved.to)) {
        column.renamed_labels.clear();
    }
    for found in matched {
        for (before, after) in &found.columns {
            let (one, other) = (&from[found.from], &to[found.to]);
            let (Some(old), Some(new)) = (one.find_column(before), other.find_column(after)) else {
                continue;
            };
            let given = hints.labels.iter().filter(|hint| hint.table == other.name);
            let given: Vec<(&str, &str)> = given
                .filter(|hint| hint.column == new.name)
                .map(|hint| (hint.old.as_str(), hint.new.as_str()))
                .collect();
            let renamed = open(old, new, &given, hints.remembers, &other.name)?;
            if renamed.is_empty() {
                continue;
            }
            if let Some(name) = same_native(old, new)
                && !resolved.native.iter().any(|(known, _)| known == name)
            {
                resolved.native.push((name.to_owned(), renamed.clone()));
            }
            let place = other.columns.iter().position(|column| column.name == new.name);
            if let Some(place) = place {
                resolved.to[found.to].columns[place].renamed_labels = renamed;
            }
        }
    }
    // All columns of a native type share its labels.
    let Resolved { to, native, .. } = &mut resolved;
    for found in matched {
        for (before, after) in &found.columns {
            let old = from[found.from].find_column(before);
            let new = to[found.to].columns.iter_mut().find(|column| column.name == *after);
            if let (Some(old), Some(new)) = (old, new)
                && let Some(name) = same_native(old, new)
                && let Some((_, renamed)) = native.iter().find(|(known, _)| known == name)
            {
                new.renamed_labels.clone_from(renamed);
            }
        }
    }
    Ok(resolved)
}

fn columns_of(tables: &mut [TableDef]) -> impl Iterator<Item = &mut ColumnDef> {
    tables.iter_mut().flat_map(|table| &mut table.columns)
}

/// Returns the native type, if the column has the same one before and after.
fn same_native<'c>(old: &'c ColumnDef, new: &ColumnDef) -> Option<&'c str> {
    old.ty.item().native().filter(|name| new.ty.item().native() == Some(name))
}

/// Returns the renames that are still to be done.
fn open(
    old: &ColumnDef,
    new: &ColumnDef,
    given: &[(&str, &str)],
    remembers: bool,
    table: &str,
) -> Result<Renamed, DiffError> {
    let (ColumnType::Enum { labels: before, .. }, ColumnType::Enum { labels: after, .. }) =
        (old.ty.item(), new.ty.item())
    else {
        return Ok(Renamed::new());
    };
    let mut renamed = Renamed::new();
    let is_free = |renamed: &Renamed, old: &str, new: &str| {
        renamed.iter().all(|(one, other)| one != old && other != new)
    };
    for (one, other) in given {
        if before.iter().any(|label| label == one)
            && after.iter().any(|label| label == other)
            && one != other
            && is_free(&renamed, one, other)
        {
            renamed.push(((*one).to_owned(), (*other).to_owned()));
        }
    }
    let declared: Vec<&(String, String)> = new
        .renamed_labels
        .iter()
        .filter(|(one, other)| before.contains(one) && after.contains(other) && one != other)
        .collect();
    loop {
        let is_open = |pair: &&&(String, String)| {
            let (one, other) = **pair;
            let is_taken = renamed.iter().any(|(taken, _)| taken == other);
            let is_new = !before.contains(other)
                || is_taken
                || remembers && !old.renamed_labels.contains(**pair);
            is_new && is_free(&renamed, one, other)
        };
        match declared.iter().find(is_open) {
            Some(pair) => renamed.push((**pair).clone()),
            None => break,
        }
    }
    if !remembers {
        let is_done = |pair: &(String, String)| old.renamed_labels.contains(pair);
        check_circle(&declared, &renamed, is_done, &format!("{table}.{}", new.name))?;
    }
    Ok(renamed)
}

/// Refuses declarations that swap labels if nothing says whether the swap is already done. The column before says so if
/// it has all of them.
fn check_circle(
    declared: &[&(String, String)],
    renamed: &Renamed,
    is_done: impl Fn(&(String, String)) -> bool,
    column: &str,
) -> Result<(), DiffError> {
    let open: Vec<&(String, String)> =
        declared.iter().copied().filter(|pair| !renamed.contains(pair)).collect();
    let mut circle: Vec<&(String, String)> = Vec::new();
    for start in &open {
        circle = vec![start];
        while let Some(next) = circle
            .last()
            .and_then(|(_, new)| open.iter().find(|(old, _)| old == new))
            .filter(|next| next.0 != start.0 && circle.len() <= open.len())
        {
            circle.push(next);
        }
        let is_closed = circle.last().is_some_and(|(_, new)| *new == start.0);
        if is_closed && !circle.iter().all(|pair| is_done(pair)) {
            break;
        }
        circle.clear();
    }
    if circle.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = circle.iter().map(|(_, new)| format!("{new:?}")).collect();
    let flags: Vec<String> =
        circle.iter().map(|(old, new)| format!("--rename {column}:{old}={new}")).collect();
    Err(DiffError::UnknownHint(format!(
        "the labels {} of {column} have `renamed_from`, and the database doesn't show whether they are already \
         renamed: if not, pass `{}`; if so, remove `renamed_from` from the enum",
        names.join(" and "),
        flags.join(" ")
    )))
}

/// Returns whether a rename of labels changes the values of a column that stays. A native type changes them itself.
pub(crate) fn relabels(old: &ColumnDef, new: &ColumnDef, dialect: Dialect) -> bool {
    let by_type = dialect.has_native_enums() && same_native(old, new).is_some();
    !new.renamed_labels.is_empty() && !by_type
}

/// Returns the removed labels: those that have no position after, or whose position another label takes.
pub(crate) fn removed_labels<'l>(
    from: &'l [String],
    to: &'l [String],
    renamed: &'l [(String, String)],
) -> impl Iterator<Item = &'l String> {
    from.iter().filter(move |label| {
        let is_renamed = renamed.iter().any(|(old, _)| old == *label);
        let is_taken = renamed.iter().any(|(_, new)| new == *label);
        !is_renamed && (is_taken || !to.contains(label))
    })
}

/// Returns the renames in the other direction.
pub(super) fn inverse(renamed: &[(String, String)]) -> Renamed {
    renamed.iter().map(|(old, new)| (new.clone(), old.clone())).collect()
}

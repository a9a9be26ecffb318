//! What the name of a violated constraint says.

use crate::error::ConstraintKind;
use crate::schema::names;

/// Returns the columns that a constraint's conventional name contains, if it leaves no doubt. `told` are those of the
/// server's message: a foreign key's own, or as many of the parent's.
pub(super) fn columns_by_name(
    kind: ConstraintKind,
    name: &str,
    table: &str,
    told: &[String],
) -> Vec<String> {
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    let is_foreign_key = kind == ConstraintKind::ForeignKey;
    if is_foreign_key && names::foreign_key(table, &told) == name {
        return told.into_iter().map(Into::into).collect();
    }
    let suffix = if is_foreign_key { "_fkey" } else { "_check" };
    let stem = name
        .strip_prefix(table)
        .and_then(|rest| rest.strip_prefix('_'))
        .and_then(|rest| rest.strip_suffix(suffix));
    let Some(stem) = stem else {
        return Vec::new();
    };
    let columns = match told.len() {
        0 | 1 => vec![stem],
        count => {
            let parts: Vec<&str> = stem.split('_').collect();
            if parts.len() == count { parts } else { Vec::new() }
        }
    };
    // A long name ends in a hash.
    let again = if is_foreign_key {
        names::foreign_key(table, &columns)
    } else {
        names::check(table, stem)
    };
    let sure = again == name && !columns.is_empty();
    if sure { columns.into_iter().map(Into::into).collect() } else { Vec::new() }
}

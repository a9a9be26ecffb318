//! Lists in SQL.

use diesel::QueryResult;
use diesel::query_builder::AstPass;

use super::Any;

/// Writes the items, each with `write`, and the separator between them.
#[inline]
pub(crate) fn push_separated<'b, I>(
    out: &mut AstPass<'_, 'b, Any>,
    separator: &str,
    items: impl IntoIterator<Item = I>,
    mut write: impl FnMut(I, &mut AstPass<'_, 'b, Any>) -> QueryResult<()>,
) -> QueryResult<()> {
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            out.push_sql(separator);
        }
        write(item, out)?;
    }
    Ok(())
}

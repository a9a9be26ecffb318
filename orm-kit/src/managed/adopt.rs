//! What others have added to a column of a struct.

use orm_core::Dialect;
use orm_core::schema::fragments::default_sql;
use orm_core::schema::{ColumnDef, DefaultValue, PerDialect};

/// Keeps what the database has and no struct has ever declared: a default, a counter, a type or a collation in the
/// database's own words. `known` is the column when the database last matched the structs.
pub(super) fn column(
    column: &mut ColumnDef,
    found: &ColumnDef,
    known: Option<&ColumnDef>,
    dialect: Dialect,
) {
    let never_said = |is: fn(&ColumnDef) -> bool| known.is_none_or(|known| !is(known));
    let is_plain = column.generated.is_none() && column.default.is_none() && !column.auto;
    if is_plain && never_said(|known| known.generated.is_some()) {
        column.generated.clone_from(&found.generated);
    }
    if is_plain && column.generated.is_none() {
        if never_said(|known| known.auto) && can_count(column) {
            column.auto = found.auto;
        }
        let fits = |default| default_sql(default, &column.ty, dialect).is_ok();
        let default = found.default.as_ref().map(|default| relabelled(default, column));
        if never_said(|known| known.default.is_some()) && default.as_ref().is_some_and(fits) {
            column.default = default;
        }
    }
    if column.ty == found.ty {
        let of = |known: Option<&ColumnDef>, text: fn(&ColumnDef) -> &PerDialect| {
            known.is_some_and(|known| text(known).get(dialect).is_some())
        };
        let leave = |own: &mut PerDialect, found: &PerDialect, was_said: bool| {
            if own.get(dialect).is_none() && !was_said {
                own.set(dialect, found.get(dialect).map(str::to_owned));
            }
        };
        leave(&mut column.db_type, &found.db_type, of(known, |known| &known.db_type));
        leave(&mut column.collate, &found.collate, of(known, |known| &known.collate));
    }
}

/// The default, which follows the label that it names.
fn relabelled(default: &DefaultValue, column: &ColumnDef) -> DefaultValue {
    let DefaultValue::Text(label) = default else { return default.clone() };
    let renamed = column.renamed_labels.iter().find(|(old, _)| old == label);
    DefaultValue::Text(renamed.map_or(label, |(_, new)| new).clone())
}

fn can_count(column: &ColumnDef) -> bool {
    use orm_core::schema::ColumnType::{BigInt, Integer, SmallInt};
    matches!(column.ty, SmallInt | Integer | BigInt)
}

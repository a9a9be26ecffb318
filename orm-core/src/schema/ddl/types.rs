//! How each database declares a column's type.

use crate::dialect::Dialect;
use crate::schema::{ColumnDef, ColumnType};

/// Returns the declared type of `column`, with its collation if it has one.
pub(super) fn declared(column: &ColumnDef, dialect: Dialect) -> String {
    let ty = name(column, dialect);
    match column.collate.get(dialect) {
        Some(collation) => format!("{ty} COLLATE {}", dialect.quote_ident(collation)),
        None => match implied_collation(column, dialect) {
            Some(collation) => format!("{ty} COLLATE {collation}"),
            None => ty,
        },
    }
}

/// Returns the declared type alone.
pub(super) fn name(column: &ColumnDef, dialect: Dialect) -> String {
    match (column.db_type.get(dialect), dialect) {
        // Only an alias of the rowid is declared like this.
        (_, Dialect::Sqlite | Dialect::D1) if column.auto => "INTEGER".into(),
        (Some(ty), _) => ty.to_owned(),
        (None, Dialect::Sqlite | Dialect::D1) => match column.stored {
            None => sqlite(&column.ty),
            Some(form) if form.is_number() => sqlite(&ColumnType::BigInt),
            Some(_) => sqlite(&ColumnType::Text),
        },
        (None, Dialect::Postgres) => match column.stored {
            Some(form) if form.is_number() => postgres(&ColumnType::BigInt, dialect),
            _ => postgres(&column.ty, dialect),
        },
    }
}

/// Returns the collation that SQLite compares decimals stored as text with.
fn implied_collation(column: &ColumnDef, dialect: Dialect) -> Option<&'static str> {
    let is_own = dialect == Dialect::Sqlite && column.db_type.sqlite.is_none();
    is_own.then_some(column.ty.facts().sqlite.collation).flatten()
}

fn postgres(ty: &ColumnType, dialect: Dialect) -> String {
    match (ty.max_length(), ty.item().named()) {
        (Some(length), _) => format!("varchar({length})"),
        (None, Some(name)) if ty.element().is_some() => format!("{}[]", dialect.quote_ident(name)),
        (None, Some(name)) => dialect.quote_ident(name),
        (None, None) => ty.facts().postgres.declared.into(),
    }
}

fn sqlite(ty: &ColumnType) -> String {
    match ty.max_length() {
        Some(length) => format!("VARCHAR({length})"),
        None => ty.facts().sqlite.declared.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Storage;

    fn every_type() -> Vec<ColumnType> {
        ColumnType::PLAIN.iter().cloned().chain([ColumnType::Varchar(40)]).collect()
    }

    /// The rules of <https://www.sqlite.org/datatype3.html#determination_of_column_affinity>, in
    /// their order.
    fn affinity(declared: &str) -> &'static str {
        let has = |part: &str| declared.contains(part);
        if has("INT") {
            "integer"
        } else if has("CHAR") || has("CLOB") || has("TEXT") {
            "text"
        } else if has("BLOB") {
            "blob"
        } else if has("REAL") || has("FLOA") || has("DOUB") {
            "real"
        } else {
            "numeric"
        }
    }

    #[test]
    fn sqlite_types_have_the_affinity_of_what_they_store() {
        for ty in every_type() {
            let expected = match (&ty, ty.facts().sqlite.storage) {
                (ColumnType::Bool, _) => "numeric",
                (_, Storage::Integer) => "integer",
                (_, Storage::Real) => "real",
                (_, Storage::Blob) => "blob",
                (_, Storage::Text) => "text",
            };
            assert_eq!(affinity(&sqlite(&ty)), expected, "{ty:?}");
        }
    }

    #[test]
    fn each_type_can_be_told_from_the_others() {
        for dialect in Dialect::ALL {
            let mut names: Vec<String> = every_type()
                .into_iter()
                .map(|ty| declared(&ColumnDef::new("c", ty), dialect))
                .collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), every_type().len(), "{dialect}: {names:?}");
        }
    }

    #[test]
    fn one_database_is_told_in_its_own_words() {
        let price = ColumnDef::new("price", ColumnType::Decimal);
        let price = price.db_type(Dialect::Postgres, "numeric(10,2)");
        assert_eq!(declared(&price, Dialect::Postgres), "numeric(10,2)");
        assert_eq!(declared(&price, Dialect::Sqlite), "DECIMAL_TEXT COLLATE decimal");
        let price = price.db_type(Dialect::Sqlite, "DECIMAL(10,2)");
        assert_eq!(declared(&price, Dialect::Sqlite), "DECIMAL(10,2)");
        let name = ColumnDef::new("name", ColumnType::Text);
        let name = name.collate(Dialect::Sqlite, "NOCASE").collate(Dialect::Postgres, "C");
        assert_eq!(declared(&name, Dialect::Sqlite), "TEXT COLLATE \"NOCASE\"");
        assert_eq!(declared(&name, Dialect::Postgres), "text COLLATE \"C\"");
    }

    #[test]
    fn only_auto_is_the_rowid_of_sqlite() {
        for ty in [ColumnType::SmallInt, ColumnType::Integer, ColumnType::BigInt] {
            let column = ColumnDef::new("id", ty);
            assert_ne!(declared(&column, Dialect::Sqlite), "INTEGER");
            assert_eq!(declared(&column.auto(), Dialect::Sqlite), "INTEGER");
        }
    }
}

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
        (_, Dialect::Sqlite) if column.auto => "INTEGER".into(),
        (Some(ty), _) => ty.to_owned(),
        (None, Dialect::Sqlite) => match column.stored {
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

/// Returns the collation by which SQLite compares decimals stored as text.
fn implied_collation(column: &ColumnDef, dialect: Dialect) -> Option<&'static str> {
    let is_text = dialect == Dialect::Sqlite && column.db_type.sqlite.is_none();
    (is_text && column.ty == ColumnType::Decimal).then_some("decimal")
}

fn postgres(ty: &ColumnType, dialect: Dialect) -> String {
    let name = match ty {
        ColumnType::Bool => "boolean",
        ColumnType::SmallInt => "smallint",
        ColumnType::Integer => "integer",
        ColumnType::BigInt => "bigint",
        ColumnType::Real => "real",
        ColumnType::Double => "double precision",
        ColumnType::Bytes => "bytea",
        ColumnType::Date => "date",
        ColumnType::Time => "time",
        ColumnType::Timestamp => "timestamp",
        ColumnType::Timestamptz => "timestamptz",
        ColumnType::Uuid => "uuid",
        ColumnType::Decimal => "numeric",
        ColumnType::Json => "jsonb",
        ColumnType::Text | ColumnType::Enum { native: None, .. } => "text",
        ColumnType::Varchar(length) => return format!("varchar({length})"),
        ColumnType::Enum { native: Some(name), .. } => return dialect.quote_ident(name),
    };
    name.into()
}

/// SQLite keeps the declared type as it is written, which is how introspection finds the logical type again. But SQLite
/// acts only on the *affinity* that it derives from parts of the name (<https://sqlite.org/datatype3.html>, 3.1):
/// `INT`, then `CHAR`, `CLOB` or `TEXT`, then `BLOB`, then `REAL`, `FLOA` or `DOUB`. Any other name means NUMERIC,
/// which turns text that looks like a number into one. A `DECIMAL` would store 1.50 as 1.5, a `JSON` the document `1.0`
/// as the float 1, and `CAST(x AS TIMESTAMP)` would turn a day into 2024. So types that are stored as text or blob say
/// so after their logical name. `BOOLEAN` is NUMERIC, which does no harm: its values are integers.
///
/// Only `auto` columns use the exact type `INTEGER`. A primary key of that type is an alias of the rowid, and SQLite
/// makes up a number for NULL there, even if the column is NOT NULL. A key of type `INT` or `BIGINT` refuses NULL, as
/// PostgreSQL does.
fn sqlite(ty: &ColumnType) -> String {
    let name = match ty {
        ColumnType::Bool => "BOOLEAN",
        ColumnType::SmallInt => "SMALLINT",
        ColumnType::Integer => "INT",
        ColumnType::BigInt => "BIGINT",
        ColumnType::Real => "REAL",
        ColumnType::Double => "DOUBLE",
        ColumnType::Text | ColumnType::Enum { .. } => "TEXT",
        ColumnType::Varchar(length) => return format!("VARCHAR({length})"),
        ColumnType::Bytes => "BLOB",
        ColumnType::Date => "DATE_TEXT",
        ColumnType::Time => "TIME_TEXT",
        ColumnType::Timestamp => "TIMESTAMP_TEXT",
        ColumnType::Timestamptz => "TIMESTAMPTZ_TEXT",
        ColumnType::Uuid => "UUID_BLOB",
        ColumnType::Decimal => "DECIMAL_TEXT",
        ColumnType::Json => "JSON_TEXT",
    };
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_type() -> Vec<ColumnType> {
        vec![
            ColumnType::Bool,
            ColumnType::SmallInt,
            ColumnType::Integer,
            ColumnType::BigInt,
            ColumnType::Real,
            ColumnType::Double,
            ColumnType::Text,
            ColumnType::Varchar(40),
            ColumnType::Bytes,
            ColumnType::Date,
            ColumnType::Time,
            ColumnType::Timestamp,
            ColumnType::Timestamptz,
            ColumnType::Uuid,
            ColumnType::Decimal,
            ColumnType::Json,
        ]
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
            let expected = match ty {
                ColumnType::Bool => "numeric",
                ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => "integer",
                ColumnType::Real | ColumnType::Double => "real",
                ColumnType::Bytes | ColumnType::Uuid => "blob",
                _ => "text",
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

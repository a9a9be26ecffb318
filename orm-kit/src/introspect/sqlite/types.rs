//! The logical type behind a declared one.

use orm_core::schema::ColumnType;

/// What a declared type stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) ty: ColumnType,
    /// Whether it is a name that means this, and not only one of its affinity.
    pub(super) known: bool,
    /// The length of a `VARCHAR(160)`, which SQLite doesn't hold a value to.
    pub(super) length: Option<u32>,
}

/// The type that mizzle declares so, or that other programs mean by it. A name that says nothing is taken
/// by its affinity (<https://www.sqlite.org/datatype3.html#determination_of_column_affinity>).
pub(super) fn declared(declared: &str, collation: Option<&str>) -> Declared {
    let upper = declared.to_uppercase();
    let (name, arguments) = match upper.split_once('(') {
        Some((name, arguments)) => (name, arguments.split(')').next().unwrap_or_default()),
        None => (upper.as_str(), ""),
    };
    let words: Vec<&str> = name.split_whitespace().collect();
    let name = words.join(" ");
    let is_decimal = collation.is_some_and(|collation| collation.eq_ignore_ascii_case("decimal"));
    let named = match name.as_str() {
        "DECIMAL_TEXT" | "DECIMAL" | "NUMERIC" if is_decimal => Some(ColumnType::Decimal),
        name => named(name),
    };
    Declared {
        ty: named.clone().unwrap_or_else(|| by_affinity(&name)),
        known: named.is_some(),
        length: if name == "VARCHAR" { arguments.trim().parse().ok() } else { None },
    }
}

fn named(name: &str) -> Option<ColumnType> {
    Some(match name {
        "BOOLEAN" | "BOOL" => ColumnType::Bool,
        "SMALLINT" | "TINYINT" | "INT2" => ColumnType::SmallInt,
        "INT" | "INT4" | "MEDIUMINT" => ColumnType::Integer,
        "INTEGER" | "BIGINT" | "INT8" => ColumnType::BigInt,
        "REAL" | "FLOAT4" => ColumnType::Real,
        "DOUBLE" | "DOUBLE PRECISION" | "FLOAT" | "FLOAT8" => ColumnType::Double,
        "DECIMAL" | "NUMERIC" | "NUMBER" => ColumnType::Double,
        "TEXT" | "CLOB" | "STRING" | "VARCHAR" | "NVARCHAR" | "CHAR" | "NCHAR" | "CHARACTER"
        | "VARYING CHARACTER" | "CHARACTER VARYING" | "NATIVE CHARACTER" => ColumnType::Text,
        "BLOB" | "BINARY" | "VARBINARY" | "BYTEA" => ColumnType::Bytes,
        "DATE_TEXT" | "DATE" => ColumnType::Date,
        "TIME_TEXT" | "TIME" => ColumnType::Time,
        "TIMESTAMP_TEXT" | "TIMESTAMP" | "DATETIME" => ColumnType::Timestamp,
        "TIMESTAMPTZ_TEXT" | "TIMESTAMPTZ" | "TIMESTAMP WITH TIME ZONE" => ColumnType::Timestamptz,
        "UUID_BLOB" => ColumnType::Uuid,
        "JSON_TEXT" | "JSON" => ColumnType::Json,
        _ => return None,
    })
}

fn by_affinity(name: &str) -> ColumnType {
    let has = |part: &str| name.contains(part);
    if has("INT") {
        ColumnType::BigInt
    } else if has("BLOB") && !has("CHAR") && !has("CLOB") && !has("TEXT") || name.is_empty() {
        ColumnType::Bytes
    } else if has("REAL") || has("FLOA") || has("DOUB") {
        ColumnType::Double
    } else {
        // Text holds what a column of affinity NUMERIC can hold, as it is written.
        ColumnType::Text
    }
}

/// The type in prose, for notes.
pub(super) fn described(ty: &ColumnType) -> &'static str {
    match ty {
        ColumnType::BigInt => "a 64-bit integer",
        ColumnType::Double => "a 64-bit float",
        ColumnType::Bytes => "bytes",
        _ => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use orm_core::Dialect;
    use orm_core::schema::{ColumnDef, TableDef, create_table};

    /// What mizzle declares is read back, whatever it declares.
    #[test]
    fn what_mizzle_declares() {
        for ty in [
            ColumnType::Bool,
            ColumnType::SmallInt,
            ColumnType::Integer,
            ColumnType::BigInt,
            ColumnType::Real,
            ColumnType::Double,
            ColumnType::Text,
            ColumnType::Bytes,
            ColumnType::Date,
            ColumnType::Time,
            ColumnType::Timestamp,
            ColumnType::Timestamptz,
            ColumnType::Uuid,
            ColumnType::Decimal,
            ColumnType::Json,
        ] {
            let table = TableDef::new("t").column(ColumnDef::new("c", ty.clone()));
            let sql = create_table(&table, Dialect::Sqlite).unwrap().remove(0);
            let (_, written) = sql.split_once("\"c\" ").unwrap();
            let written = written.split(" NOT NULL").next().unwrap();
            let (name, collation) = match written.split_once(" COLLATE ") {
                Some((name, collation)) => (name, Some(collation)),
                None => (written, None),
            };
            assert_eq!(declared(name, collation), Declared { ty, known: true, length: None });
        }
    }

    #[test]
    fn what_others_declare() {
        for (name, ty, known) in [
            ("NVARCHAR(160)", ColumnType::Text, true),
            ("numeric(10, 2)", ColumnType::Double, true),
            ("DECIMAL_TEXT", ColumnType::Text, false),
            ("double  precision", ColumnType::Double, true),
            ("INTEGER", ColumnType::BigInt, true),
            ("UNSIGNED BIG INT", ColumnType::BigInt, false),
            ("LONGTEXT", ColumnType::Text, false),
            ("LONGBLOB", ColumnType::Bytes, false),
            ("", ColumnType::Bytes, false),
            ("MONEY", ColumnType::Text, false),
        ] {
            assert_eq!(declared(name, None), Declared { ty, known, length: None }, "{name}");
        }
        assert_eq!(declared("varchar(20)", None).length, Some(20));
    }
}

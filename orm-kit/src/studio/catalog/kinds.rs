//! What the values of a column are, by its type.

use super::super::value::Kind;

/// Returns the kind of a type that a column of SQLite declares: mizzle's names, and those of others.
pub(in super::super) fn of_sqlite(declared: &str) -> Kind {
    let name = declared.split('(').next().unwrap_or_default().trim().to_ascii_uppercase();
    let says = |part: &str| name.contains(part);
    if says("ARRAY") {
        return Kind::Array;
    }
    match name.as_str() {
        "" => Kind::Other,
        "UUID_BLOB" => Kind::Uuid,
        "BOOLEAN" | "BOOL" => Kind::Boolean,
        "DATE" | "DATE_TEXT" => Kind::Date,
        "TIME" | "TIME_TEXT" => Kind::Time,
        _ if says("JSON") => Kind::Json,
        _ if says("TIMESTAMP") || says("DATETIME") => Kind::Moment,
        _ if says("DECIMAL") || says("NUMERIC") || name == "NUMBER" => Kind::Decimal,
        _ if says("INTERVAL") || says("POINT") => Kind::Other,
        _ if says("INT") => Kind::Integer,
        _ if says("CHAR") || says("CLOB") || says("TEXT") => Kind::Text,
        _ if says("BLOB") || says("BINARY") || says("BYTEA") => Kind::Bytes,
        _ if says("REAL") || says("FLOA") || says("DOUB") => Kind::Real,
        _ => Kind::Other,
    }
}

/// Returns the kind of a type of PostgreSQL. `sort` is `typtype`, and `category` is `typcategory`.
pub(in super::super) fn of_postgres(name: &str, sort: &str, category: &str) -> Kind {
    match (sort, category, name) {
        ("e", ..) => Kind::Enum,
        ("c" | "r" | "m", ..) | (_, "A", _) => Kind::Array,
        (.., "int2" | "int4" | "int8" | "oid" | "xid8") => Kind::Integer,
        (.., "float4" | "float8") => Kind::Real,
        (.., "numeric") => Kind::Decimal,
        (.., "bool") => Kind::Boolean,
        (.., "json" | "jsonb") => Kind::Json,
        (.., "timestamp" | "timestamptz") => Kind::Moment,
        (.., "date") => Kind::Date,
        (.., "time" | "timetz") => Kind::Time,
        (.., "bytea") => Kind::Bytes,
        (.., "uuid") => Kind::Uuid,
        (.., "text" | "varchar" | "bpchar" | "name" | "char" | "citext") => Kind::Text,
        _ => Kind::Other,
    }
}

//! What the values of a column are, by its type.

use super::super::value::ValueKind;

/// Returns the kind of a type that a column of SQLite declares: mizzle's names, and those of others.
pub(in super::super) fn of_sqlite(declared: &str) -> ValueKind {
    let name = declared.split('(').next().unwrap_or_default().trim().to_ascii_uppercase();
    let says = |part: &str| name.contains(part);
    if says("ARRAY") {
        return ValueKind::Array;
    }
    match name.as_str() {
        "" => ValueKind::Other,
        "UUID_BLOB" => ValueKind::Uuid,
        "BOOLEAN" | "BOOL" => ValueKind::Boolean,
        "DATE" | "DATE_TEXT" => ValueKind::Date,
        "TIME" | "TIME_TEXT" => ValueKind::Time,
        _ if says("JSON") => ValueKind::Json,
        _ if says("TIMESTAMP") || says("DATETIME") => ValueKind::Moment,
        _ if says("DECIMAL") || says("NUMERIC") || name == "NUMBER" => ValueKind::Decimal,
        _ if says("INTERVAL") || says("POINT") => ValueKind::Other,
        _ if says("INT") => ValueKind::Integer,
        _ if says("CHAR") || says("CLOB") || says("TEXT") => ValueKind::Text,
        _ if says("BLOB") || says("BINARY") || says("BYTEA") => ValueKind::Bytes,
        _ if says("REAL") || says("FLOA") || says("DOUB") => ValueKind::Real,
        _ => ValueKind::Other,
    }
}

/// Returns the kind of a type of PostgreSQL. `sort` is `typtype`, and `category` is `typcategory`.
pub(in super::super) fn of_postgres(name: &str, sort: &str, category: &str) -> ValueKind {
    match (sort, category, name) {
        ("e", ..) => ValueKind::Enum,
        ("c" | "r" | "m", ..) | (_, "A", _) => ValueKind::Array,
        (.., "int2" | "int4" | "int8" | "oid" | "xid8") => ValueKind::Integer,
        (.., "float4" | "float8") => ValueKind::Real,
        (.., "numeric") => ValueKind::Decimal,
        (.., "bool") => ValueKind::Boolean,
        (.., "json" | "jsonb") => ValueKind::Json,
        (.., "timestamp" | "timestamptz") => ValueKind::Moment,
        (.., "date") => ValueKind::Date,
        (.., "time" | "timetz") => ValueKind::Time,
        (.., "bytea") => ValueKind::Bytes,
        (.., "uuid") => ValueKind::Uuid,
        (.., "text" | "varchar" | "bpchar" | "name" | "char" | "citext") => ValueKind::Text,
        _ => ValueKind::Other,
    }
}

/// Returns the kind of a type of PostgreSQL by the name that people write.
pub(in super::super) fn of_postgres_words(declared: &str) -> ValueKind {
    let name = declared.to_ascii_lowercase();
    if name.ends_with("[]") || name.ends_with("range") {
        return ValueKind::Array;
    }
    let name = name.split('(').next().unwrap_or_default().trim();
    match name {
        "smallint" | "integer" | "bigint" | "serial" | "bigserial" => ValueKind::Integer,
        "real" | "double precision" => ValueKind::Real,
        "boolean" => ValueKind::Boolean,
        "character varying" | "character" => ValueKind::Text,
        "time" => ValueKind::Time,
        _ if name.starts_with("timestamp") => ValueKind::Moment,
        other => of_postgres(other, "", ""),
    }
}

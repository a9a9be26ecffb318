//! Words for messages.

use super::model::ColumnType;

/// Returns the type in prose, for messages.
pub(super) fn described(ty: &ColumnType) -> String {
    match ty {
        ColumnType::Bool => "a bool".into(),
        ColumnType::SmallInt => "a 16-bit integer".into(),
        ColumnType::Integer => "a 32-bit integer".into(),
        ColumnType::BigInt => "a 64-bit integer".into(),
        ColumnType::Real => "a 32-bit float".into(),
        ColumnType::Double => "a 64-bit float".into(),
        ColumnType::Text => "text".into(),
        ColumnType::Varchar(length) => format!("text of at most {length} characters"),
        ColumnType::Bytes => "bytes".into(),
        ColumnType::Date => "a date".into(),
        ColumnType::Time => "a time".into(),
        ColumnType::Timestamp => "a date and time".into(),
        ColumnType::Timestamptz => "a point in time".into(),
        ColumnType::Uuid => "a UUID".into(),
        ColumnType::Decimal => "a decimal".into(),
        ColumnType::Json => "JSON".into(),
        ColumnType::Enum { native: Some(name), .. } => format!("the enum {name:?}"),
        ColumnType::Enum { native: None, .. } => "an enum".into(),
    }
}

/// Returns `'a', 'b'`, for messages.
pub(super) fn list(labels: &[String]) -> String {
    let quoted: Vec<String> = labels.iter().map(|label| format!("'{label}'")).collect();
    quoted.join(", ")
}

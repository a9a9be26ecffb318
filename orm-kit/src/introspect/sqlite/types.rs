//! The logical type of a declared one.

use std::borrow::Cow;

use orm_core::Dialect;
use orm_core::schema::fragments::type_name;
use orm_core::schema::{ColumnDef, ColumnType};
use orm_lexer::tokens;

use crate::affinity::Affinity;

/// The meaning of a declared type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) ty: ColumnType,
    /// Whether the name means this type, and doesn't only have its affinity.
    pub(super) known: bool,
    /// The length of a `VARCHAR(160)`, which SQLite doesn't enforce.
    pub(super) length: Option<u32>,
    /// The declared type, if SQLite stores values differently with it than with mizzle's.
    pub(super) db_type: Option<String>,
}

/// Returns the type that mizzle declares like this, or that other programs mean by it. For a name without a meaning,
/// the affinity decides (<https://www.sqlite.org/datatype3.html#determination_of_column_affinity>).
pub(super) fn declared(written: &str, collation: Option<&str>) -> Declared {
    let declared = &*without_comments(written);
    let upper = declared.to_uppercase();
    let (name, arguments) = match upper.split_once('(') {
        Some((name, arguments)) => (name, arguments.split(')').next().unwrap_or_default()),
        None => (upper.as_str(), ""),
    };
    let words: Vec<&str> = name.split_whitespace().collect();
    let name = words.join(" ");
    let is_collated = |ty: &&ColumnType| {
        let facts = &ty.facts().sqlite;
        let own = facts.collation.zip(collation);
        facts.declared == name && own.is_some_and(|(own, found)| own.eq_ignore_ascii_case(found))
    };
    let collated = ColumnType::PLAIN.iter().find(is_collated).cloned();
    let named = collated.or_else(|| ColumnType::of_sqlite(&name));
    let ty = named.clone().unwrap_or_else(|| by_affinity(Affinity::of(&upper)));
    let own = type_name(&ColumnDef::new("", ty.clone()), Dialect::Sqlite);
    Declared {
        known: named.is_some(),
        length: if name == "VARCHAR" { arguments.trim().parse().ok() } else { None },
        db_type: (Affinity::of(&upper) != Affinity::of(&own)).then(|| declared.to_owned()),
        ty,
    }
}

/// SQLite stores a type as it was written.
fn without_comments(written: &str) -> Cow<'_, str> {
    if !written.contains("--") && !written.contains("/*") {
        return Cow::Borrowed(written.trim());
    }
    let mut text = String::new();
    let mut end = 0;
    for token in tokens(written, Dialect::Sqlite) {
        if end > 0 && token.start > end {
            text.push(' ');
        }
        end = token.end();
        text.push_str(token.text);
    }
    text.into()
}

fn by_affinity(affinity: Affinity) -> ColumnType {
    match affinity {
        Affinity::Integer => ColumnType::BigInt,
        Affinity::Blob => ColumnType::Bytes,
        Affinity::Real => ColumnType::Double,
        // Text can hold everything that a column of affinity NUMERIC can, as it is written.
        Affinity::Text | Affinity::Numeric => ColumnType::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use orm_core::schema::{TableDef, create_table};

    /// Every declaration of mizzle is read as the same type.
    #[test]
    fn what_mizzle_declares() {
        // SQLite's floats have 64 bits, whatever the name of the type.
        let plain = ColumnType::PLAIN.iter().filter(|ty| **ty != ColumnType::Real).cloned();
        let elements = ColumnType::PLAIN.iter().filter(|ty| **ty != ColumnType::Json);
        let arrays = elements.cloned().map(ColumnType::array);
        for ty in plain.chain(arrays) {
            let table = TableDef::new("t").column(ColumnDef::new("c", ty.clone()));
            let sql = create_table(&table, Dialect::Sqlite).unwrap().remove(0);
            let (_, written) = sql.split_once("\"c\" ").unwrap();
            let written = written.split(" NOT NULL").next().unwrap();
            let (name, collation) = match written.split_once(" COLLATE ") {
                Some((name, collation)) => (name, Some(collation)),
                None => (written, None),
            };
            assert_eq!(
                declared(name, collation),
                Declared { ty: ty.clone(), known: true, length: None, db_type: None }
            );
        }
    }

    #[test]
    fn what_others_declare() {
        for (name, ty, known, is_own) in [
            ("NVARCHAR(160)", ColumnType::Text, true, false),
            ("numeric(10, 2)", ColumnType::Decimal, true, true),
            ("DECIMAL_TEXT", ColumnType::Text, false, false),
            ("REAL", ColumnType::Double, true, false),
            ("double  precision", ColumnType::Double, true, false),
            ("INTEGER", ColumnType::BigInt, true, false),
            ("UNSIGNED BIG INT", ColumnType::BigInt, false, false),
            ("LONGTEXT", ColumnType::Text, false, false),
            ("LONGBLOB", ColumnType::Bytes, false, false),
            ("", ColumnType::Bytes, false, false),
            ("MONEY", ColumnType::Text, false, true),
            ("String", ColumnType::Text, true, true),
            ("DATETIME", ColumnType::Timestamp, true, true),
            ("bool", ColumnType::Bool, true, false),
            ("NVARCHAR /* a */ (20) -- b", ColumnType::Text, true, false),
            ("FLOATING POINT", ColumnType::BigInt, false, false),
        ] {
            let db_type = is_own.then(|| name.to_owned());
            assert_eq!(
                declared(name, None),
                Declared { ty, known, length: None, db_type },
                "{name}"
            );
        }
        assert_eq!(declared("varchar(20)", None).length, Some(20));
    }
}

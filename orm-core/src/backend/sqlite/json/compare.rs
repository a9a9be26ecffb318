//! Documents in the order of PostgreSQL's `jsonb`, however their text is written.

use std::cmp::Ordering;

use super::Document;
use crate::backend::any::{compare_decimals, compare_texts};

/// Compares two texts as JSON documents.
pub(super) fn compare(a: &[u8], b: &[u8]) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let parse = |text| std::str::from_utf8(text).ok().and_then(Document::parse);
    compare_texts([a, b], parse, Document::compare)
}

impl Document {
    /// Object > array > boolean > number > string > null
    /// (<https://www.postgresql.org/docs/current/datatype-json.html>, "jsonb Indexing").
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Null, Self::Null) => Ordering::Equal,
            (Self::String(a), Self::String(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => compare_decimals(a.as_bytes(), b.as_bytes()),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Array(a), Self::Array(b)) => a
                .len()
                .cmp(&b.len())
                .then_with(|| first_difference(a.iter().zip(b).map(|(a, b)| a.compare(b)))),
            // By the number of keys, then key by key, shorter keys first.
            (Self::Object(a), Self::Object(b)) => a.len().cmp(&b.len()).then_with(|| {
                first_difference(a.iter().zip(b).map(|((a_key, a), (b_key, b))| {
                    a_key.0.as_bytes().cmp(b_key.0.as_bytes()).then_with(|| a.compare(b))
                }))
            }),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            // As in PostgreSQL, "for historical reasons".
            Self::Array(items) if items.is_empty() => 0,
            Self::Null => 1,
            Self::String(_) => 2,
            Self::Number(_) => 3,
            Self::Bool(_) => 4,
            Self::Array(_) => 5,
            Self::Object(_) => 6,
        }
    }
}

fn first_difference(mut each: impl Iterator<Item = Ordering>) -> Ordering {
    each.find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_documents_are_equal_in_any_text() {
        for (a, b) in [
            (r#"{"a":1,"b":[2]}"#, r#"{ "b": [2.0], "a": 1 }"#),
            ("1", "1.0"),
            ("1e2", "100"),
            (r#""\u0041""#, r#""A""#),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
        ] {
            assert_eq!(compare(a.as_bytes(), b.as_bytes()), Ordering::Equal, "{a} and {b}");
        }
    }

    #[test]
    fn orders_as_jsonb() {
        let ascending = [
            "[]",
            "null",
            r#""a""#,
            r#""b""#,
            "-1",
            "0.5",
            "1",
            "9007199254740993",
            "9007199254740994",
            "9007199254740994.00000000000000000001",
            "false",
            "true",
            "[1]",
            "[2]",
            "[1, 1]",
            "{}",
            r#"{"a":1}"#,
            r#"{"a":2}"#,
            r#"{"b":1}"#,
            r#"{"a":1,"b":1}"#,
            "no JSON",
        ];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(compare(a.as_bytes(), b.as_bytes()), i.cmp(&j), "{a} and {b}");
            }
        }
    }
}

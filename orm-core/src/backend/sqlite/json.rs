//! JSON documents in the order of PostgreSQL's `jsonb`, however their text is written.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

/// Compares two texts as JSON documents. A text that isn't JSON comes after all documents. Two such texts compare by
/// their bytes.
pub(super) fn compare(a: &[u8], b: &[u8]) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let parse = |text: &[u8]| serde_json::from_slice::<Value>(text).ok();
    match (parse(a), parse(b)) {
        (Some(a), Some(b)) => values(&a, &b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// Object > array > boolean > number > string > null
/// (<https://www.postgresql.org/docs/current/datatype-json.html>, "jsonb Indexing").
fn values(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => numbers(a, b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) => a.len().cmp(&b.len()).then_with(|| {
            let each = a.iter().zip(b).map(|(a, b)| values(a, b));
            first_difference(each)
        }),
        (Value::Object(a), Value::Object(b)) => objects(a, b),
        _ => rank(a).cmp(&rank(b)),
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        // As in PostgreSQL, "for historical reasons".
        Value::Array(items) if items.is_empty() => 0,
        Value::Null => 1,
        Value::String(_) => 2,
        Value::Number(_) => 3,
        Value::Bool(_) => 4,
        Value::Array(_) => 5,
        Value::Object(_) => 6,
    }
}

fn numbers(a: &Number, b: &Number) -> Ordering {
    let whole = |number: &Number| {
        number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
    };
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => {
            let (a, b) = (a.as_f64().unwrap_or_default(), b.as_f64().unwrap_or_default());
            a.partial_cmp(&b).unwrap_or(Ordering::Equal)
        }
    }
}

/// By the number of keys, then key by key. Shorter keys come first.
fn objects(a: &Map<String, Value>, b: &Map<String, Value>) -> Ordering {
    let sorted = |object: &Map<String, Value>| {
        let mut entries: Vec<(String, Value)> =
            object.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        entries.sort_by(|(a, _), (b, _)| keys(a, b));
        entries
    };
    a.len().cmp(&b.len()).then_with(|| {
        let (a, b) = (sorted(a), sorted(b));
        let each = a.iter().zip(&b).map(|((a_key, a), (b_key, b))| {
            a_key.as_bytes().cmp(b_key.as_bytes()).then_with(|| values(a, b))
        });
        first_difference(each)
    })
}

fn keys(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.as_bytes().cmp(b.as_bytes()))
}

fn first_difference(mut each: impl Iterator<Item = Ordering>) -> Ordering {
    each.find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
}

/// Returns whether a text is a document that can be read again.
pub(super) fn is_document(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok()
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

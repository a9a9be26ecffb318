//! Messages that replace the server's if those can show a value. The server writes in the language of its settings, so
//! only its code decides.

use std::borrow::Cow;

use pq_sys as ffi;

use super::result::Answer;
use crate::error::Words;

/// The message for a plan that the server made before somebody changed the table.
const STALE_PLAN: &str = "cached plan must not change result type";

/// The message of an error, and who has written it.
pub(super) fn message(state: &str, answer: &Answer) -> (Cow<'static, str>, Words) {
    let field = |field| answer.error_field(field).unwrap_or_default();
    let said = field(ffi::PG_DIAG_MESSAGE_PRIMARY);
    // The name of a function in the server's source, the same in each language.
    match field(ffi::PG_DIAG_SOURCE_FUNCTION).as_str() {
        "exec_stmt_raise" => return (said.into(), Words::Program),
        "RevalidateCachedQuery" if state == "0A000" => return (STALE_PLAN.into(), Words::Plain),
        // pgvector says two numbers of dimensions, and nothing else.
        "CheckDims" | "CheckExpectedDim" if state == "22000" => {
            return (said.into(), Words::Plain);
        }
        // Something depends on a column or a table that has to change or go: the detail names it, and nothing else.
        "ATExecAlterColumnType"
        | "RememberAllDependentForRebuilding"
        | "reportDependentObjects" => {
            let named = field(ffi::PG_DIAG_MESSAGE_DETAIL).replace('\n', "; ");
            return (format!("{said} ({named})").into(), Words::Plain);
        }
        _ => {}
    }
    if state.starts_with("22") {
        return (data_exception(state, &said), Words::Plain);
    }
    // A position in the statement's text: the server was reading the text, before it knew any value.
    if answer.error_field(ffi::PG_DIAG_STATEMENT_POSITION).is_some() {
        return (said.into(), Words::Plain);
    }
    match instead(state) {
        Some(instead) => (said.into(), Words::Database { instead }),
        None => (said.into(), Words::Plain),
    }
}

/// Returns the message that replaces one with a value in it; `None` for codes whose messages never have one.
fn instead(state: &str) -> Option<&'static str> {
    Some(match state {
        "42501" => "the user lacks the privilege to do that",
        "42P01" => "a value of the statement names a relation that the database doesn't have",
        "42703" => "a value of the statement names a column that the database doesn't have",
        "42883" => "a value of the statement names a function that the database doesn't have",
        "42704" | "42710" | "3F000" | "3D000" | "34000" => {
            "a value of the statement names something that the database doesn't have"
        }
        "42601" => {
            "a value of the statement is text in another language, such as a search, and has a mistake in it"
        }
        "42602" | "42939" | "42622" => {
            "a value of the statement is not a name that the database accepts"
        }
        "55000" => "an object that a value of the statement names is not in the required state",
        // A row that a statement would change twice, or a subselect of more than one.
        "21000" | "55P03" => return None,
        _ => match &state[..2.min(state.len())] {
            "08" | "0A" | "25" | "40" | "53" | "57" => return None,
            "58" | "F0" => "a file that a value of the statement names can't be used",
            _ => {
                "the server refuses the statement because of a value; its own message would show it"
            }
        },
    })
}

/// Says what is wrong with a value (<https://www.postgresql.org/docs/current/errcodes-appendix.html>, class 22).
fn data_exception(state: &str, said: &str) -> Cow<'static, str> {
    let what = match state {
        "22001" => "a text is longer than its column or type allows",
        "22003" => return with_type("a number is out of the range of its type", said),
        "22004" | "22002" => "a value is NULL but must not be",
        "22007" => "a text is not a date or time in a form that the server reads",
        "22008" => "a date, a time or an interval is out of range",
        "22009" => "a time zone's distance from UTC is out of range",
        "22011" => "the length of a part of a text is negative",
        "22012" => "a division by zero",
        "22013" | "22014" | "22016" => {
            "a window function was given a number that it doesn't accept"
        }
        "22019" | "2200B" | "2200C" | "2200D" | "22025" | "22P06" => {
            "an escape character or what follows it is wrong"
        }
        "2201B" => "a regular expression is wrong",
        "2201E" => "the logarithm of zero or of a negative number",
        "2201F" => "a power whose result is not a real number",
        "2201G" => "`width_bucket` was given a number that it doesn't accept",
        "2201W" => "the LIMIT is negative",
        "2201X" => "the OFFSET is negative",
        "22021" | "22P05" => "a text has a character that its encoding doesn't have",
        "22023" => "a function or a setting was given a value that it doesn't accept",
        "2202E" => "the bounds of an array are wrong",
        "2202G" | "2202H" => "the number in TABLESAMPLE is wrong",
        "2200F" => "a text is empty but must not be",
        "2200G" => "a value has another type than expected",
        "2200H" => "a sequence has no more numbers",
        "2200L" | "2200M" | "2200N" | "2200S" | "2200T" => "an XML document is wrong",
        "22030" => "a JSON object has the same key twice",
        "22P01" => "a floating point number is out of range",
        "22P02" => return with_type("a text is not in the form of its type", said),
        "22P03" => "a value is not in the binary form of its type",
        "22P04" => "the data to copy are not in the form that COPY reads",
        _ if state.starts_with("2203") => {
            "a JSON document or a path in it is not what the statement expects"
        }
        _ => "a value is not what the statement expects",
    };
    what.into()
}

/// Names the type, which the server writes the same in each language, if that is certain.
fn with_type(what: &'static str, said: &str) -> Cow<'static, str> {
    const TYPES: [&str; 17] = [
        "smallint",
        "integer",
        "bigint",
        "oid",
        "numeric",
        "double precision",
        "boolean",
        "uuid",
        "json",
        "jsonb",
        "jsonpath",
        "bytea",
        "inet",
        "cidr",
        "macaddr",
        "xml",
        "timestamptz",
    ];
    let mut found = TYPES.iter().filter(|name| super::super::hide::stands_alone(said, name));
    match (found.next(), found.next()) {
        (Some(name), None) => format!("{what} ({name})").into(),
        // There may be a second one in the value.
        _ => what.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong_in_each_language() {
        for (state, said, message) in [
            (
                "22P02",
                "invalid input syntax for type integer: \"s3cret\"",
                "a text is not in the form of its type (integer)",
            ),
            (
                "22P02",
                "ungültige Eingabesyntax für Typ double precision: »s3cret«",
                "a text is not in the form of its type (double precision)",
            ),
            (
                "22P02",
                "\"integer\"型の入力構文が不正です: \"uuid s3cret\"",
                "a text is not in the form of its type",
            ),
            (
                "22003",
                "numeric field overflow",
                "a number is out of the range of its type (numeric)",
            ),
            ("22012", "Division durch Null", "a division by zero"),
            (
                "2203F",
                "s3cret",
                "a JSON document or a path in it is not what the statement expects",
            ),
            ("22XYZ", "s3cret", "a value is not what the statement expects"),
        ] {
            assert_eq!(data_exception(state, said), message);
        }
    }

    #[test]
    fn keeps_words_that_have_no_value() {
        for state in ["40001", "40P01", "57014", "25P02", "53300", "0A000", "55P03"] {
            assert_eq!(instead(state), None, "{state}");
        }
        for state in ["42P01", "42704", "58P01", "XX000", "P0001", ""] {
            assert!(instead(state).is_some(), "{state}");
        }
    }
}

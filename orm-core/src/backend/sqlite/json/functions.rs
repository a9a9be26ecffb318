//! The functions that [`dsl::json`](crate::dsl::json) calls.

use std::ffi::{CStr, c_int};
use std::ptr::NonNull;

use libsqlite3_sys as ffi;

use super::operators::{Edit, Failure, Part};
use super::{Document, compare};
use crate::backend::sqlite::arguments::Values;
use crate::backend::sqlite::functions::{collation, fail_value, give_text, scalar, unhex};

const NO_DOCUMENT: Failure = c"a text is no JSON document";

/// What a function returns; NULL if there is nothing.
enum Returned {
    Nothing,
    Bool(bool),
    Text(String),
}

type Function = fn(&Values<'_>, &Document) -> Result<Returned, Failure>;

/// Registers all of them; returns a result code if that fails.
pub(in crate::backend::sqlite) fn register(database: NonNull<ffi::sqlite3>) -> Result<(), c_int> {
    macro_rules! functions {
        ($($name:literal, $arguments:literal, $function:expr;)*) => {
            $(scalar(database, $name, $arguments, |context, values| {
                const FUNCTION: Function = $function;
                call(context, values, FUNCTION);
            })?;)*
        };
    }
    collation(database, c"mizzle_json", compare)?;
    scalar(database, c"mizzle_document", 1, document)?;
    functions! {
        c"mizzle_json_get", 2, |values, document| Ok(found(document.get(&part(values)?)));
        c"mizzle_json_get_text", 2, |values, document| Ok(text(document.get(&part(values)?)));
        c"mizzle_json_path", 2, |values, document| Ok(found(document.get_path(&texts(values, 1)?)));
        c"mizzle_json_path_text", 2, |values, document| Ok(text(document.get_path(&texts(values, 1)?)));
        c"mizzle_json_contains", 2, |values, document| Ok(Returned::Bool(document.contains(&parsed(values, 1)?)));
        c"mizzle_json_contained", 2, |values, document| Ok(Returned::Bool(parsed(values, 1)?.contains(document)));
        c"mizzle_json_has_key", 2, |values, document| Ok(Returned::Bool(document.has_key(utf8(values, 1)?)));
        c"mizzle_json_has_any", 2, |values, document| {
            Ok(Returned::Bool(texts(values, 1)?.iter().any(|key| document.has_key(key))))
        };
        c"mizzle_json_has_all", 2, |values, document| {
            Ok(Returned::Bool(texts(values, 1)?.iter().all(|key| document.has_key(key))))
        };
        c"mizzle_json_remove", 2, |values, document| edited(document, |document| document.remove(&part(values)?));
        c"mizzle_json_remove_path", 2, |values, document| {
            edited(document, |document| document.edit(&texts(values, 1)?, Edit::Remove))
        };
        c"mizzle_json_set", 3, |values, document| {
            edited(document, |document| document.edit(&texts(values, 1)?, Edit::Set(&parsed(values, 2)?)))
        };
    }
    Ok(())
}

fn call(context: *mut ffi::sqlite3_context, values: &Values<'_>, function: Function) {
    if (0..values.0.len()).any(|index| values.is_null(index)) {
        return;
    }
    match parsed(values, 0).and_then(|document| function(values, &document)) {
        Ok(Returned::Nothing) => {}
        // SAFETY: the context is live during the call.
        Ok(Returned::Bool(value)) => unsafe { ffi::sqlite3_result_int(context, value.into()) },
        Ok(Returned::Text(text)) => give_text(context, &text),
        Err(failure) => fail_value(context, failure),
    }
}

/// `mizzle_document(text)`: a cast to a JSON document, which stays as it is written.
fn document(context: *mut ffi::sqlite3_context, values: &Values<'_>) {
    if values.is_null(0) {
        return;
    }
    match utf8(values, 0) {
        Ok(text) if Document::parse(text).is_some() => give_text(context, text),
        _ => fail_value(context, NO_DOCUMENT),
    }
}

fn found(document: Option<&Document>) -> Returned {
    document.map_or(Returned::Nothing, |document| Returned::Text(document.to_string()))
}

fn text(document: Option<&Document>) -> Returned {
    document.cloned().and_then(Document::into_text).map_or(Returned::Nothing, Returned::Text)
}

fn edited(
    document: &Document,
    edit: impl FnOnce(&mut Document) -> Result<(), Failure>,
) -> Result<Returned, Failure> {
    let mut document = document.clone();
    edit(&mut document)?;
    Ok(Returned::Text(document.to_string()))
}

fn utf8<'v>(values: &'v Values<'_>, index: usize) -> Result<&'v str, Failure> {
    std::str::from_utf8(values.text(index)).map_err(|_| c"a text is not UTF-8" as &CStr)
}

fn parsed(values: &Values<'_>, index: usize) -> Result<Document, Failure> {
    Document::parse(utf8(values, index)?).ok_or(NO_DOCUMENT)
}

/// The second argument: a key, or a number for a place.
fn part<'v>(values: &'v Values<'_>) -> Result<Part<'v>, Failure> {
    if values.is_integer(1) {
        Ok(Part::Place(values.integer(1)))
    } else {
        utf8(values, 1).map(Part::Key)
    }
}

/// An array of texts, as it is bound: each as the hexadecimal form of its bytes.
fn texts(values: &Values<'_>, index: usize) -> Result<Vec<String>, Failure> {
    const NO_TEXTS: Failure = c"a value is not an array of texts";
    let Document::Array(items) = parsed(values, index)? else {
        return Err(NO_TEXTS);
    };
    let text = |item| match item {
        Document::String(digits) => {
            String::from_utf8(unhex(digits.as_bytes())).map_err(|_| NO_TEXTS)
        }
        _ => Err(NO_TEXTS),
    };
    items.into_iter().map(text).collect()
}

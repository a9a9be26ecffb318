//! The functions that [`dsl::array`](crate::dsl::array) calls, and the collations of arrays. They mean what PostgreSQL's
//! operators of arrays mean.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ffi::{CStr, c_int};
use std::ptr::NonNull;

use libsqlite3_sys as ffi;
use uuid::Uuid;

use super::arguments::Values;
use super::arithmetic::Number;
use super::functions::{collation, compare_stored, fail_value, give_text, scalar};
use crate::backend::any::sqlite::{ArrayJson, float, hexadecimal};
use crate::backend::any::{
    ArrayElement as Element, ArrayElements, compare_decimals, compare_texts,
};
use crate::schema::{ColumnType, Family, Storage, TypeFacts};
use crate::types::{Inet, Interval};

type Failure = &'static CStr;

/// How texts compare that are elements of an array.
type Texts = fn(&[u8], &[u8]) -> Ordering;

/// What a function returns; NULL if there is nothing.
enum Returned {
    Nothing,
    Bool(bool),
    Integer(usize),
    Text(String),
}

/// Registers all of them; returns a result code if that fails.
pub(super) fn register(database: NonNull<ffi::sqlite3>) -> Result<(), c_int> {
    macro_rules! functions {
        ($($name:literal, $arguments:literal, $function:expr;)*) => {
            $(scalar(database, $name, $arguments, |context, values| {
                const FUNCTION: fn(&Values<'_>) -> Result<Returned, Failure> = $function;
                call(context, FUNCTION(values));
            })?;)*
        };
    }
    collation(database, c"mizzle_array", |a, b| compare_arrays(a, b, as_texts))?;
    collation(database, c"mizzle_array_decimal", |a, b| compare_arrays(a, b, compare_decimals))?;
    collation(database, c"mizzle_array_inet", |a, b| compare_arrays(a, b, compare_stored::<Inet>))?;
    collation(database, c"mizzle_array_interval", |a, b| {
        compare_arrays(a, b, compare_stored::<Interval>)
    })?;
    functions! {
        c"mizzle_array_contains", 3, |values| both(values, |texts, a, b| contains(texts, a, b));
        c"mizzle_array_contained", 3, |values| both(values, |texts, a, b| contains(texts, b, a));
        c"mizzle_array_overlaps", 3, |values| both(values, overlaps);
        c"mizzle_array_any", 3, any;
        c"mizzle_array_length", 1, length;
        c"mizzle_array_append", 3, append;
        c"mizzle_array_remove", 3, remove;
        c"mizzle_array_concat", 3, concat;
    }
    Ok(())
}

fn call(context: *mut ffi::sqlite3_context, returned: Result<Returned, Failure>) {
    // SAFETY: the context is live during the call.
    unsafe {
        match returned {
            Ok(Returned::Nothing) => {}
            Ok(Returned::Bool(value)) => ffi::sqlite3_result_int(context, value.into()),
            Ok(Returned::Integer(value)) => ffi::sqlite3_result_int64(context, value as i64),
            Ok(Returned::Text(text)) => give_text(context, &text),
            Err(failure) => fail_value(context, failure),
        }
    }
}

fn both(
    values: &Values<'_>,
    holds: impl FnOnce(Texts, &[Element<'_>], &[Element<'_>]) -> bool,
) -> Result<Returned, Failure> {
    if values.is_null(0) || values.is_null(1) {
        return Ok(Returned::Nothing);
    }
    let texts = texts_of(facts(values)?);
    Ok(Returned::Bool(holds(texts, &array(values, 0)?, &array(values, 1)?)))
}

/// NULL equals nothing here.
fn contains(texts: Texts, elements: &[Element<'_>], others: &[Element<'_>]) -> bool {
    others.iter().all(|other| has(texts, elements, other))
}

fn overlaps(texts: Texts, elements: &[Element<'_>], others: &[Element<'_>]) -> bool {
    others.iter().any(|other| has(texts, elements, other))
}

fn has(texts: Texts, elements: &[Element<'_>], value: &Element<'_>) -> bool {
    *value != Element::Null && elements.iter().any(|element| compare(texts, element, value).is_eq())
}

/// `mizzle_array_any(value, array, type)`: `value = ANY(array)`.
fn any(values: &Values<'_>) -> Result<Returned, Failure> {
    if values.is_null(1) {
        return Ok(Returned::Nothing);
    }
    let facts = facts(values)?;
    let (elements, value) = (array(values, 1)?, element(values, 0, facts)?);
    Ok(match value {
        _ if elements.is_empty() => Returned::Bool(false),
        Element::Null => Returned::Nothing,
        value if has(texts_of(facts), &elements, &value) => Returned::Bool(true),
        _ if elements.contains(&Element::Null) => Returned::Nothing,
        _ => Returned::Bool(false),
    })
}

fn length(values: &Values<'_>) -> Result<Returned, Failure> {
    if values.is_null(0) {
        return Ok(Returned::Nothing);
    }
    Ok(Returned::Integer(array(values, 0)?.len()))
}

/// NULL is like an empty array.
fn append(values: &Values<'_>) -> Result<Returned, Failure> {
    let mut elements = if values.is_null(0) { Vec::new() } else { array(values, 0)? };
    elements.push(element(values, 1, facts(values)?)?);
    Ok(Returned::Text(written(&elements)))
}

/// Removes all elements that equal the value, also NULL.
fn remove(values: &Values<'_>) -> Result<Returned, Failure> {
    if values.is_null(0) {
        return Ok(Returned::Nothing);
    }
    let facts = facts(values)?;
    let (mut elements, value) = (array(values, 0)?, element(values, 1, facts)?);
    elements.retain(|element| compare(texts_of(facts), element, &value).is_ne());
    Ok(Returned::Text(written(&elements)))
}

/// NULL is like an empty array, unless both are.
fn concat(values: &Values<'_>) -> Result<Returned, Failure> {
    if values.is_null(0) && values.is_null(1) {
        return Ok(Returned::Nothing);
    }
    let mut elements = Vec::new();
    for index in 0..2 {
        if !values.is_null(index) {
            elements.append(&mut array(values, index)?);
        }
    }
    Ok(Returned::Text(written(&elements)))
}

fn written(elements: &[Element<'_>]) -> String {
    let mut json = ArrayJson::default();
    for element in elements {
        json.push(element);
    }
    json.finish()
}

fn array<'v>(values: &'v Values<'_>, index: usize) -> Result<Vec<Element<'v>>, Failure> {
    parse(values.text(index)).ok_or(c"a text is not a JSON array of one dimension")
}

fn parse(text: &[u8]) -> Option<Vec<Element<'_>>> {
    ArrayElements::all(std::str::from_utf8(text).ok()?).ok()
}

/// Returns a value as an element.
fn element<'v>(
    values: &'v Values<'_>,
    index: usize,
    facts: &TypeFacts,
) -> Result<Element<'v>, Failure> {
    const WRONG: Failure = c"a value has another type than the elements of the array";
    if values.is_null(index) {
        return Ok(Element::Null);
    }
    let (is_text, bytes) = (values.is_text(index), || values.text(index));
    Ok(match (facts.sqlite.storage, facts.family) {
        (Storage::Integer, Family::Bool) if !is_text => Element::Bool(values.integer(index) != 0),
        (Storage::Integer, _) if values.is_integer(index) => {
            Element::Number(values.integer(index).to_string().into())
        }
        (Storage::Real, _) if !is_text => {
            let number = match values.number(index) {
                Number::Integer(value) => value as f64,
                Number::Real(value) => value,
            };
            Element::Number(float(number).map_err(|_| WRONG)?.into())
        }
        (Storage::Blob, Family::Uuid) => {
            let uuid = Uuid::from_slice(bytes()).map_err(|_| WRONG)?;
            Element::String(uuid.as_hyphenated().to_string().into())
        }
        (Storage::Blob, _) if is_text => Element::String(hexadecimal(bytes()).into()),
        (Storage::Text, _) if is_text => {
            Element::String(Cow::Borrowed(std::str::from_utf8(bytes()).map_err(|_| WRONG)?))
        }
        (Storage::Integer | Storage::Real | Storage::Blob | Storage::Text, _) => return Err(WRONG),
    })
}

/// The last argument: PostgreSQL's name of the elements' type.
fn facts(values: &Values<'_>) -> Result<&'static TypeFacts, Failure> {
    let name = values.text(values.0.len() - 1);
    let mut all = ColumnType::PLAIN.iter().map(ColumnType::facts);
    all.find(|facts| facts.postgres.declared.as_bytes() == name).ok_or(c"no type has this name")
}

fn texts_of(facts: &TypeFacts) -> Texts {
    match facts.family {
        Family::Decimal => compare_decimals,
        Family::Network => compare_stored::<Inet>,
        Family::Interval => compare_stored::<Interval>,
        Family::Bool
        | Family::Integer
        | Family::Float
        | Family::Text
        | Family::Bytes
        | Family::Moment
        | Family::Uuid
        | Family::Json
        | Family::Array => as_texts,
    }
}

fn as_texts(a: &[u8], b: &[u8]) -> Ordering {
    a.cmp(b)
}

/// Compares the first elements that differ; then the shorter array comes first.
fn compare_arrays(a: &[u8], b: &[u8], texts: Texts) -> Ordering {
    compare_texts([a, b], parse, |a, b| {
        let differ = a.iter().zip(b).map(|(a, b)| compare(texts, a, b)).find(|order| order.is_ne());
        differ.unwrap_or_else(|| a.len().cmp(&b.len()))
    })
}

/// NULL comes last. Elements of one array have one type, unless another program has written them.
fn compare(texts: Texts, a: &Element<'_>, b: &Element<'_>) -> Ordering {
    match (a, b) {
        (Element::Bool(a), Element::Bool(b)) => a.cmp(b),
        (Element::Number(a), Element::Number(b)) => compare_numbers(a, b),
        (Element::String(a), Element::String(b)) => texts(a.as_bytes(), b.as_bytes()),
        _ => rank(a).cmp(&rank(b)),
    }
}

fn rank(element: &Element<'_>) -> u8 {
    match element {
        Element::Bool(_) => 0,
        Element::Number(_) => 1,
        Element::String(_) => 2,
        Element::Null => 3,
    }
}

/// Exact also between integers and floating point numbers, which only another program mixes.
fn compare_numbers(a: &str, b: &str) -> Ordering {
    let number = |text: &str| match text.parse::<i64>() {
        Ok(number) => (number as f64, i128::from(number)),
        Err(_) => {
            // There is one zero.
            let number = text.parse::<f64>().unwrap_or_default() + 0.0;
            (number, number as i128)
        }
    };
    let ((a, exact_a), (b, exact_b)) = (number(a), number(b));
    a.total_cmp(&b).then(exact_a.cmp(&exact_b))
}

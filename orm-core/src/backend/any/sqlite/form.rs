//! Values as SQLite stores them.

use std::borrow::Cow;

#[cfg(feature = "d1")]
use super::array::to_json;
#[cfg(feature = "d1")]
use super::binds::json_array;
#[cfg(feature = "d1")]
use crate::backend::any::Arity;
use crate::backend::any::Bind;
use crate::backend::any::types::TimeText;
use crate::error::ValueError;

/// A value as SQLite stores it.
pub(in crate::backend) enum Form<'v> {
    Null,
    Integer(i64),
    Float(f64),
    Text(Cow<'v, str>),
    Blob(Cow<'v, [u8]>),
    List(&'v [Bind<'v>]),
}

pub(super) fn form<'v>(value: &'v Bind<'v>) -> Result<Form<'v>, ValueError> {
    let time =
        |text: TimeText| Form::Text(String::from_utf8_lossy(text.as_bytes()).into_owned().into());
    Ok(match value {
        Bind::Null => Form::Null,
        Bind::Bool(value) => Form::Integer((*value).into()),
        Bind::I16(value) => Form::Integer((*value).into()),
        Bind::I32(value) => Form::Integer((*value).into()),
        Bind::I64(value) => Form::Integer(*value),
        Bind::F32(value) => Form::Float((*value).into()),
        Bind::F64(value) => Form::Float(*value),
        Bind::Text(text) => Form::Text(text.as_ref().into()),
        Bind::Bytes(bytes) => Form::Blob((&**bytes).into()),
        Bind::Date(date) => time(TimeText::date(*date)?),
        Bind::Time(value) => time(TimeText::time(*value)?),
        Bind::Timestamp(value) => time(TimeText::timestamp(*value)?),
        Bind::Timestamptz(value) => time(TimeText::timestamptz(*value)?),
        Bind::Moment(value, form) => time(TimeText::moment(*value, *form)?),
        Bind::Uuid(uuid) => Form::Blob(uuid.as_bytes().into()),
        Bind::Decimal(value) => Form::Text(value.to_plain_string().into()),
        Bind::Json(text) => Form::Text(text.into()),
        Bind::Array(values) => Form::List(values),
    })
}

/// Returns a value as it is bound to one parameter: an array, or a list, as its text.
#[cfg(feature = "d1")]
pub(in crate::backend) fn flat<'v>(
    value: &'v Bind<'v>,
    arity: Arity,
) -> Result<Form<'v>, ValueError> {
    match form(value)? {
        Form::List(values) if arity == Arity::Array => Ok(Form::Text(to_json(values)?.into())),
        Form::List(values) => Ok(Form::Text(json_array(values)?.into())),
        form => Ok(form),
    }
}

/// Returns the bytes of a value that SQLite stores as text or bytes.
pub(crate) fn stored(value: &Bind<'_>) -> Result<Vec<u8>, ValueError> {
    match form(value)? {
        Form::Text(text) => Ok(text.into_owned().into_bytes()),
        Form::Blob(bytes) => Ok(bytes.into_owned()),
        Form::Float(value) => Ok(value.to_be_bytes().to_vec()),
        Form::Null | Form::Integer(_) | Form::List(_) => {
            Err(ValueError::OutOfRange { wanted: "text or bytes" })
        }
    }
}

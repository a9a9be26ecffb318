//! Values as SQLite stores them.

use std::borrow::Cow;

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

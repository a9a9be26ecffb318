//! Values that need one parameter each.

use super::array::to_json;
use super::binds::json_array;
use super::form::{Form, form};
use crate::backend::any::{Arity, Bind};
use crate::error::ValueError;

/// Returns a value as it is bound to one parameter: an array, or a list, as its text.
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

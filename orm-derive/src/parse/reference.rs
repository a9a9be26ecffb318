//! `references(Parent [, column …] [, option …])`, of a column and of `foreign_key(…)`.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, LitBool, Path, Result, Token};

use super::{At, Items as _, next, parens, path, value};
use crate::errors::{Errors, unknown};

const EXAMPLE: &str = "write `references(Parent)`, or with more: `references(Parent, \
                                  column, on_delete = cascade, on_update = cascade, as = name)`";

const ACTIONS: &[&str] = &["cascade", "restrict", "set_null", "set_default", "no_action"];

/// A reference to another table.
pub(crate) struct Reference {
    pub(crate) span: Span,
    pub(crate) parent: Path,
    /// The fields of the parent; empty for its primary key.
    pub(crate) columns: Vec<Ident>,
    pub(crate) on_delete: Option<At<Action>>,
    pub(crate) on_update: Option<At<Action>>,
    /// The relation's name, if it isn't the default.
    pub(crate) relation: Option<Ident>,
    /// Whether the two tables join along this key.
    pub(crate) join: Option<LitBool>,
}

/// What happens to a row if its parent is deleted or changes its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "SQL calls it NO ACTION")]
pub(crate) enum Action {
    Cascade,
    Restrict,
    SetNull,
    SetDefault,
    NoAction,
}

pub(super) fn of_column(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> Result<Reference> {
    parens(key, input, EXAMPLE, |content| read(key.span(), content, errors))
}

/// Reads the contents of the parentheses.
pub(super) fn read(span: Span, input: ParseStream<'_>, errors: &mut Errors) -> Result<Reference> {
    if input.is_empty() {
        return Err(syn::Error::new(span, format!("the parent is missing: {EXAMPLE}")));
    }
    let at = input.span();
    let parent = path(input).map_err(|_| {
        syn::Error::new(at, format!("the parent must be the name of its struct: {EXAMPLE}"))
    })?;
    let mut reference = Reference {
        span,
        parent,
        columns: Vec::new(),
        on_delete: None,
        on_update: None,
        relation: None,
        join: None,
    };
    next(input, Ok(()), errors);
    while !input.is_empty() {
        let result = reference.read_item(input, errors);
        next(input, result, errors);
    }
    Ok(reference)
}

impl Reference {
    fn read_item(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> Result<()> {
        let key = Ident::parse_any(input)?;
        if input.peek(Token![=]) {
            return self.item(" of `references`", &key, input, errors);
        }
        self.columns.push(key);
        Ok(())
    }
}

pub(super) fn action(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<At<Action>> {
    let name: Ident = value(key, input, &format!("it is one of {}", ACTIONS.join(", ")))?;
    let action = match name.to_string().as_str() {
        "cascade" => Action::Cascade,
        "restrict" => Action::Restrict,
        "set_null" => Action::SetNull,
        "set_default" => Action::SetDefault,
        "no_action" => Action::NoAction,
        other => return Err(syn::Error::new(name.span(), unknown("action", other, "", ACTIONS))),
    };
    Ok(At::new(name.span(), action))
}

pub(super) fn relation(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<Ident> {
    value(key, input, "write `as = name`")
}

pub(super) fn join(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<LitBool> {
    value(key, input, "write `join = false`")
}

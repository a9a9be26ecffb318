//! `has_many(…)`, `has_one(…)` and `many_to_many(…)`.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, Path, Result, Token};

use super::{Items, next, parens, path, value, value_with};
use crate::errors::Errors;

/// A relation to the rows of another table.
pub(crate) struct Relation {
    pub(crate) kind: RelationKind,
    pub(crate) name: Ident,
    pub(crate) target: Path,
    pub(crate) via: Option<Ident>,
    pub(crate) through: Option<Path>,
    /// The column of `through` that refers to the related rows, if there are several.
    pub(crate) to: Option<Ident>,
}

/// The kind of a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RelationKind {
    HasMany,
    HasOne,
    ManyToMany,
}

impl RelationKind {
    fn example(self) -> &'static str {
        match self {
            Self::HasMany => "write `has_many(posts = Post)`",
            Self::HasOne => "write `has_one(profile = Profile)`",
            Self::ManyToMany => "write `many_to_many(tags = Tag, through = PostTag)`",
        }
    }

    /// Returns the attribute's name.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::HasMany => "has_many",
            Self::HasOne => "has_one",
            Self::ManyToMany => "many_to_many",
        }
    }
}

macro_rules! read {
    ($($name:ident: $kind:ident;)*) => {
        $(pub(super) fn $name(
            key: &Ident,
            input: ParseStream<'_>,
            errors: &mut Errors,
        ) -> Result<Option<Relation>> {
            let kind = RelationKind::$kind;
            parens(key, input, kind.example(), |content| {
                Relation::read(kind, key, content, errors).map(Some)
            })
        })*
    };
}

read! {
    has_many: HasMany;
    has_one: HasOne;
    many_to_many: ManyToMany;
}

impl Relation {
    fn read(
        kind: RelationKind,
        attribute: &Ident,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> Result<Self> {
        if input.is_empty() {
            let message = format!("which relation? {}", kind.example());
            return Err(syn::Error::new(attribute.span(), message));
        }
        let name = input.call(Ident::parse_any)?;
        if !input.peek(Token![=]) {
            let message = format!("the relation needs a name: {}", kind.example());
            return Err(syn::Error::new(name.span(), message));
        }
        let target = value_with(&name, input, kind.example(), path)?;
        next(input, Ok(()), errors);
        let of = format!(" of `{attribute}`");
        let LinkOptions { through, via, to } = match kind {
            RelationKind::HasMany | RelationKind::HasOne => {
                let DirectOptions { via } = options(&of, input, errors);
                LinkOptions { via, ..LinkOptions::default() }
            }
            RelationKind::ManyToMany => options(&of, input, errors),
        };
        if kind == RelationKind::ManyToMany && through.is_none() {
            return Err(syn::Error::new(
                name.span(),
                format!("the table between the two is missing: {}", kind.example()),
            ));
        }
        Ok(Self { kind, name, target, via, through, to })
    }
}

/// The options of `has_many` and `has_one`.
#[derive(Default)]
pub(super) struct DirectOptions {
    pub(super) via: Option<Ident>,
}

/// The options of `many_to_many`.
#[derive(Default)]
pub(super) struct LinkOptions {
    pub(super) through: Option<Path>,
    pub(super) via: Option<Ident>,
    pub(super) to: Option<Ident>,
}

fn options<T: Items + Default>(of: &str, input: ParseStream<'_>, errors: &mut Errors) -> T {
    let mut read = T::default();
    while !input.is_empty() {
        let result = Ident::parse_any(input).and_then(|key| read.item(of, &key, input, errors));
        next(input, result, errors);
    }
    read
}

pub(super) fn via(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<Ident> {
    value(key, input, "write `via = column`")
}

pub(super) fn to(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<Ident> {
    value(key, input, "write `to = column`")
}

pub(super) fn through(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<Path> {
    value_with(key, input, RelationKind::ManyToMany.example(), path)
}

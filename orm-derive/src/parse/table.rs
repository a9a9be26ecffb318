//! `#[table(…)]`.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, LitStr, Result, Token, token};

use super::full_text::FullText;
use super::reference::{self, Reference};
use super::relation::Relation;
use super::{Items, group, next, once, parens, value, value_with};
use crate::errors::{Errors, unknown};

const INDEX_EXAMPLE: &str = "write `index(a, b.desc(), \"lower(c)\")`, and after the columns what you need of \
                             `unique`, `name = \"…\"`, `where = \"…\"`, `using = gin`";
const METHOD_EXAMPLE: &str = "write `using = ` and one of btree, hash, brin, gin, gist and spgist, or the name of an \
                              extension's method in quotes: `using = \"hnsw\"`";
const OPS_EXAMPLE: &str = "write `.ops(\"gin_trgm_ops\")`";
/// The methods that PostgreSQL has without an extension.
const METHODS: &[&str] = &["btree", "hash", "brin", "gin", "gist", "spgist"];
const UNIQUE_EXAMPLE: &str = "write `unique(a, b)` or `unique(a, b, name = \"…\")`";
const CHECK_EXAMPLE: &str = "write `check(its_name = \"a > b\")`";
const KEY_EXAMPLE: &str = "write `primary_key(a, b)`";
const FOREIGN_KEY_EXAMPLE: &str =
    "write `foreign_key(a, b, references(Parent, x, y, on_delete = cascade))`";

/// The attributes of a struct.
#[derive(Default)]
pub(crate) struct TableAttrs {
    pub(crate) name: Option<LitStr>,
    pub(crate) module: Option<Ident>,
    pub(crate) primary_key: Option<(Span, Vec<Ident>)>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) uniques: Vec<Unique>,
    pub(crate) checks: Vec<Check>,
    pub(crate) foreign_keys: Vec<ForeignKey>,
    pub(crate) relations: Vec<Relation>,
    pub(crate) full_text: Option<FullText>,
    pub(crate) renamed_from: Option<LitStr>,
    pub(crate) deserialize: Option<Span>,
}

/// The attributes of a struct that is a CTE.
#[derive(Default)]
pub(crate) struct CteAttrs {
    pub(crate) name: Option<LitStr>,
    pub(crate) module: Option<Ident>,
}

/// `index(…)`.
pub(crate) struct Index {
    pub(crate) span: Span,
    pub(crate) parts: Vec<Part>,
    pub(crate) options: IndexOptions,
}

/// What may follow the parts of an index.
#[derive(Default)]
pub(crate) struct IndexOptions {
    pub(crate) unique: Option<Span>,
    pub(crate) name: Option<LitStr>,
    pub(crate) condition: Option<LitStr>,
    pub(crate) method: Option<LitStr>,
}

/// One part of an index.
pub(crate) struct Part {
    pub(crate) key: PartKey,
    pub(crate) descending: bool,
    pub(crate) ops: Option<LitStr>,
}

/// The key that a part of an index sorts by.
pub(crate) enum PartKey {
    Column(Ident),
    Sql(LitStr),
}

/// `unique(…)`.
pub(crate) struct Unique {
    pub(crate) span: Span,
    pub(crate) columns: Vec<Ident>,
    pub(crate) options: UniqueOptions,
}

/// What may follow the columns of a unique constraint.
#[derive(Default)]
pub(crate) struct UniqueOptions {
    pub(crate) name: Option<LitStr>,
}

/// One item of `check(…)`.
pub(crate) struct Check {
    pub(crate) name: LitStr,
    pub(crate) sql: LitStr,
}

/// `foreign_key(…)`.
pub(crate) struct ForeignKey {
    pub(crate) span: Span,
    pub(crate) columns: Vec<Ident>,
    pub(crate) reference: Reference,
    pub(crate) name: Option<LitStr>,
}

/// What may follow the columns of a foreign key.
#[derive(Default)]
pub(super) struct ForeignKeyOptions {
    pub(super) reference: Option<Reference>,
    pub(super) name: Option<LitStr>,
}

pub(super) fn module(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<Ident> {
    value_with(key, input, "write `module = name`", Ident::parse_any)
}

pub(super) fn primary_key(
    key: &Ident,
    input: ParseStream<'_>,
    _: &mut Errors,
) -> Result<(Span, Vec<Ident>)> {
    let columns = parens(key, input, KEY_EXAMPLE, |content| {
        let columns = content.parse_terminated(Ident::parse_any, Token![,]);
        columns
            .map_err(|error| syn::Error::new(error.span(), format!("not a field: {KEY_EXAMPLE}")))
    })?;
    Ok((key.span(), columns.into_iter().collect()))
}

pub(super) fn index(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> Result<Option<Index>> {
    parens(key, input, INDEX_EXAMPLE, |content| Index::read(key.span(), content, errors))
}

/// Reads the method of an index.
pub(super) fn method(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<LitStr> {
    let quoted = input.peek2(LitStr);
    let name: LitStr = value_with(key, input, METHOD_EXAMPLE, |input| {
        if quoted {
            return input.parse();
        }
        let name = input.call(Ident::parse_any)?;
        Ok(LitStr::new(&name.to_string(), name.span()))
    })?;
    if quoted && name.value().trim().is_empty() {
        return Err(syn::Error::new(name.span(), format!("not a method: {METHOD_EXAMPLE}")));
    }
    if !quoted && !METHODS.contains(&name.value().as_str()) {
        let message = unknown("method", &name.value(), " of an index", METHODS);
        let message = format!("{message}\nan extension's method is in quotes: `using = \"hnsw\"`");
        return Err(syn::Error::new(name.span(), message));
    }
    Ok(name)
}

pub(super) fn unique(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> Result<Option<Unique>> {
    parens(key, input, UNIQUE_EXAMPLE, |content| Unique::read(key.span(), content, errors))
}

pub(super) fn foreign_key(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> Result<Option<ForeignKey>> {
    parens(key, input, FOREIGN_KEY_EXAMPLE, |content| ForeignKey::read(key.span(), content, errors))
}

/// Reads the `references(…)` of a foreign key.
pub(super) fn reference(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> Result<Reference> {
    parens(key, input, FOREIGN_KEY_EXAMPLE, |content| reference::read(key.span(), content, errors))
}

pub(super) fn checks(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<Vec<Check>> {
    parens(key, input, CHECK_EXAMPLE, |content| {
        if content.is_empty() || !(content.peek(LitStr) || content.peek(syn::Ident::peek_any)) {
            let span = if content.is_empty() { key.span() } else { content.span() };
            return Err(syn::Error::new(span, format!("a check needs a name: {CHECK_EXAMPLE}")));
        }
        let mut checks = Vec::new();
        while !content.is_empty() {
            let (key, name) = check_name(content)?;
            let sql = value(&key, content, CHECK_EXAMPLE)?;
            checks.push(Check { name, sql });
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        Ok(checks)
    })
}

/// Returns the name of a check, in quotes if it is not an identifier; before it, the name that messages use.
fn check_name(input: ParseStream<'_>) -> Result<(Ident, LitStr)> {
    if input.peek(LitStr) {
        let name: LitStr = input.parse()?;
        return Ok((Ident::new("check", name.span()), name));
    }
    let name = input.call(Ident::parse_any)?;
    let text = LitStr::new(&name.unraw().to_string(), name.span());
    Ok((name, text))
}

impl Index {
    fn read(span: Span, input: ParseStream<'_>, errors: &mut Errors) -> Result<Option<Self>> {
        let before = errors.count();
        let mut index = Self { span, parts: Vec::new(), options: IndexOptions::default() };
        while !input.is_empty() {
            let result = index.item(input, errors);
            next(input, result, errors);
        }
        if !index.parts.is_empty() {
            return Ok(Some(index));
        }
        missing(span, &format!("an index needs a column: {INDEX_EXAMPLE}"), before, errors)
    }

    fn item(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> Result<()> {
        if input.peek(LitStr) {
            let key = PartKey::Sql(input.parse()?);
            return self.part(key, input);
        }
        let at = input.span();
        let key = Ident::parse_any(input)
            .map_err(|_| syn::Error::new(at, format!("not part of an index: {INDEX_EXAMPLE}")))?;
        // A column called `unique` is `r#unique`.
        if input.peek(Token![=]) || key == "unique" {
            return self.options.item(" of an index", &key, input, errors);
        }
        self.part(PartKey::Column(key), input)
    }

    fn part(&mut self, key: PartKey, input: ParseStream<'_>) -> Result<()> {
        let (mut descending, mut ops) = (false, None);
        while input.peek(Token![.]) {
            input.parse::<Token![.]>()?;
            let call: Ident = input.parse()?;
            match call.to_string().as_str() {
                "desc" => descending = true,
                "asc" => descending = false,
                "ops" => {
                    let class = parens(&call, input, OPS_EXAMPLE, |content| {
                        let at = content.span();
                        let class = content.parse::<LitStr>().ok();
                        let class = class.filter(|class| !class.value().trim().is_empty());
                        class.ok_or_else(|| {
                            syn::Error::new(at, format!("not an operator class: {OPS_EXAMPLE}"))
                        })
                    })?;
                    once(&mut ops, &call, class)?;
                    continue;
                }
                other => {
                    let message =
                        unknown("call", other, " on a part of an index", &["desc", "asc", "ops"]);
                    return Err(syn::Error::new(call.span(), message));
                }
            }
            if input.peek(token::Paren) {
                group(input, |content| {
                    if content.is_empty() {
                        return Ok(());
                    }
                    Err(content.error("a direction takes no arguments"))
                })?;
            }
        }
        self.parts.push(Part { key, descending, ops });
        Ok(())
    }
}

impl Unique {
    fn read(span: Span, input: ParseStream<'_>, errors: &mut Errors) -> Result<Option<Self>> {
        let before = errors.count();
        let mut unique = Self { span, columns: Vec::new(), options: UniqueOptions::default() };
        while !input.is_empty() {
            let result = unique.item(input, errors);
            next(input, result, errors);
        }
        if !unique.columns.is_empty() {
            return Ok(Some(unique));
        }
        missing(span, &format!("which columns? {UNIQUE_EXAMPLE}"), before, errors)
    }

    fn item(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> Result<()> {
        let at = input.span();
        let key = Ident::parse_any(input).map_err(|_| {
            syn::Error::new(
                at,
                format!(
                    "not the name of a column: {UNIQUE_EXAMPLE}; unique expressions are indexes: \
                     `index(\"lower(email)\", unique)`"
                ),
            )
        })?;
        if !input.peek(Token![=]) {
            self.columns.push(key);
            return Ok(());
        }
        if key == "where" {
            return Err(syn::Error::new(
                key.span(),
                "a unique constraint has no condition, an index can: `index(a, unique, where = \
                 \"…\")`",
            ));
        }
        self.options.item(" of `unique`", &key, input, errors)
    }
}

impl ForeignKey {
    fn read(span: Span, input: ParseStream<'_>, errors: &mut Errors) -> Result<Option<Self>> {
        let before = errors.count();
        let (mut columns, mut options) = (Vec::new(), ForeignKeyOptions::default());
        while !input.is_empty() {
            let result = Ident::parse_any(input).and_then(|key| {
                if key == "on_delete" || key == "on_update" {
                    let message =
                        format!("`{key}` belongs in `references(…)`: {FOREIGN_KEY_EXAMPLE}");
                    return Err(syn::Error::new(key.span(), message));
                }
                if input.peek(Token![=]) || key == "references" {
                    return options.item(" of `foreign_key`", &key, input, errors);
                }
                columns.push(key);
                Ok(())
            });
            next(input, result, errors);
        }
        let what = match (columns.is_empty(), options.reference) {
            (false, Some(reference)) => {
                return Ok(Some(Self { span, columns, reference, name: options.name }));
            }
            (true, _) => "which columns?",
            (false, None) => "`references(…)` is missing:",
        };
        missing(span, &format!("{what} {FOREIGN_KEY_EXAMPLE}"), before, errors)
    }
}

/// Returns the error that something is missing, unless another error is the reason.
fn missing<T>(span: Span, message: &str, before: usize, errors: &Errors) -> Result<Option<T>> {
    if errors.count() == before { Err(syn::Error::new(span, message)) } else { Ok(None) }
}

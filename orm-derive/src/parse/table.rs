//! `#[table(…)]`.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Ident, LitStr, Result, Token, token};

use super::reference::{self, Reference};
use super::relation::{Relation, RelationKind};
use super::{attributes, flag, group, next, once, parens, string, value, value_with};
use crate::errors::{Errors, unknown};

/// What `#[table(…)]` knows.
const KEYS: &[&str] = &[
    "name",
    "module",
    "primary_key",
    "index",
    "unique",
    "check",
    "foreign_key",
    "has_many",
    "has_one",
    "many_to_many",
    "renamed_from",
    "deserialize",
];

const INDEX_EXAMPLE: &str = "write `index(a, b.desc(), \"lower(c)\")`, and behind the columns \
                             what you need of `unique`, `name = \"…\"`, `where = \"…\"`";
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
    pub(crate) renamed_from: Option<LitStr>,
    pub(crate) deserialize: Option<Span>,
}

/// `index(…)`.
pub(crate) struct Index {
    pub(crate) span: Span,
    pub(crate) parts: Vec<Part>,
    pub(crate) unique: Option<Span>,
    pub(crate) name: Option<LitStr>,
    pub(crate) condition: Option<LitStr>,
}

/// One part of an index.
pub(crate) struct Part {
    pub(crate) key: PartKey,
    pub(crate) descending: bool,
}

/// What a part of an index sorts by.
pub(crate) enum PartKey {
    Column(Ident),
    Sql(LitStr),
}

/// `unique(…)`.
pub(crate) struct Unique {
    pub(crate) span: Span,
    pub(crate) columns: Vec<Ident>,
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

impl TableAttrs {
    pub(crate) fn parse(attrs: &[Attribute], errors: &mut Errors) -> Self {
        let mut table = Self::default();
        attributes(attrs, "table", errors, |key, input, errors| table.item(key, input, errors));
        table
    }

    fn item(&mut self, key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Result<()> {
        match key.unraw().to_string().as_str() {
            "name" => once(&mut self.name, key, string(key, input)?),
            "module" => {
                let name = value_with(key, input, "write `module = name`", Ident::parse_any)?;
                once(&mut self.module, key, name)
            }
            "primary_key" => {
                let columns = parens(key, input, KEY_EXAMPLE, |content| {
                    let columns = content.parse_terminated(Ident::parse_any, Token![,]);
                    let columns = columns.map_err(|error| {
                        syn::Error::new(error.span(), format!("not a field: {KEY_EXAMPLE}"))
                    })?;
                    Ok(columns.into_iter().collect())
                })?;
                once(&mut self.primary_key, key, (key.span(), columns))
            }
            "index" => {
                let index = parens(key, input, INDEX_EXAMPLE, |content| {
                    Index::read(key.span(), content, errors)
                })?;
                self.indexes.extend(index);
                Ok(())
            }
            "unique" => {
                let unique = parens(key, input, UNIQUE_EXAMPLE, |content| {
                    Unique::read(key.span(), content, errors)
                })?;
                self.uniques.extend(unique);
                Ok(())
            }
            "check" => parens(key, input, CHECK_EXAMPLE, |content| self.checks(key, content)),
            "foreign_key" => {
                let foreign_key = parens(key, input, FOREIGN_KEY_EXAMPLE, |content| {
                    ForeignKey::read(key.span(), content, errors)
                })?;
                self.foreign_keys.extend(foreign_key);
                Ok(())
            }
            "has_many" => self.relation(RelationKind::HasMany, key, input, errors),
            "has_one" => self.relation(RelationKind::HasOne, key, input, errors),
            "many_to_many" => self.relation(RelationKind::ManyToMany, key, input, errors),
            "renamed_from" => once(&mut self.renamed_from, key, string(key, input)?),
            "deserialize" => once(&mut self.deserialize, key, flag(key, input)?),
            other => {
                let message = unknown("attribute", other, " of a table", KEYS);
                Err(syn::Error::new(key.span(), message))
            }
        }
    }

    fn checks(&mut self, key: &Ident, input: ParseStream<'_>) -> Result<()> {
        if input.is_empty() || !(input.peek(LitStr) || input.peek(syn::Ident::peek_any)) {
            let span = if input.is_empty() { key.span() } else { input.span() };
            return Err(syn::Error::new(span, format!("a check needs a name: {CHECK_EXAMPLE}")));
        }
        while !input.is_empty() {
            let (key, name) = check_name(input)?;
            let sql = value(&key, input, CHECK_EXAMPLE)?;
            self.checks.push(Check { name, sql });
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }

    fn relation(
        &mut self,
        kind: RelationKind,
        key: &Ident,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> Result<()> {
        let relation = parens(key, input, kind.example(), |content| {
            Relation::read(kind, key, content, errors)
        })?;
        self.relations.push(relation);
        Ok(())
    }
}

/// The name of a check, in quotes where it is no identifier; before it that by which messages call it.
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
        let mut index = Self { span, parts: Vec::new(), unique: None, name: None, condition: None };
        while !input.is_empty() {
            let result = index.item(input);
            next(input, result, errors);
        }
        if !index.parts.is_empty() {
            return Ok(Some(index));
        }
        missing(span, &format!("an index needs a column: {INDEX_EXAMPLE}"), before, errors)
    }

    fn item(&mut self, input: ParseStream<'_>) -> Result<()> {
        if input.peek(LitStr) {
            let key = PartKey::Sql(input.parse()?);
            return self.part(key, input);
        }
        let at = input.span();
        let key = Ident::parse_any(input)
            .map_err(|_| syn::Error::new(at, format!("not part of an index: {INDEX_EXAMPLE}")))?;
        if !input.peek(Token![=]) {
            if key == "unique" {
                return once(&mut self.unique, &key, key.span());
            }
            return self.part(PartKey::Column(key), input);
        }
        match key.unraw().to_string().as_str() {
            "name" => once(&mut self.name, &key, string(&key, input)?),
            "where" => once(&mut self.condition, &key, string(&key, input)?),
            other => Err(syn::Error::new(
                key.span(),
                unknown("option", other, " of an index", &["unique", "name", "where"]),
            )),
        }
    }

    fn part(&mut self, key: PartKey, input: ParseStream<'_>) -> Result<()> {
        let mut descending = false;
        if input.peek(Token![.]) {
            input.parse::<Token![.]>()?;
            let direction: Ident = input.parse()?;
            descending = match direction.to_string().as_str() {
                "desc" => true,
                "asc" => false,
                other => {
                    let message = unknown("direction", other, "", &["desc", "asc"]);
                    return Err(syn::Error::new(direction.span(), message));
                }
            };
            if input.peek(token::Paren) {
                group(input, |content| {
                    if content.is_empty() {
                        return Ok(());
                    }
                    Err(content.error("a direction takes no arguments"))
                })?;
            }
        }
        self.parts.push(Part { key, descending });
        Ok(())
    }
}

impl Unique {
    fn read(span: Span, input: ParseStream<'_>, errors: &mut Errors) -> Result<Option<Self>> {
        let before = errors.count();
        let mut unique = Self { span, columns: Vec::new(), name: None };
        while !input.is_empty() {
            let result = unique.item(input);
            next(input, result, errors);
        }
        if !unique.columns.is_empty() {
            return Ok(Some(unique));
        }
        missing(span, &format!("which columns? {UNIQUE_EXAMPLE}"), before, errors)
    }

    fn item(&mut self, input: ParseStream<'_>) -> Result<()> {
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
        match key.unraw().to_string().as_str() {
            "name" => once(&mut self.name, &key, string(&key, input)?),
            "where" => Err(syn::Error::new(
                key.span(),
                "a unique constraint has no condition, an index can: `index(a, unique, where = \
                 \"…\")`",
            )),
            other => Err(syn::Error::new(
                key.span(),
                unknown("option", other, " of `unique`", &["name"]),
            )),
        }
    }
}

impl ForeignKey {
    fn read(span: Span, input: ParseStream<'_>, errors: &mut Errors) -> Result<Option<Self>> {
        let before = errors.count();
        let (mut columns, mut reference, mut name) = (Vec::new(), None, None);
        while !input.is_empty() {
            let result = Ident::parse_any(input).and_then(|key| {
                if key == "references" {
                    let read = parens(&key, input, FOREIGN_KEY_EXAMPLE, |content| {
                        reference::read(key.span(), content, errors)
                    })?;
                    once(&mut reference, &key, read)
                } else if !input.peek(Token![=]) {
                    columns.push(key);
                    Ok(())
                } else if key == "name" {
                    once(&mut name, &key, string(&key, input)?)
                } else {
                    let known = &["references", "name"];
                    let message = unknown("option", &key.to_string(), " of `foreign_key`", known);
                    Err(syn::Error::new(
                        key.span(),
                        format!("{message}; actions belong into `references(…)`"),
                    ))
                }
            });
            next(input, result, errors);
        }
        let what = match (columns.is_empty(), reference) {
            (false, Some(reference)) => {
                return Ok(Some(Self { span, columns, reference, name }));
            }
            (true, _) => "which columns?",
            (false, None) => "`references(…)` is missing:",
        };
        missing(span, &format!("{what} {FOREIGN_KEY_EXAMPLE}"), before, errors)
    }
}

/// The error that something is missing, if it is not missing because of another error.
fn missing<T>(span: Span, message: &str, before: usize, errors: &Errors) -> Result<Option<T>> {
    if errors.count() == before { Err(syn::Error::new(span, message)) } else { Ok(None) }
}

//! Resolves the type of a field, by its name, to the type of its column.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{GenericArgument, Ident, Path, PathArguments, PathSegment, Result, Type};

use crate::crates::Crates;
use crate::errors::unknown;

/// The type of a field, resolved.
pub(crate) struct FieldType {
    /// The type as written.
    pub(crate) full: Type,
    /// The type without `Option`.
    pub(crate) base: Type,
    /// Whether it is an `Option`.
    pub(crate) nullable: bool,
    /// What the column contains.
    pub(crate) kind: Kind,
    /// Whether `sql_type` sets the kind, rather than the type's name.
    said: bool,
    /// The form in which the column stores moments, if it isn't the usual one: a variant of `MomentForm`, and a type.
    pub(crate) form: Option<&'static str>,
}

/// The forms that `stored = …` accepts, and their names in code; the usual form has none.
const FORMS: &[(&str, Option<&str>)] = &[
    ("text", None),
    ("iso8601", Some("Iso8601")),
    ("sqlite_datetime", Some("SqliteDatetime")),
    ("unix_seconds", Some("UnixSeconds")),
    ("unix_millis", Some("UnixMillis")),
];

/// What a column contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    SmallInt,
    Integer,
    BigInt,
    Float,
    Double,
    Text,
    Binary,
    Date,
    Time,
    Timestamp,
    Timestamptz,
    Uuid,
    Decimal,
    Jsonb,
    /// An enum, a newtype or an alias: only the compiler knows what it contains.
    Own,
}

/// The names that `sql_type = …` accepts.
const SQL_TYPES: &[(&str, Kind)] = &[
    ("Bool", Kind::Bool),
    ("SmallInt", Kind::SmallInt),
    ("Integer", Kind::Integer),
    ("BigInt", Kind::BigInt),
    ("Float", Kind::Float),
    ("Double", Kind::Double),
    ("Text", Kind::Text),
    ("Binary", Kind::Binary),
    ("Date", Kind::Date),
    ("Time", Kind::Time),
    ("Timestamp", Kind::Timestamp),
    ("Timestamptz", Kind::Timestamptz),
    ("Uuid", Kind::Uuid),
    ("Decimal", Kind::Decimal),
    ("Jsonb", Kind::Jsonb),
];

impl FieldType {
    /// Resolves `ty`; `sql_type` is the name that overrides the type's own.
    pub(crate) fn resolve(ty: &Type, sql_type: Option<&Ident>) -> Result<Self> {
        let full = plain(ty);
        let (base, nullable) = match option(full) {
            Some(inner) => (plain(inner), true),
            None => (full, false),
        };
        if option(base).is_some() {
            return Err(error(ty, "a column is NULL or not: use a single `Option`"));
        }
        let kind = match sql_type {
            Some(name) => Kind::named(name)?,
            None => Kind::of(base)?,
        };
        let said = sql_type.is_some();
        Ok(Self { full: full.clone(), base: base.clone(), nullable, kind, said, form: None })
    }

    /// Sets the form in which the column stores its moments.
    pub(crate) fn stored(&mut self, form: &Ident) -> Result<()> {
        let text = form.to_string();
        let Some((_, known)) = FORMS.iter().find(|(known, _)| *known == text) else {
            let known: Vec<&str> = FORMS.iter().map(|(known, _)| *known).collect();
            return Err(syn::Error::new(form.span(), unknown("form", &text, "", &known)));
        };
        if !matches!(self.kind, Kind::Timestamp | Kind::Timestamptz) {
            let shown = shown(&self.base);
            return Err(syn::Error::new(
                form.span(),
                format!(
                    "`stored` is for a `DateTime<Utc>` or a `NaiveDateTime`, and this column is `{shown}`"
                ),
            ));
        }
        self.form = *known;
        Ok(())
    }

    /// Returns whether the type's name says what the column contains.
    pub(crate) fn is_known(&self) -> bool {
        !self.said && self.kind != Kind::Own
    }

    /// Returns diesel's type of the column, for code that has the field's own type in scope.
    pub(crate) fn sql_type(&self, crates: &Crates) -> TokenStream {
        nullable(self.nullable, self.base_sql_type(crates), crates)
    }

    /// Returns the same for a NOT NULL column.
    pub(crate) fn base_sql_type(&self, crates: &Crates) -> TokenStream {
        let Some(form) = self.form else { return self.kind.sql_type(crates) };
        let (mizzle, form) = (&crates.mizzle, format_ident!("{form}"));
        let name = if self.kind == Kind::Timestamp { "DateTimeAs" } else { "MomentAs" };
        let name = format_ident!("{name}");
        quote!(#mizzle::sql_types::#name<#mizzle::sql_types::#form>)
    }
}

/// Returns `sql_type`, or `Nullable` of it.
pub(crate) fn nullable(nullable: bool, sql_type: TokenStream, crates: &Crates) -> TokenStream {
    let diesel = &crates.diesel;
    if nullable { quote!(#diesel::sql_types::Nullable<#sql_type>) } else { sql_type }
}

impl Kind {
    fn named(name: &Ident) -> Result<Self> {
        let text = name.to_string();
        match SQL_TYPES.iter().find(|(known, _)| *known == text) {
            Some((_, kind)) => Ok(kind.clone()),
            None => {
                let known: Vec<&str> = SQL_TYPES.iter().map(|(known, _)| *known).collect();
                Err(syn::Error::new(name.span(), unknown("SQL type", &text, "", &known)))
            }
        }
    }

    /// Returns the kind of a type that is not an `Option`.
    pub(crate) fn of(ty: &Type) -> Result<Self> {
        let path = match ty {
            Type::Path(path) if path.qself.is_none() => &path.path,
            other => return Err(error(other, &not_a_path(other))),
        };
        let Some(last) = path.segments.last() else {
            return Err(error(ty, "this can't be the type of a column"));
        };
        let arguments = arguments(last);
        let name = last.ident.to_string();
        let kind = match (name.as_str(), arguments.as_slice()) {
            ("bool", []) => Self::Bool,
            ("i16", []) => Self::SmallInt,
            ("i32", []) => Self::Integer,
            ("i64", []) => Self::BigInt,
            ("f32", []) => Self::Float,
            ("f64", []) => Self::Double,
            ("String", []) => Self::Text,
            ("Vec", [item]) if is(item, "u8") => Self::Binary,
            ("NaiveDate", []) => Self::Date,
            ("NaiveTime", []) => Self::Time,
            ("NaiveDateTime", []) => Self::Timestamp,
            ("DateTime", [zone]) if is(zone, "Utc") => Self::Timestamptz,
            ("Uuid", []) => Self::Uuid,
            ("Decimal" | "BigDecimal", []) => Self::Decimal,
            ("Value", []) | ("Json", [_]) => Self::Jsonb,
            (name, arguments) => match instead(name, arguments) {
                Some(instead) => {
                    let shown = shown(ty);
                    return Err(error(
                        ty,
                        &format!("`{shown}` can't be the type of a column: {instead}"),
                    ));
                }
                None => Self::own(ty, path)?,
            },
        };
        Ok(kind)
    }

    fn own(ty: &Type, path: &Path) -> Result<Self> {
        if path.segments.iter().any(|segment| !matches!(segment.arguments, PathArguments::None)) {
            let shown = shown(ty);
            return Err(error(
                ty,
                &format!(
                    "`{shown}` can't be the type of a column, as it has parameters: store it as `Json<{shown}>`, or \
                     wrap it in your own type"
                ),
            ));
        }
        Ok(Self::Own)
    }

    /// Returns diesel's type, for code that has the field's own type in scope.
    pub(crate) fn sql_type(&self, crates: &Crates) -> TokenStream {
        let Crates { mizzle, diesel } = crates;
        match self {
            Self::Decimal => quote!(#mizzle::sql_types::ExactNumeric),
            other => {
                let name = format_ident!("{}", other.name());
                quote!(#diesel::sql_types::#name)
            }
        }
    }

    /// Returns the collation by which SQLite compares values that it stores as text with another order.
    pub(crate) fn collation(&self) -> Option<&'static str> {
        match self {
            Self::Decimal => Some("decimal"),
            Self::Jsonb => Some("mizzle_json"),
            _ => None,
        }
    }

    /// Returns the name of the SQL type.
    fn name(&self) -> &'static str {
        SQL_TYPES.iter().find(|(_, kind)| kind == self).map_or("", |(name, _)| name)
    }

    pub(crate) fn is_integer(&self) -> bool {
        matches!(self, Self::SmallInt | Self::Integer | Self::BigInt)
    }

    /// Returns whether SQL has arithmetic on it.
    pub(crate) fn is_number(&self) -> bool {
        self.is_integer() || matches!(self, Self::Float | Self::Double)
    }

    /// Returns whether the current time can be a value.
    pub(crate) fn is_time(&self) -> bool {
        matches!(self, Self::Date | Self::Time | Self::Timestamp | Self::Timestamptz | Self::Own)
    }

    /// Returns whether it is one of Rust's numbers or `bool`, whose literals `Into` would leave untyped.
    pub(crate) fn is_primitive(&self) -> bool {
        self.is_number() || matches!(self, Self::Bool)
    }
}

/// Returns what to use instead of a type that can't work.
fn instead(name: &str, arguments: &[&Type]) -> Option<String> {
    let inside = || arguments.last().map_or_else(|| "String".to_owned(), shown);
    Some(match name {
        "u8" | "i8" => "use `i16`".to_owned(),
        "u16" => "use `i32`".to_owned(),
        "u32" => "use `i64`".to_owned(),
        "u64" | "usize" | "isize" => "use `i64`, or a newtype over it".to_owned(),
        "i128" | "u128" => "use `Decimal`, or `i64`".to_owned(),
        "char" | "str" | "PathBuf" | "OsString" | "CString" | "Url" | "IpAddr" | "Ipv4Addr"
        | "Ipv6Addr" | "SocketAddr" => "use `String`, or a newtype over it".to_owned(),
        "Box" | "Rc" | "Arc" | "Cell" | "RefCell" | "Mutex" | "RwLock" => {
            format!("use `{}`", inside())
        }
        "Cow" => "use `String`, or `Vec<u8>`".to_owned(),
        "Vec" => match arguments {
            [item] => {
                let item = shown(item);
                format!("use `Json<Vec<{item}>>`, or another table with one row for each")
            }
            _ => "use `Vec<u8>` for bytes".to_owned(),
        },
        "HashMap" | "BTreeMap" | "HashSet" | "BTreeSet" | "VecDeque" | "IndexMap" => {
            "wrap it in `Json<…>`, or use another table".to_owned()
        }
        "Json" => "say what the document is: `Json<T>`, or `serde_json::Value`".to_owned(),
        "DateTime" => "use `DateTime<Utc>`: the database keeps points in time in UTC".to_owned(),
        "SystemTime" | "Instant" | "OffsetDateTime" | "Timestamp" | "Zoned" => {
            "use `DateTime<Utc>`".to_owned()
        }
        "PrimitiveDateTime" => "use `NaiveDateTime`".to_owned(),
        "Duration" | "TimeDelta" => {
            "use `i64` with the unit in its name, or a newtype over it".to_owned()
        }
        _ => return None,
    })
}

fn not_a_path(ty: &Type) -> String {
    match ty {
        Type::Reference(reference) => {
            let instead = match &*reference.elem {
                Type::Slice(slice) if is(&slice.elem, "u8") => "Vec<u8>".to_owned(),
                other if is(other, "str") => "String".to_owned(),
                other => shown(other),
            };
            format!("a row owns its values: use `{instead}` instead of a reference")
        }
        Type::Tuple(_) => {
            "a tuple is more than one column: use a field for each part, or `Json<…>`".to_owned()
        }
        Type::Array(_) | Type::Slice(_) => {
            "an array can't be a column: use `Vec<u8>` for bytes, `Json<…>` for other items"
                .to_owned()
        }
        other => format!("`{}` can't be the type of a column", shown(other)),
    }
}

/// Returns the type without the invisible groups that macros leave, and without parentheses.
fn plain(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => plain(&group.elem),
        Type::Paren(paren) => plain(&paren.elem),
        other => other,
    }
}

fn option(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Option")?;
    match arguments(last).as_slice() {
        [inner] => Some(inner),
        _ => None,
    }
}

fn arguments(segment: &PathSegment) -> Vec<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return Vec::new();
    };
    arguments
        .args
        .iter()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(plain(ty)),
            _ => None,
        })
        .collect()
}

fn is(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

/// Returns the type as a person would write it.
pub(crate) fn shown(tokens: impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    let tight =
        [(" :: ", "::"), (":: ", "::"), (" < ", "<"), ("< ", "<"), (" >", ">"), (" ,", ",")];
    tight.iter().fold(text, |text, (from, to)| text.replace(from, to)).replace("& ", "&")
}

fn error(tokens: impl ToTokens, message: &str) -> syn::Error {
    syn::Error::new_spanned(tokens, message)
}

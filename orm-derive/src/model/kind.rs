//! What a column contains: the one table of types of the macros.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, Path, PathArguments, Result, Type};

use super::written::{arguments, error, instead, is, not_a_path, option, plain, shown};
use crate::crates::Crates;
use crate::errors::unknown;

/// The literals that a default of a type can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Literals {
    Bool,
    /// Whole numbers in a range.
    Integer(i64, i64),
    Float,
    /// Numbers that stay as they are written.
    Decimal,
    Text,
    /// None but the word `now`.
    Now,
    /// `[]`.
    EmptyArray,
    None,
    /// Only the compiler knows.
    Any,
}

struct Facts {
    kind: Kind,
    /// The name that `sql_type = …` accepts, which is that of diesel's type if mizzle has none.
    sql_type: &'static str,
    /// The name of mizzle's type, if diesel has none.
    own: Option<&'static str>,
    /// What the query builder has to know about the values for SQLite: the collation of those that it stores as text
    /// with another order, and the bits of small numbers (negative for floating point).
    mark: Option<&'static str>,
    /// The Rust types of the column; `_` stands for any type.
    rust: &'static [&'static str],
    literals: Literals,
    /// The defaults that it can have, in words.
    default: &'static str,
}

macro_rules! optional {
    () => {
        None
    };
    ($some:expr) => {
        Some($some)
    };
}

macro_rules! kinds {
    ($($kind:ident, [$($rust:literal),*], $literals:expr, $default:literal
        $(, own $own:literal)? $(, mark $mark:literal)?;)*) => {
        /// What a column contains.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind {
            $($kind,)*
            /// An array. `Vec<u8>` is bytes.
            Array,
            /// An enum, a newtype or an alias: only the compiler knows what it contains.
            Own,
        }

        const TYPES: &[Facts] = &[$(Facts {
            kind: Kind::$kind,
            sql_type: stringify!($kind),
            own: optional!($($own)?),
            mark: optional!($($mark)?),
            rust: &[$($rust),*],
            literals: $literals,
            default: $default,
        }),*];
    };
}

kinds! {
    Bool, ["bool"], Literals::Bool, "`true`, `false`";
    SmallInt, ["i16"], Literals::Integer(-32_768, 32_767), "a whole number from -32768 to 32767", mark "16";
    Integer, ["i32"], Literals::Integer(-2_147_483_648, 2_147_483_647),
        "a whole number from -2147483648 to 2147483647", mark "32";
    BigInt, ["i64"], Literals::Integer(i64::MIN, i64::MAX), "a whole number";
    Float, ["f32"], Literals::Float, "a number", mark "-32";
    Double, ["f64"], Literals::Float, "a number";
    Text, ["String"], Literals::Text, "a string";
    Binary, ["Vec<u8>"], Literals::None, "`default_fn = path::to::function`";
    Date, ["NaiveDate"], Literals::Now, "`now`";
    Time, ["NaiveTime"], Literals::Now, "`now`";
    Timestamp, ["NaiveDateTime"], Literals::Now, "`now`";
    Timestamptz, ["DateTime<Utc>"], Literals::Now, "`now`";
    Uuid, ["Uuid"], Literals::None, "`default_fn = Uuid::new_v4` (each row gets its own)";
    Decimal, ["Decimal", "BigDecimal"], Literals::Decimal, "a number such as `12.50`", own "ExactNumeric", mark "decimal";
    Jsonb, ["Value", "Json<_>"], Literals::None, "`default_fn = path::to::function`", mark "mizzle_json";
    Inet, ["Inet"], Literals::None, "`default_fn = path::to::function`", own "Inet", mark "inet";
    Cidr, ["Cidr"], Literals::None, "`default_fn = path::to::function`", own "Cidr", mark "inet";
    Interval, ["Interval"], Literals::None, "`default_fn = path::to::function`", own "Interval", mark "interval";
}

impl Kind {
    pub(super) fn named(name: &Ident) -> Result<Self> {
        let text = name.to_string();
        match TYPES.iter().find(|known| known.sql_type == text) {
            Some(known) => Ok(known.kind),
            None => {
                let known: Vec<&str> = TYPES.iter().map(|known| known.sql_type).collect();
                Err(syn::Error::new(name.span(), unknown("SQL type", &text, "", &known)))
            }
        }
    }

    fn facts(self) -> Option<&'static Facts> {
        TYPES.iter().find(|known| known.kind == self)
    }

    /// Returns the literals that a default can have.
    pub(crate) fn literals(self) -> Literals {
        if self == Self::Array {
            return Literals::EmptyArray;
        }
        self.facts().map_or(Literals::Any, |known| known.literals)
    }

    /// Returns the defaults that the type can have, in words.
    pub(super) fn defaults(self) -> &'static str {
        if self == Self::Array {
            return "`[]`, the empty array";
        }
        self.facts().map_or("a literal, one of its values", |known| known.default)
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
        let is_of = |rust: &str| match (rust.split_once('<'), arguments.as_slice()) {
            (None, []) => name == rust,
            (Some((outer, inner)), [item]) => {
                let inner = inner.trim_end_matches('>');
                name == outer && (inner == "_" || is(item, inner))
            }
            _ => false,
        };
        if let Some(known) = TYPES.iter().find(|known| known.rust.iter().any(|rust| is_of(rust))) {
            return Ok(known.kind);
        }
        match (&*name, arguments.as_slice()) {
            ("Vec", [item]) => return Self::array(ty, item),
            // The compiler knows what the bounds can be.
            ("Range", [_]) => return Ok(Self::Own),
            _ => {}
        }
        match instead(&name, &arguments) {
            Some(instead) => {
                let shown = shown(ty);
                Err(error(ty, &format!("`{shown}` can't be the type of a column: {instead}")))
            }
            None => Self::own(ty, path),
        }
    }

    /// Checks the type of the elements of an array.
    fn array(ty: &Type, item: &Type) -> Result<Self> {
        let element = plain(option(item).unwrap_or(item));
        if !matches!(Self::of(element)?, Self::Array | Self::Jsonb) {
            return Ok(Self::Array);
        }
        let shown = shown(ty);
        Err(error(
            ty,
            &format!(
                "`{shown}` can't be the type of a column: the elements of an array are bools, numbers, texts, bytes, dates, \
                 times, UUIDs, addresses, intervals or enums; use `Json<{shown}>`"
            ),
        ))
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
    pub(crate) fn sql_type(self, crates: &Crates) -> TokenStream {
        let Crates { mizzle, diesel } = crates;
        let named = |name: &str| format_ident!("{name}");
        match self.facts() {
            Some(Facts { own: Some(own), .. }) => {
                let own = named(own);
                quote!(#mizzle::sql_types::#own)
            }
            known => {
                let name = named(known.map_or("", |known| known.sql_type));
                quote!(#diesel::sql_types::#name)
            }
        }
    }

    /// Returns what the query builder has to know about the values for SQLite.
    pub(crate) fn mark(self) -> Option<&'static str> {
        self.facts().and_then(|known| known.mark)
    }

    pub(crate) fn is_integer(self) -> bool {
        matches!(self.literals(), Literals::Integer(..))
    }

    /// Returns whether SQL has arithmetic on it.
    pub(crate) fn is_number(self) -> bool {
        self.is_integer() || self.literals() == Literals::Float
    }

    /// Returns whether the current time can be a value.
    pub(crate) fn is_time(self) -> bool {
        matches!(self.literals(), Literals::Now | Literals::Any)
    }

    /// Returns whether it is one of Rust's numbers or `bool`, whose literals `Into` would leave untyped.
    pub(crate) fn is_primitive(self) -> bool {
        self.is_number() || self == Self::Bool
    }
}

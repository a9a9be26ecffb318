//! Types as they are written in a struct.

use quote::ToTokens;
use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// Returns what to use instead of a type that can't work.
pub(super) fn instead(name: &str, arguments: &[&Type]) -> Option<String> {
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
        "Vec" => "say what the elements are: `Vec<String>`, or `Vec<u8>` for bytes".to_owned(),
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

pub(super) fn not_a_path(ty: &Type) -> String {
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
            "use a `Vec` for an array, and `Vec<u8>` for bytes".to_owned()
        }
        other => format!("`{}` can't be the type of a column", shown(other)),
    }
}

/// Returns the type without the invisible groups that macros leave, and without parentheses.
pub(super) fn plain(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => plain(&group.elem),
        Type::Paren(paren) => plain(&paren.elem),
        other => other,
    }
}

pub(super) fn option(ty: &Type) -> Option<&Type> {
    argument_of(ty, "Option")
}

/// Returns the type of the elements of a `Vec`.
pub(super) fn element(ty: &Type) -> Option<&Type> {
    argument_of(ty, "Vec")
}

fn argument_of<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    match arguments(last).as_slice() {
        [inner] => Some(inner),
        _ => None,
    }
}

pub(super) fn arguments(segment: &PathSegment) -> Vec<&Type> {
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

pub(super) fn is(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

/// Returns the type as a person would write it.
pub(crate) fn shown(tokens: impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    let tight =
        [(" :: ", "::"), (":: ", "::"), (" < ", "<"), ("< ", "<"), (" >", ">"), (" ,", ",")];
    tight.iter().fold(text, |text, (from, to)| text.replace(from, to)).replace("& ", "&")
}

pub(super) fn error(tokens: impl ToTokens, message: &str) -> syn::Error {
    syn::Error::new_spanned(tokens, message)
}

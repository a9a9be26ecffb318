//! What to do about a type whose extension is missing.

use crate::backend::hide::stands_alone;

/// Types of extensions, each with its extension.
const TYPES: [(&str, &str); 6] = [
    ("vector", "vector"),
    ("halfvec", "vector"),
    ("sparsevec", "vector"),
    ("ltree", "ltree"),
    ("hstore", "hstore"),
    ("citext", "citext"),
];

/// Returns the advice for an error of the server: its code, its message, which contains the type's name in every language, and the
/// function in the server's source that reports it.
pub(super) fn advice(state: &str, said: &str, function: &str) -> Option<String> {
    let (ty, extension) = TYPES.into_iter().find(|(ty, _)| stands_alone(said, ty))?;
    match state {
        "42704" => Some(of_type(ty, extension)),
        "0A000" | "58P01" if function == "parse_extension_control_file" => {
            let package = match extension {
                "vector" => {
                    "pgvector (on Debian and Ubuntu the package postgresql-15-pgvector, with your server's version)"
                }
                _ => {
                    "PostgreSQL's additional modules (on Debian and Ubuntu the package postgresql-contrib)"
                }
            };
            Some(format!(
                "install {package} where the server runs, then run `CREATE EXTENSION {extension}`"
            ))
        }
        _ => None,
    }
}

/// Returns the advice for a type that the database lacks, if an extension has one of this name.
pub(super) fn for_type(ty: &str) -> Option<String> {
    let (ty, extension) = TYPES.into_iter().find(|(known, _)| *known == ty)?;
    Some(of_type(ty, extension))
}

fn of_type(ty: &str, extension: &str) -> String {
    format!(
        "{ty} is a type of the extension {extension}: run `CREATE EXTENSION {extension}` in this database first, for example \
         in an earlier migration"
    )
}

//! Rust names for names in the database.

use std::collections::BTreeSet;

use heck::{ToSnakeCase, ToUpperCamelCase};

/// The longest name that the macros take, in bytes.
const LONGEST_NAME: usize = 63;

/// Keywords that are written `r#type`.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Keywords that can't be written like that.
const SPECIAL: &[&str] = &["self", "Self", "super", "crate", "_"];

/// Names that a file with tables already uses: those of Rust's prelude and mizzle's, and the primitive types, which a
/// module would hide.
const USED: &[&str] = &[
    "AsMut",
    "AsRef",
    "Box",
    "Clone",
    "Copy",
    "Db",
    "DateTime",
    "Debug",
    "Decimal",
    "Default",
    "DoubleEndedIterator",
    "Drop",
    "Enum",
    "Eq",
    "Err",
    "ExactSizeIterator",
    "Executor",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Future",
    "Hash",
    "Inet",
    "Cidr",
    "Interval",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "Iterator",
    "Json",
    "Lock",
    "LockDsl",
    "NaiveDate",
    "NaiveDateTime",
    "NaiveTime",
    "Native",
    "Newtype",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Query",
    "Range",
    "Result",
    "Schema",
    "Send",
    "Sized",
    "Some",
    "String",
    "Sync",
    "Table",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Tx",
    "Unpin",
    "Utc",
    "Uuid",
    "Vec",
    "Vector",
    "alloc",
    "bool",
    "char",
    "chrono",
    "core",
    "diesel",
    "f32",
    "f64",
    "i128",
    "i16",
    "i32",
    "i64",
    "i8",
    "isize",
    "mizzle",
    "serde",
    "serde_json",
    "std",
    "str",
    "u128",
    "u16",
    "u32",
    "u64",
    "u8",
    "usize",
    "uuid",
];

/// Names of fields that the generated code of a table already uses.
const TAKEN_FIELDS: &[&str] = &[
    "table",
    "star",
    "columns",
    "dsl",
    "all_columns",
    "diesel",
    "SqlType",
    "BoxedQuery",
    "q",
    "default",
    "set_build",
];

/// Whether the macros accept it as a name in the database.
pub(super) fn is_expressible(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && !name.trim().is_empty()
        && !name.contains(char::is_control)
        && !name.to_lowercase().starts_with("sqlite_")
}

/// Whether a variant can have this label.
pub(super) fn is_label(label: &str) -> bool {
    label.len() <= LONGEST_NAME && !label.trim().is_empty()
}

/// Whether it is an identifier, including keywords.
pub(super) fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    let first = characters.next();
    first.is_some_and(|first| first == '_' || unicode_ident::is_xid_start(first))
        && characters.all(unicode_ident::is_xid_continue)
}

fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name) || SPECIAL.contains(&name)
}

/// Whether a field or module of this name stands for the same name in the database.
fn speaks_for_itself(name: &str) -> bool {
    name.is_ascii() && is_identifier(name) && name.to_snake_case() == name
}

/// Returns the name without characters that identifiers don't have.
fn plain(name: &str) -> String {
    name.chars().map(|c| if unicode_ident::is_xid_continue(c) { c } else { ' ' }).collect()
}

/// Returns the name in snake case; `what` comes first if the name can't begin an identifier.
fn snake(name: &str, what: &str) -> String {
    let snake = plain(name).to_snake_case();
    if is_identifier(&snake) && snake != "_" {
        snake
    } else {
        format!("{what}_{snake}").trim_end_matches('_').into()
    }
}

fn camel(name: &str, what: &str) -> String {
    let camel = plain(name).to_upper_camel_case();
    if is_identifier(&camel) && camel != "Self" { camel } else { format!("{what}{camel}") }
}

/// Names of fields, each once.
#[derive(Default)]
pub(super) struct Fields(BTreeSet<String>);

impl Fields {
    /// Returns the field of a column.
    pub(super) fn field(&mut self, column: &str) -> String {
        let mut name =
            if speaks_for_itself(column) { column.to_owned() } else { snake(column, "column") };
        if [TAKEN_FIELDS, SPECIAL, USED].iter().any(|taken| taken.contains(&name.as_str())) {
            name.push_str("_column");
        }
        let name = free(&name, |name| self.0.contains(name));
        self.0.insert(name.clone());
        if KEYWORDS.contains(&name.as_str()) { format!("r#{name}") } else { name }
    }
}

/// Whether the column's name differs from its field's.
pub(super) fn column_differs(field: &str, column: &str) -> bool {
    field.strip_prefix("r#").unwrap_or(field) != column || !column.is_ascii()
}

/// Names of structs, enums and modules, which share a namespace.
pub(super) struct Items(BTreeSet<String>);

impl Items {
    pub(super) fn new() -> Self {
        Self(USED.iter().map(|name| (*name).to_owned()).collect())
    }

    /// Returns the module of a table. It can't have the name of one of its fields.
    pub(super) fn module(&mut self, table: &str, fields: &[String]) -> String {
        let mut name = snake(table, "table");
        if is_keyword(&name) || fields.contains(&name) || self.0.contains(&name) {
            name.push_str("_table");
        }
        let name = free(&name, |name| fields.iter().any(|f| f == name) || self.0.contains(name));
        self.0.insert(name.clone());
        name
    }

    /// Returns the struct of a table: in the singular.
    pub(super) fn table(&mut self, table: &str) -> String {
        let name = camel(&singular(&plain(table).to_snake_case()), "Table");
        let around = |name: &str| {
            let module = name.to_snake_case();
            [
                name.to_owned(),
                format!("New{name}"),
                format!("New{name}Builder"),
                format!("{name}Changes"),
                format!("{module}_relations"),
            ]
        };
        let is_taken = |name: &str| around(name).iter().any(|name| self.0.contains(name));
        let name = if is_taken(&name) { format!("{name}Row") } else { name };
        let name = free(&name, is_taken);
        self.0.extend(around(&name));
        name
    }

    /// Returns the name of an enum.
    pub(super) fn enumeration(&mut self, name: &str) -> String {
        let name = free(&camel(name, "Enum"), |name| self.0.contains(name));
        self.0.insert(name.clone());
        name
    }
}

/// Returns the variants of labels, each with whether it stands for its label.
pub(super) fn variants(labels: &[String]) -> Vec<(String, bool)> {
    let mut variants: Vec<(String, bool)> = Vec::new();
    for label in labels {
        let name = camel(label, "Value");
        let name = free(&name, |name| variants.iter().any(|(taken, _)| taken == name));
        let says = label.is_ascii() && name.to_snake_case() == *label;
        variants.push((name, says));
    }
    variants
}

/// Whether the derive finds the table's name by the struct's.
pub(super) fn table_differs(name: &str, table: &str) -> bool {
    format!("{}s", name.to_snake_case()) != table || !table.is_ascii()
}

/// Whether the derive finds the module's name by the table's.
pub(super) fn module_differs(module: &str, table: &str) -> bool {
    module != table || !table.is_ascii() || is_keyword(table)
}

/// Returns the name of the relation along columns: the field's name without `_id`; the parent's for several.
pub(super) fn relation(fields: &[&str], parent: &str) -> String {
    let name = match fields {
        [field] => {
            let field = field.strip_prefix("r#").unwrap_or(field);
            field.strip_suffix("_id").unwrap_or(field).to_owned()
        }
        _ => parent.to_snake_case(),
    };
    if is_keyword(&name) || !is_identifier(&name) { format!("{name}_row") } else { name }
}

/// Names of relations, each once. Names are equal if they are equal in upper camel case.
#[derive(Default)]
pub(super) struct Relations(BTreeSet<String>);

impl Relations {
    /// Takes the name; returns whether it was free.
    pub(super) fn take(&mut self, name: &str) -> bool {
        name != "query" && !is_keyword(name) && self.0.insert(name.to_upper_camel_case())
    }

    /// Returns a free name like this one.
    pub(super) fn free(&mut self, name: &str) -> String {
        let name =
            free(&format!("{name}_row"), |name| self.0.contains(&name.to_upper_camel_case()));
        self.take(&name);
        name
    }
}

/// Returns `name` or, if that is taken, the first of `name_2`, `name_3`, … that isn't.
fn free(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let stem = name.trim_end_matches('_');
    let numbered = (2_u32..).map(|number| match name.contains(char::is_uppercase) {
        true => format!("{stem}{number}"),
        false => format!("{stem}_{number}"),
    });
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    // The numbers don't end.
    names.find(|name| !is_taken(name)).unwrap_or_default()
}

/// Returns the singular of an English plural; the word itself if it doesn't look like one.
fn singular(word: &str) -> String {
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| word.ends_with(suffix));
    if ends(&["ies"]) && word.len() > 4 && !ends(&["movies", "series", "species", "cookies"]) {
        return format!("{}y", &word[..word.len() - 3]);
    }
    if ends(&["series", "species", "news", "ss", "us", "is", "ics"]) {
        return word.to_owned();
    }
    if ends(&["sses", "shes", "ches", "xes", "uses"])
        && !ends(&["houses", "causes", "clauses", "caches"])
    {
        return word[..word.len() - 2].to_owned();
    }
    word.strip_suffix('s').unwrap_or(word).to_owned()
}

/// Returns the plural of a word.
pub(super) fn plural(word: &str) -> String {
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| word.ends_with(suffix));
    let before_y = word.strip_suffix('y');
    match before_y {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ if ends(&["ss", "sh", "ch", "x", "us", "is"]) => format!("{word}es"),
        _ if ends(&["s"]) => word.to_owned(),
        _ => format!("{word}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_the_singular_and_back() {
        for (plural_word, word) in [
            ("users", "user"),
            ("categories", "category"),
            ("addresses", "address"),
            ("boxes", "box"),
            ("statuses", "status"),
            ("keys", "key"),
            ("invoice_lines", "invoice_line"),
        ] {
            assert_eq!(singular(plural_word), word);
            assert_eq!(plural(word), plural_word);
        }
        for word in ["status", "address", "news", "album", "media_type", "analysis"] {
            assert_eq!(singular(word), word);
        }
    }

    #[test]
    fn fields_are_identifiers_and_distinct() {
        let mut fields = Fields::default();
        for (column, field) in [
            ("id", "id"),
            ("AlbumId", "album_id"),
            ("album_id", "album_id_2"),
            ("type", "r#type"),
            ("self", "self_column"),
            ("table", "table_column"),
            ("100%", "column_100"),
            ("with space", "with_space"),
            ("%", "column"),
            ("日本語", "日本語"),
            ("it's", "it_s"),
        ] {
            assert_eq!(fields.field(column), field);
        }
        assert!(!column_differs("r#type", "type"));
        assert!(column_differs("album_id", "AlbumId"));
    }

    #[test]
    fn items_share_a_namespace() {
        let mut items = Items::new();
        assert_eq!(items.module("users", &[]), "users");
        assert_eq!(items.module("Order", &[]), "order");
        assert_eq!(items.module("type", &[]), "type_table");
        assert_eq!(items.module("level", &["level".into()]), "level_table");
        assert_eq!(items.module("i64", &[]), "i64_table");
        assert_eq!(items.module("日本語", &[]), "日本語");
        assert_eq!(items.table("users"), "User");
        assert_eq!(items.table("new_users"), "NewUserRow");
        assert_eq!(items.table("strings"), "StringRow");
        assert_eq!(items.table("日本語"), "日本語Row");
        assert_eq!(items.table("2024"), "Table2024");
        assert_eq!(items.enumeration("user"), "User2");
    }

    #[test]
    fn variants_say_their_labels_or_not() {
        let labels = ["draft", "in review", "In Review", "1", "ö", "self"].map(String::from);
        let expected = [
            ("Draft", true),
            ("InReview", false),
            ("InReview2", false),
            ("Value1", false),
            ("Ö", false),
            ("ValueSelf", false),
        ];
        assert_eq!(variants(&labels), expected.map(|(name, says)| (name.to_owned(), says)));
    }

    #[test]
    fn relations() {
        assert_eq!(relation(&["author_id"], "User"), "author");
        assert_eq!(relation(&["r#type"], "Kind"), "type_row");
        assert_eq!(relation(&["type_id"], "Kind"), "type_row");
        assert_eq!(relation(&["a", "b"], "OtherThing"), "other_thing");
        let mut relations = Relations::default();
        assert!(relations.take("author"));
        assert!(!relations.take("author"));
        assert!(!relations.take("query"));
        assert_eq!(relations.free("author"), "author_row");
    }
}

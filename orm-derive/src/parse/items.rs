//! All items of the derives' attributes, and the options in some of them, in one table.
//!
//! Each row has the text of the reference page, the key, the field that keeps the value, and the function that reads it.
//! The macro turns the table into the parser, the list of keys in the message about an unknown one, and the rows of the
//! reference page.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Ident, LitStr, Result};

use super::column::{self, ColumnAttrs, CteColumnAttrs, RecordAttrs, RowAttrs, RowFieldAttrs};
use super::db::{EnumAttrs, NativeAttrs, NewtypeAttrs, VariantAttrs};
use super::full_text::{self, FullTextOptions};
use super::reference::Reference;
use super::relation::{DirectOptions, LinkOptions};
use super::table::{self, CteAttrs, ForeignKeyOptions, IndexOptions, TableAttrs, UniqueOptions};
use super::view::{ViewAttrs, ViewColumnAttrs};
use super::{Items, once, per_dialect, reference, relation};
use crate::errors::{Errors, unknown};

macro_rules! items {
    ($(
        $attrs:ident, $what:literal, $rows:ident {
            $($(#[doc = $row:literal])+ $key:literal => $slot:ident: $read:expr;)*
        }
    )*) => { $(
        impl Items for $attrs {
            fn item(&mut self, of: &str, key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Result<()> {
                match key.unraw().to_string().as_str() {
                    $($key => self.$slot.keep(key, $read(key, input, errors)?),)*
                    other => {
                        let message = unknown($what, other, of, &[$($key),*]);
                        Err(syn::Error::new(key.span(), message))
                    }
                }
            }
        }

        /// The rows of the reference page.
        macro_rules! $rows {
            () => { concat!($($("|", $row, " |\n"),+),*) };
        }
    )* };
}

macro_rules! attributes {
    ($($attrs:ident: $attribute:literal $of:literal;)*) => { $(
        impl $attrs {
            pub(crate) fn parse(attrs: &[Attribute], errors: &mut Errors) -> Self {
                let mut parsed = Self::default();
                super::attributes(attrs, $attribute, errors, |key, input, errors| {
                    parsed.item($of, key, input, errors)
                });
                parsed
            }
        }
    )* };
}

attributes! {
    ColumnAttrs: "column" " of a column";
    TableAttrs: "table" " of a table";
    EnumAttrs: "db" " of an enum";
    VariantAttrs: "db" " of a variant";
    NewtypeAttrs: "db" " of a newtype";
    NativeAttrs: "db" " of a native type";
    RecordAttrs: "column" " of a row";
    RowAttrs: "row" " of a row";
    RowFieldAttrs: "row" " of a field of a row";
    CteAttrs: "cte" " of a CTE";
    CteColumnAttrs: "column" " of a CTE's column";
    ViewAttrs: "view" " of a view";
    ViewColumnAttrs: "column" " of a view's column";
}

/// Where an item is kept.
pub(super) trait Keep<T> {
    fn keep(&mut self, key: &Ident, new: T) -> Result<()>;
}

impl<T> Keep<T> for Option<T> {
    fn keep(&mut self, key: &Ident, new: T) -> Result<()> {
        once(self, key, new)
    }
}

/// One that may be repeated.
impl<T, I: IntoIterator<Item = T>> Keep<I> for Vec<T> {
    fn keep(&mut self, _: &Ident, new: I) -> Result<()> {
        self.extend(new);
        Ok(())
    }
}

fn flag(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<proc_macro2::Span> {
    super::flag(key, input)
}

fn string(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<LitStr> {
    super::string(key, input)
}

items! {
    ColumnAttrs, "attribute", column_items {
        /// `name = "x"` | The column's name in the database; by default the field's name.
        "name" => name: string;
        /// `primary_key` | The primary key. For a key of several columns, see `#[table(primary_key(…))]`.
        "primary_key" => primary_key: flag;
        /// `auto` | The database counts the key up: `i64`, `i32`, `i16` or a newtype around one.
        "auto" => auto: flag;
        /// `unique` | No two rows have the same value.
        "unique" => unique: flag;
        /// `index` | An index of this column.
        "index" => index: flag;
        /// `default = 5`, `"x"`, `true`, `-1.5` | The value that the database fills in: a literal of the column's type,
        /// `default = now` | the current date or time,
        /// `default = []` | the empty array,
        /// `default = Status::Draft` | a variant of an enum or a constant,
        /// `default = sql("…")` | or an expression that both databases understand.
        "default" => default: column::default;
        /// `default_fn = Uuid::new_v4` | The value that the program fills in: a function without arguments, called by `build`. It returns the field's type, without `Option`, and so does the function of `on_update`.
        "default_fn" => default_fn: column::default_fn;
        /// `on_update = now`, `on_update = path` | The new value whenever mizzle updates the row: the current time, or the result of a function.
        "on_update" => on_update: column::on_update;
        /// `references(…)` | A foreign key: see below.
        "references" => references: reference::of_column;
        /// `check = "length(name) > 0"` | A condition for every row, in SQL.
        "check" => check: string;
        /// `generated = "lower(email)"` | Computed by the database from an expression, stored, and never written.
        "generated" => generated: string;
        /// `max_length = 160` | A `String` of at most this many characters: `varchar(160)` on PostgreSQL, a check on SQLite.
        "max_length" => max_length: column::max_length;
        /// `db_type(postgres = "numeric(10,2)")` | The declared type of the column, in the words of `postgres`, `sqlite` or both. The field's type stays the same, and the other database keeps the usual type.
        "db_type" => db_type: per_dialect::db_type;
        /// `collate(sqlite = "NOCASE")` | The name of the collation that compares and sorts the column, for `sqlite`, `postgres` or both.
        "collate" => collate: per_dialect::collate;
        /// `version` | Counts the updates of the row; an update of an older version fails (`STALE_ROW`). An i32 or i64 that begins at 1.
        "version" => version: flag;
        /// `renamed_from = "x"` | The former name, for the migration.
        "renamed_from" => renamed_from: string;
        /// `sql_type = BigInt` | The type behind the alias in the field's type, for the items that depend on it.
        "sql_type" => sql_type: column::sql_type;
        /// `stored = unix_seconds` | The form in which the column stores moments, if other programs write it: `iso8601` (`2020-07-17T21:56:16.123Z`), `sqlite_datetime` (`2020-07-17 21:56:16`), `unix_seconds`, `unix_millis`, or `text`, mizzle's own. Numbers are numbers on both databases; on PostgreSQL a text form is a `timestamptz`. Everything finer than the form is cut off. For `DateTime<Utc>` and `NaiveDateTime`.
        "stored" => stored: column::stored;
    }
    RecordAttrs, "attribute", record_items {
        /// `name = "x"` | The column's name in the result; by default the field's name.
        "name" => name: string;
    }
    RowAttrs, "attribute", row_items {
        /// `table = users` | The module of the table whose columns the fields are.
        "table" => table: column::module_of_table;
    }
    RowFieldAttrs, "attribute", row_field_items {
        /// `select = User::posts().count()` | What the field is, instead of the column of its name: an expression on the table's columns, or an aggregate of related rows.
        "select" => select: column::select;
    }
    CteAttrs, "attribute", cte_items {
        /// `name = "x"` | The name; by default the struct's name in snake case with an `s`. In SQL it begins with `__cte_`.
        "name" => name: string;
        /// `module = x` | The name of the module, if the name isn't a Rust name or is taken.
        "module" => module: table::module;
    }
    CteColumnAttrs, "attribute", cte_column_items {
        /// `name = "x"` | The column's name in SQL; by default the field's name.
        "name" => name: string;
        /// `sql_type = BigInt` | The type behind the alias in the field's type: see [`Table`](derive@Table).
        "sql_type" => sql_type: column::sql_type;
        /// `stored = unix_seconds` | The form of moments that come from a column with the same attribute.
        "stored" => stored: column::stored;
    }
    ViewAttrs, "attribute", view_items {
        /// `sql = "SELECT …"` | The SELECT, the same for both databases: one statement without placeholders.
        "sql" => sql: string;
        /// `sqlite = "SELECT …"` | The SELECT for SQLite, if the databases need different words.
        "sqlite" => sqlite: string;
        /// `postgres = "SELECT …"` | The SELECT for PostgreSQL.
        "postgres" => postgres: string;
        /// `materialized` | The database stores the rows. PostgreSQL has such views, and SQLite has none.
        "materialized" => materialized: flag;
        /// `name = "x"` | The view's name; by default the struct's name in snake case with an `s`.
        "name" => name: string;
        /// `module = x` | The name of the module, if the view's name isn't a Rust name or is taken.
        "module" => module: table::module;
        /// `primary_key(a, b)` | The columns that identify a row together. No database checks it.
        "primary_key" => primary_key: table::primary_key;
        /// `index(a, b.desc(), unique)` | An index of a materialized view, with the options of a table's index.
        "index" => indexes: table::index;
        /// `foreign_key(a, b, references(Parent))` | A relation along several columns.
        "foreign_key" => foreign_keys: table::foreign_key;
        /// `has_many(posts = Post)` | A relation, by the reference of `Post`, as in a table.
        "has_many" => relations: relation::has_many;
        /// `has_one(profile = Profile)` | The same, to at most one row.
        "has_one" => relations: relation::has_one;
        /// `many_to_many(tags = Tag, through = PostTag)` | A relation through a table between the two.
        "many_to_many" => relations: relation::many_to_many;
    }
    ViewColumnAttrs, "attribute", view_column_items {
        /// `name = "x"` | The column's name in the view; by default the field's name.
        "name" => name: string;
        /// `primary_key` | The column is different in each row: `find` and pages by keyset need it, and relations of other structs to this one.
        "primary_key" => primary_key: flag;
        /// `references(User)` | A relation to a row of `User`, as in a table. No database checks it.
        "references" => references: reference::of_column;
        /// `sql_type = BigInt` | The type behind the alias in the field's type: see [`Table`](derive@Table).
        "sql_type" => sql_type: column::sql_type;
        /// `stored = unix_seconds` | The form of moments that come from a column with the same attribute.
        "stored" => stored: column::stored;
    }
    Reference, "option", reference_options {
        /// `on_delete = …` | What happens if the parent is deleted: `cascade`, `restrict`, `set_null`, `set_default` or `no_action` (the default).
        "on_delete" => on_delete: reference::action;
        /// `on_update = …` | What happens if the parent's key changes; takes the same words.
        "on_update" => on_update: reference::action;
        /// `as = author` | The name of the relation. By default it is the name of the field without `_id`, or the parent's name if the key has several columns.
        "as" => relation: reference::relation;
        /// `join = false` | Don't join the two tables along this key. Needed if two tables refer to each other, because diesel allows one join.
        "join" => join: reference::join;
    }
    TableAttrs, "attribute", table_items {
        /// `name = "x"` | The table's name; by default the struct's name in snake case with an `s`.
        "name" => name: string;
        /// `module = x` | The name of the module, if the table's name isn't a Rust name or is taken.
        "module" => module: table::module;
        /// `primary_key(a, b)` | The primary key, of several columns.
        "primary_key" => primary_key: table::primary_key;
        /// `index(a, b.desc(), "lower(c)")` | An index over columns and SQL expressions. `a.ops("gin_trgm_ops")` is a part with an operator class of PostgreSQL.
        "index" => indexes: table::index;
        /// `unique(a, b)` | No two rows have the same values.
        "unique" => uniques: table::unique;
        /// `check(its_name = "a < b")` | A condition for every row, in SQL. Quote a name that isn't an identifier.
        "check" => checks: table::checks;
        /// `foreign_key(a, b, references(Parent))` | A foreign key of several columns. `references` has the same options as on a column, and names as many fields of the parent: `references(Parent, x, y, on_delete = cascade)`.
        "foreign_key" => foreign_keys: table::foreign_key;
        /// `has_many(posts = Post)` | A relation, by the foreign key of `Post`: see below.
        "has_many" => relations: relation::has_many;
        /// `has_one(profile = Profile)` | The same, to at most one row.
        "has_one" => relations: relation::has_one;
        /// `many_to_many(tags = Tag, through = PostTag)` | A relation through a table between the two.
        "many_to_many" => relations: relation::many_to_many;
        /// `full_text(title, body)` | A full text index of these columns, for `search`: see `mizzle::FullText`. After a column may be its weight in the rank (`title = 4`), and among them `language = "english"`.
        "full_text" => full_text: full_text::of_table;
        /// `renamed_from = "x"` | The former name, for the migration.
        "renamed_from" => renamed_from: string;
        /// `deserialize` | `NewUser` and `UserChanges` implement serde's `Deserialize`. A document may leave out columns with a default. `null` is NULL; only a missing value means no change. Names follow serde's `rename_all`, `deny_unknown_fields`, `rename` and `alias` on the struct and its fields.
        "deserialize" => deserialize: flag;
    }
    IndexOptions, "option", index_options {
        /// `unique` | No two rows have the same values.
        "unique" => unique: flag;
        /// `name = "…"` | The index's name.
        "name" => name: string;
        /// `where = "…"` | Only the rows with this condition, in SQL.
        "where" => condition: string;
        /// `using = gin` | PostgreSQL's method: `btree` (the default), `hash`, `brin`, `gin`, `gist`, `spgist`, or an extension's in quotes (`using = "hnsw"`). SQLite has an ordinary index for `hash` and `brin`, and none for the others, whose conditions would not use it.
        "using" => method: table::method;
    }
    UniqueOptions, "option", unique_options {
        /// `name = "…"` | The constraint's name.
        "name" => name: string;
    }
    FullTextOptions, "option", full_text_options {
        /// `language = "english"` | Words that differ by an English ending are the same, as `run` and `running`. By default, and with `"simple"`, only equal words are.
        "language" => language: string;
    }
    ForeignKeyOptions, "option", foreign_key_options {
        /// `references(…)` | The parent and its fields.
        "references" => reference: table::reference;
        /// `name = "…"` | The constraint's name.
        "name" => name: string;
    }
    DirectOptions, "option", direct_options {
        /// `via = editor_id` | The reference back to this table: `has_many(edited = Post, via = editor_id)`.
        "via" => via: relation::via;
    }
    LinkOptions, "option", link_options {
        /// `through = PostTag` | The table between the two.
        "through" => through: relation::through;
        /// `via = follower_id` | Its reference back to this table.
        "via" => via: relation::via;
        /// `to = followed_id` | Its reference to the related table: `many_to_many(follows = User, through = Follow, via = follower_id, to = followed_id)`.
        "to" => to: relation::to;
    }
    EnumAttrs, "attribute", enum_items {
        /// `rename_all = "…"` | The case of labels: `snake_case` (the default), `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE`, `camelCase`, `PascalCase`, `lowercase`, `UPPERCASE`.
        "rename_all" => rename_all: string;
        /// `native = "post_status"` | On PostgreSQL, a type of that name (`CREATE TYPE … AS ENUM`). SQLite has no such types and keeps text.
        "native" => native: string;
        /// `serde` | serde writes and reads the label as well. Use it instead of serde's own derives, which would write the variant's name.
        "serde" => serde: flag;
    }
    VariantAttrs, "attribute", variant_items {
        /// `name = "…"` | The label.
        "name" => name: string;
        /// `renamed_from = "…"` | The former label, for the migration: rows and defaults follow.
        "renamed_from" => renamed_from: string;
    }
    NativeAttrs, "attribute", native_items {
        /// `native = "macaddr"` | The name of the type in PostgreSQL's catalog. SQLite keeps text.
        "native" => native: string;
    }
    NewtypeAttrs, "attribute", newtype_items {
        /// `sql_type = BigInt` | The type behind an alias inside, so that `auto` recognizes a newtype around an integer. The names are those of [`Table`](derive@Table).
        "sql_type" => sql_type: column::sql_type;
    }
}

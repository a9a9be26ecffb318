//! The items of the derives' attributes, in one table.
//!
//! Each says how it is written and what it means, its key, where it is kept, and how it is read. From that come the reading
//! of an item, the keys that the message about an unknown one lists, and the rows of the reference page.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Ident, LitStr, Result};

use super::column::{self, ColumnAttrs};
use super::db::{EnumAttrs, NewtypeAttrs, VariantAttrs};
use super::table::{self, TableAttrs};
use super::{once, per_dialect, reference, relation};
use crate::errors::{Errors, unknown};

macro_rules! items {
    ($(
        $attrs:ident, $attribute:literal, $of:literal, $rows:ident {
            $($(#[doc = $row:literal])+ $key:literal => $slot:ident: $read:expr;)*
        }
    )*) => { $(
        impl $attrs {
            pub(crate) fn parse(attrs: &[Attribute], errors: &mut Errors) -> Self {
                let mut parsed = Self::default();
                super::attributes(attrs, $attribute, errors, |key, input, errors| {
                    match key.unraw().to_string().as_str() {
                        $($key => parsed.$slot.keep(key, $read(key, input, errors)?),)*
                        other => {
                            let message = unknown("attribute", other, $of, &[$($key),*]);
                            Err(syn::Error::new(key.span(), message))
                        }
                    }
                });
                parsed
            }
        }

        /// The rows of the reference page.
        macro_rules! $rows {
            () => { concat!($($("|", $row, " |\n"),+),*) };
        }
    )* };
}

/// Where an item is kept.
trait Keep<T> {
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
    ColumnAttrs, "column", " of a column", column_items {
        /// `name = "x"` | The column's name in the database; the field's without it.
        "name" => name: string;
        /// `primary_key` | The primary key. For one of several columns see `#[table(primary_key(…))]`.
        "primary_key" => primary_key: flag;
        /// `auto` | The database counts the key up: `i64`, `i32`, `i16` or a newtype around one.
        "auto" => auto: flag;
        /// `unique` | No two rows have the same value.
        "unique" => unique: flag;
        /// `index` | An index of this column.
        "index" => index: flag;
        /// `default = 5`, `"x"`, `true`, `-1.5` | What the database fills in: a literal that fits the type,
        /// `default = now` | the current date or time,
        /// `default = Status::Draft` | a variant of an enum or a constant,
        /// `default = sql("…")` | or an expression that both databases understand.
        "default" => default: column::default;
        /// `default_fn = Uuid::new_v4` | What the program fills in: a function without arguments, called by `build`. It gives the field's type, without `Option`, as that of `on_update` does.
        "default_fn" => default_fn: column::default_fn;
        /// `on_update = now`, `on_update = path` | Its new value whenever mizzle updates the row: the current time, or what a function gives.
        "on_update" => on_update: column::on_update;
        /// `references(…)` | A foreign key: see below.
        "references" => references: reference::of_column;
        /// `check = "length(name) > 0"` | A condition for every row, in SQL.
        "check" => check: string;
        /// `generated = "lower(email)"` | Computed by the database from an expression, stored, and never written.
        "generated" => generated: string;
        /// `max_length = 160` | A `String` of at most so many characters: `varchar(160)` on PostgreSQL, a check on SQLite.
        "max_length" => max_length: column::max_length;
        /// `db_type(postgres = "numeric(10,2)")` | The type by which a database declares the column, in its own words, for `postgres`, `sqlite` or both. What the field holds stays, and the other database keeps the usual type.
        "db_type" => db_type: per_dialect::db_type;
        /// `collate(sqlite = "NOCASE")` | The name of the collation by which a database compares and sorts the column, for `sqlite`, `postgres` or both.
        "collate" => collate: per_dialect::collate;
        /// `version` | Counts the updates of the row, and an update of an older version fails. An integer that begins at 1.
        "version" => version: flag;
        /// `renamed_from = "x"` | The name it had before, for the migration.
        "renamed_from" => renamed_from: string;
        /// `sql_type = BigInt` | What the alias that is the field's type stands for, for the items that depend on it.
        "sql_type" => sql_type: column::sql_type;
        /// `stored = unix_seconds` | The form in which the column stores its moments, where other programs write it: `iso8601` (`2020-07-17T21:56:16.123Z`), `sqlite_datetime` (`2020-07-17 21:56:16`), `unix_seconds`, `unix_millis`, or `text`, mizzle's own. Numbers are numbers on both databases; on PostgreSQL a text form is a `timestamptz`. What is finer than the form is cut off. For `DateTime<Utc>` and `NaiveDateTime`.
        "stored" => stored: column::stored;
    }
    TableAttrs, "table", " of a table", table_items {
        /// `name = "x"` | The table's name; the struct's in snake case, with an `s`, without it.
        "name" => name: string;
        /// `module = x` | The name of the module, where the table's is not one of Rust or is taken.
        "module" => module: table::module;
        /// `primary_key(a, b)` | The primary key, of several columns.
        "primary_key" => primary_key: table::primary_key;
        /// `index(a, b.desc(), "lower(c)")` | An index, of columns and of expressions in SQL. Behind these may follow `unique`, `name = "…"`, and `where = "…"` for some rows alone.
        "index" => indexes: table::index;
        /// `unique(a, b)` | No two rows have the same values. Behind these may follow `name = "…"`.
        "unique" => uniques: table::unique;
        /// `check(its_name = "a < b")` | A condition for every row, in SQL. A name that is no identifier stands in quotes.
        "check" => checks: table::checks;
        /// `foreign_key(a, b, references(Parent))` | A foreign key of several columns. Takes all that a column's `references` takes, with as many fields of the parent: `references(Parent, x, y, on_delete = cascade)`. Behind it may follow `name = "…"`.
        "foreign_key" => foreign_keys: table::foreign_key;
        /// `has_many(posts = Post)` | A relation, by the foreign key of `Post`: see below.
        "has_many" => relations: relation::has_many;
        /// `has_one(profile = Profile)` | The same to one row at most.
        "has_one" => relations: relation::has_one;
        /// `many_to_many(tags = Tag, through = PostTag)` | A relation by a table between the two.
        "many_to_many" => relations: relation::many_to_many;
        /// `renamed_from = "x"` | The name it had before, for the migration.
        "renamed_from" => renamed_from: string;
        /// `deserialize` | `NewUser` and `UserChanges` implement serde's `Deserialize`. A document may leave out what has a default; `null` is NULL, and no change only where nothing is said. Names follow serde's `rename_all`, `deny_unknown_fields`, `rename` and `alias` on the struct and its fields.
        "deserialize" => deserialize: flag;
    }
    EnumAttrs, "db", " of an enum", enum_items {
        /// `rename_all = "…"` | How labels are written: `snake_case` (the default), `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE`, `camelCase`, `PascalCase`, `lowercase`, `UPPERCASE`.
        "rename_all" => rename_all: string;
        /// `native = "post_status"` | On PostgreSQL a type of that name (`CREATE TYPE … AS ENUM`). SQLite has no such, and stays with text.
        "native" => native: string;
        /// `serde` | serde writes and reads the label too, as a text. Instead of serde's own derives, which would write the variant's name.
        "serde" => serde: flag;
    }
    VariantAttrs, "db", " of a variant", variant_items {
        /// `name = "…"` | Its label.
        "name" => name: string;
        /// `renamed_from = "…"` | The label that it had before, for the migration: rows and defaults follow.
        "renamed_from" => renamed_from: string;
    }
    NewtypeAttrs, "db", " of a newtype", newtype_items {
        /// `sql_type = BigInt` | What the alias inside stands for, so that `auto` knows a newtype around an integer; the names are those of [`Table`](derive@Table).
        "sql_type" => sql_type: column::sql_type;
    }
}

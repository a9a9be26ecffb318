//! The macros of mizzle: [`Table`](derive@Table), [`Enum`](derive@Enum), [`Newtype`](derive@Newtype),
//! [`Row`](derive@Row), [`View`](derive@View), [`schema!`], [`sql!`] and [`migrations!`], and the attribute `test`.
//!
//! Use them through `mizzle`. The generated code names `mizzle` and `diesel`, so your crate must depend on both.
//!
//! Each macro works in three steps: `parse` reads the attributes with their spans, `model` resolves names and checks
//! rules, and `expand` writes the code, with one concern per file. An error in one of the first two steps doesn't stop
//! the others: all errors of an item are reported together, each at its cause.

mod crates;
mod errors;
mod expand;
mod model;
#[macro_use]
mod parse;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

use crate::crates::Crates;
use crate::errors::Checked;

/// Returns the code for an item that needs the crates that generated code names, and the errors in it.
fn expanded<T>(
    checked: Checked<T>,
    expand: impl FnOnce(&T, &Crates) -> proc_macro2::TokenStream,
) -> TokenStream {
    checked.tokens(|value| Crates::find().map(|crates| expand(value, &crates)))
}

/// Makes a struct a table.
///
/// ```ignore
/// use mizzle::prelude::*;
///
/// #[derive(Table, Debug, Clone, PartialEq)]
/// #[table(index(author_id, created_at.desc()), check(title_not_empty = "length(title) > 0"))]
/// pub struct Post {
///     #[column(primary_key, auto)]
///     pub id: i64,
///     #[column(references(User, on_delete = cascade))]
///     pub author_id: i64,
///     pub title: String,
///     #[column(default = Status::Draft)]
///     pub status: Status,
///     pub summary: Option<String>,
///     #[column(default = now)]
///     pub created_at: DateTime<Utc>,
/// }
/// ```
///
/// # What it generates
///
/// The derive writes these items next to the struct, with its visibility:
///
/// - The module `posts` with diesel's table and columns: `posts::table`, `posts::title`, …
/// - `NewPost`, a row to insert, and `NewPost::builder()`. The builder has a method for each column, and `build` doesn't
///   compile until all required columns are set. A column is optional if it is `auto`, has a `default` or a `default_fn`,
///   or may be NULL. Such a column has a second method that takes an `Option`, such as `maybe_summary`: `None` stands for
///   NULL, or for the default of a column without NULL. (If a column is called `build`, its method is `set_build`.)
/// - `PostChanges`, new values for some columns. Start with `PostChanges::default()`. It has a method for each column
///   except the key and the generated columns, and `clear_summary()` for a column that may be NULL.
/// - `Post::query()`.
/// - What diesel's own functions need. Rows load as `Post`, also in tuples and from joins. `Post::as_select()` names its
///   columns. `insert_into(posts::table).values(…)` takes a `NewPost` or a `&Post`, `update(…).set(…)` takes a
///   `PostChanges`, and `update(&post)` and `delete(&post)` find the row by its key. Two tables join if exactly one foreign
///   key leads from one to the other, and it is a single column that refers to the primary key.
///
/// The struct must have named fields and no type parameters. The fields' types must implement `Debug` and `Clone`, because
/// `NewPost` does. Rust itself adds two rules. A table that another table refers to, an enum and a newtype must be at least
/// as visible as the table that names them. And a struct with relations can't be inside a function, because the modules of
/// its relations could not see it.
///
/// # Types
///
/// mizzle recognizes a field's type by its name, the last part of its path:
///
/// | Field | Column |
/// |---|---|
/// | `bool` | `Bool` |
/// | `i16`, `i32`, `i64` | `SmallInt`, `Integer`, `BigInt` |
/// | `f32`, `f64` | `Float`, `Double` |
/// | `String` | `Text` |
/// | `Vec<u8>`; a `Vec` of any other but documents, or of `Option`s | `Binary`; `Array` |
/// | `NaiveDate`, `NaiveTime`, `NaiveDateTime` | `Date`, `Time`, `Timestamp` |
/// | `DateTime<Utc>` | `Timestamptz` |
/// | `Decimal`, `BigDecimal` | `Decimal`, exact |
/// | `serde_json::Value`, `Json<T>` | `Jsonb` |
/// | `Uuid`, `Inet`, `Cidr`, `Interval` | `Uuid`, `Inet`, `Cidr`, `Interval` |
/// | `Range<T>` of `i32`, `i64`, `Decimal`, `NaiveDate`, `NaiveDateTime` or `DateTime<Utc>` | |
/// | `Vector` | |
/// | `Option<T>` | the same, but may be NULL |
/// | any other | an enum with [`derive(Enum)`](derive@Enum), a newtype with [`derive(Newtype)`](derive@Newtype), a PostgreSQL type with [`derive(Native)`](derive@Native), or an alias of any of these |
///
/// An alias can't hide the `Option`: write `Option<Alias>`. Some items depend on the type: `max_length`, `stored`,
/// `version`, and setters that take any number literal. For these, say what an alias means with
/// `#[column(sql_type = BigInt)]`, using a name from the right column.
///
/// # `#[column(…)]`
///
/// Separate items by commas, in one attribute or in several.
///
/// | Item | Meaning |
/// |---|---|
#[doc = column_items!()]
///
/// # `references(…)`
///
/// `references(User)` refers to the primary key of the struct `User` (or `models::User`, or `Self`).
/// `references(User, email)` refers to another unique field. The types must be the same, except for `Option`. These
/// options may follow:
///
/// | Option | Meaning |
/// |---|---|
#[doc = reference_options!()]
///
/// # `#[table(…)]`
///
/// Refer to columns by the names of their fields. Indexes, uniques, checks, foreign keys and relations may be repeated.
///
/// | Item | Meaning |
/// |---|---|
#[doc = table_items!()]
///
/// These options may follow the columns. In an index, a column called `unique` is `r#unique`.
///
/// | Option of `index` | Meaning |
/// |---|---|
#[doc = index_options!()]
///
/// | Option of `unique` | Meaning |
/// |---|---|
#[doc = unique_options!()]
///
/// | Option of `foreign_key` | Meaning |
/// |---|---|
#[doc = foreign_key_options!()]
///
/// | Option of `full_text` | Meaning |
/// |---|---|
#[doc = full_text_options!()]
///
/// # Relations
///
/// A relation is a function of the struct, such as `User::posts()`. Pass it to `with`, `load_for`, `exists`, `counts`
/// and the other methods of `mizzle::relation::Related`.
///
/// | Written | Function | A row has | Which foreign key |
/// |---|---|---|---|
/// | `references(User)` on `author_id` of `Post` | `Post::author()` | `author: User`, or an `Option` of it if the column may be NULL | this one |
/// | `has_many(posts = Post)` on `User` | `User::posts()` | `posts: Vec<Post>` | the one of `Post` that refers to `User` |
/// | `has_one(profile = Profile)` on `User` | `User::profile()` | `profile: Option<Profile>`, the first of several | that of `Profile` |
/// | `many_to_many(tags = Tag, through = PostTag)` on `Post` | `Post::tags()` | `tags: Vec<Tag>` | those from `PostTag` to `Post` and to `Tag` |
///
/// The relation of a reference has the name of the field without `_id`, or the name given with `as = author`. The
/// other kinds of relations need a reference to follow. If there are several references to the same table, pick one
/// with these options after the struct. Name the reference by its field (the first, if it has several columns) or by
/// its relation:
///
/// | Option of `has_many` and `has_one` | Meaning |
/// |---|---|
#[doc = direct_options!()]
///
/// | Option of `many_to_many` | Meaning |
/// |---|---|
#[doc = link_options!()]
///
/// Name related structs as in `references`, by a path or by what `use` imports. A key of several columns and a table
/// that refers to itself need nothing more. A related struct must be at least as visible as this one.
///
/// A row with its related rows has its own struct: `User::query().with(User::posts())` returns `WithPosts<User>`, with
/// the field `posts`. It dereferences to the row, and `into_parts()` separates the two. Stacked and nested relations
/// make types such as `WithProfile<WithPosts<User, WithComments<Post>>>`. Type parameters default to the structs
/// themselves: `WithPosts` alone is `WithPosts<User, Post>`. The struct implements `Debug`, `Clone`, `PartialEq` and
/// serde's `Serialize` if its parts do, and serializes as one object. A tuple of some columns has no names for such an
/// object, so serializing it is an error: read a struct of them, by `select_as`.
///
/// These types are in a module, `user_relations` for `User`, and are imported beside the struct. If two tables of one
/// module have a relation with the same name, such as `author`, then `WithAuthor` alone is ambiguous: write
/// `post_relations::WithAuthor`.
#[proc_macro_derive(Table, attributes(table, column, serde))]
pub fn derive_table(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expanded(model::Table::build(&input), expand::table)
}

/// Makes an enum without fields a column type.
///
/// ```ignore
/// use mizzle::prelude::*;
///
/// #[derive(Enum, Debug, Clone, Copy, PartialEq)]
/// pub enum Status {
///     Draft,
///     InReview,
///     #[db(name = "live")]
///     Published,
/// }
///
/// assert_eq!(Status::InReview.label(), "in_review");
/// assert_eq!("live".parse(), Ok(Status::Published));
/// ```
///
/// The column is text, with a check that its value is one of the labels. In queries it compares only with values of
/// the enum: `posts::status.eq("draft")` does not compile.
///
/// The derive generates `LABELS`, `label()`, `Display`, `FromStr` and what diesel needs. The enum must implement
/// `Debug` and `Clone`, and also `Eq` and `Hash` if it is (part of) a primary key.
///
/// # `#[db(…)]`
///
/// On the enum:
///
/// | Item | Meaning |
/// |---|---|
#[doc = enum_items!()]
///
/// On a variant:
///
/// | Item | Meaning |
/// |---|---|
#[doc = variant_items!()]
#[proc_macro_derive(Enum, attributes(db))]
pub fn derive_enum(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expanded(model::Labels::build(&input), expand::labels)
}

/// Makes a struct around one value a column type, so that different kinds of ids can't be confused.
///
/// ```ignore
/// use mizzle::prelude::*;
///
/// #[derive(Newtype, Debug, Clone, Copy, PartialEq, Eq, Hash)]
/// pub struct UserId(pub i64);
///
/// #[derive(Table)]
/// pub struct User {
///     #[column(primary_key, auto)]
///     pub id: UserId,
/// }
/// ```
///
/// The column has the type that the inner value would have. The inner value can have any column type, including
/// another newtype or an enum. In queries the column compares only with the newtype: `users::id.eq(5)` does not
/// compile.
///
/// The derive generates `From` in both directions and what diesel needs. The struct must implement `Debug` and
/// `Clone`, and also `Eq` and `Hash` if it is (part of) a primary key.
///
/// # `#[db(…)]`
///
/// | Item | Meaning |
/// |---|---|
#[doc = newtype_items!()]
#[proc_macro_derive(Newtype, attributes(db))]
pub fn derive_newtype(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expanded(model::Newtype::build(&input), expand::newtype)
}

/// Gives a Rust type to columns of a PostgreSQL type that mizzle doesn't know. The type implements `NativeValue`, whose
/// documentation has an example.
///
/// The derive generates what diesel needs. The type must implement `Debug` and `Clone`, and also `Eq` and `Hash` if it is
/// (part of) a primary key.
///
/// # `#[db(…)]`
///
/// | Item | Meaning |
/// |---|---|
#[doc = native_items!()]
#[proc_macro_derive(Native, attributes(db))]
pub fn derive_native(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expanded(model::Native::build(&input), expand::native)
}

/// Names the tables and views that belong together.
///
/// ```ignore
/// mizzle::schema!(pub Blog = [User, models::Post]);
///
/// db.create_all::<Blog>()?;
/// ```
///
/// Generates a struct of that name, which implements `mizzle::Schema`, with the attributes and doc comments before the
/// name. A table may be in any number of schemas, or in none: schemas don't decide which tables a query can join.
#[proc_macro]
pub fn schema(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as parse::schema::SchemaInput);
    let expanded = Crates::find().map(|crates| expand::schema(&input, &crates));
    expanded.unwrap_or_else(syn::Error::into_compile_error).into()
}

#[doc = include_str!("migrations.md")]
#[proc_macro]
pub fn migrations(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as parse::migrations::MigrationsInput);
    expand::migrations(&input, &crates::mizzle()).into()
}

/// Makes a struct a row of a [`sql!`]: each field is the column of its name.
///
/// ```ignore
/// #[derive(Row)]
/// struct Spender {
///     email: String,
///     total: Option<Decimal>,
/// }
///
/// let top: Vec<Spender> = sql!("SELECT email, sum(amount) AS total FROM … GROUP BY email").all(&db)?;
/// ```
///
/// The result must have these columns and no others, in any order. A field has the type of a column, or an `Option` of
/// it if the value may be NULL. The struct of a table is a row already.
///
/// # `#[column(…)]`
///
/// | Item | Meaning |
/// |---|---|
#[doc = record_items!()]
///
/// # Some columns of a table's rows
/// With `#[row(table = users)]`, the struct is what a query of that table reads instead of whole rows: some columns and
/// computed values, also with related rows.
///
/// ```ignore
/// #[derive(Row)]
/// #[row(table = users)]
/// struct Author {
///     name: String,                            // the column `users::name`
///     #[row(select = User::posts().count())]
///     posts: i64,
///     #[row(select = User::posts().max(posts::created_at))]
///     newest: Option<DateTime<Utc>>,
/// }
///
/// let authors: Vec<Author> = User::query().order_by(users::name).select_as::<Author>().all(&db)?;
/// let posts: Vec<WithAuthor<Post, Author>> = Post::query().with(Post::author().select_as::<Author>()).all(&db)?;
/// ```
///
/// | In `#[row(…)]` of the struct, and then of a field | Meaning |
/// |---|---|
#[doc = row_items!()]
#[doc = row_field_items!()]
#[proc_macro_derive(Row, attributes(column, row))]
pub fn derive_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    model::Record::build(&input).tokens(|record| Ok(expand::record(record, &crates::mizzle())))
}

/// Makes a struct the row of a CTE, a named query before a statement: `RegionTotal::with(query)`, and the module
/// `region_totals`, with columns like those of a [`Table`](derive@Table). See the trait of that name.
///
/// | In `#[cte(…)]`, and then in `#[column(…)]` | Meaning |
/// |---|---|
#[doc = cte_items!()]
#[doc = cte_column_items!()]
#[proc_macro_derive(Cte, attributes(cte, column))]
pub fn derive_cte(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expanded(model::Cte::build(&input), expand::cte)
}

#[doc = include_str!("view.md")]
/// | In `#[view(…)]`, and then in `#[column(…)]` | Meaning |
/// |---|---|
#[doc = view_items!()]
#[doc = view_column_items!()]
#[proc_macro_derive(View, attributes(view, column))]
pub fn derive_view(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expanded(model::View::table(&input), expand::view)
}

#[cfg(feature = "test")]
#[doc = include_str!("test.md")]
#[doc = test_items!()]
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    let test = model::Test::build(args.into(), parse_macro_input!(item as syn::ItemFn));
    test.tokens(|test| Ok(expand::test(test, &crates::mizzle())))
}

#[doc = include_str!("sql.md")]
#[proc_macro]
pub fn sql(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as parse::sql::SqlInput);
    let mizzle = crates::mizzle();
    let Checked { value, error } = model::Sql::build(input);
    let code = match (value, error) {
        (Some(sql), None) => expand::sql(&sql, &mizzle),
        (_, error) => {
            let errors = error.map(syn::Error::into_compile_error);
            quote::quote!({ #errors #mizzle::sql::mistaken() })
        }
    };
    code.into()
}

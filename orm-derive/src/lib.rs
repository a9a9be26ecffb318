//! The macros of mizzle: [`Table`](derive@Table), [`Enum`](derive@Enum), [`Newtype`](derive@Newtype),
//! [`schema!`] and [`migrations!`].
//!
//! Use them through `mizzle`: what they write names `mizzle` and `diesel`, both of which the crate that uses them
//! depends on.
//!
//! Each macro goes three steps: `parse` reads the attributes with their places, `model` resolves names and checks
//! rules, `expand` writes code, one concern in each file. An error of the first two steps stops no other: all
//! errors of an item are reported together, each at what it is about.

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

/// The code for an item, and the errors in it.
fn expanded<T>(
    checked: Checked<T>,
    expand: impl FnOnce(&T, &Crates) -> proc_macro2::TokenStream,
) -> TokenStream {
    let Checked { value, error } = checked;
    let code = match value.map(|value| Crates::find().map(|crates| expand(&value, &crates))) {
        Some(Ok(code)) => code,
        Some(Err(missing)) => missing.into_compile_error(),
        None => proc_macro2::TokenStream::new(),
    };
    let errors = error.map(syn::Error::into_compile_error);
    quote::quote!(#errors #code).into()
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
/// # What it gives
///
/// With the visibility of the struct, and beside it:
///
/// - The module `posts` with diesel's table and columns: `posts::table`, `posts::title`, …
/// - `NewPost`, a row to insert, and `NewPost::builder()`. The builder has a method for each column, and does not
///   build before all required ones are set. A column can be left out if it is `auto`, has a `default` or a
///   `default_fn`, or may be NULL. A column that may be NULL has a second method that takes an `Option`:
///   `maybe_summary`. (The method of a column that is called `build` is `set_build`.)
/// - `PostChanges`, new values for some columns, from `PostChanges::default()`, with a method for each column but
///   the key and the generated ones, and `clear_summary()` for one that may be NULL.
/// - `Post::query()`.
/// - What diesel's own functions need: rows load as `Post`, in tuples and from joins too, `Post::as_select()`
///   names its columns, `insert_into(posts::table).values(…)` takes a `NewPost` or a `&Post`, `update(…).set(…)`
///   takes a `PostChanges`, and `update(&post)` and `delete(&post)` find the row by its key. Tables join along
///   their foreign key, if there is one from the one to the other's primary key.
///
/// The struct has named fields and no type parameters, and the fields' types have `Debug` and `Clone`, as
/// `NewPost` has. Two things of Rust's apply: a table that another table
/// refers to, an enum and a newtype must be at least as visible as the table that names them; and where a field
/// has a type of your own, the struct can't be inside a function, for the module could not see that type.
///
/// # Types
///
/// A field's type is known by its name, the last part of its path:
///
/// | Field | Column |
/// |---|---|
/// | `bool` | `Bool` |
/// | `i16`, `i32`, `i64` | `SmallInt`, `Integer`, `BigInt` |
/// | `f32`, `f64` | `Float`, `Double` |
/// | `String` | `Text` |
/// | `Vec<u8>` | `Binary` |
/// | `NaiveDate`, `NaiveTime`, `NaiveDateTime` | `Date`, `Time`, `Timestamp` |
/// | `DateTime<Utc>` | `Timestamptz` |
/// | `Uuid` | `Uuid` |
/// | `Decimal`, `BigDecimal` | `Decimal`, exact |
/// | `serde_json::Value`, `Json<T>` | `Jsonb` |
/// | `Option<T>` | the same, and may be NULL |
/// | any other | an enum with [`derive(Enum)`](derive@Enum), a newtype with [`derive(Newtype)`](derive@Newtype), or an alias of any of these |
///
/// An alias can't hide the `Option`: write `Option<Alias>`. What depends on the type (`max_length`, `stored`, `version`, a
/// setter that takes a literal of any number) needs to know what an alias stands for: say `#[column(sql_type = BigInt)]`, by
/// the name on the right.
///
/// # `#[column(…)]`
///
/// Items are separated by commas, in one attribute or in several.
///
/// | Item | Meaning |
/// |---|---|
#[doc = column_items!()]
///
/// # `references(…)`
///
/// `references(User)` refers to the primary key of the struct `User` (or `models::User`, or `Self`), and
/// `references(User, email)` to another unique field of it. The types must be the same, but for `Option`. Behind
/// that may follow:
///
/// | Option | Meaning |
/// |---|---|
/// | `on_delete = …` | What the delete of the parent does: `cascade`, `restrict`, `set_null`, `set_default` or `no_action` (the default). |
/// | `on_update = …` | What a change of the parent's key does; the same words. |
/// | `as = author` | The name of the relation, where that of the field without `_id` would not do. |
/// | `join = false` | Not the key along which the two tables join. Needed where two tables refer to each other: diesel knows one way. |
///
/// # `#[table(…)]`
///
/// Columns are named by their fields. All but the names may be repeated.
///
/// | Item | Meaning |
/// |---|---|
#[doc = table_items!()]
///
/// # Relations
///
/// A relation is a function of the struct, such as `User::posts()`, for `with`, `load_for`, `exists`, `counts` and
/// the rest of `mizzle::relation::Related`.
///
/// | Written | Function | A row has | Which foreign key |
/// |---|---|---|---|
/// | `references(User)` on `author_id` of `Post` | `Post::author()` | `author: User`, or an `Option` of it where the column may be NULL | this one |
/// | `has_many(posts = Post)` on `User` | `User::posts()` | `posts: Vec<Post>` | the one of `Post` that refers to `User` |
/// | `has_one(profile = Profile)` on `User` | `User::profile()` | `profile: Option<Profile>`, the first of several | that of `Profile` |
/// | `many_to_many(tags = Tag, through = PostTag)` on `Post` | `Post::tags()` | `tags: Vec<Tag>` | those of `PostTag` to `Post` and to `Tag` |
///
/// The relation of a reference is called as the field without `_id`, or as the reference says by `as = author`.
/// Those of the other kinds need a reference to follow. Where there are several to the same table, these options,
/// behind the struct, say which, by its field (the first, of several columns) or by its relation's name:
///
/// | Option | Meaning |
/// |---|---|
/// | `via = editor_id` | The reference back to this table: `has_many(edited = Post, via = editor_id)`. |
/// | `to = followed_id` | For `many_to_many`, the reference to the related table: `many_to_many(follows = User, through = Follow, via = follower_id, to = followed_id)`. |
///
/// Related structs are named as in `references`: by a path, or by what `use` brings in; a key of several columns,
/// and a table that refers to itself, need nothing more. A related struct must be at least as visible as this one.
///
/// A row with its related rows is a struct of its own: `User::query().with(User::posts())` gives
/// `WithPosts<User>`, with the field `posts`; all else is the row's, as it dereferences to it. `into_parts()` takes
/// the two apart. Relations that are stacked and nested make types such as `WithProfile<WithPosts<User,
/// WithComments<Post>>>`; what is left out is the struct itself, so that `WithPosts` alone is `WithPosts<User, Post>`.
/// It has `Debug`, `Clone`, `PartialEq` and serde's `Serialize` where its parts have them, and serializes as one
/// object.
///
/// These types lie in a module, `user_relations` for `User`, and are brought in beside the struct. Where two tables
/// of one module have a relation of one name, such as `author`, `WithAuthor` alone is ambiguous: it is then written
/// `post_relations::WithAuthor`.
#[proc_macro_derive(Table, attributes(table, column, serde))]
pub fn derive_table(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expanded(model::Table::build(&input), expand::table)
}

/// Makes an enum without fields the type of columns.
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
/// A column of it is text, with a check that it is one of the labels. In a query it compares with the enum's values
/// alone: `posts::status.eq("draft")` does not compile.
///
/// It gives `LABELS`, `label()`, `Display` and `FromStr`, and what diesel needs. The enum must have `Debug` and `Clone`,
/// and `Eq` and `Hash` where it is (part of) a primary key.
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

/// Makes a struct around one value the type of columns, so that one id is not taken for another.
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
/// The column is what it would be of the value inside, which can be of any type that a column can have, another
/// newtype or an enum included. In a query it compares with the newtype alone: `users::id.eq(5)` does not compile.
///
/// It gives `From` in both directions, and what diesel needs. The struct must have `Debug` and `Clone`, and
/// `Eq` and `Hash` where it is (part of) a primary key.
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

/// Names the tables that belong together.
///
/// ```ignore
/// mizzle::schema!(pub Blog = [User, models::Post]);
///
/// db.create_all::<Blog>()?;
/// ```
///
/// It gives a struct of that name, which is a `mizzle::Schema`, with the attributes and doc comments that stand
/// before it. A table may be in any number of schemas, and in none: which tables a query joins doesn't depend on it.
#[proc_macro]
pub fn schema(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as parse::schema::SchemaInput);
    let expanded = Crates::find().map(|crates| expand::schema(&input, &crates));
    expanded.unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Embeds a folder of migrations in the program.
///
/// ```ignore
/// db.migrate(mizzle::migrations!("migrations"))?;
/// ```
///
/// The path is relative to the folder of the crate's `Cargo.toml`. The folder has a folder for each database, `sqlite`
/// and `postgres` (or one of the two), and in these one for each migration, such as `20260131120000_add_posts`, with
/// `up.sql`, and if need be `down.sql` and `metadata.toml`. Both databases' migrations are embedded; which ones run, the
/// database decides. It gives a `&'static mizzle::Migrations`.
///
/// A mistake in the folder is an error of the compiler's, which says what to do: a missing folder, a name that begins
/// with no version, a migration without `up.sql`, two of one version, settings that can't be read.
///
/// Edits and removals of the files lead to a new build by themselves, and so does a migration that mizzle's command line
/// writes beside others (it touches a file of the one before). Cargo doesn't notice a folder that is made by hand, nor the
/// first migration of an empty folder, unless the crate has a `build.rs` whose `main` tells it to look:
///
/// ```
/// println!("cargo:rerun-if-changed=migrations");
/// ```
///
/// In a development build `Db::migrate` refuses to run if the folder has migrations, or files of them, that the program
/// was built without.
#[proc_macro]
pub fn migrations(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as parse::migrations::MigrationsInput);
    expand::migrations(&input, &crates::mizzle()).into()
}

/// Puts an expression in the place of a text that `table!` takes nothing else for. For [`Table`](derive@Table) alone.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn replace(texts: TokenStream, module: TokenStream) -> TokenStream {
    let texts = parse_macro_input!(texts as expand::Replacements);
    expand::replace(&texts, module.into()).into()
}

/// Narrows the module that diesel's `table!` writes to the visibility of the struct. For
/// [`Table`](derive@Table) alone.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn restrict(vis: TokenStream, module: TokenStream) -> TokenStream {
    let vis = parse_macro_input!(vis as syn::Visibility);
    expand::restrict(&vis, module.into()).into()
}

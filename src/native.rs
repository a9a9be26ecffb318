//! PostgreSQL types that mizzle doesn't know.

/// A value of a PostgreSQL type that mizzle doesn't know, such as `macaddr`, `bit`, `ltree` or `hstore`.
/// `#[derive(Native)]` makes it a type of columns, by the type's name in PostgreSQL's catalog.
///
/// PostgreSQL gets a value as text, and returns it in its binary form, which the documentation or the source of the type
/// describes. SQLite has no such types, and stores the text: values there are equal and sort as texts.
///
/// Create the type before the tables: a type of an extension needs `CREATE EXTENSION` in a migration. Without it, the
/// database refuses the statement that creates the table. `generate`, `push` and `check` compare columns of the types that
/// the structs use; `pull` leaves out columns of types that mizzle doesn't know. For a type with a length, such as
/// `bit(3)`, add `#[column(db_type(postgres = "bit(3)"))]`. The type's own operators and functions are SQL: use `sql!`, or
/// diesel's `sql`.
///
/// ```
/// use std::borrow::Cow;
///
/// use mizzle::NativeValue;
/// use mizzle::prelude::*;
///
/// /// The address of a network card.
/// #[derive(Native, Debug, Clone, Copy, PartialEq, Eq, Hash)]
/// #[db(native = "macaddr")]
/// pub struct MacAddr(pub [u8; 6]);
///
/// impl NativeValue for MacAddr {
///     fn to_text(&self) -> Cow<'_, str> {
///         let digits: Vec<String> = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
///         digits.join(":").into()
///     }
///
///     fn from_text(text: &str) -> Option<Self> {
///         let digits = text.split(':').map(|digits| u8::from_str_radix(digits, 16).ok());
///         Self::from_binary(&digits.collect::<Option<Vec<u8>>>()?)
///     }
///
///     fn from_binary(bytes: &[u8]) -> Option<Self> {
///         bytes.try_into().ok().map(Self)
///     }
/// }
///
/// #[derive(Table, Debug, Clone, PartialEq)]
/// pub struct Card {
///     #[column(primary_key)]
///     pub address: MacAddr,
///     pub former: Option<MacAddr>,
/// }
///
/// mizzle::schema!(pub Cards = [Card]);
/// fn main() -> mizzle::Result<()> {
///     let db = Db::connect("sqlite::memory:")?;
///     db.create_all::<Cards>()?;
///     let card = Card { address: MacAddr([8, 0, 0x2b, 1, 2, 3]), former: None };
///     db.insert(card.clone())?;
///     let found = Card::query().filter(cards::address.eq(card.address)).one(&db)?;
///     assert_eq!(found, card);
///     Ok(())
/// }
/// ```
pub use orm_core::NativeValue;

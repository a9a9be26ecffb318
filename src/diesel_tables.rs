//! Tables of diesel's `table!` beside those of structs.

/// Lets a table that `diesel::table!` declares be in a query with tables of structs.
///
/// Tables of structs need nothing to be in one query, and those of diesel's need
/// `diesel::allow_tables_to_appear_in_same_query!`. That macro takes no tables of structs.
///
/// ```
/// use mizzle::prelude::*;
///
/// diesel::table! {
///     logins (id) {
///         id -> diesel::sql_types::BigInt,
///         user_id -> diesel::sql_types::BigInt,
///     }
/// }
///
/// #[derive(Table, Debug, PartialEq)]
/// pub struct User {
///     #[column(primary_key)]
///     pub id: i64,
///     pub name: String,
/// }
///
/// mizzle::allow_diesel_table!(logins with users);
///
/// # fn main() -> mizzle::Result<()> {
/// # let db = Db::connect("sqlite::memory:")?;
/// # mizzle::schema!(All = [User]);
/// # db.create_all::<All>()?;
/// # sql!("CREATE TABLE logins (id bigint PRIMARY KEY, user_id bigint NOT NULL)").execute(&db)?;
/// let names: Vec<(i64, String)> = db.load(
///     logins::table
///         .inner_join(users::table.on(users::id.eq(logins::user_id)))
///         .select((logins::id, users::name)),
/// )?;
/// # assert!(names.is_empty());
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! allow_diesel_table {
    ($diesel:ident with $($table:ident),+ $(,)?) => {
        $(
            impl $crate::__private::TableNotEqual<$diesel::table> for $table::table {}
            impl $crate::__private::TableNotEqual<$table::table> for $diesel::table {}
        )+
    };
}

//! What rows become.

use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

#[derive(Row, Debug, PartialEq)]
struct Spender {
    email: String,
    total: Option<Decimal>,
    #[column(name = "last kind")]
    last: Option<Kind>,
}

on_each_database! {
    fn fields_are_found_by_name(db: &Db) {
        fill(db);
        let (kinds, n) = ([Kind::Deposit, Kind::Refund], 2_i64);
        let top: Vec<Spender> = sql!(
            sqlite: "
                WITH spent AS (
                    SELECT user_id, decimal_sum(amount) AS total, min(kind) AS kind
                    FROM entries WHERE kind IN ({..kinds}) GROUP BY user_id
                )
                SELECT s.total, u.email, s.kind AS \"last kind\" FROM users u LEFT JOIN spent s ON s.user_id = u.id
                ORDER BY u.id LIMIT {n}",
            postgres: "
                WITH spent AS (
                    SELECT user_id, sum(amount) AS total, min(kind) AS kind
                    FROM entries WHERE kind IN ({..kinds}) GROUP BY user_id
                )
                SELECT s.total, u.email, s.kind AS \"last kind\" FROM users u LEFT JOIN spent s ON s.user_id = u.id
                ORDER BY u.id LIMIT {n}",
        )
        .all(db)
        .unwrap();
        let spender = |email: &str, total: &str| Spender {
            email: email.into(),
            total: Some(total.parse().unwrap()),
            last: Some(Kind::Deposit),
        };
        assert_eq!(top, [spender("ada@example.com", "110.50"), spender("bob@example.com", "0.10")]);
        let none: Spender = sql!("SELECT name AS email, NULL AS total, NULL AS \"last kind\" FROM users WHERE id = 1")
            .one(db)
            .unwrap();
        assert_eq!(none, Spender { email: "Ada".into(), total: None, last: None });
    }

    fn a_tables_struct_is_a_row_in_any_order(db: &Db) {
        fill(db);
        let users = User::query().order_by(users::id).all(db).unwrap();
        assert_eq!(sql!("SELECT * FROM users ORDER BY id").all::<User>(db).unwrap(), users);
        let other = sql!("SELECT cents, age, name, id, email FROM users ORDER BY id");
        assert_eq!(other.all::<User>(db).unwrap(), users);
        let inserted: Entry = sql!("
            INSERT INTO entries (user_id, kind, amount, {#entries::at})
            VALUES ({UserId(3)}, {Kind::Deposit}, {\"1.5\".parse::<Decimal>().unwrap()}, {at(9)}) RETURNING *")
            .one(db)
            .unwrap();
        assert_eq!((inserted.user_id, inserted.at), (UserId(3), at(9)));
        assert_eq!(db.get::<Entry>(inserted.id).unwrap(), inserted);
    }

    fn the_macro_names_the_type_of_the_rows(db: &Db) {
        fill(db);
        let cents = 100_i64;
        let rich = sql!(User, "SELECT * FROM users WHERE cents > {cents}");
        assert_eq!(rich.one(db).unwrap().email, "ada@example.com");
        assert_eq!(rich.first(db).unwrap().map(|user| user.id), Some(UserId(1)));
        // A temporary value lives as long as the variable.
        let ids = sql!(UserId, "SELECT id FROM users WHERE id < {i64::from(3_i32)} ORDER BY id");
        assert_eq!(ids.all(db).unwrap(), [UserId(1), UserId(2)]);
        let ids: mizzle::Result<Vec<UserId>> = ids.stream(db).unwrap().collect();
        assert_eq!(ids.unwrap(), [UserId(1), UserId(2)]);
        let pairs = sql!((UserId, Option<String>), sqlite: "SELECT id, name FROM users", postgres: "SELECT id, name FROM users");
        assert_eq!(pairs.all(db).unwrap().len(), 3);
        assert!(!format!("{rich:?}").contains("100"), "{rich:?}");
    }

    fn columns_that_dont_fit_are_errors(db: &Db) {
        fill(db);
        let message = |sql: mizzle::Sql<'_>| {
            let error = sql.all::<Spender>(db).unwrap_err();
            assert_eq!(error.code(), mizzle::ErrorCode::QueryError);
            assert!(error.sql().is_some_and(|sql| sql.starts_with("SELECT")), "{error:?}");
            error.to_string()
        };
        assert_eq!(
            message(sql!("SELECT email, name AS total FROM users")),
            "the result has no column last kind for Spender; the columns of the result are email, total",
        );
        assert_eq!(
            message(sql!("SELECT email, name AS total, name AS \"last kind\", age FROM users")),
            "Spender has no field for the column age; the columns of the result are email, total, last kind, age",
        );
        assert_eq!(
            message(sql!("SELECT email, name AS email, name AS total FROM users")),
            "two columns of the result are called email; the columns of the result are email, email, total",
        );
        let error = sql!("SELECT id, email FROM users").all::<UserId>(db).unwrap_err();
        assert_eq!(error.to_string(), "the result has 2 columns, and the program reads 1 column");
        let error = sql!("SELECT id FROM users").first::<(UserId, String)>(db).unwrap_err();
        assert_eq!(error.to_string(), "the result has 1 column, and the program reads 2 columns");
        let error = sql!("SELECT id, email FROM users").all::<User>(db).unwrap_err();
        assert!(error.to_string().starts_with("the result has no column name for User;"), "{error}");
    }

    fn a_null_without_an_option_names_its_column(db: &Db) {
        fill(db);
        let null = "the value is NULL: read it as an `Option`, or exclude NULLs in the SQL";
        let check = |error: mizzle::Error, column: &str| {
            assert_eq!(error.code(), mizzle::ErrorCode::ValueError);
            assert_eq!(error.to_string(), format!("column {column}: {null}"));
            assert_eq!(error.downcast_ref(), Some(&mizzle::ValueError::Null));
        };
        check(sql!("SELECT name FROM users").all::<String>(db).unwrap_err(), "name");
        check(sql!("SELECT id, name FROM users").all::<(UserId, String)>(db).unwrap_err(), "name");
        let row = sql!("SELECT NULL AS email, NULL AS total, NULL AS \"last kind\"");
        check(row.one::<Spender>(db).unwrap_err(), "email");
        let user = sql!("SELECT cents, NULL AS age, name, id, email FROM users WHERE name IS NULL");
        check(user.one::<User>(db).unwrap_err(), "age");
        let user = sql!("SELECT id, email, name, NULL AS age, cents FROM users WHERE name IS NULL");
        check(user.one::<User>(db).unwrap_err(), "age");
    }

    fn a_value_of_another_type_names_its_column(db: &Db) {
        fill(db);
        let error = sql!("SELECT email FROM users").all::<i64>(db).unwrap_err();
        assert_eq!(error.code(), mizzle::ErrorCode::ValueError);
        assert!(error.to_string().starts_with("column email: "), "{error}");
        assert!(!format!("{error:?}").contains("ada@"), "{error:?}");
        let error = sql!("SELECT email AS kind FROM users").all::<Kind>(db).unwrap_err();
        assert!(error.to_string().starts_with("column kind: the value is not a Kind"), "{error}");
    }
}

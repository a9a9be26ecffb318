//! Codes of failed statements, and what an error carries.

use diesel::sql_types::{BigInt, Text};
use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCategory, ErrorCode};
use test_support::on_each_database;

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Account {
    #[column(primary_key)]
    pub id: i32,
    pub owner: String,
}

/// The same table by the name of the database, of which it has one column more.
mod newer {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone, PartialEq)]
    #[table(name = "accounts")]
    pub struct Account {
        #[column(primary_key)]
        pub id: i32,
        pub owner: String,
        #[column(default = 0)]
        pub balance: i64,
    }
}

mizzle::schema!(pub Bank = [Account]);

fn account(id: i32) -> NewAccount {
    NewAccount::builder().id(id).owner("Ada").build()
}

/// Makes each change of the table fail.
fn refuse_changes(db: &Db) {
    for (event, place) in [("INSERT", "insert"), ("UPDATE", "update"), ("DELETE", "delete")] {
        db.execute_sql(&match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => format!(
                "CREATE TRIGGER no_{place} BEFORE {event} ON accounts \
                 BEGIN SELECT RAISE(ABORT, 'the year is closed'); END"
            ),
            _ => format!(
                "CREATE FUNCTION no_{place}() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'the year is closed'; END $$; \
                 CREATE TRIGGER no_{place} BEFORE {event} ON accounts \
                 FOR EACH ROW EXECUTE FUNCTION no_{place}()"
            ),
        })
        .unwrap();
    }
}

#[track_caller]
fn has_code<T: std::fmt::Debug>(result: mizzle::Result<T>, code: ErrorCode) -> mizzle::Error {
    let error = result.unwrap_err();
    assert_eq!(error.code(), code, "{error:?}");
    assert!(error.sql().is_some_and(|sql| !sql.is_empty()), "no SQL: {error:?}");
    assert!(format!("{error:?}").contains(error.sql().unwrap()), "{error:?}");
    assert!(error.constraint().is_none() && !error.is_temporary(), "{error:?}");
    error
}

on_each_database! {
    fn the_code_tells_the_statement(db: &Db) {
        db.create_all::<Bank>().unwrap();
        let row = db.insert(account(1)).unwrap();
        refuse_changes(db);
        for error in [
            has_code(db.insert(account(2)), ErrorCode::InsertError),
            has_code(db.insert_all([account(2), account(3)]), ErrorCode::InsertError),
            has_code(db.upsert(account(2)), ErrorCode::InsertError),
            has_code(db.update(&row), ErrorCode::UpdateError),
            has_code(db.update_by_key::<Account>(1, AccountChanges::default().owner("Bo")), ErrorCode::UpdateError),
            has_code(db.delete(&row), ErrorCode::DeleteError),
            has_code(Account::query().delete(db), ErrorCode::DeleteError),
            has_code(db.execute(diesel::delete(accounts::table)), ErrorCode::DeleteError),
            has_code(db.execute_sql("UPDATE accounts SET owner = 'Bo'"), ErrorCode::UpdateError),
        ] {
            assert_eq!(error.to_string(), "the year is closed");
        }
        assert_eq!(Account::query().all(db).unwrap(), [row]);
    }

    fn a_missing_table(db: &Db) {
        let row = Account { id: 1, owner: "Ada".into() };
        let missing = |error: mizzle::Error| {
            assert!(error.to_string().contains("accounts"), "{error}");
            assert!(error.troubleshooting().join(" ").contains("migrations"), "{error:?}");
        };
        missing(has_code(db.find::<Account>(1), ErrorCode::SchemaError));
        missing(has_code(Account::query().all(db), ErrorCode::SchemaError));
        missing(has_code(db.insert(account(1)), ErrorCode::SchemaError));
        missing(has_code(db.insert_all([account(1)]), ErrorCode::SchemaError));
        missing(has_code(db.upsert(account(1)), ErrorCode::SchemaError));
        missing(has_code(db.update(&row), ErrorCode::SchemaError));
        missing(has_code(db.delete(&row), ErrorCode::SchemaError));
        missing(has_code(db.load::<Account, _>(accounts::table), ErrorCode::SchemaError));
        missing(has_code(db.execute_sql("DELETE FROM accounts"), ErrorCode::SchemaError));
        db.create_all::<Bank>().unwrap();
        assert_eq!(db.insert(account(1)).unwrap(), row);
    }

    fn a_missing_column(db: &Db) {
        db.create_all::<Bank>().unwrap();
        db.insert(account(1)).unwrap();
        let missing = |error: mizzle::Error| {
            assert!(error.to_string().contains("balance"), "{error}");
            assert!(!error.troubleshooting().is_empty(), "{error:?}");
        };
        let row = newer::Account { id: 1, owner: "Ada".into(), balance: 5 };
        missing(has_code(db.find::<newer::Account>(1), ErrorCode::SchemaError));
        missing(has_code(newer::Account::query().first(db), ErrorCode::SchemaError));
        missing(has_code(db.insert(newer::NewAccount { id: 2, owner: "Bo".into(), balance: Some(1) }), ErrorCode::SchemaError));
        missing(has_code(db.update(&row), ErrorCode::SchemaError));
        missing(has_code(db.upsert(row), ErrorCode::SchemaError));
        let sum = newer::accounts::table.select(newer::accounts::balance).distinct();
        missing(has_code(db.load::<i64, _>(sum), ErrorCode::SchemaError));
        let filtered = newer::Account::query().filter(newer::accounts::balance.gt(1));
        missing(has_code(filtered.count(db), ErrorCode::SchemaError));
        // The table itself is as good as before.
        assert_eq!(Account::query().count(db).unwrap(), 1);
    }

    fn wrong_sql(db: &Db) {
        db.create_all::<Bank>().unwrap();
        for sql in ["SELEC 1", "SELECT 1 FROM", "SELECT (1", "SELECT no_such_function(1)"] {
            let error = has_code(db.execute_sql(sql), ErrorCode::QueryError);
            assert_eq!(error.sql(), Some(sql));
            let error = has_code(db.execute(diesel::sql_query(sql)), ErrorCode::QueryError);
            assert_eq!(error.sql(), Some(sql));
        }
        for sql in ["", "  ", "-- nothing"] {
            let error = db.execute(diesel::sql_query(sql)).unwrap_err();
            assert_eq!(error.code(), ErrorCode::QueryError, "{error:?}");
        }
        let error = db.execute_sql("SELECT '\0'").unwrap_err();
        assert_eq!(error.code(), ErrorCode::QueryError, "{error:?}");
        let error = db.execute(diesel::sql_query("SELECT '\0', 1")).unwrap_err();
        assert_eq!(error.code(), ErrorCode::QueryError, "{error:?}");
    }

    fn a_wrong_number_of_values(db: &Db) {
        let placeholder = |number: u32| match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => "?".to_owned(),
            _ => format!("${number}"),
        };
        let few = diesel::sql_query(format!("SELECT {} WHERE 'a' = {}", placeholder(1), placeholder(2)))
            .bind::<Text, _>("s3cret");
        let many = diesel::sql_query(format!("SELECT {}", placeholder(1)))
            .bind::<Text, _>("s3cret")
            .bind::<BigInt, _>(77_123_i64);
        // PostgreSQL doesn't mind a value that no parameter asks for.
        let results = match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => vec![db.execute(few), db.execute(many)],
            _ => vec![db.execute(few)],
        };
        for error in results.into_iter().map(|result| result.unwrap_err()) {
            assert_eq!(error.code(), ErrorCode::QueryError, "{error:?}");
            assert!(!error.is_connection_lost(), "{error:?}");
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
        // What an earlier run bound is no value of a later one.
        assert!(Account::query().all(db).is_err());
    }

    /// Each value is looked for in the message; looking through the others for each would never end.
    fn errors_of_very_many_values(db: &Db) {
        let keys: Vec<i32> = (0..300_000).collect();
        let error = db.count(accounts::table.filter(accounts::id.eq_any(keys))).unwrap_err();
        assert_eq!(error.code(), ErrorCode::SchemaError, "{error:?}");
        db.create_all::<Bank>().unwrap();
        let rows: Vec<NewAccount> = (0..40_000).chain([7]).map(account).collect();
        let error = db.execute(diesel::insert_into(accounts::table).values(&rows)).unwrap_err();
        assert!(error.is_unique_violation(), "{error}");
    }

    fn rows_that_are_not_there(db: &Db) {
        db.create_all::<Bank>().unwrap();
        let row = Account { id: 1, owner: "Ada".into() };
        for error in [
            db.get::<Account>(1).unwrap_err(),
            db.update(&row).unwrap_err(),
            db.update_returning(&row).unwrap_err(),
            db.update_by_key::<Account>(1, AccountChanges::default().owner("Bo")).unwrap_err(),
            db.update_by_key::<Account>(1, AccountChanges::default()).unwrap_err(),
            db.delete(&row).unwrap_err(),
            Account::query().one(db).unwrap_err(),
            db.one::<Account, _>(accounts::table).unwrap_err(),
        ] {
            assert_eq!(error.code(), ErrorCode::NotFound, "{error:?}");
            assert!(error.is_not_found() && !error.is_stale_row(), "{error:?}");
        }
        db.insert_all([account(1), account(2)]).unwrap();
        for error in [
            Account::query().one(db).unwrap_err(),
            db.one::<Account, _>(accounts::table).unwrap_err(),
        ] {
            assert_eq!(error.code(), ErrorCode::QueryError, "{error:?}");
            assert!(error.to_string().contains("more than one row"), "{error}");
        }
    }
}

#[test]
fn codes_are_stable() {
    assert_eq!(ErrorCode::ConstraintError.to_string(), "CONSTRAINT_ERROR");
    assert_eq!(ErrorCode::NetworkError.as_str(), "NETWORK_ERROR");
    assert_eq!(ErrorCategory::TransactionConflict.to_string(), "TRANSACTION_CONFLICT");
    // A code that is a category as well has the same name.
    for category in ErrorCategory::ALL {
        let code: Result<ErrorCode, _> = serde_json::from_str(&format!("\"{category}\""));
        if let Ok(code) = code {
            assert_eq!(code.as_str(), category.as_str());
        }
    }
}

#[test]
fn the_guide_explains_each_code() {
    let guide = include_str!("../../src/guide/errors.md");
    // serde's message lists all of them.
    let message = serde_json::from_str::<ErrorCode>("\"\"").unwrap_err().to_string();
    let codes: Vec<&str> =
        message.split('`').filter(|part| part.ends_with(char::is_uppercase)).collect();
    assert!(codes.contains(&"STALE_ROW") && codes.len() > 20, "{message}");
    for code in codes {
        assert!(guide.contains(&format!("`{code}`")), "{code} is missing in the guide");
    }
}

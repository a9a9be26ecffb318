//! Taking a value out of a message takes nothing else with it.

use diesel::sql_types::{BigInt, Text};
use mizzle::Dialect;
use mizzle::prelude::*;
use test_support::on_each_database;

/// The table of the triggers.
#[derive(Table, Debug, Clone, PartialEq)]
pub struct Stock {
    #[column(primary_key)]
    pub id: i64,
    pub name: String,
}

mizzle::schema!(pub Stocks = [Stock]);

/// A trigger on INSERT that refuses with `sqlite`, an expression, or with what follows RAISE EXCEPTION on PostgreSQL.
fn refuse(db: &Db, sqlite: &str, postgres: &str) {
    db.execute_sql(&match db.dialect() {
        Dialect::Sqlite | Dialect::D1 => format!(
            "DROP TRIGGER IF EXISTS refuse; CREATE TRIGGER refuse BEFORE INSERT ON stocks BEGIN \
             SELECT RAISE(ABORT, {sqlite}); END"
        ),
        _ => format!(
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             RAISE EXCEPTION {postgres}; END $$; \
             CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON stocks FOR EACH ROW EXECUTE FUNCTION refuse()"
        ),
    })
    .unwrap();
}

on_each_database! {
    fn of_what_the_text_of_the_sql_says(db: &Db) {
        db.create_all::<Stocks>().unwrap();
        let place = if db.dialect() == Dialect::Sqlite { "?" } else { "$1" };
        for value in ["nope", "column", "table", "no", "such", "does", "not", "exist", "id", "1", "e", "name"] {
            for sql in ["SELECT nope FROM stocks WHERE name =", "SELECT * FROM nope WHERE name ="] {
                let said = |sql: String, value: &str| {
                    let error = db.execute(diesel::sql_query(sql).bind::<Text, _>(value)).unwrap_err();
                    format!("{error} {:?}", error.troubleshooting())
                };
                let sql = format!("{sql} {place}");
                let (one, other) = (said(sql.clone(), value), said(sql, "something else"));
                assert_eq!(one, other, "with {value}");
                assert!(one.contains("nope"), "{one}");
            }
        }
    }

    fn of_what_a_trigger_always_says(db: &Db) {
        db.create_all::<Stocks>().unwrap();
        let text = "'the stock''s name is wrong: 100%'";
        refuse(db, text, &text.replace('%', "%%"));
        for name in ["stock", "name", "wrong", "the", "stock's name is wrong", "100"] {
            let error = db.insert(Stock { id: 100, name: name.into() }).unwrap_err();
            assert_eq!(error.to_string(), "the stock's name is wrong: 100%");
        }
    }

    fn of_what_a_trigger_says_of_a_value(db: &Db) {
        db.create_all::<Stocks>().unwrap();
        refuse(
            db,
            "'no stock of id ' || NEW.id || ' with the name \"' || NEW.name || '\"'",
            "'no stock of id % with the name \"%\"', NEW.id, NEW.name",
        );
        for (id, name, said) in [
            (123_456, "id", "no stock of id … with the name \"…\""),
            (123_456, "a", "no stock of id … with the name \"…\""),
            (123_456, "ame", "no stock of id … with the name \"…\""),
            (123_456, "It's \"quoted\"", "no stock of id … with the name \"…\""),
            (1, "toc", "no stock of id 1 with the name \"…\""),
        ] {
            let error = db.insert(Stock { id, name: name.into() }).unwrap_err();
            assert_eq!(error.to_string(), said);
            let failed = db.transaction(|tx| tx.insert(Stock { id, name: name.into() }));
            assert_eq!(failed.unwrap_err().to_string(), said);
        }
    }

    fn of_an_error_without_values(db: &Db) {
        let place = if db.dialect() == Dialect::Sqlite { "?" } else { "$1" };
        let sql = match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => format!("SELECT abs(-9223372036854775807 - 1), {place}"),
            _ => format!("SELECT 1 / ({place} - {place})"),
        };
        let said = if db.dialect() == Dialect::Sqlite { "integer overflow" } else { "a division by zero" };
        for number in [0_i64, 1, 77_123] {
            let error = db.execute(diesel::sql_query(&sql).bind::<BigInt, _>(number)).unwrap_err();
            assert_eq!(error.to_string(), said);
        }
    }
}

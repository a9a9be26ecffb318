//! SQL inside other SQL, and as a condition; names of columns.

use mizzle::prelude::*;
use mizzle::{NamesColumn, Sql};
use test_support::on_each_database;

use crate::schema::*;

fn older<'a>(age: &'a i32) -> Sql<'a> {
    sql!("age > {*age}")
}

/// Twelve values, in memory of their own.
fn with_many_values<'a>(cents: &'a i64, age: &'a i32) -> Sql<'a> {
    sql!(
        "SELECT {*cents} + {*cents} + {*cents} + {*cents} + {*cents} + {*cents} + {*cents} + {*cents} + {*cents}
            + {*cents} + {*cents} FROM users WHERE age = {*age}"
    )
}

on_each_database! {
    fn many_values_can_be_returned(db: &Db) {
        fill(db);
        let returned = with_many_values(&3, &36);
        assert_eq!(returned.one::<i64>(db).unwrap(), 33);
        assert_eq!(returned.all::<i64>(db).unwrap(), [33]);
    }

    fn are_parts_of_a_statement(db: &Db) {
        fill(db);
        let ids = |condition: Sql<'_>| {
            sql!("SELECT id FROM users WHERE {condition} ORDER BY id").all::<UserId>(db).unwrap()
        };
        assert_eq!(ids(older(&10)), [UserId(1), UserId(2)]);
        let name = Some("Cy".to_owned());
        let mut condition = sql!("1 = 1");
        let named = sql!("name = {name}");
        if name.is_some() {
            condition = named;
        }
        assert_eq!(ids(condition), [UserId(3)]);
        // The same text site with another fragment, and twice.
        let (some, more) = (sql!("cents = {20_i64}"), older(&40));
        assert_eq!(ids(sql!("{some} AND {&more} AND {more}")), [UserId(2)]);
        let (order, table) = (sql!("ORDER BY {#users::age} DESC, id"), sql!("users"));
        let all = sql!("SELECT id FROM {table} {order}").all::<UserId>(db).unwrap();
        assert_eq!(all, [UserId(2), UserId(1), UserId(3)]);
    }

    fn keep_together(db: &Db) {
        fill(db);
        let either = sql!("age = {7} OR age = {41}");
        let none: i64 = sql!("SELECT count(*) FROM users WHERE {either} AND 1 = 0").one(db).unwrap();
        assert_eq!(none, 0);
        assert_eq!(sql!("SELECT count(*) FROM users WHERE NOT {either}").one::<i64>(db).unwrap(), 1);
        // Words alone, and functions that are called like parts of a statement.
        let one_of = |a: bool, b: bool| {
            let either = sql!("{a} OR {b}");
            sql!("SELECT count(*) FROM users WHERE {either} AND {false}").one::<i64>(db).unwrap()
        };
        assert_eq!((one_of(true, false), one_of(false, true)), (0, 0));
        let unnamed = sql!("name IS NULL");
        let named: i64 = sql!("SELECT count(*) FROM users WHERE {false} = {unnamed}").one(db).unwrap();
        assert_eq!(named, 2);
        let replaced = sql!("replace(email, 'a', 'b') = 'x' OR 1 = 1");
        assert_eq!(sql!("SELECT count(*) FROM users WHERE {replaced} AND 1 = 0").one::<i64>(db).unwrap(), 0);
        let sum = sql!("{1} + {2}");
        assert_eq!(sql!("SELECT {sum} * {3}").one::<i32>(db).unwrap(), 9);
        let commented = sql!("age = {7} -- a child");
        assert_eq!(sql!("SELECT count(*) FROM users WHERE {commented}").one::<i64>(db).unwrap(), 1);
    }

    fn are_conditions_of_queries(db: &Db) {
        fill(db);
        let age = 40;
        let found = |condition: Sql<'_>| {
            User::query().filter(condition).filter(users::cents.lt(100)).count(db).unwrap()
        };
        assert_eq!(found(sql!("age = {7} OR age > {age}")), 2);
        assert_eq!(found(sql!("name IS NULL")), 1);
        assert_eq!(
            User::query().filter(sql!("age = {7} OR age > {age}").and(users::name.is_null())).count(db).unwrap(),
            1,
        );
        let (names, pattern) = (["Ada"], "%da");
        let count = db
            .count(users::table.filter(users::email.like("a%")).filter(sql!("name IN ({..names}) AND name LIKE {pattern}")))
            .unwrap();
        assert_eq!(count, 1);
    }

    fn columns_are_named(db: &Db) {
        fill(db);
        let columns: [&dyn NamesColumn; 3] = [&users::email, &users::age, &users::cents];
        let firsts = columns.map(|column| {
            sql!("SELECT id FROM users ORDER BY {#column} DESC LIMIT {1_i64}").one::<UserId>(db).unwrap()
        });
        assert_eq!(firsts, [UserId(3), UserId(2), UserId(1)]);
    }

    fn any_number_of_parts_may_vary(db: &Db) {
        fill(db);
        let columns: [&dyn NamesColumn; 2] = [&users::age, &users::cents];
        let min = 0_i64;
        let conditions = [sql!("age > {min}"), sql!("cents > {min}")];
        let mut counts = Vec::new();
        for (a, b, c, d) in [(0, 0, 0, 0), (1, 1, 1, 1), (0, 1, 0, 1), (0, 0, 0, 1), (1, 0, 0, 0)] {
            let count: i64 = sql!("
                SELECT count(*) FROM users WHERE {#columns[a]} > {min} AND {conditions[b]} AND {#columns[c]} > {min}
                AND {conditions[d]}").one(db).unwrap();
            counts.push(count);
        }
        assert_eq!(counts, [3, 2, 2, 2, 2]);
    }
}

//! Running statements.

use mizzle::prelude::*;
use test_support::log::Log;
use test_support::on_each_database;

use crate::schema::*;

on_each_database! {
    fn reads_and_writes(db: &Db) {
        fill(db);
        let (price, user) = (30_i64, UserId(1));
        let pay = |user: UserId, price: i64| {
            sql!("UPDATE users SET cents = cents - {price} WHERE id = {user} AND cents >= {price}").execute(db)
        };
        assert_eq!(pay(user, price).unwrap(), 1);
        assert_eq!(pay(UserId(2), price).unwrap(), 0, "Bob has too little");
        assert_eq!(sql!("SELECT cents FROM users WHERE id = {user}").one::<i64>(db).unwrap(), 470);
        let total: i64 = sql!("SELECT count(*) FROM users").one(db).unwrap();
        assert_eq!(total, 3);
        let names: Vec<(String, Option<String>)> =
            sql!("SELECT email, name FROM users WHERE age > {20 + 1} ORDER BY id").all(db).unwrap();
        assert_eq!(names, [
            ("ada@example.com".into(), Some("Ada".into())),
            ("bob@example.com".into(), None),
        ]);
        assert_eq!(sql!("DELETE FROM users").execute(db).unwrap(), 3);
        assert_eq!(sql!("SELECT id FROM users").first::<UserId>(db).unwrap(), None);
        assert_eq!(sql!("SELECT 1").execute(db).unwrap(), 0);
    }

    fn finds_the_first_and_the_only_row(db: &Db) {
        fill(db);
        let all = sql!("SELECT id FROM users ORDER BY id");
        assert_eq!(all.first::<UserId>(db).unwrap(), Some(UserId(1)));
        let error = all.one::<UserId>(db).unwrap_err();
        assert_eq!(error.to_string(), "the query found more than one row");
        let none = sql!("SELECT id FROM users WHERE age = {0}").one::<UserId>(db).unwrap_err();
        assert!(none.is_not_found());
        // What writes is done for all rows, whichever are read.
        let first = sql!("UPDATE users SET age = {1} RETURNING age").first::<i32>(db).unwrap();
        assert_eq!(first, Some(1));
        assert_eq!(sql!("SELECT count(*) FROM users WHERE age = 1").one::<i64>(db).unwrap(), 3);
    }

    fn statements_of_any_kind_run_as_they_are(db: &Db) {
        fill(db);
        sql!("CREATE INDEX rich ON users (cents) WHERE cents > 100 AND age >= 18").execute(db).unwrap();
        sql!("DROP INDEX IF EXISTS rich").execute(db).unwrap();
        sql!(
            sqlite: "PRAGMA application_id = 7",
            postgres: "ALTER ROLE CURRENT_USER SET mizzle.word = 'x'"
        )
        .execute(db)
        .unwrap();
        sql!(sqlite: "ANALYZE", postgres: "ALTER ROLE CURRENT_USER RESET mizzle.word").execute(db).unwrap();
    }

    fn runs_in_a_transaction(db: &Db) {
        fill(db);
        let failed: mizzle::Result<()> = db.transaction(|tx| {
            sql!("DELETE FROM entries").execute(tx)?;
            assert_eq!(sql!("SELECT count(*) FROM entries").one::<i64>(tx)?, 0);
            Err(mizzle::Error::application("stop"))
        });
        failed.unwrap_err();
        assert_eq!(sql!("SELECT count(*) FROM entries").one::<i64>(db).unwrap(), 4);
    }

    fn a_limit_is_a_number_of_rows(db: &Db) {
        fill(db);
        let some = |limit: i64, offset: i64| {
            sql!("SELECT id FROM users ORDER BY id LIMIT {limit} OFFSET {offset}").all::<UserId>(db)
        };
        assert_eq!(some(2, 1).unwrap(), [UserId(2), UserId(3)]);
        assert_eq!(some(0, 0).unwrap(), []);
        some(-1, 0).unwrap_err();
    }

    fn has_words_for_each_database(db: &Db) {
        fill(db);
        let (from, half) = (UserId(1), "0.5".parse::<Decimal>().unwrap());
        let sum: Option<Decimal> = sql!(
            sqlite: "SELECT decimal_sum(decimal_mul(amount, {half})) FROM entries WHERE user_id = {from}",
            postgres: "SELECT sum(amount * {half}) FROM entries WHERE user_id = {from}::bigint",
        )
        .one(db)
        .unwrap();
        assert_eq!(sum, Some("59.875".parse().unwrap()));

        let (sqlite, postgres) = (sql!(sqlite: "SELECT 1"), sql!(postgres: "SELECT 1"));
        let ((one, other), missing) = match db.dialect() {
            mizzle::Dialect::Sqlite | mizzle::Dialect::D1 => ((sqlite, postgres), "SQLite: add `sqlite: \"…\"`"),
            mizzle::Dialect::Postgres => ((postgres, sqlite), "PostgreSQL: add `postgres: \"…\"`"),
        };
        assert_eq!(one.one::<i32>(db).unwrap(), 1);
        let error = other.one::<i32>(db).unwrap_err().to_string();
        assert!(error.contains("tests/sql/runs.rs:") && error.contains(missing), "{error}");
    }

    fn an_expression_in_both_words_is_evaluated_once(db: &Db) {
        let count = std::cell::Cell::new(0);
        let next = || {
            count.set(count.get() + 1);
            count.get()
        };
        let both = sql!(sqlite: "SELECT {next()}, {next()}", postgres: "SELECT {next()}, {next()}");
        assert_eq!(both.one::<(i32, i32)>(db).unwrap(), (1, 2));
        assert_eq!(count.get(), 2);
    }

    fn many_arguments(db: &Db) {
        let read = |from: i32| {
            let row = sql!(
                "SELECT {from}, {from + 1}, {from + 2}, {from + 3}, {from + 4}, {from + 5}, {from + 6}, {from + 7}"
            );
            row.one::<(i32, i32, i32, i32, i32, i32, i32, i32)>(db).unwrap()
        };
        assert_eq!(read(1), (1, 2, 3, 4, 5, 6, 7, 8));
        assert_eq!(read(11), (11, 12, 13, 14, 15, 16, 17, 18));
    }

    fn braces_and_comments_are_the_sqls_own(db: &Db) {
        let text: (String, i32) = sql!("
            -- it's {{not}} a value; nor is this: ?
            SELECT '{{\"a\": {{}}}}', /* $1 */ {7} -- the end").one(db).unwrap();
        assert_eq!(text, ("{\"a\": {}}".into(), 7));
        assert_eq!(sql!(r#"SELECT 'say "?" and :x'"#).one::<String>(db).unwrap(), "say \"?\" and :x");
        assert_eq!(sql!("SELECT 5;").one::<i32>(db).unwrap(), 5);
        assert_eq!(sql!("SELECT{8}").one::<i32>(db).unwrap(), 8);
        let three = 3;
        assert_eq!(sql!("SELECT {if three > 2 { \"}\" } else { \"{\" }}").one::<String>(db).unwrap(), "}");
    }

    fn words_that_mizzle_writes_itself_have_no_meaning(db: &Db) {
        fill(db);
        let (pattern, limit) = ("%@example.com", 9_i64);
        let found: Vec<UserId> = sql!(
            "SELECT id FROM users WHERE email LIKE {pattern} AND NOT {false} ORDER BY {#users::id} LIMIT {limit}"
        )
        .all(db)
        .unwrap();
        assert_eq!(found, [UserId(1), UserId(2), UserId(3)]);
        let cast: (i64, i32) =
            sql!("SELECT CAST({7_i32} AS bigint), CASE WHEN {true} THEN {1} ELSE {2} END").one(db).unwrap();
        assert_eq!(cast, (7, 1));
    }

    fn an_error_is_that_of_its_statement(db: &Db) {
        fill(db);
        let (secret, id) = ("hunter2", UserId(1));
        let error = sql!("INSERT INTO users (id, email, age, cents) VALUES ({id}, {secret}, {1}, {2_i64})")
            .execute(db)
            .unwrap_err();
        assert!(error.is_unique_violation());
        assert_eq!(error.code(), mizzle::ErrorCode::ConstraintError);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(secret) && shown.contains("INSERT INTO users"), "{shown}");
        let error = sql!("SELECT missing FROM users WHERE email = {secret}").all::<i64>(db).unwrap_err();
        assert_eq!(error.code(), mizzle::ErrorCode::SchemaError);
        assert!(!format!("{error:?}").contains(secret));
    }

    fn no_value_is_shown(db: &Db) {
        fill(db);
        let secret = "hunter2".to_owned();
        let secrets = [secret.clone()];
        let condition = sql!("name = {secret}");
        let query = sql!("SELECT id FROM users WHERE {condition} OR email IN ({..secrets}) OR email = {secret}");
        assert_eq!(format!("{query:?}"), "Sql(\"SELECT id FROM users WHERE … OR email IN (…) OR email = …\")");
        let (rows, events) = Log::of(|| query.all::<UserId>(db).unwrap());
        assert_eq!(rows, []);
        let statement = events.iter().find(|event| event.target == "mizzle::query").expect("an event");
        assert!(statement.field("sql").unwrap().starts_with("SELECT id FROM users WHERE (name = "));
        assert_eq!(statement.field("rows"), Some("0"));
        assert!(!format!("{events:?}").contains("hunter2"), "{events:?}");
    }
}

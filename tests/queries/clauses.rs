//! Clauses that diesel has for PostgreSQL alone: they run on both databases, or the error names the database that lacks
//! them.

use diesel::connection::SimpleConnection as _;
use diesel::dsl::{OnlyDsl as _, sql};
use diesel::prelude::{
    AsChangeset, Identifiable, PgSortExpressionMethods as _, SaveChangesDsl as _,
};
use diesel::sql_types::{Bool, Integer, Text};
use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode};
use test_support::on_each_database;

use crate::schema::*;

/// Asserts that a database lacks something, by the error's words.
#[track_caller]
fn assert_lacks<T: std::fmt::Debug>(result: mizzle::Result<T>, words: &str) {
    let error = result.expect_err("the database can't say it");
    assert_eq!(error.code(), ErrorCode::QueryError, "{error:?}");
    assert!(error.to_string().contains(words), "{error}");
}

on_each_database! {
    fn nulls_come_first_or_last(db: &Db) {
        seed(db);
        let ids = |query: mizzle::Result<Vec<i64>>| query.expect("the ids");
        let all = || people::table.select(people::id);
        let with_team: Vec<i64> = ids(db.load(
            all().filter(people::team_id.is_not_null()).order((people::team_id, people::id)),
        ));
        let descending: Vec<i64> = ids(db.load(
            all().filter(people::team_id.is_not_null()).order((people::team_id.desc(), people::id)),
        ));
        let without: Vec<i64> =
            ids(db.load(all().filter(people::team_id.is_null()).order(people::id)));
        assert!(!without.is_empty() && with_team.len() > 1);
        let first = [without.clone(), with_team.clone()].concat();
        let last = [with_team, without.clone()].concat();
        let team = people::team_id;
        assert_eq!(ids(db.load(all().order((team.asc().nulls_first(), people::id)))), first);
        assert_eq!(ids(db.load(all().order((team.asc().nulls_last(), people::id)))), last);
        assert_eq!(
            ids(db.load(all().order((team.desc().nulls_first(), people::id)))),
            [without.clone(), descending.clone()].concat()
        );
        assert_eq!(
            ids(db.load(all().order((team.desc().nulls_last(), people::id)))),
            [descending, without].concat()
        );
    }

    fn nulls_are_placed_among_decimals_too(db: &Db) {
        seed(db);
        db.execute(diesel::update(people::table.find(1)).set(people::bonus.eq(decimal("9"))))
            .expect("an update");
        db.execute(diesel::update(people::table.find(2)).set(people::bonus.eq(decimal("10"))))
            .expect("an update");
        let bonuses: Vec<Option<Decimal>> = db
            .load(
                people::table
                    .filter(people::id.le(3))
                    .order((people::bonus.desc().nulls_last(), people::id))
                    .select(people::bonus),
            )
            .expect("the bonuses");
        // As numbers, not as texts.
        assert_eq!(&bonuses[..2], [Some(decimal("10")), Some(decimal("9"))]);
    }

    fn the_place_of_nulls_of_an_expression(db: &Db) {
        seed(db);
        let with_value = db.load::<i64, _>(
            people::table.order(10.into_sql::<Integer>().asc().nulls_last()).select(people::id),
        );
        assert_lacks(with_value, "`nulls_last`");
        let of_text = db.load::<i64, _>(
            people::table.order(sql::<Text>("name || 'a'").desc().nulls_last()).select(people::id),
        );
        match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => assert_lacks(of_text, &format!("{}", db.dialect())),
            Dialect::Postgres => assert_eq!(of_text.expect("the ids").len(), club().len()),
        }
    }

    fn distinct_on_columns(db: &Db) {
        seed(db);
        let oldest = db.load::<(Option<i64>, String), _>(
            people::table
                .distinct_on(people::team_id)
                .order((people::team_id.asc(), people::age.desc(), people::id.asc()))
                .select((people::team_id, people::name)),
        );
        match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => assert_lacks(oldest, &format!("{} has no DISTINCT ON", db.dialect())),
            Dialect::Postgres => {
                let mut wanted: Vec<(Option<i64>, String)> = Vec::new();
                let mut rows = club();
                rows.sort_by_key(|person| (person.team_id.is_none(), person.team_id, -person.age, person.id));
                for person in rows {
                    if wanted.last().is_none_or(|(team, _)| *team != person.team_id) {
                        wanted.push((person.team_id, person.name));
                    }
                }
                assert_eq!(oldest.expect("the rows"), wanted);
            }
        }
        let by_two = db.load::<(bool, Option<i64>), _>(
            people::table
                .distinct_on((people::active, people::team_id))
                .order((people::active, people::team_id))
                .select((people::active, people::team_id)),
        );
        match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => assert_lacks(by_two, &format!("{} has no DISTINCT ON", db.dialect())),
            Dialect::Postgres => assert!(by_two.expect("the rows").is_sorted_by_key(|row| row.0)),
        }
        if db.dialect() == Dialect::Postgres {
            let of_text: Vec<String> = db
                .load(
                    people::table
                        .distinct_on(sql::<Integer>("length(name || '\"$1\"')"))
                        .select(people::name),
                )
                .expect("the rows");
            let lengths: std::collections::HashSet<usize> =
                club().iter().map(|person| person.name.chars().count()).collect();
            assert_eq!(of_text.len(), lengths.len());
        }
    }

    fn only_a_table_and_no_heir(db: &Db) {
        seed(db);
        let count = db.load::<i64, _>(people::table.only().select(people::id).order(people::id));
        match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => assert_lacks(count, &format!("{} has no ONLY", db.dialect())),
            Dialect::Postgres => {
                assert_eq!(count.expect("the ids").len(), club().len());
                db.with_connection(|connection| {
                    Ok(connection.batch_execute(
                        "CREATE TABLE heirs () INHERITS (teams); \
                         INSERT INTO heirs (id, name) VALUES (100, 'heir')",
                    )?)
                })
                .expect("a table");
                let all: Vec<i64> = db.load(teams::table.select(teams::id)).expect("the ids");
                let only: Vec<i64> =
                    db.load(teams::table.only().select(teams::id)).expect("the ids");
                assert!(all.contains(&100) && !only.contains(&100));
                assert_eq!(all.len(), only.len() + 1);
            }
        }
    }

    fn combinations_that_keep_duplicates(db: &Db) {
        seed(db);
        let ages = || people::table.select(people::age);
        let twice = || ages().union_all(ages());
        let mut wanted: Vec<i32> = club().iter().map(|person| person.age).collect();
        wanted.sort_unstable();
        let sorted = |ages: mizzle::Result<Vec<i32>>| {
            let mut ages = ages.expect("the ages");
            ages.sort_unstable();
            ages
        };
        let except = db.load::<i32, _>(twice().except_all(ages()));
        let intersect = db.load::<i32, _>(twice().intersect_all(ages()));
        match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => {
                assert_lacks(except, &format!("{} has no EXCEPT ALL", db.dialect()));
                assert_lacks(intersect, &format!("{} has no INTERSECT ALL", db.dialect()));
            }
            Dialect::Postgres => {
                assert_eq!(sorted(except), wanted);
                assert_eq!(sorted(intersect), wanted);
            }
        }
        // UNION ALL is everywhere.
        assert_eq!(db.load::<i32, _>(twice()).expect("the ages").len(), 2 * wanted.len());
    }

    fn changes_are_saved_and_returned(db: &Db) {
        #[derive(AsChangeset, Identifiable)]
        #[diesel(table_name = people)]
        struct Birthday<'a> {
            id: i64,
            age: i32,
            note: Option<&'a str>,
        }

        seed(db);
        db.with_connection(|connection| {
            let saved: Person = Birthday { id: 1, age: 37, note: None }.save_changes(connection)?;
            assert_eq!(saved, Person { age: 37, ..club()[0].clone() });
            let saved: Person =
                Birthday { id: 1, age: 38, note: Some("cake") }.save_changes(connection)?;
            assert_eq!((saved.age, saved.note.as_deref()), (38, Some("cake")));
            let missing = Birthday { id: 1000, age: 1, note: None }.save_changes::<Person>(connection);
            assert_eq!(missing, Err(diesel::result::Error::NotFound));
            Ok(())
        })
        .expect("a connection");
        assert_eq!(db.find::<Person>(1).expect("a row").map(|person| person.age), Some(38));
    }

    fn a_conflict_with_a_condition_in_sql(db: &Db) {
        seed(db);
        let target = || sql::<Bool>("(level) WHERE active");
        let eve = NewPerson { level: 3, note: Some("new".into()), ..somebody("Eve") };
        let insert = || diesel::insert_into(people::table).values(eve.clone());
        let error = db.execute(insert().on_conflict(target()).do_nothing()).expect_err("no index");
        assert_eq!(error.code(), ErrorCode::InsertError, "{error:?}");
        db.execute_sql("CREATE UNIQUE INDEX active_levels ON people (level) WHERE active")
            .expect("an index");
        assert_eq!(db.execute(insert().on_conflict(target()).do_nothing()).expect("no row"), 0);
        let note = diesel::upsert::excluded(people::note);
        let updated = insert().on_conflict(target()).do_update().set(people::note.eq(note));
        assert_eq!(db.execute(updated).expect("a row"), 1);
        let ada = db.find::<Person>(1).expect("a row").expect("Ada");
        assert_eq!(ada.note.as_deref(), Some("new"));
        assert_eq!(db.count(people::table).expect("a number"), club().len() as u64);
    }

    fn a_conflict_with_a_constraint_in_sql(db: &Db) {
        seed(db);
        let insert = diesel::insert_into(people::table)
            .values(NewPerson { note: Some("new".into()), ..somebody("Ada") })
            .on_conflict(sql::<Bool>("ON CONSTRAINT people_name_key"))
            .do_update()
            .set(people::note.eq(diesel::upsert::excluded(people::note)));
        let done = db.execute(insert);
        match db.dialect() {
            // The database's own error.
            Dialect::Sqlite | Dialect::D1 => assert!(done.expect_err("no such clause").database_code().is_some()),
            Dialect::Postgres => {
                assert_eq!(done.expect("a row"), 1);
                let ada = db.find::<Person>(1).expect("a row").expect("Ada");
                assert_eq!(ada.note.as_deref(), Some("new"));
            }
        }
    }
}

//! Queries inside of queries.

use diesel::alias;
use diesel::dsl::{avg, count_star, exists, max, not, select};
use diesel::sql_types::Double;
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

on_each_database! {
    fn exists_alone(db: &Db) {
        seed(db);
        let has = |name: &str| -> bool {
            db.one(select(exists(people::table.filter(people::name.eq(name))))).expect("an answer")
        };
        assert!(has("Ada"));
        assert!(!has("Eve"));
        let none: bool =
            db.one(select(not(exists(people::table.filter(people::id.lt(0)))))).expect("an answer");
        assert!(none);
    }

    fn exists_in_a_filter(db: &Db) {
        seed(db);
        let members =
            || people::table.filter(people::team_id.eq(teams::id.nullable()).and(people::active));
        let with: Vec<String> = db
            .load(teams::table.filter(exists(members())).order(teams::id).select(teams::name))
            .expect("the teams");
        assert_eq!(with, ["core"]);
        let without: Vec<String> = db
            .load(teams::table.filter(not(exists(members()))).order(teams::id).select(teams::name))
            .expect("the teams");
        assert_eq!(without, ["web", "idle"]);
        let flags: Vec<bool> =
            db.load(teams::table.order(teams::id).select(exists(members()))).expect("the answers");
        assert_eq!(flags, [true, false, false]);
        let typed = Team::query().filter(exists(members())).all(db).expect("the teams");
        assert_eq!(typed, [Team { id: 1, name: "core".into(), parent_id: None }]);
    }

    fn the_first_row_with_a_subselect_in_the_filter(db: &Db) {
        seed(db);
        let in_teams = || Person::query().filter(
            people::team_id.eq_any(teams::table.order(teams::id.desc()).select(teams::id.nullable())),
        );
        let ids = || in_teams().order_by(people::id).select(people::id);
        assert_eq!(db.first(ids()).expect("an id"), Some(1));
        assert_eq!(db.first(in_teams().order_by(people::id).limit(2).select(people::id)).expect("an id"), Some(1));
        assert_eq!(db.first(in_teams().order_by(people::id).offset(1).select(people::id)).expect("an id"), Some(2));
        assert_eq!(db.first(in_teams().limit(0).select(people::id)).expect("none"), None::<i64>);
    }

    fn in_a_select(db: &Db) {
        seed(db);
        let below_core =
            || teams::table.filter(teams::parent_id.eq(CORE)).select(teams::id.nullable());
        let ids: Vec<i64> = db
            .load(people::table.filter(people::team_id.eq_any(below_core())).select(people::id))
            .expect("the ids");
        assert_eq!(ids, [3]);
        let ids: Vec<i64> = db
            .load(
                people::table
                    .filter(people::team_id.ne_all(below_core()))
                    .order(people::id)
                    .select(people::id),
            )
            .expect("the ids");
        assert_eq!(ids, [1, 2]);
        let others = alias!(people as others);
        let limited = others
            .select(others.field(people::id))
            .order(others.field(people::age).desc())
            .limit(1);
        let oldest: Vec<String> = db
            .load(people::table.filter(people::id.eq_any(limited)).select(people::name))
            .expect("the name");
        assert_eq!(oldest, ["Dot"]);
    }

    fn scalar(db: &Db) {
        seed(db);
        let others = alias!(people as others);
        let oldest = others.select(max(others.field(people::age))).single_value();
        let names: Vec<String> = db
            .load(people::table.filter(people::age.nullable().eq(oldest)).select(people::name))
            .expect("the name");
        assert_eq!(names, ["Dot"]);
        let mean = others.select(avg(others.field(people::height))).single_value();
        let tall: Vec<String> = db
            .load(people::table.filter(people::height.nullable().gt(mean)).select(people::name))
            .expect("the name");
        assert_eq!(tall, ["Ada"]);
    }

    fn scalar_in_a_select_list(db: &Db) {
        seed(db);
        let members = people::table
            .filter(people::team_id.eq(teams::id.nullable()))
            .select(count_star())
            .single_value();
        let eldest = people::table
            .filter(people::team_id.eq(teams::id.nullable()))
            .order(people::age.desc())
            .select(people::name)
            .single_value();
        let rows: Vec<(String, Option<i64>, Option<String>)> = db
            .load(teams::table.order(teams::id).select((teams::name, members, eldest)))
            .expect("the rows");
        assert_eq!(
            rows,
            [
                ("core".into(), Some(2), Some("Ada".into())),
                ("web".into(), Some(1), Some("Cid".into())),
                ("idle".into(), Some(0), None),
            ]
        );
    }

    fn in_having(db: &Db) {
        seed(db);
        let others = alias!(people as others);
        let overall = others.select(avg(others.field(people::age).cast::<Double>())).single_value();
        let groups: Vec<Option<i64>> = db
            .load(
                people::table
                    .group_by(people::team_id)
                    .having(avg(people::age.cast::<Double>()).gt(overall))
                    .order(people::team_id.is_null())
                    .select(people::team_id),
            )
            .expect("the groups");
        assert_eq!(groups, [Some(WEB), None]);
    }

    fn selections_load_what_a_query_finds(db: &Db) {
        seed(db);
        let grown = || Person::query().filter(people::age.gt(30)).order_by(people::id);
        let found: Vec<String> = db.load(grown().select(people::name)).expect("the names");
        assert_eq!(found, ["Ada", "Cid", "Dot"]);
        let pair: Option<(i64, Decimal)> = db
            .first(grown().offset(1).select((people::id, people::balance.plus(decimal("1")))))
            .expect("a row");
        let third = club().remove(2);
        assert_eq!(pair, Some((3, third.balance + decimal("1"))));
        let of_none: Option<String> =
            db.first(grown().limit(0).select(people::name)).expect("nothing");
        assert_eq!(of_none, None);
        let oldest: Option<i32> =
            db.one(Person::query().select(max(people::age))).expect("a number");
        assert_eq!(oldest, club().iter().map(|person| person.age).max());
        let ages = Person::query().order_by(people::age).distinct().select(people::age);
        let found: Vec<i32> = db.load(ages.clone()).expect("the ages");
        let mut expected: Vec<i32> = club().iter().map(|person| person.age).collect();
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(found, expected);
        assert_eq!(db.count(ages).expect("the count"), expected.len() as u64);
    }

    fn selections_are_lists_of_conditions(db: &Db) {
        seed(db);
        let core = || Team::query().filter(teams::name.eq("core"));
        let ids = |people: Vec<Person>| -> Vec<i64> { people.iter().map(|person| person.id).collect() };
        let by_team = |in_core: bool| -> Vec<i64> {
            club()
                .iter()
                .filter(|person| person.team_id.is_some_and(|team| (team == CORE) == in_core))
                .map(|person| person.id)
                .collect()
        };
        // A nullable column, and keys that are not.
        let members = Person::query()
            .filter(people::team_id.eq_any(core().select(teams::id)))
            .order_by(people::id);
        assert_eq!(ids(members.all(db).expect("the members")), by_team(true));
        let others = Person::query()
            .filter(people::team_id.ne_all(core().limit(1).select(teams::id)))
            .order_by(people::id);
        assert_eq!(ids(others.all(db).expect("the others")), by_team(false));
        // The other way round: NULLs of the list match nothing.
        let used = Team::query()
            .filter(teams::id.eq_any(Person::query().select(people::team_id)))
            .filter(teams::name.ne("idle"))
            .order_by(teams::id);
        let named: Vec<String> = db.load(used.clone().select(teams::name)).expect("the names");
        let mut expected: Vec<i64> = club().iter().filter_map(|person| person.team_id).collect();
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(named.len(), expected.len());
        // In diesel's statements, in a copy of the query, and nested.
        let balances = Person::query()
            .filter(people::team_id.eq_any(used.clone().select(teams::id)))
            .select(people::balance);
        let rich = people::table
            .filter(people::balance.eq_any(balances))
            .select(diesel::dsl::count_star());
        let rich: i64 = db.one(rich).expect("a number");
        let member = |person: &Person| person.team_id.is_some();
        let expected = club().into_iter().filter(|one| {
            club().iter().any(|other| member(other) && other.balance == one.balance)
        });
        assert_eq!(rich, expected.count() as i64);
        assert_eq!(members.clone().delete(db).expect("the members"), by_team(true).len() as u64);
        assert_eq!(members.count(db).expect("none"), 0);
    }
}

//! Joins: inner, left, of a table with itself.

use diesel::alias;
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

fn team(id: i64, name: &str, parent_id: Option<i64>) -> Team {
    Team { id, name: name.into(), parent_id }
}

on_each_database! {
    fn inner(db: &Db) {
        seed(db);
        let rows: Vec<(Person, Team)> =
            db.load(people::table.inner_join(teams::table).order(people::id)).expect("the rows");
        let [ada, bob, cid, _] = <[Person; 4]>::try_from(club()).expect("four");
        let (core, web) = (team(1, "core", None), team(2, "web", Some(1)));
        assert_eq!(rows, [(ada, core.clone()), (bob, core), (cid, web)]);
    }

    fn inner_from_the_parent(db: &Db) {
        seed(db);
        let rows: Vec<(String, String)> = db
            .load(
                teams::table
                    .inner_join(people::table)
                    .filter(people::active)
                    .order((teams::name, people::name.desc()))
                    .select((teams::name, people::name)),
            )
            .expect("the rows");
        let expected = [("core", "bob"), ("core", "Ada")];
        assert_eq!(rows, expected.map(|(team, person)| (team.to_owned(), person.to_owned())));
    }

    fn left(db: &Db) {
        seed(db);
        let rows: Vec<(String, Option<Team>)> = db
            .load(
                people::table
                    .left_join(teams::table)
                    .order(people::id)
                    .select((people::name, Option::<Team>::as_select())),
            )
            .expect("the rows");
        let core = team(1, "core", None);
        assert_eq!(
            rows,
            [
                ("Ada".into(), Some(core.clone())),
                ("bob".into(), Some(core)),
                ("Cid".into(), Some(team(2, "web", Some(1)))),
                ("Dot".into(), None),
            ]
        );
        let rows: Vec<(Team, Option<Person>)> = db
            .load(
                teams::table.left_join(people::table).order((teams::id.desc(), people::id.desc())),
            )
            .expect("the rows");
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(team, person)| (team.name, person.map(|person| person.name)))
            .collect();
        assert_eq!(
            rows,
            [
                ("idle".into(), None),
                ("web".into(), Some("Cid".into())),
                ("core".into(), Some("bob".into())),
                ("core".into(), Some("Ada".into())),
            ]
        );
    }

    fn what_a_left_join_misses(db: &Db) {
        seed(db);
        let without: Vec<String> = db
            .load(
                teams::table
                    .left_join(people::table)
                    .filter(people::id.is_null())
                    .select(teams::name),
            )
            .expect("the teams");
        assert_eq!(without, ["idle"]);
        let columns: Vec<(String, Option<i32>, Option<Decimal>)> = db
            .load(
                teams::table
                    .left_join(people::table)
                    .filter(teams::id.ne(CORE))
                    .order(teams::id)
                    .select((teams::name, people::age.nullable(), people::bonus.nullable())),
            )
            .expect("the rows");
        assert_eq!(
            columns,
            [("web".into(), Some(36), Some(decimal("0.2"))), ("idle".into(), None, None),]
        );
    }

    fn on_any_condition(db: &Db) {
        seed(db);
        let pairs: Vec<(String, String)> = db
            .load(
                people::table
                    .inner_join(teams::table.on(teams::id.eq(people::points / 50 + 1)))
                    .order(people::id)
                    .select((people::name, teams::name)),
            )
            .expect("the rows");
        let expected = [("Ada", "idle"), ("bob", "web"), ("Cid", "web"), ("Dot", "core")];
        assert_eq!(pairs, expected.map(|(person, team)| (person.to_owned(), team.to_owned())));
        let active: Vec<(String, Option<String>)> = db
            .load(
                teams::table
                    .left_join(
                        people::table
                            .on(people::team_id.eq(teams::id.nullable()).and(people::age.lt(30))),
                    )
                    .order(teams::id)
                    .select((teams::name, people::name.nullable())),
            )
            .expect("the rows");
        assert_eq!(
            active,
            [("core".into(), Some("bob".into())), ("web".into(), None), ("idle".into(), None),]
        );
    }

    fn a_table_with_itself(db: &Db) {
        seed(db);
        let parents = alias!(teams as parents);
        let rows: Vec<(String, Option<String>)> = db
            .load(
                teams::table
                    .left_join(parents.on(teams::parent_id.eq(parents.field(teams::id).nullable())))
                    .order(teams::id)
                    .select((teams::name, parents.field(teams::name).nullable())),
            )
            .expect("the rows");
        assert_eq!(
            rows,
            [
                ("core".into(), None),
                ("web".into(), Some("core".into())),
                ("idle".into(), Some("core".into())),
            ]
        );

        let (left, right) = alias!(people as left_people, people as right_people);
        let pairs: Vec<(String, String)> = db
            .load(
                left.inner_join(
                    right.on(left
                        .field(people::age)
                        .eq(right.field(people::age))
                        .and(left.field(people::id).lt(right.field(people::id)))),
                )
                .select((left.field(people::name), right.field(people::name))),
            )
            .expect("the pairs");
        assert_eq!(pairs, [("Ada".into(), "Cid".into())]);
    }

    fn an_alias_alone(db: &Db) {
        seed(db);
        let old = alias!(people as old);
        let rows: Vec<Person> = db
            .load(
                old.filter(old.field(people::age).gt(30))
                    .order(old.field(people::id).desc())
                    .limit(1)
                    .select(old.fields(people::all_columns)),
            )
            .expect("the row");
        assert_eq!(rows, club()[3..]);
    }

    fn three_tables(db: &Db) {
        seed(db);
        let parents = alias!(teams as parents);
        let rows: Vec<(String, String, String)> = db
            .load(
                people::table
                    .inner_join(teams::table)
                    .inner_join(
                        parents.on(parents.field(teams::id).nullable().eq(teams::parent_id)),
                    )
                    .select((people::name, teams::name, parents.field(teams::name))),
            )
            .expect("the row");
        assert_eq!(rows, [("Cid".into(), "web".into(), "core".into())]);
    }

    fn counting_and_the_first(db: &Db) {
        seed(db);
        let joined = || people::table.left_join(teams::table);
        assert_eq!(db.count(joined()).expect("the count"), 4);
        assert_eq!(db.count(joined().filter(teams::name.eq("core"))).expect("the count"), 2);
        let first: Option<(Person, Option<Team>)> =
            db.first(joined().order(people::id.desc())).expect("a row");
        assert_eq!(first, Some((club().remove(3), None)));
    }
}

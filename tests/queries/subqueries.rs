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
}

//! INSERT of single rows, and from other rows.

use diesel::Insertable;
use diesel::dsl::{exists, insert_into, not, sql};
use diesel::sql_types::Text;
use mizzle::ErrorCode;
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

on_each_database! {
    fn the_row_comes_back_as_it_is_stored(db: &Db) {
        db.create_all::<Club>().expect("the tables");
        let row = db.insert(somebody("Eve")).expect("the row");
        assert_eq!(row, stored(1, "Eve"));
        assert_eq!(db.get::<Person>(1).expect("the row"), row);
        let full = Person { team_id: None, ..club().remove(1) };
        assert_eq!(db.insert(without_id(full.clone())).expect("the row"), full);
    }

    fn a_key_can_be_given(db: &Db) {
        db.create_all::<Club>().expect("the tables");
        let given = NewPerson { id: Some(77), ..somebody("Eve") };
        assert_eq!(db.insert(given).expect("the row"), stored(77, "Eve"));
    }

    fn a_whole_row_is_inserted_with_its_key(db: &Db) {
        seed(db);
        let row = stored(50, "Eve");
        assert_eq!(db.insert(row.clone()).expect("the row"), row);
        assert_eq!(db.get::<Person>(50).expect("the row"), row);
    }

    fn a_refused_row_leaves_nothing(db: &Db) {
        seed(db);
        let error = db.insert(somebody("Ada")).expect_err("the name is taken");
        assert!(error.is_unique_violation(), "{error:?}");
        let error = db.insert(NewPerson { age: 0, ..somebody("Eve") }).expect_err("the check");
        assert!(error.is_check_violation(), "{error:?}");
        let error = db.insert(NewPerson { team_id: Some(9), ..somebody("Eve") });
        assert!(error.expect_err("the key").is_foreign_key_violation());
        assert_eq!(Person::query().order_by(people::id).all(db).expect("the rows"), club());
    }

    fn diesel_inserts_and_counts(db: &Db) {
        db.create_all::<Club>().expect("the tables");
        let inserted = db.execute(insert_into(people::table).values(&somebody("Eve")));
        assert_eq!(inserted.expect("an insert"), 1);
        let inserted = db.execute(insert_into(teams::table).values(teams::name.eq("core")));
        assert_eq!(inserted.expect("an insert"), 1);
        let inserted =
            db.execute(insert_into(teams::table).values((teams::id.eq(7), teams::name.eq("web"))));
        assert_eq!(inserted.expect("an insert"), 1);
        assert_eq!(Person::query().all(db).expect("the row"), [stored(1, "Eve")]);
        let teams: Vec<(i64, String)> =
            db.load(teams::table.select((teams::id, teams::name)).order(teams::id)).expect("teams");
        assert_eq!(teams, [(1, "core".into()), (7, "web".into())]);
    }

    fn diesel_returns_rows_and_columns(db: &Db) {
        db.create_all::<Club>().expect("the tables");
        let row: Person = db
            .one(
                insert_into(people::table)
                    .values(somebody("Eve"))
                    .returning(Person::as_returning()),
            )
            .expect("the row");
        assert_eq!(row, stored(1, "Eve"));
        let row: Person =
            db.one(insert_into(people::table).values(somebody("Fay"))).expect("the row");
        assert_eq!(row, stored(2, "Fay"));
        let values: Vec<(i64, Status, Option<String>)> = db
            .load(
                insert_into(people::table)
                    .values(vec![somebody("Gil"), somebody("Hal")])
                    .returning((people::id, people::status, people::note)),
            )
            .expect("the columns");
        assert_eq!(values, [(3, Status::Trial, None), (4, Status::Trial, None)]);
    }

    fn default_values(db: &Db) {
        db.create_all::<Counted>().expect("the table");
        let row = db.insert(NewCount::builder().build()).expect("the row");
        assert_eq!(row, Count { id: 1, hits: 5 });
        assert_eq!(db.execute(insert_into(counts::table).default_values()).expect("a row"), 1);
        let rows = db.insert_all_returning(vec![NewCount::builder().build(); 3]).expect("the rows");
        let expected: Vec<_> = (3..6).map(|id| Count { id, hits: 5 }).collect();
        assert_eq!(rows, expected);
    }

    fn from_a_select(db: &Db) {
        seed(db);
        let copied = db.execute(
            people::table
                .filter(people::team_id.is_not_null())
                .select((people::name, people::team_id))
                .insert_into(teams::table)
                .into_columns((teams::name, teams::parent_id)),
        );
        assert_eq!(copied.expect("the insert"), 3);
        let copied: Vec<Team> = db
            .load(
                insert_into(teams::table)
                    .values(
                        people::table
                            .filter(not(exists(teams::table.filter(teams::name.eq(people::name)))))
                            .select((people::id + 100, people::name)),
                    )
                    .into_columns((teams::id, teams::name))
                    .returning(Team::as_returning()),
            )
            .expect("the insert");
        assert_eq!(copied, [Team { id: 104, name: "Dot".into(), parent_id: None }]);
        let teams: Vec<(String, Option<i64>)> = db
            .load(teams::table.select((teams::name, teams::parent_id)).order(teams::id))
            .expect("the teams");
        let expected = [
            ("core", None),
            ("web", Some(CORE)),
            ("idle", Some(CORE)),
            ("Ada", Some(CORE)),
            ("bob", Some(CORE)),
            ("Cid", Some(WEB)),
            ("Dot", None),
        ];
        assert_eq!(teams, expected.map(|(name, parent)| (name.to_owned(), parent)));
    }

    fn from_a_select_all_or_nothing(db: &Db) {
        seed(db);
        let error = db
            .execute(
                people::table
                    .select(sql::<Text>("'same'"))
                    .insert_into(teams::table)
                    .into_columns(teams::name),
            )
            .expect_err("the same name again and again");
        assert_eq!(error.code(), ErrorCode::ConstraintError);
        assert_eq!(db.count(teams::table).expect("the count"), 3);
    }
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Count {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(default = 5)]
    pub hits: i32,
}

mizzle::schema!(pub Counted = [Count]);

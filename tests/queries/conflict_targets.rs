//! `on_conflict`: upserts by a partial index, by several targets, and with columns that they leave alone.

use diesel::sql_types::Bool;
use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode, on_conflict};
use test_support::random::Random;
use test_support::{on_each_database, skip_rows};

#[derive(Table, Debug, Clone, PartialEq)]
#[allow(clippy::duplicated_attributes, reason = "two indexes may be unique")]
#[table(
    index(email, club, unique, where = "left_in IS NULL"),
    index(card, unique, where = "kind = 'own'")
)]
pub struct Membership {
    #[column(primary_key, auto)]
    pub id: i64,
    pub email: String,
    pub club: i32,
    pub left_in: Option<i32>,
    #[column(unique)]
    pub seat: Option<i32>,
    pub card: Option<i32>,
    #[column(default = "own")]
    pub kind: String,
    pub name: String,
    #[column(default = 3)]
    pub level: i32,
    #[column(version)]
    pub version: i32,
    #[column(on_update = changed)]
    pub note: Option<String>,
}

mizzle::schema!(pub Clubs = [Membership]);

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Price {
    #[column(primary_key)]
    pub price: Decimal,
    pub note: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Stamp {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(unique, on_update = changed)]
    pub slug: String,
}

mizzle::schema!(pub Prices = [Price, Stamp]);

fn changed() -> String {
    "changed".into()
}

fn new(email: &str, name: &str) -> NewMembership {
    NewMembership::builder().email(email).club(1).name(name).build()
}

fn current() -> mizzle::OnConflict<Membership> {
    on_conflict((memberships::email, memberships::club))
        .filter_target(memberships::left_in.is_null())
}

fn all(db: &Db) -> Vec<Membership> {
    Membership::query().order_by(memberships::id).all(db).expect("the rows")
}

/// What `upsert_on(current().except(…))` does to rows.
fn upserted(rows: &mut Vec<Membership>, new: &NewMembership, except: [bool; 3]) {
    let new_row = Membership {
        id: 0,
        email: new.email.clone(),
        club: new.club,
        left_in: new.left_in,
        seat: None,
        card: None,
        kind: "own".into(),
        name: new.name.clone(),
        level: new.level.unwrap_or(3),
        version: 1,
        note: new.note.clone(),
    };
    let is_same = |row: &&mut Membership| {
        row.left_in.is_none() && row.email == new.email && row.club == new.club
    };
    let Some(row) = rows.iter_mut().find(is_same).filter(|_| new.left_in.is_none()) else {
        return rows.push(new_row);
    };
    row.version += 1;
    if !except[0] {
        row.name = new_row.name;
    }
    if !except[1] && new.level.is_some() {
        row.level = new_row.level;
    }
    if !except[2] {
        row.note = Some(changed());
    }
}

on_each_database! {
    /// Columns that are equal to the database, but not the same.
    fn columns_of_the_target_stay_as_they_are(db: &Db) {
        db.create_all::<Prices>().expect("the table");
        let price = |text: &str| Price { price: text.parse().expect("a number"), note: "first".into() };
        db.insert(price("2.5")).expect("a price");
        let other = Price { note: "second".into(), ..price("2.500") };
        let target = || on_conflict(prices::price).except((prices::price, prices::note));
        for stored in [
            db.upsert_on(target(), other.clone()).expect("the update"),
            db.upsert_on(on_conflict(prices::price).except(prices::note), other).expect("the update"),
        ] {
            assert_eq!((stored.price.to_string(), &*stored.note), ("2.5".into(), "first"));
        }
    }

    fn a_target_may_change_with_each_update(db: &Db) {
        db.create_all::<Prices>().expect("the table");
        for _ in 0..2 {
            let stamp = db.upsert_on(stamps::slug, NewStamp::builder().slug("s").build());
            assert_eq!(stamp.expect("a stamp").slug, "s");
        }
        assert_eq!(db.count(stamps::table).expect("the count"), 1);
    }

    fn a_partial_index_finds_rows(db: &Db) {
        db.create_all::<Clubs>().expect("the table");
        let ada = db.upsert_on(current(), new("ada", "Ada")).expect("a row");
        let left = db.insert(NewMembership { left_in: Some(1999), ..new("ada", "Old") }).expect("a row");
        let again = db.upsert_on(current(), new("ada", "Ada King")).expect("an update");
        let expected = Membership {
            name: "Ada King".into(),
            version: 2,
            note: Some(changed()),
            ..ada.clone()
        };
        assert_eq!(again, expected);
        // A row that the index doesn't contain conflicts with none.
        db.upsert_on(current(), NewMembership { left_in: Some(2001), ..new("ada", "Once") }).expect("a row");
        assert_eq!(all(db).len(), 3);
        assert_eq!(all(db)[..2], [expected, left]);

        // No database takes the index without its condition.
        let error = db
            .upsert_on((memberships::email, memberships::club), new("ada", "x"))
            .expect_err("no such index");
        assert_eq!(error.code(), ErrorCode::InsertError, "{error}");
        // A condition of SQL.
        let card = || on_conflict(memberships::card).filter_target(diesel::dsl::sql::<Bool>("kind = 'own'"));
        let bob = NewMembership { card: Some(7), ..new("bob", "Bob") };
        db.upsert_on(card(), bob.clone()).expect("a row");
        assert_eq!(db.upsert_all_on(card(), [bob.clone(), bob]).expect("two updates"), 2);
        assert_eq!(all(db).last().map(|row| row.version), Some(3));
    }

    fn a_condition_with_a_value_is_an_error(db: &Db) {
        db.create_all::<Clubs>().expect("the table");
        let target = on_conflict(memberships::card).filter_target(memberships::kind.eq("own"));
        let error = db.upsert_on(target, new("ada", "Ada")).expect_err("a value");
        assert_eq!(error.code(), ErrorCode::QueryError, "{error}");
        assert!(error.to_string().contains("`filter_target` has a value"), "{error}");
        assert!(all(db).is_empty());
    }

    fn some_columns_are_left_alone(db: &Db) {
        db.create_all::<Clubs>().expect("the table");
        let ada = db.insert(NewMembership { level: Some(5), ..new("ada", "Ada") }).expect("a row");
        let other = |name| NewMembership { id: Some(ada.id), level: Some(9), ..new("eve", name) };
        let how = on_conflict(memberships::id).except((memberships::level, memberships::email));
        let changed_once = Membership { name: "Eve".into(), version: 2, note: Some(changed()), ..ada.clone() };
        assert_eq!(db.upsert_on(how, other("Eve")).expect("an update"), changed_once);
        // Of all, only the version is left.
        let how = on_conflict(memberships::id)
            .except((memberships::level, memberships::email, memberships::name, memberships::club))
            .except((memberships::left_in, memberships::seat, memberships::card, memberships::kind))
            .except(memberships::note);
        let changed_twice = Membership { version: 3, ..changed_once };
        assert_eq!(db.upsert_on(how, other("x")).expect("an update"), changed_twice);
        // The same columns as before, without exceptions: another statement.
        let all_of_it = db.upsert_on(memberships::id, other("Ada")).expect("an update");
        assert_eq!((all_of_it.email.as_str(), all_of_it.level, all_of_it.version), ("eve", 9, 4));
        // A new row gets all values.
        let how = on_conflict(memberships::id).except(memberships::level);
        let fay = NewMembership { id: Some(ada.id + 1), level: Some(8), ..new("fay", "Fay") };
        assert_eq!(db.upsert_on(how, fay).expect("a row").level, 8);
    }

    fn several_targets_are_sqlites(db: &Db) {
        db.create_all::<Clubs>().expect("the table");
        let ada = db.insert(NewMembership { seat: Some(1), ..new("ada", "Ada") }).expect("a row");
        let how = || current().or_on(memberships::seat).except(memberships::level);
        let by_seat = NewMembership { seat: Some(1), level: Some(9), ..new("ada@b", "Ada B") };
        let by_email = NewMembership { seat: Some(2), level: Some(9), ..new("ada@b", "Ada C") };
        match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => {
                let found = db.upsert_on(how(), by_seat).expect("an update");
                let expected = Membership {
                    email: "ada@b".into(),
                    name: "Ada B".into(),
                    version: 2,
                    note: Some(changed()),
                    ..ada
                };
                assert_eq!(found, expected);
                assert_eq!(db.upsert_all_on(how(), [by_email]).expect("an update"), 1);
                let expected =
                    Membership { seat: Some(2), name: "Ada C".into(), version: 3, ..expected };
                assert_eq!(all(db), [expected]);
            }
            Dialect::Postgres => {
                for error in [
                    db.upsert_on(how(), by_seat).expect_err("one target"),
                    db.upsert_all_on(how(), [by_email]).expect_err("one target"),
                ] {
                    assert_eq!(error.code(), ErrorCode::QueryError, "{error}");
                    assert!(error.to_string().contains("PostgreSQL"), "{error}");
                }
                assert_eq!(all(db), [ada]);
            }
        }
    }

    /// Row by row and all at once do what a model does.
    fn equal_a_model(db: &Db) {
        db.create_all::<Clubs>().expect("the table");
        let cases = std::env::var("MIZZLE_TEST_CASES").ok().and_then(|cases| cases.parse().ok());
        for seed in 0..cases.unwrap_or(60_u64) {
            let random = &mut Random::new(seed);
            Membership::query().delete(db).expect("no rows");
            let mut model = Vec::new();
            for round in 0..3 {
                let except = [random.chance(30), random.chance(30), random.chance(30)];
                let how = || {
                    let [name, level, note] = except;
                    let how = if name { current().except(memberships::name) } else { current() };
                    let how = if level { how.except(memberships::level) } else { how };
                    if note { how.except(memberships::note) } else { how }
                };
                let rows: Vec<NewMembership> = (0..random.below(8))
                    .map(|place| NewMembership {
                        club: random.below(2) as i32,
                        left_in: random.chance(25).then_some(2000),
                        level: random.maybe(|random| random.below(9) as i32),
                        note: random.maybe(|_| "given".into()),
                        ..new(["a", "b", "c"][random.below(3)], &format!("{round}.{place}"))
                    })
                    .collect();
                rows.iter().for_each(|row| upserted(&mut model, row, except));
                if random.chance(50) {
                    let written = db.upsert_all_on(how(), &rows).expect("the rows");
                    assert_eq!(written, rows.len() as u64, "{seed}");
                } else {
                    for row in rows {
                        db.upsert_on(how(), row).expect("a row");
                    }
                }
            }
            let mut found = all(db);
            found.iter_mut().for_each(|row| row.id = 0);
            // Rows of several statements come in any order.
            let sort = |rows: &mut Vec<Membership>| rows.sort_by_key(|row| format!("{row:?}"));
            sort(&mut found);
            sort(&mut model);
            assert_eq!(found, model, "{seed}");
        }
    }

    fn ignored_and_skipped_rows_are_not_counted(db: &Db) {
        db.create_all::<Clubs>().expect("the table");
        skip_rows(db, "memberships", "new.level = 7");
        let seated = |seat, level| NewMembership { seat: Some(seat), level, ..new(&seat.to_string(), "x") };
        let rows: Vec<_> = (0..900).map(|place| seated(place % 300, Some(place % 10))).collect();
        // A skipped row is no conflict of a later one, which is skipped as well here.
        assert_eq!(db.insert_all_or_ignore(&rows).expect("the rows"), 270);
        assert_eq!(db.count(memberships::table).expect("the count"), 270);
        assert_eq!(db.insert_all_or_ignore([seated(7, Some(1)), seated(8, None)]).expect("a row"), 1);
        let how = || on_conflict(memberships::seat).except(memberships::level);
        let rows = [seated(7, Some(7)), seated(8, Some(7)), seated(901, Some(2))];
        // A BEFORE INSERT trigger runs before the conflict is found.
        let written = db.upsert_all_on(how(), &rows).expect("the rows");
        assert_eq!(written, 1);
        assert_eq!(db.count(memberships::table).expect("the count"), 272);
    }
}

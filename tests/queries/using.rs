//! UPDATE … FROM and DELETE … USING.

use diesel::alias;
use diesel::dsl::sql;
use diesel::sql_types::{Bool, Nullable, Text};
use mizzle::ErrorCode;
use mizzle::prelude::*;
use test_support::on_each_database;
use test_support::random::Random;

use crate::schema::*;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(primary_key(owner, kind))]
pub struct Account {
    pub owner: String,
    pub kind: i32,
    pub cents: i64,
    pub rate: Decimal,
    #[column(version)]
    pub version: i32,
    #[column(default = now, on_update = now)]
    pub changed_at: DateTime<Utc>,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Booking {
    #[column(primary_key, auto)]
    pub id: i64,
    pub owner: String,
    pub kind: i32,
    pub cents: i64,
    pub rate: Decimal,
    pub booked_at: DateTime<Utc>,
}

mizzle::schema!(pub Bank = [Account, Booking]);

fn moment(day: u32) -> DateTime<Utc> {
    date(2001, 1, day).and_time(NaiveTime::MIN).and_utc()
}

fn fill(db: &Db) {
    db.create_all::<Bank>().expect("the tables");
    let account = |owner: &str, kind| NewAccount {
        owner: owner.into(),
        kind,
        cents: 100,
        rate: decimal("9.5"),
        version: None,
        changed_at: Some(moment(1)),
    };
    db.insert_all([account("ada", 1), account("ada", 2), account("bob", 1)]).expect("the accounts");
    let booking = |owner: &str, kind, cents, rate: &str| NewBooking {
        id: None,
        owner: owner.into(),
        kind,
        cents,
        rate: decimal(rate),
        booked_at: moment(2),
    };
    db.insert_all([
        booking("ada", 1, 5, "10"),
        booking("ada", 2, 7, "9"),
        booking("eve", 1, 9, "1"),
    ])
    .expect("the bookings");
}

macro_rules! booked {
    () => {
        Account::query().using(
            bookings::table,
            accounts::owner.eq(bookings::owner).and(accounts::kind.eq(bookings::kind)),
        )
    };
}

fn cents(db: &Db) -> Vec<i64> {
    db.load(accounts::table.order((accounts::owner, accounts::kind)).select(accounts::cents))
        .expect("the accounts")
}

on_each_database! {
    fn values_of_the_other_table_are_written(db: &Db) {
        fill(db);
        let before = chrono::Utc::now() - chrono::TimeDelta::minutes(5);
        let changed = booked!()
            .set(accounts::cents, accounts::cents + bookings::cents)
            .set(accounts::rate, bookings::rate)
            .update(db);
        assert_eq!(changed.expect("the update"), 2);
        assert_eq!(cents(db), [105, 107, 100]);
        let rows = Account::query().order_by((accounts::owner, accounts::kind)).all(db).expect("the rows");
        assert_eq!(rows[0].rate, decimal("10"));
        assert_eq!(rows[2].rate, decimal("9.5"));
        assert_eq!(rows.iter().map(|row| row.version).collect::<Vec<_>>(), [2, 2, 1]);
        assert!(rows[0].changed_at > before && rows[1].changed_at > before, "{rows:?}");
        assert_eq!(rows[2].changed_at, moment(1));
    }

    fn filters_values_and_columns_that_are_set_twice(db: &Db) {
        fill(db);
        let changed = Account::query()
            .filter(accounts::kind.eq(2))
            .or_filter(accounts::owner.eq("bob"))
            .using(
                bookings::table,
                accounts::owner.eq(bookings::owner).and(accounts::kind.eq(bookings::kind)),
            )
            .set(accounts::cents, 1)
            .set(accounts::cents, accounts::cents * 2 + 1)
            .set(accounts::changed_at, bookings::booked_at)
            .update_returning(db)
            .expect("the update");
        assert_eq!(changed.len(), 1);
        assert_eq!((&*changed[0].owner, changed[0].kind, changed[0].cents), ("ada", 2, 201));
        assert_eq!((changed[0].version, changed[0].changed_at), (2, moment(2)));
        // Decimals compare as numbers.
        let cheaper = Account::query().using(
            bookings::table,
            accounts::owner.eq(bookings::owner).and(accounts::rate.lt(bookings::rate)),
        );
        assert_eq!(cheaper.set(accounts::cents, 0).update(db).expect("the update"), 2);
    }

    fn without_values_the_rows_are_only_read(db: &Db) {
        fill(db);
        assert_eq!(booked!().update(db).expect("a count"), 2);
        let rows = booked!().update_returning(db).expect("the rows");
        assert_eq!(rows.iter().map(|row| row.version).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(cents(db), [100, 100, 100]);
    }

    fn several_matches_are_refused(db: &Db) {
        fill(db);
        let by_owner = || Account::query().using(bookings::table, accounts::owner.eq(bookings::owner));
        let error = by_owner().set(accounts::cents, bookings::cents).update(db).expect_err("two");
        assert_eq!(error.code(), ErrorCode::UpdateError, "{error:?}");
        assert_eq!(
            error.to_string().lines().next(),
            Some("a row of accounts matches several rows of the other table"),
        );
        assert!(error.troubleshooting()[0].contains("`using`"), "{error:?}");
        assert_eq!(cents(db), [100, 100, 100]);
        // A row that the filter leaves out may match several.
        let bob = Account::query()
            .filter(accounts::owner.eq("bob"))
            .using(bookings::table, accounts::owner.eq(bookings::owner));
        assert_eq!(bob.set(accounts::cents, bookings::cents).update(db).expect("no row"), 0);
        let within = db.transaction(|tx| {
            assert!(by_owner().set(accounts::cents, bookings::cents).update(tx).is_err());
            Ok(())
        });
        // PostgreSQL can only roll back after an error.
        assert_eq!(within.is_ok(), db.dialect() == mizzle::Dialect::Sqlite);
        // Deleted once, whatever matches.
        assert_eq!(by_owner().delete(db).expect("the delete"), 2);
        assert_eq!(cents(db), [100]);
    }

    fn rows_are_deleted_and_returned(db: &Db) {
        fill(db);
        let deleted = Account::query()
            .order_by(accounts::kind.desc())
            .limit(1)
            .using(bookings::table, accounts::owner.eq(bookings::owner))
            .delete_returning(db)
            .expect("the rows");
        assert_eq!(deleted.iter().map(|row| (&*row.owner, row.kind)).collect::<Vec<_>>(), [("ada", 2)]);
        assert_eq!(cents(db), [100, 100]);
    }

    fn a_limit_counts_rows_with_a_match(db: &Db) {
        fill(db);
        let changed = Account::query()
            .order_by((accounts::owner.desc(), accounts::kind.desc()))
            .limit(1)
            .lock(Lock::update().skip_locked())
            .using(
                bookings::table,
                accounts::owner.eq(bookings::owner).and(accounts::kind.eq(bookings::kind)),
            )
            .set(accounts::cents, bookings::cents)
            .update(db);
        assert_eq!(changed.expect("the update"), 1);
        assert_eq!(cents(db), [100, 7, 100]);
    }

    fn the_same_table_by_an_alias(db: &Db) {
        seed(db);
        let parents = alias!(teams as parents);
        let named = Team::query()
            .using(parents, teams::parent_id.eq(parents.field(teams::id).nullable()))
            .set(
                teams::name,
                parents.field(teams::name).concat("/").concat(teams::name),
            );
        assert_eq!(named.update(db).expect("the update"), 2);
        let names: Vec<String> =
            db.load(teams::table.order(teams::id).select(teams::name)).expect("the names");
        assert_eq!(names, ["core", "core/web", "core/idle"]);
    }

    fn values_by_hand(db: &Db) {
        seed(db);
        // Commas and comments stay inside.
        let changed = Person::query()
            .using(teams::table, people::team_id.eq(teams::id.nullable()).and(sql::<Bool>("1 = 1 -- OR\n")))
            .set(people::note, sql::<Nullable<Text>>("teams.name || ',' -- x"))
            .update(db);
        assert_eq!(changed.expect("the update"), 3);
        let notes: Vec<Option<String>> =
            db.load(people::table.order(people::id).select(people::note)).expect("the notes");
        let notes: Vec<_> = notes.iter().map(Option::as_deref).collect();
        assert_eq!(notes, [Some("core,"), Some("core,"), Some("web,"), Some("Éclair")]);
    }

    fn a_number_that_does_not_fit(db: &Db) {
        seed(db);
        let error = Person::query()
            .using(teams::table, people::team_id.eq(teams::id.nullable()))
            .set(people::level, people::level * 30_000)
            .update(db)
            .expect_err("too large");
        assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}");
    }

    fn random_matches_as_a_loop_finds_them(db: &Db) {
        db.create_all::<Bank>().expect("the tables");
        let cases = std::env::var("MIZZLE_TEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(60);
        let (mut refused, mut changed) = (0, 0);
        for seed in 0..cases {
            let mut random = Random::new(seed);
            db.execute(diesel::delete(accounts::table)).expect("no rows");
            db.execute(diesel::delete(bookings::table)).expect("no rows");
            let owners = ["ada", "bob", "it's"];
            let targets: Vec<NewAccount> = (0..random.below(9))
                .map(|kind| NewAccount {
                    owner: (*random.pick(&owners)).into(),
                    kind: kind as i32,
                    cents: random.below(4) as i64,
                    rate: decimal("1"),
                    version: None,
                    changed_at: Some(moment(1)),
                })
                .collect();
            let sources: Vec<NewBooking> = (0..random.below(9))
                .map(|_| NewBooking {
                    id: None,
                    owner: (*random.pick(&owners)).into(),
                    kind: random.below(6) as i32,
                    cents: random.below(4) as i64,
                    rate: decimal("2"),
                    booked_at: moment(2),
                })
                .collect();
            db.insert_all(&targets).expect("the accounts");
            db.insert_all(&sources).expect("the bookings");
            let least = random.below(3) as i64;
            let by_kind = random.chance(50);
            let limit = random.maybe(|random| random.below(4));
            let matches = |target: &NewAccount| -> Vec<&NewBooking> {
                sources
                    .iter()
                    .filter(|source| {
                        source.owner == target.owner
                            && source.cents >= least
                            && (!by_kind || source.kind == target.kind)
                    })
                    .collect()
            };
            let mut query = Account::query().filter(accounts::cents.lt(3));
            if let Some(limit) = limit {
                query = query.order_by((accounts::owner, accounts::kind)).limit(limit as u64);
            }
            let by_kind = bookings::kind.eq(accounts::kind).or(accounts::kind.ge(if by_kind { 1000 } else { 0 }));
            let using = query.using(
                bookings::table,
                accounts::owner.eq(bookings::owner).and(bookings::cents.ge(least)).and(by_kind),
            );
            let mut rows: Vec<&NewAccount> = targets
                .iter()
                .filter(|target| target.cents < 3 && !matches(target).is_empty())
                .collect();
            rows.sort_by_key(|row| (&row.owner, row.kind));
            rows.truncate(limit.unwrap_or(usize::MAX));
            let updated = using.set(accounts::cents, accounts::cents * 10 + bookings::cents).update_returning(db);
            if rows.iter().any(|row| matches(row).len() > 1) {
                refused += 1;
                assert_eq!(updated.expect_err("several").code(), ErrorCode::UpdateError, "{seed}");
                continue;
            }
            changed += rows.len();
            let mut updated: Vec<_> = updated
                .unwrap_or_else(|error| panic!("{seed}: {error:?}"))
                .into_iter()
                .map(|row| (row.owner, row.kind, row.cents, row.version))
                .collect();
            updated.sort();
            let expected: Vec<_> = rows
                .iter()
                .map(|row| (row.owner.clone(), row.kind, row.cents * 10 + matches(row)[0].cents, 2))
                .collect();
            assert_eq!(updated, expected, "{seed}");
        }
        assert!(refused > cases / 20 && changed as u64 > cases / 10, "{refused} {changed}");
    }
}

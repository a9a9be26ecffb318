//! Moments in the forms of other programs: read, written, compared and sorted as moments.

use diesel::dsl::{max, min};
use mizzle::Dialect;
use mizzle::prelude::*;
use mizzle::stored::Stored;
use proptest::prelude::*;

#[cfg(feature = "sqlite")]
use crate::assert_value_error;
use crate::check;
#[cfg(feature = "sqlite")]
use test_support::with_sqlite;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "moments", has_many(echoes = Echo))]
pub struct Moment {
    #[column(primary_key)]
    pub id: i64,
    #[column(stored = sqlite_datetime, default = now)]
    pub a: DateTime<Utc>,
    #[column(stored = iso8601)]
    pub iso: Option<DateTime<Utc>>,
    #[column(stored = unix_seconds, unique, default = now)]
    pub seconds: DateTime<Utc>,
    #[column(stored = unix_millis, on_update = now, default = now)]
    pub millis: DateTime<Utc>,
    #[column(stored = iso8601)]
    pub local: NaiveDateTime,
    #[column(stored = text, default = now)]
    pub own: DateTime<Utc>,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "echoes")]
pub struct Echo {
    #[column(primary_key)]
    pub id: i64,
    #[column(stored = unix_seconds, references(Moment, seconds))]
    pub of: DateTime<Utc>,
}

mizzle::schema!(pub Moments = [Moment, Echo]);

fn moment(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap()
}

const SECOND: i64 = 1_595_022_976;

/// One row, as other programs have written it.
fn fill(db: &Db) -> Moment {
    db.create_all::<Moments>().unwrap();
    let (a, iso) = match db.dialect() {
        Dialect::Sqlite | Dialect::D1 => ("'2020-07-17 21:56:16'", "'2020-07-17T21:56:16.123Z'"),
        Dialect::Postgres => ("'2020-07-17 21:56:16+00'", "'2020-07-17 21:56:16.123+00'"),
    };
    db.execute_sql(&format!(
        "INSERT INTO moments (id, a, iso, seconds, millis, local) \
         VALUES (1, {a}, {iso}, {SECOND}, {SECOND}123, {iso})"
    ))
    .unwrap();
    db.find::<Moment>(1).unwrap().unwrap()
}

/// The row is found by its own value, and by nothing that is earlier or later.
macro_rules! compares {
    ($db:ident, $row:ident, $($field:ident: $value:expr),*) => {
        $({
            let value = $value;
            let later = value + chrono::TimeDelta::seconds(1);
            let count = |condition: bool, query: Query<'_, Moment>| {
                assert_eq!(query.count($db).unwrap(), u64::from(condition), stringify!($field));
            };
            let all = Moment::query;
            count(true, all().filter(moments::$field.eq(value)));
            count(false, all().filter(moments::$field.ne(value)));
            count(false, all().filter(moments::$field.eq(&later)));
            count(false, all().filter(moments::$field.lt(value)));
            count(true, all().filter(moments::$field.lt(later)));
            count(true, all().filter(moments::$field.le(value)));
            count(true, all().filter(moments::$field.ge(value)));
            count(false, all().filter(moments::$field.gt(value)));
            count(true, all().filter(moments::$field.between(value, later)));
            count(false, all().filter(moments::$field.not_between(value, later)));
            count(true, all().filter(moments::$field.eq_any(vec![later, value])));
            count(true, all().filter(moments::$field.eq_any([later, value])));
            count(true, all().filter(moments::$field.eq_any(&[value][..])));
            count(true, all().filter(moments::$field.eq_any(vec![value; 1500])));
            count(false, all().filter(moments::$field.ne_all(vec![later, value])));
            count(true, all().filter(moments::$field.is_not_distinct_from(value)));
            count(true, all().filter(moments::$field.eq(moments::$field)));
            $db.execute(diesel::update(moments::table).set(moments::$field.eq(later))).unwrap();
            count(true, all().filter(moments::$field.eq(later)));
            $db.execute(diesel::update(moments::table).set(moments::$field.eq(value))).unwrap();
            assert_eq!($db.find::<Moment>($row.id).unwrap().unwrap(), $row);
        })*
    };
}

fn on_both(body: fn(&Db)) {
    #[cfg(feature = "sqlite")]
    with_sqlite(body);
    #[cfg(feature = "postgres")]
    test_support::with_postgres(body);
}

#[test]
fn a_row_is_found_by_its_own_moments() {
    on_both(|db| {
        let row = fill(db);
        assert_eq!(row.a, moment(SECOND * 1000));
        assert_eq!(
            (row.iso, row.millis),
            (Some(moment(SECOND * 1000 + 123)), moment(SECOND * 1000 + 123))
        );
        assert_eq!((row.seconds, row.local), (row.a, row.millis.naive_utc()));
        compares!(db, row, a: row.a, iso: row.iso.unwrap(), seconds: row.seconds, millis: row.millis, local: row.local);
        assert_eq!(Moment::query().filter(moments::iso.eq(row.iso)).count(db).unwrap(), 1);
        assert_eq!(Moment::query().filter(moments::iso.is_null()).count(db).unwrap(), 0);
    });
}

#[test]
fn moments_are_written_and_sorted_in_their_form() {
    on_both(|db| {
        let first = fill(db);
        let (early, late) = (moment(-86_400_000 * 365 - 877), moment(253_402_300_799_999));
        for (id, at) in [(2, late), (3, early)] {
            let new = NewMoment::builder()
                .id(id)
                .a(at)
                .iso(at)
                .seconds(at)
                .millis(at)
                .local(at.naive_utc());
            let stored = db.insert(new.build()).unwrap();
            assert_eq!((stored.millis, stored.iso), (at, Some(at)));
            assert_eq!(stored.seconds, moment(at.timestamp_millis().div_euclid(1000) * 1000));
        }
        for order in [
            Moment::query().order_by(moments::a),
            Moment::query().order_by(moments::iso),
            Moment::query().order_by(moments::seconds),
            Moment::query().order_by(moments::millis),
            Moment::query().order_by(moments::local),
        ] {
            let ids: Vec<i64> = order.all(db).unwrap().iter().map(|row| row.id).collect();
            assert_eq!(ids, [3, 1, 2]);
        }
        let ends: Option<(Option<DateTime<Utc>>, Option<NaiveDateTime>)> =
            db.first(moments::table.select((max(moments::millis), min(moments::local)))).unwrap();
        assert_eq!(ends, Some((Some(late), Some(early.naive_utc()))));
        let above =
            moments::table.group_by(moments::id).having(max(moments::millis).lt(Stored(late)));
        assert_eq!(db.load::<i64, _>(above.select(moments::id)).unwrap().len(), 2);
        // Whole rows, changes, upserts, and diesel's own inserts and updates.
        let mut changed = db.find::<Moment>(2).unwrap().unwrap();
        changed.iso = None;
        db.update(&changed).unwrap();
        let changed = db.find::<Moment>(2).unwrap().unwrap();
        assert_eq!((changed.iso, changed.a), (None, db.find::<Moment>(2).unwrap().unwrap().a));
        assert!(changed.millis > first.millis && changed.millis < late, "on_update: {changed:?}");
        let set = db
            .update_by_key::<Moment>(
                2,
                MomentChanges::default().iso(early).local(early.naive_utc()),
            )
            .unwrap();
        assert_eq!((set.iso, set.local), (Some(early), early.naive_utc()));
        db.delete(&set).unwrap();
        db.execute(diesel::insert_into(moments::table).values(&set)).unwrap();
        assert_eq!(db.find::<Moment>(2).unwrap(), Some(set.clone()));
        let changes = MomentChanges::default().a(first.a);
        db.execute(diesel::update(moments::table.filter(moments::id.eq(2))).set(&changes)).unwrap();
        assert_eq!(db.find::<Moment>(2).unwrap().unwrap().a, first.a);
        let raw =
            "SELECT 1 FROM moments WHERE id = 3 AND seconds = -31536001 AND millis = -31536000877";
        assert_eq!(
            db.execute(diesel::sql_query(format!("UPDATE echoes SET id = 1 WHERE EXISTS ({raw})")))
                .unwrap(),
            0
        );
    });
}

#[test]
fn now_is_a_default_in_each_form() {
    on_both(|db| {
        fill(db);
        let before = mizzle::now();
        let row = db.insert(NewMoment::builder().id(9).local(before.naive_utc()).build()).unwrap();
        let after = mizzle::now();
        let second = chrono::TimeDelta::seconds(1);
        for at in [row.a, row.seconds, row.millis, row.own] {
            assert!(at > before - second && at < after + second, "{at} {before}");
        }
        for found in [
            Moment::query().find(9).filter(moments::a.eq(row.a)),
            Moment::query().find(9).filter(moments::seconds.eq(row.seconds)),
            Moment::query().find(9).filter(moments::millis.eq(row.millis)),
            Moment::query().find(9).filter(moments::own.eq(row.own)),
        ] {
            assert_eq!(found.one(db).unwrap(), row);
        }
    });
}

#[test]
fn relations_compare_moments_in_their_form() {
    on_both(|db| {
        let row = fill(db);
        db.insert(NewEcho::builder().id(1).of(row.seconds).build()).unwrap();
        let loaded = Moment::query().with(Moment::echoes()).one(db).unwrap();
        assert_eq!(loaded.echoes.len(), 1);
        assert_eq!(Echo::query().with(Echo::of()).one(db).unwrap().of.id, 1);
        let seconds =
            moments::table.select(moments::seconds).filter(moments::millis.eq(row.millis));
        assert_eq!(Echo::query().filter(echoes::of.eq_any(seconds)).count(db).unwrap(), 1);
        let later = Stored(row.seconds + chrono::TimeDelta::seconds(1));
        assert_eq!(Echo::query().filter(echoes::of.lt(later)).count(db).unwrap(), 1);
        assert_eq!(Moment::echoes().counts(db, &[row]).unwrap(), [1]);
    });
}

#[cfg(feature = "sqlite")]
#[test]
fn another_form_is_an_error_that_says_what_to_write() {
    with_sqlite(|db| {
        fill(db);
        let cases = [
            ("a", "'2020-07-17T21:56:16.123Z'", "stored = iso8601"),
            ("a", "1595022976", "String"),
            ("a", "'2020-07-17 21:56:16.000000+00:00'", "String"),
            ("iso", "'2020-07-17 21:56:16'", "stored = sqlite_datetime"),
            ("iso", "1595022976123", "String"),
            ("seconds", "'2020-07-17 21:56:16'", "stored = sqlite_datetime"),
            ("seconds", "1595022976.5", "f64"),
            ("own", "'2020-07-17 21:56:16'", "stored = sqlite_datetime"),
            ("own", "'2020-07-17T21:56:16.123Z'", "stored = iso8601"),
            ("own", "'2020-07-17 21:56:16.123456'", "String"),
            ("own", "'2020-07-17 21:56:16.123456+02:00'", "String"),
        ];
        for (column, value, advice) in cases {
            db.execute_sql(&format!("UPDATE moments SET {column} = {value}")).unwrap();
            let read = db.find::<Moment>(1);
            let message = read.as_ref().expect_err("another form").to_string();
            assert!(message.contains(advice), "{column} {value}: {message}");
            assert_value_error(read, &format!("moments.{column}"), value.trim_matches('\''));
            db.execute_sql(
                "UPDATE moments SET a = '2020-07-17 21:56:16', iso = NULL, seconds = 1, \
                            own = '2020-07-17 21:56:16.000000+00:00'",
            )
            .unwrap();
        }
    });
}

#[derive(Table, Debug)]
#[table(name = "shifts")]
struct Shift {
    #[column(primary_key)]
    id: i64,
    day: NaiveDate,
    begin: NaiveTime,
}

mizzle::schema!(Shifts = [Shift]);

/// `stored` is an attribute of moments alone.
#[cfg(feature = "sqlite")]
#[test]
fn another_form_of_a_date_is_an_error_whose_advice_compiles() {
    with_sqlite(|db| {
        db.create_all::<Shifts>().unwrap();
        let as_moment = "give the field the type `NaiveDateTime` and write `#[column(stored =";
        for (column, value, advice) in [
            ("day", "'2020-07-17 00:00:00'", as_moment),
            ("day", "'2020-07-17T00:00:00.000Z'", as_moment),
            ("day", "'17.7.2020'", "give the field the type `String`"),
            ("begin", "'08:30'", "change the rows, or give the field the type `String`"),
            (
                "begin",
                "'2020-07-17 08:30:00'",
                "change the rows, or give the field the type `String`",
            ),
        ] {
            db.execute_sql(&format!(
                "INSERT OR REPLACE INTO shifts VALUES (1, '2020-07-17', '08:30:00.000000'); UPDATE shifts SET {column} = {value}"
            ))
            .unwrap();
            let message = db.get::<Shift>(1).expect_err("another form").to_string();
            assert!(message.contains(advice), "{column} {value}: {message}");
            assert_eq!(message.contains("stored = "), advice == as_moment, "{message}");
        }
    });
}

/// Whatever is written is read back, cut to the form, and compares as it sorts.
#[test]
fn random_moments_keep_their_order() {
    on_both(|db| {
        db.create_all::<Moments>().unwrap();
        let any = -62_000_000_000_000_000_i64..253_402_300_799_999_999;
        check((any.clone(), prop_oneof![any, -5_000_000_i64..5_000_000]), |(one, other)| {
            let [one, other] =
                [one, other].map(|micros| DateTime::from_timestamp_micros(micros).unwrap());
            db.execute(diesel::delete(moments::table)).unwrap();
            let new = NewMoment::builder().id(1).a(one).iso(one).seconds(one).millis(one);
            let row = db.insert(new.local(one.naive_utc()).own(one).build()).unwrap();
            assert_eq!(row.seconds.timestamp(), one.timestamp());
            assert_eq!(row.millis.timestamp_millis(), one.timestamp_millis());
            let counts = |condition: Query<'_, Moment>| condition.count(db).unwrap() == 1;
            assert!(counts(Moment::query().filter(moments::a.eq(row.a))));
            assert!(counts(Moment::query().filter(moments::iso.eq(row.iso))));
            assert!(counts(Moment::query().filter(moments::local.eq(row.local))));
            let (seconds, millis) = (other.timestamp(), other.timestamp_millis());
            assert_eq!(
                counts(Moment::query().filter(moments::seconds.lt(other))),
                one.timestamp() < seconds
            );
            assert_eq!(
                counts(Moment::query().filter(moments::millis.ge(other))),
                one.timestamp_millis() >= millis
            );
            if db.dialect().is_sqlite() {
                assert_eq!(
                    counts(Moment::query().filter(moments::a.lt(other))),
                    one.timestamp() < seconds
                );
                assert_eq!(
                    counts(Moment::query().filter(moments::iso.gt(other))),
                    one.timestamp_millis() > millis
                );
            }
        });
    });
}

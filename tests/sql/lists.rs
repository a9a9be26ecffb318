//! Lists of any length.

use mizzle::prelude::*;
use test_support::log::Log;
use test_support::on_each_database;

use crate::schema::*;

on_each_database! {
    fn have_any_length(db: &Db) {
        fill(db);
        let count = |ids: &[UserId]| -> (i64, i64) {
            (
                sql!("SELECT count(*) FROM users WHERE id IN ({..ids})").one(db).unwrap(),
                sql!("SELECT count(*) FROM users WHERE id NOT IN ( {..ids} )").one(db).unwrap(),
            )
        };
        assert_eq!(count(&[]), (0, 3));
        assert_eq!(count(&[UserId(1), UserId(1), UserId(9)]), (1, 2));
        let many: Vec<UserId> = (2..100_000).map(UserId).collect();
        assert_eq!(count(&many), (2, 1));
    }

    fn have_values_of_any_type(db: &Db) {
        fill(db);
        let amounts: Vec<Decimal> = ["10.5", "0.1"].map(|text| text.parse().unwrap()).into();
        let (times, kinds, names) = ([at(1), at(4)], vec![Kind::Deposit], ["Ada", "it's"]);
        let (ages, reals) = ([36_i32, 7], [Some(0.5_f64), None]);
        let entries: i64 = sql!("
            SELECT count(*) FROM entries
            WHERE amount IN ({..amounts}) AND {#entries::at} IN ({..times}) AND kind IN ({..kinds})").one(db).unwrap();
        assert_eq!(entries, 2);
        let users: i64 = sql!("SELECT count(*) FROM users WHERE name IN ({..names}) AND age IN ({..&ages[..1]})")
            .one(db)
            .unwrap();
        assert_eq!(users, 1);
        assert_eq!(sql!("SELECT {0.5_f64} IN ({..reals})").one::<Option<bool>>(db).unwrap(), Some(true));
        assert_eq!(sql!("SELECT {0.25_f64} IN ({..reals})").one::<Option<bool>>(db).unwrap(), None);
        let ids = [Uuid::from_u128(1), Uuid::from_u128(2)];
        assert!(sql!("SELECT {ids[1]} IN ({..ids})").one::<bool>(db).unwrap());
        let bytes: [&[u8]; 2] = [&[0, 1], &[]];
        assert!(sql!("SELECT {bytes[1]} IN ({..bytes})").one::<bool>(db).unwrap());
    }

    fn have_one_statement(db: &Db) {
        fill(db);
        let run = |ids: &[i64]| {
            sql!("SELECT id FROM users WHERE cents IN ({..ids}) AND age > {0} ORDER BY id").all::<UserId>(db).unwrap()
        };
        let texts = |ids: &[i64]| -> Vec<String> {
            let (_, events) = Log::of(|| run(ids));
            events.iter().filter_map(|event| event.field("sql").map(str::to_owned)).collect()
        };
        let first = texts(&[500]);
        assert_eq!(first.len(), 1);
        for length in [0, 1, 2, 3, 50, 5000] {
            assert_eq!(texts(&(0..length).collect::<Vec<_>>()), first);
        }
    }
}

#[cfg(feature = "postgres")]
#[test]
fn are_arrays_anywhere_on_postgres() {
    test_support::with_postgres(|db| {
        fill(db);
        let (ids, names) = ([UserId(1), UserId(2)], ["Eve".to_owned(), "it's".to_owned()]);
        let renamed = sql!(postgres: "
            UPDATE users SET name = n.name FROM unnest({..ids}, {..names}) AS n (id, name) WHERE users.id = n.id")
            .execute(db)
            .unwrap();
        assert_eq!(renamed, 2);
        let found = sql!(String, postgres: "SELECT name FROM users WHERE id = ANY({..ids}) AND name IS NOT NULL AND name <> ALL({..&names[1..]})");
        assert_eq!(found.all(db).unwrap(), ["Eve"]);
        let none: [i64; 0] = [];
        assert_eq!(
            sql!(i32, postgres: "SELECT cardinality({..none}) + cardinality({..[1_i64, 2]})")
                .one(db)
                .unwrap(),
            2
        );
    });
}

#[cfg(feature = "sqlite")]
#[test]
fn are_no_arrays_on_sqlite() {
    let db = Db::connect("sqlite::memory:").unwrap();
    let ids = [1_i64];
    let error = sql!(postgres: "SELECT unnest({..ids})").all::<i64>(&db).unwrap_err();
    assert!(error.to_string().contains("has no words for SQLite"), "{error}");
}

//! IN and NOT IN with lists of values: empty, short, and too long for a parameter each.

use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

const MANY: i64 = 70_000;

/// The ids of the people for whom `condition` is true.
macro_rules! ids {
    ($db:expr, $condition:expr) => {
        $db.load::<i64, _>(people::table.filter($condition).order(people::id).select(people::id))
            .expect("the ids")
    };
}

on_each_database! {
    fn empty(db: &Db) {
        seed(db);
        assert_eq!(ids!(db, people::id.eq_any(Vec::<i64>::new())), [0; 0]);
        assert_eq!(ids!(db, people::id.ne_all(Vec::<i64>::new())), [1, 2, 3, 4]);
        assert_eq!(ids!(db, people::team_id.ne_all(Vec::<i64>::new())), [1, 2, 3, 4]);
        let typed = Person::query().filter(people::name.eq_any(Vec::<String>::new()));
        assert_eq!(typed.all(db).expect("no row"), []);
    }

    fn short(db: &Db) {
        seed(db);
        // Each length up to one past a power of two, so that all ways to fill a list up are seen.
        for length in 1..=5 {
            let list: Vec<i64> = (0..length).map(|number| number * 2).collect();
            let inside: Vec<i64> = (1..=4).filter(|id| list.contains(id)).collect();
            let outside: Vec<i64> = (1..=4).filter(|id| !list.contains(id)).collect();
            assert_eq!(ids!(db, people::id.eq_any(&list)), inside);
            assert_eq!(ids!(db, people::id.ne_all(&list)), outside);
        }
        assert_eq!(ids!(db, people::name.eq_any(["bob", "Cid", "nobody"])), [2, 3]);
        assert_eq!(ids!(db, people::name.ne_all(vec!["bob".to_owned()])), [1, 3, 4]);
        assert_eq!(ids!(db, people::token.eq_any([Uuid::from_u128(4)])), [4]);
        assert_eq!(ids!(db, people::status.eq_any([Status::Trial, Status::Former])), [3, 4]);
        assert_eq!(ids!(db, people::born.eq_any([date(1990, 1, 2), date(1, 1, 1)])), [1]);
        assert_eq!(ids!(db, people::age.eq_any([24, 41])), [2, 4]);
        assert_eq!(ids!(db, people::level.eq_any([2_i16, 3])), [1, 2]);
        assert_eq!(ids!(db, people::height.eq_any([1.25, 1.75])), [1, 2]);
        assert_eq!(ids!(db, people::reach.eq_any([0.75_f32])), [1]);
        assert_eq!(ids!(db, people::active.eq_any([false])), [3]);
        assert_eq!(ids!(db, people::balance.eq_any(["10", "9.500"].map(decimal))), [1, 2]);
        assert_eq!(ids!(db, people::balance.ne_all(["10", "9.500"].map(decimal))), [3, 4]);
    }

    fn of_columns_that_may_be_null(db: &Db) {
        seed(db);
        assert_eq!(ids!(db, people::team_id.eq_any([CORE, IDLE])), [1, 2]);
        assert_eq!(ids!(db, people::team_id.eq_any([Some(CORE), None])), [1, 2]);
        // NULL is in no list, and not outside of one either.
        assert_eq!(ids!(db, people::team_id.ne_all([WEB])), [1, 2]);
        assert_eq!(ids!(db, people::team_id.ne_all([Some(WEB), None])), [0; 0]);
        // It equals nothing, and differs from nothing.
        let none = None::<i64>;
        assert_eq!(ids!(db, people::team_id.eq(none)), [0; 0]);
        assert_eq!(ids!(db, people::team_id.ne(none)), [0; 0]);
        assert_eq!(ids!(db, people::team_id.ne(CORE)), [3]);
        assert_eq!(ids!(db, people::team_id.is_not_distinct_from(none)), [4]);
        assert_eq!(ids!(db, people::team_id.is_distinct_from(CORE)), [3, 4]);
        assert_eq!(ids!(db, people::bonus.eq_any([decimal("0.10")])), [1]);
    }

    fn of_expressions(db: &Db) {
        seed(db);
        assert_eq!(ids!(db, (people::age * 2 - 1).eq_any([47, 71])), [1, 2, 3]);
        assert_eq!(
            ids!(db, 36.into_sql::<diesel::sql_types::Integer>().eq_any([36])),
            [1, 2, 3, 4]
        );
    }

    fn many_integers(db: &Db) {
        seed(db);
        let list: Vec<i64> = (3..MANY + 3).collect();
        assert_eq!(ids!(db, people::id.eq_any(&list)), [3, 4]);
        assert_eq!(ids!(db, people::id.ne_all(&list)), [1, 2]);
        assert_eq!(Person::query().filter(people::id.eq_any(&list)).count(db).expect("two"), 2);
        let extremes: Vec<i64> = list.into_iter().chain([i64::MIN, i64::MAX, 1]).collect();
        assert_eq!(ids!(db, people::id.eq_any(extremes)), [1, 3, 4]);
        let ages: Vec<i32> = (30..30_000).collect();
        assert_eq!(ids!(db, people::age.eq_any(ages)), [1, 3, 4]);
        let levels: Vec<i16> = (2..30_000).collect();
        assert_eq!(ids!(db, people::level.eq_any(levels)), [1, 2]);
    }

    fn many_texts(db: &Db) {
        seed(db);
        let mut list: Vec<String> = (0..MANY).map(|number| format!("{number} ' \" \\ é")).collect();
        assert_eq!(ids!(db, people::name.eq_any(&list)), [0; 0]);
        list.extend(["Dot", "ADA", "bob"].map(String::from));
        assert_eq!(ids!(db, people::name.eq_any(&list)), [2, 4]);
        assert_eq!(ids!(db, people::name.ne_all(&list)), [1, 3]);
        let strings: Vec<&str> = list.iter().map(String::as_str).collect();
        assert_eq!(ids!(db, people::name.eq_any(strings)), [2, 4]);
        list.push("Éclair".into());
        assert_eq!(ids!(db, people::note.eq_any(&list)), [4]);
        assert_eq!(ids!(db, people::note.ne_all(&list)), [2, 3]);
    }

    fn many_uuids(db: &Db) {
        seed(db);
        let list: Vec<Uuid> = (2..70_002_u128).map(Uuid::from_u128).collect();
        assert_eq!(ids!(db, people::token.eq_any(&list)), [2, 3, 4]);
        assert_eq!(ids!(db, people::token.ne_all(&list)), [1]);
    }

    fn many_decimals_and_dates(db: &Db) {
        seed(db);
        let list: Vec<Decimal> = (0..MANY).map(|number| Decimal::from(number + 10)).collect();
        assert_eq!(ids!(db, people::balance.eq_any(&list)), [1]);
        assert_eq!(ids!(db, people::balance.ne_all(&list)), [2, 3, 4]);
        let days: Vec<NaiveDate> = date(1989, 12, 31).iter_days().take(5000).collect();
        assert_eq!(ids!(db, people::born.eq_any(&days)), [1, 4]);
        let states = vec![Status::Former; 5000];
        assert_eq!(ids!(db, people::status.eq_any(states)), [4]);
    }

    fn many_floats(db: &Db) {
        seed(db);
        let odd = [0.1 + 0.2, f64::MIN_POSITIVE / 8.0, 1.0 / 3.0, -1e300];
        for (id, height) in (1..).zip(odd) {
            let update = diesel::update(people::table.find(id)).set(people::height.eq(height));
            db.execute(update).expect("the update");
        }
        let list: Vec<f64> = (0..MANY).map(|number| number as f64 / 7.0).collect();
        assert_eq!(ids!(db, people::height.eq_any(&list)), [0; 0]);
        let list = [list, odd[..3].to_vec()].concat();
        assert_eq!(ids!(db, people::height.eq_any(&list)), [1, 2, 3]);
        assert_eq!(ids!(db, people::height.ne_all(&list)), [4]);
        let list: Vec<f32> = (0..5000).map(|number| number as f32 * 0.75).collect();
        assert_eq!(ids!(db, people::reach.eq_any(list)), [1]);
    }

    fn many_that_may_be_null(db: &Db) {
        seed(db);
        let mut list: Vec<Option<i64>> = (2..5000).map(Some).collect();
        assert_eq!(ids!(db, people::team_id.eq_any(&list)), [3]);
        assert_eq!(ids!(db, people::team_id.ne_all(&list)), [1, 2]);
        list.push(None);
        assert_eq!(ids!(db, people::team_id.eq_any(&list)), [3]);
        assert_eq!(ids!(db, people::team_id.ne_all(&list)), [0; 0]);
    }

    fn in_update_and_delete(db: &Db) {
        seed(db);
        let list: Vec<i64> = (2..MANY).collect();
        let changed = db.execute(
            diesel::update(people::table.filter(people::id.eq_any(&list))).set(people::age.eq(1)),
        );
        assert_eq!(changed.expect("the update"), 3);
        assert_eq!(
            db.execute(diesel::delete(people::table.filter(people::id.ne_all(&list))))
                .expect("one"),
            1
        );
        assert_eq!(
            Person::query().filter(people::id.eq_any(list)).delete(db).expect("the rest"),
            3
        );
    }

    fn several_lists_in_one_statement(db: &Db) {
        seed(db);
        let ids: Vec<i64> = (1..2000).collect();
        let names: Vec<String> = (0..1500).map(|number| number.to_string()).collect();
        let both = people::id.eq_any(&ids).and(people::name.ne_all(&names)).and(people::age.gt(36));
        assert_eq!(ids!(db, both), [4]);
        let short = people::id.eq_any([1, 2, 3]).and(people::age.eq_any([36, 1, 2, 3, 4]));
        assert_eq!(ids!(db, short), [1, 3]);
    }
}

/// SQLite's files have texts in UTF-8 or in UTF-16.
#[cfg(feature = "sqlite")]
#[test]
fn texts_in_a_file_of_utf_16() {
    for encoding in ["UTF-16le", "UTF-16be"] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("test.db");
        let memory = Db::connect("sqlite::memory:").expect("a database in memory");
        memory
            .execute_sql(&format!(
                "PRAGMA encoding = '{encoding}'; CREATE TABLE made (id INTEGER PRIMARY KEY); VACUUM INTO '{}'",
                path.display()
            ))
            .expect("a file");
        let db = Db::connect(&format!("sqlite:{}", path.display())).expect("the file");
        let found: String = db
            .one(diesel::dsl::sql::<diesel::sql_types::Text>(
                "SELECT encoding FROM pragma_encoding",
            ))
            .expect("the encoding");
        assert_eq!(found, encoding);
        seed(&db);
        db.insert(somebody("Zoë 🐢")).expect("a row");
        let names: Vec<String> = (0..2000)
            .map(|number| format!("é{number}"))
            .chain(["bob".into(), "Zoë 🐢".into(), String::new()])
            .collect();
        assert_eq!(ids!(db, people::name.eq_any(&names)), [2, 5]);
        assert_eq!(ids!(db, people::name.ne_all(&names)), [1, 3, 4]);
        let found = Person::query().filter(people::name.like("Zoë%")).all(&db).expect("the row");
        assert_eq!(found.len(), 1);
        let found = Person::query().filter(people::name.ilike("zOË _")).all(&db).expect("the row");
        assert_eq!(found[0].name, "Zoë 🐢");
        let balances: Vec<Decimal> =
            (0..2000).map(|number| decimal(&format!("{number}.500"))).collect();
        assert_eq!(ids!(db, people::balance.eq_any(&balances)), [2]);
        let days: Vec<NaiveDate> = (1..2000).map(|year| date(year, 1, 2)).collect();
        assert_eq!(ids!(db, people::born.eq_any(&days)), [1]);
    }
}

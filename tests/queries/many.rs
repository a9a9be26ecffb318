//! Many rows in one call: `update_all`, `upsert_all`, `insert_all_or_ignore`.

use mizzle::prelude::*;
use mizzle::{Error, ErrorCode, Result};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use test_support::on_each_database;

use crate::schema::*;

/// A row that counts its versions.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(primary_key(shelf, place), check(small = "size < 100"))]
pub struct Item {
    pub shelf: String,
    pub place: i32,
    #[column(unique)]
    pub label: Option<String>,
    pub size: i16,
    #[column(default = 5)]
    pub weight: i64,
    #[column(version)]
    pub version: i32,
    #[column(on_update = changed)]
    pub note: Option<String>,
}

/// A table that is only a key.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(primary_key(item, label))]
pub struct Mark {
    pub item: i64,
    pub label: String,
}

mizzle::schema!(pub Store = [Item, Mark]);

fn changed() -> String {
    "changed".into()
}

fn item(shelf: &str, place: i32) -> Item {
    let label = Some(format!("{shelf}{place}"));
    Item { shelf: shelf.into(), place, label, size: 1, weight: 5, version: 1, note: None }
}

fn items(db: &impl Executor) -> Vec<Item> {
    Item::query().order_by((items::shelf, items::place)).all(db).expect("the rows")
}

fn store(db: &Db) -> Vec<Item> {
    db.create_all::<Store>().expect("the tables");
    let rows: Vec<NewItem> =
        (0..12).map(|place| new_item(&item(["a", "b", "c"][place % 3], place as i32))).collect();
    db.insert_all(rows).expect("the rows");
    items(db)
}

fn new_item(item: &Item) -> NewItem {
    NewItem {
        shelf: item.shelf.clone(),
        place: item.place,
        label: item.label.clone(),
        size: item.size,
        weight: Some(item.weight),
        version: None,
        note: item.note.clone(),
    }
}

on_each_database! {
    fn rows_get_their_own_values(db: &Db) {
        seed(db);
        let mut people = club();
        for (place, person) in people.iter_mut().enumerate() {
            person.name = format!("{place}; \"{}\" {{NULL}}, \\", person.name);
            person.balance = decimal("12345678901234567890.0123456789");
            person.bonus = (place % 2 == 0).then(|| decimal("-0.50"));
            person.born = (place % 2 == 1).then(|| date(44, 3, 15));
            person.note = (place > 0).then(String::new);
            person.token = Uuid::from_u128(place as u128);
            person.height = f64::MIN_POSITIVE;
            person.reach = -0.0;
            person.points = i64::MAX - place as i64;
            person.status = Status::Former;
            person.active = place % 2 == 0;
        }
        people.swap(0, 2);
        db.update_all(&people).expect("the update");
        let read = || Person::query().order_by(people::id).all(db).expect("the rows");
        let mut expected = people.clone();
        expected.sort_by_key(|person| person.id);
        assert_eq!(read(), expected);
        // Returned in the given order.
        people.iter_mut().for_each(|person| person.points = 1);
        assert_eq!(db.update_all_returning(&people).expect("the rows"), people);
        db.update_all(Vec::<Person>::new()).expect("nothing to do");
        assert_eq!(db.update_all_returning(&people[..1]).expect("a row"), people[..1]);
    }

    fn versions_are_checked_and_counted(db: &Db) {
        let rows = store(db);
        let updated = db.update_all_returning(&rows).expect("the rows");
        for (before, after) in rows.iter().zip(&updated) {
            let expected = Item { version: 2, note: Some("changed".into()), ..before.clone() };
            assert_eq!(*after, expected);
        }
        let mut stale = updated.clone();
        stale[7].version = 1;
        let error = db.update_all(&stale).expect_err("one is stale");
        assert!(error.is_stale_row(), "{error:?}");
        assert!(error.to_string().starts_with("row 8 of 12: "), "{error}");
        stale[7].place = 99;
        let error = db.update_all(&stale).expect_err("one is missing");
        assert!(error.is_not_found(), "{error:?}");
        assert!(error.to_string().starts_with("row 8 of 12: "), "{error}");
        // The second time, the row has the next version.
        let twice = [updated[0].clone(), updated[0].clone()];
        assert!(db.update_all(&twice).expect_err("the second is stale").is_stale_row());
        assert_eq!(items(db), updated);
    }

    fn an_error_names_its_row_and_undoes_all(db: &Db) {
        let rows = store(db);
        let mut large = rows.clone();
        large.iter_mut().for_each(|row| row.size = 2);
        large[3].size = 100;
        let error = db.update_all(&large).expect_err("the check");
        assert!(error.is_check_violation(), "{error:?}");
        assert!(error.to_string().starts_with("row 4 of 12: "), "{error}");
        let count = db
            .transaction(|tx| {
                assert!(tx.update_all(&large).is_err());
                // The transaction goes on.
                tx.count(items::table)
            })
            .expect("the count");
        assert_eq!(count, 12);
        assert_eq!(items(db), rows);
    }

    fn labels_move_from_row_to_row(db: &Db) {
        let mut rows = store(db);
        let labels: Vec<Option<String>> = rows.iter().map(|row| row.label.clone()).collect();
        for (place, row) in rows.iter_mut().enumerate() {
            row.label = labels.get(place + 1).cloned().flatten();
        }
        // From the last to the first, each label is free when the next row takes it.
        rows.reverse();
        db.update_all(&rows).expect("the update");
        rows.reverse();
        let read: Vec<_> = items(db).into_iter().map(|row| row.label).collect();
        assert_eq!(read, rows.into_iter().map(|row| row.label).collect::<Vec<_>>());
    }

    fn keys_alone(db: &Db) {
        db.create_all::<Store>().expect("the tables");
        let new = |item| NewMark { item, label: "x".into() };
        assert_eq!(db.insert_all([new(1), new(2)]).expect("two"), 2);
        let rows = Mark::query().order_by(marks::item).all(db).expect("the rows");
        assert_eq!(db.update_all_returning(&rows).expect("the rows"), rows);
        assert_eq!(db.upsert_all([new(2), new(3)]).expect("two"), 2);
        assert_eq!(db.insert_all_or_ignore([new(3), new(4), new(4)]).expect("one"), 1);
        assert_eq!(db.count(marks::table).expect("the count"), 4);
    }

    fn upserts(db: &Db) {
        let rows = store(db);
        let mut new: Vec<NewItem> = rows.iter().map(new_item).collect();
        new.iter_mut().for_each(|row| (row.size, row.weight) = (9, None));
        new.push(NewItem { place: 50, label: None, weight: Some(8), ..new[0].clone() });
        // The last one wins.
        new.push(NewItem { size: 10, ..new[12].clone() });
        new.push(NewItem { size: 11, weight: None, ..new[12].clone() });
        assert_eq!(db.upsert_all(&new).expect("the rows"), 15);
        let stored = items(db);
        assert_eq!(stored.len(), 13);
        let last = stored.iter().find(|row| row.place == 50).expect("the row");
        assert_eq!((last.size, last.weight, last.version), (11, 8, 3));
        let others = stored.iter().filter(|row| row.place != 50);
        assert!(others.clone().all(|row| (row.size, row.weight, row.version) == (9, 5, 2)));
        assert_eq!(db.upsert_all(Vec::<NewItem>::new()).expect("none"), 0);

        let labelled = |label: &str, size| NewItem {
            label: Some(label.into()),
            size,
            place: 70 + i32::from(size),
            ..new[0].clone()
        };
        let rows = [labelled("a0", 20), labelled("new", 21)];
        assert_eq!(db.upsert_all_on(items::label, &rows).expect("two"), 2);
        let found = Item::query().filter(items::size.ge(20)).order_by(items::size).all(db);
        let found: Vec<_> = found.expect("two").into_iter().map(|row| (row.place, row.size)).collect();
        assert_eq!(found, [(0, 20), (91, 21)]);
    }

    fn an_upsert_needs_its_key(db: &Db) {
        seed(db);
        let rows = [NewPerson { id: Some(1), ..somebody("Ada") }, somebody("Eve")];
        let error = db.upsert_all(&rows).expect_err("one has no key");
        assert_eq!(error.code(), ErrorCode::QueryError);
        assert!(error.to_string().starts_with("row 2 of 2: `upsert_all` into people"), "{error}");
        assert!(error.troubleshooting()[0].contains("upsert_all_on"), "{error:?}");
        assert_eq!(db.upsert_all_on(people::name, &rows[1..]).expect("one"), 1);
    }

    fn conflicts_are_left_out(db: &Db) {
        seed(db);
        let mut rows: Vec<NewPerson> = (0..1000).map(|n| somebody(&format!("p{}", n % 700))).collect();
        rows[0].name = "Ada".into();
        rows[1].active = Some(false);
        rows[701].age = 31;
        assert_eq!(db.insert_all_or_ignore(&rows).expect("the rows"), 700);
        let first = Person::query().filter(people::name.eq("p1")).one(db).expect("the row");
        assert_eq!((first.age, first.active), (30, false));
        rows[900] = NewPerson { age: 0, ..somebody("new") };
        assert!(db.insert_all_or_ignore(&rows).expect_err("the check").is_check_violation());
        assert_eq!(db.count(people::table).expect("the count"), 704);
    }
}

/// Columns whose types mizzle doesn't create.
#[cfg(feature = "postgres")]
#[derive(Table, Debug, Clone, PartialEq)]
pub struct Coin {
    #[column(primary_key)]
    pub code: String,
    pub name: String,
    pub worth: Decimal,
    pub minted: Option<NaiveDateTime>,
}

#[cfg(feature = "postgres")]
#[test]
fn types_of_others_on_postgres() {
    test_support::with_postgres(|db| {
        db.execute_sql(
            "CREATE TABLE coins (code char(5) PRIMARY KEY, name varchar(4) NOT NULL, worth numeric(6,2) NOT NULL,
             minted timestamptz)",
        )
        .expect("the table");
        let coin = |code: &str, name: &str| Coin {
            code: code.into(),
            name: name.into(),
            worth: decimal("1.5"),
            minted: None,
        };
        let rows = [coin("eur", "euro"), coin("dkk", "oere")];
        db.upsert_all(
            rows.iter()
                .map(|coin| NewCoin {
                    code: coin.code.clone(),
                    name: "x".into(),
                    worth: decimal("0"),
                    minted: None,
                })
                .collect::<Vec<_>>(),
        )
        .expect("the rows");
        let updated = db.update_all_returning(rows).expect("the rows");
        assert_eq!(updated, [coin("eur  ", "euro"), coin("dkk  ", "oere")]);
        let error =
            db.update_all([coin("eur", "euro"), coin("dkk", "kroner")]).expect_err("too long");
        assert!(error.to_string().starts_with("row 2 of 2: "), "{error}");
    });
}

/// Runs `f` in a transaction that is rolled back, and returns what it returned and the rows afterwards.
fn tried<T>(db: &Db, f: impl FnOnce(&Tx<'_>) -> Result<T>) -> (Result<T>, Vec<Item>) {
    let mut kept = None;
    let undone: Result<()> = db.transaction(|tx| {
        let result = tx.transaction(f);
        kept = Some((result, items(tx)));
        Err(Error::application("undone"))
    });
    undone.expect_err("it is undone");
    kept.expect("what was kept")
}

/// A row like one of the store, or of none, with other values.
fn any_item() -> impl Strategy<Value = Item> {
    let label = proptest::option::weighted(0.8, (0..3_usize, 0..6));
    let key = (0..3_usize, 0..6);
    // As many rows as there are should be there, of the right version.
    (key, label, prop_oneof![9 => 1..99_i16, 1 => Just(100)], 0..9_i64, 1..=20).prop_map(
        |((shelf, place), label, size, weight, version)| Item {
            shelf: ["a", "b", "c"][shelf].into(),
            place,
            label: label.map(|(shelf, place)| format!("{}{place}", ["a", "b", "c"][shelf])),
            size,
            weight,
            version: if version == 20 { 2 } else { 1 },
            note: None,
        },
    )
}

fn cases() -> TestRunner {
    let cases = std::env::var("MIZZLE_CASES").map_or(60, |cases| cases.parse().expect("a number"));
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

on_each_database! {
    /// `update_all` does what updating row by row does. Only the order in which labels move may differ.
    fn update_all_is_the_loop(db: &Db) {
        let before = store(db);
        let existing = (0..before.len()).prop_flat_map({
            let before = before.clone();
            move |place| {
                let (shelf, key) = (before[place].shelf.clone(), before[place].place);
                any_item().prop_map(move |item| Item { shelf: shelf.clone(), place: key, ..item })
            }
        });
        let row = prop_oneof![15 => existing, 1 => any_item()];
        cases()
            .run(&proptest::collection::vec(row, 0..6), |rows| {
                let each = |tx: &Tx<'_>| rows.iter().map(|row| tx.update_returning(row)).collect();
                let (one_by_one, expected) = tried::<Vec<Item>>(db, each);
                let (all, stored) = tried(db, |tx| tx.update_all_returning(&rows));
                match (one_by_one, all) {
                    (Ok(one_by_one), Ok(all)) => {
                        prop_assert_eq!(one_by_one, all);
                        prop_assert_eq!(expected, stored);
                    }
                    (Err(one_by_one), Err(all)) => {
                        prop_assert_eq!(one_by_one.code(), all.code());
                        prop_assert_eq!(one_by_one.constraint(), all.constraint());
                        prop_assert_eq!(&stored, &before);
                    }
                    (Err(error), Ok(_)) => prop_assert!(error.is_unique_violation(), "{error}"),
                    (Ok(_), Err(error)) => prop_assert!(false, "{error}"),
                }
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{error}"));
    }

    /// `upsert_all` and `insert_all_or_ignore` do what a call for each row does.
    fn upsert_all_is_the_loop(db: &Db) {
        store(db);
        let row = (any_item(), any::<bool>()).prop_map(|(item, is_heavy)| {
            let new = new_item(&item);
            NewItem { weight: new.weight.filter(|_| is_heavy), ..new }
        });
        let rows = proptest::collection::vec(row, 0..8);
        cases()
            .run(&rows, |rows| {
                let each = |tx: &Tx<'_>| rows.iter().try_for_each(|row| tx.upsert(row.clone()).map(drop));
                let (one_by_one, expected) = tried::<()>(db, each);
                let (all, stored) = tried(db, |tx| tx.upsert_all(&rows));
                prop_assert_eq!(one_by_one.map(|()| rows.len() as u64).ok(), all.ok());
                prop_assert_eq!(expected, stored);

                let each = |tx: &Tx<'_>| {
                    rows.iter().map(|row| tx.insert_all_or_ignore([row.clone()])).sum::<Result<u64>>()
                };
                let (one_by_one, expected) = tried(db, each);
                let (all, stored) = tried(db, |tx| tx.insert_all_or_ignore(&rows));
                prop_assert_eq!(one_by_one.ok(), all.ok());
                prop_assert_eq!(expected, stored);
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{error}"));
    }
}

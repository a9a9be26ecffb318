//! INSERT of many rows: in few statements, all or none.

use diesel::dsl::insert_into;
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::{decimal, stored};

/// Fifteen columns, of which three have a default.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "wide")]
pub struct Wide {
    #[column(primary_key)]
    pub id: i64,
    pub truth: bool,
    pub small: i16,
    pub middle: i32,
    pub float: f32,
    pub double: f64,
    pub text: String,
    pub bytes: Vec<u8>,
    pub day: NaiveDate,
    pub time: NaiveTime,
    pub moment: DateTime<Utc>,
    pub key: Option<Uuid>,
    #[column(default = 7.5)]
    pub amount: Decimal,
    #[column(default = "nothing")]
    pub label: String,
    #[column(default = 42)]
    pub answer: i32,
}

mizzle::schema!(pub WideTable = [Wide]);

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "counted")]
pub struct Counted {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(unique)]
    pub number: Option<i32>,
    #[column(default = 3)]
    pub twice: i32,
}

mizzle::schema!(pub CountedTable = [Counted]);

const ROWS: i64 = 10_000;

fn row(id: i64) -> Wide {
    let middle = i32::try_from(id).expect("a small number");
    let seconds = u32::try_from(id % 86_400).expect("a small number");
    Wide {
        id,
        truth: id % 2 == 0,
        small: i16::try_from(id % 1000).expect("a small number"),
        middle,
        float: middle as f32 / 4.0,
        double: f64::from(middle) * 0.1,
        text: format!("row {id} — “é”"),
        bytes: id.to_be_bytes().to_vec(),
        day: NaiveDate::from_num_days_from_ce_opt(middle + 700_000).expect("a day"),
        time: NaiveTime::from_num_seconds_from_midnight_opt(seconds, 5000).expect("a time"),
        moment: DateTime::from_timestamp_micros(id * 1_000_001).expect("a moment"),
        key: (id % 3 != 0).then(|| Uuid::from_u128(id.unsigned_abs().into())),
        amount: decimal(&format!("{id}.25")),
        label: format!("label {id}"),
        answer: -middle,
    }
}

/// The new row for `row`; which defaults it takes depends on its id.
fn with_defaults(row: &Wide) -> NewWide {
    let row = row.clone();
    NewWide {
        id: row.id,
        truth: row.truth,
        small: row.small,
        middle: row.middle,
        float: row.float,
        double: row.double,
        text: row.text,
        bytes: row.bytes,
        day: row.day,
        time: row.time,
        moment: row.moment,
        key: row.key,
        amount: (row.id % 2 != 0).then_some(row.amount),
        label: (row.id % 5 != 0).then_some(row.label),
        answer: (row.id % 7 != 0).then_some(row.answer),
    }
}

/// What [`with_defaults`] becomes.
fn defaulted(row: Wide) -> Wide {
    Wide {
        amount: if row.id % 2 != 0 { row.amount } else { decimal("7.5") },
        label: if row.id % 5 != 0 { row.label } else { "nothing".into() },
        answer: if row.id % 7 != 0 { row.answer } else { 42 },
        ..row
    }
}

fn all(db: &Db) -> Vec<Wide> {
    Wide::query().order_by(wide::id).all(db).expect("the rows")
}

on_each_database! {
    fn ten_thousand_whole_rows(db: &Db) {
        db.create_all::<WideTable>().expect("the table");
        let rows: Vec<Wide> = (1..=ROWS).map(row).collect();
        assert_eq!(db.insert_all(&rows).expect("the insert"), 10_000);
        assert_eq!(all(db), rows);
    }

    fn ten_thousand_rows_of_mixed_defaults(db: &Db) {
        db.create_all::<WideTable>().expect("the table");
        let rows: Vec<NewWide> = (1..=ROWS).map(|id| with_defaults(&row(id))).collect();
        assert_eq!(db.insert_all(&rows).expect("the insert"), 10_000);
        assert_eq!(all(db), (1..=ROWS).map(|id| defaulted(row(id))).collect::<Vec<_>>());
    }

    fn rows_come_back_in_their_order(db: &Db) {
        db.create_all::<WideTable>().expect("the table");
        // Descending, so that neither the key's order nor that of the statements is the given one.
        let rows: Vec<NewWide> = (1..=1000).rev().map(|id| with_defaults(&row(id))).collect();
        let back = db.insert_all_returning(&rows).expect("the insert");
        assert_eq!(back, (1..=1000).rev().map(|id| defaulted(row(id))).collect::<Vec<_>>());
    }

    fn a_duplicate_in_the_last_row_leaves_nothing(db: &Db) {
        db.create_all::<WideTable>().expect("the table");
        let mut rows: Vec<Wide> = (1..=ROWS).map(row).collect();
        rows.push(row(1));
        let error = db.insert_all(&rows).expect_err("the key is taken");
        assert!(error.is_unique_violation(), "{error:?}");
        assert_eq!(
            error.constraint().and_then(|constraint| constraint.table.clone()).as_deref(),
            Some("wide")
        );
        assert_eq!(db.count(wide::table).expect("the count"), 0);

        let mut rows: Vec<NewWide> = (1..=ROWS).map(|id| with_defaults(&row(id))).collect();
        rows.push(with_defaults(&row(1)));
        let error = db.insert_all_returning(&rows).expect_err("the key is taken");
        assert!(error.is_unique_violation(), "{error:?}");
        assert_eq!(db.count(wide::table).expect("the count"), 0);
        assert_eq!(db.insert_all(&rows[..5]).expect("the connection is as good as before"), 5);
    }

    fn a_failed_batch_spares_what_its_transaction_did_before(db: &Db) {
        db.create_all::<WideTable>().expect("the table");
        let mut rows: Vec<Wide> = (1..=3000).map(row).collect();
        rows.push(row(1));
        db.transaction(|tx| {
            tx.insert(row(5000))?;
            let error = tx.insert_all(&rows).expect_err("the key is taken");
            assert!(error.is_unique_violation(), "{error:?}");
            tx.insert(row(5001))?;
            Ok(())
        })
        .expect("the transaction goes on");
        assert_eq!(all(db), [row(5000), row(5001)]);
    }

    fn nothing_to_insert(db: &Db) {
        db.create_all::<WideTable>().expect("the table");
        db.insert(row(1)).expect("a row, so that there is a last count to be wrong");
        let none: [Wide; 0] = [];
        assert_eq!(db.insert_all(none).expect("nothing"), 0);
        assert_eq!(db.insert_all_returning(Vec::<NewWide>::new()).expect("nothing"), []);
        assert_eq!(
            db.execute(insert_into(wide::table).values(Vec::<&Wide>::new())).expect("nothing"),
            0
        );
        let back: Vec<Wide> =
            db.load(insert_into(wide::table).values(Vec::<NewWide>::new())).expect("nothing");
        assert_eq!(back, []);
        assert_eq!(db.count(wide::table).expect("the count"), 1);
    }

    fn diesel_batches(db: &Db) {
        db.create_all::<WideTable>().expect("the table");
        let rows: Vec<Wide> = (1..=500).map(row).collect();
        assert_eq!(db.execute(insert_into(wide::table).values(&rows)).expect("a batch"), 500);
        let more: Vec<Wide> = (501..=510).map(row).collect();
        let more: Vec<&Wide> = more.iter().collect();
        assert_eq!(db.execute(insert_into(wide::table).values(more)).expect("a batch"), 10);
        assert_eq!(all(db), (1..=510).map(row).collect::<Vec<_>>());
    }

    fn a_batch_of_diesels_with_the_same_defaults(db: &Db) {
        db.create_all::<WideTable>().expect("the table");
        let rows: Vec<NewWide> = [10, 20, 30].map(|id| with_defaults(&row(id))).into();
        let rows: Vec<&NewWide> = rows.iter().collect();
        assert_eq!(db.execute(insert_into(wide::table).values(rows)).expect("a batch"), 3);
        assert_eq!(all(db), [10, 20, 30].map(|id| defaulted(row(id))));
    }

    fn a_batch_of_diesels_with_differing_defaults(db: &Db) {
        db.create_all::<WideTable>().expect("the table");
        let rows: Vec<NewWide> = (1..=10).map(|id| with_defaults(&row(id))).collect();
        let rows: Vec<&NewWide> = rows.iter().collect();
        assert_eq!(db.execute(insert_into(wide::table).values(rows)).expect("a batch"), 10);
        assert_eq!(all(db), (1..=10).map(|id| defaulted(row(id))).collect::<Vec<_>>());

        let rows: Vec<NewWide> = (11..=30).rev().map(|id| with_defaults(&row(id))).collect();
        let back: Vec<Wide> = db.load(insert_into(wide::table).values(rows)).expect("a batch");
        assert_eq!(back, (11..=30).rev().map(|id| defaulted(row(id))).collect::<Vec<_>>());

        let rows: Vec<NewWide> =
            [40, 41, 42, 1].map(|id| with_defaults(&row(id))).into_iter().collect();
        let error = db.execute(insert_into(wide::table).values(&rows)).expect_err("a key is taken");
        assert!(error.is_unique_violation(), "{error:?}");
        assert_eq!(db.count(wide::table).expect("the count"), 30);

        db.transaction(|tx| {
            let refused = tx.transaction(|inner| inner.execute(insert_into(wide::table).values(&rows)));
            let error = refused.expect_err("a key is taken");
            assert!(error.is_unique_violation(), "{error:?}");
            assert_eq!(tx.execute(insert_into(wide::table).values(&rows[..3]))?, 3);
            Ok(())
        })
        .expect("the transaction goes on");
        assert_eq!(db.count(wide::table).expect("the count"), 33);

        let rows: Vec<NewWide> = (41..=50).map(|id| with_defaults(&row(id))).collect();
        let inserted = db.execute(
            insert_into(wide::table)
                .values(&rows)
                .on_conflict(wide::id)
                .do_update()
                .set(wide::label.eq("twice")),
        );
        assert_eq!(inserted.expect("a batch"), 10);
        assert_eq!(db.count(wide::table.filter(wide::label.eq("twice"))).expect("the count"), 2);
    }

    fn a_batch_of_diesels_with_more_parameters_than_a_statement_takes(db: &Db) {
        db.create_all::<CountedTable>().expect("the table");
        let number = |row: i32| (counted::number.eq(row), counted::twice.eq(2 * row));
        let rows: Vec<_> = (0..40_000).map(number).collect();
        let inserted = db.execute(insert_into(counted::table).values(rows));
        assert_eq!(inserted.expect("a batch"), 40_000);
        let rows: Vec<_> = (40_000..73_000).map(number).collect();
        let back: Vec<(i64, Option<i32>)> = db
            .load(
                insert_into(counted::table)
                    .values(rows)
                    .returning((counted::id, counted::number)),
            )
            .expect("a batch");
        assert_eq!(back, (40_000..73_000).map(|row| (i64::from(row) + 1, Some(row))).collect::<Vec<_>>());
        // The last one is refused, and so are all.
        let rows: Vec<_> = (73_000..90_000).chain([7]).map(number).collect();
        let error = db.execute(insert_into(counted::table).values(rows)).expect_err("7 is there");
        assert!(error.is_unique_violation(), "{error:?}");
        assert_eq!(db.count(counted::table).expect("the count"), 73_000);
    }

    fn rows_of_nothing_but_defaults(db: &Db) {
        db.create_all::<CountedTable>().expect("the table");
        let none: Option<diesel::dsl::Eq<counted::twice, i32>> = None;
        let some = Some(counted::twice.eq(9));
        let rows = vec![(counted::id.eq(5), none), (counted::id.eq(6), some), (counted::id.eq(7), none)];
        // `number` has no default and is NULL.
        assert_eq!(db.execute(insert_into(counted::table).values(rows)).expect("a batch"), 3);
        let rows = vec![none, some, none, none];
        assert_eq!(db.execute(insert_into(counted::table).values(rows)).expect("a batch"), 4);
        let twice: Vec<i32> =
            db.load(counted::table.order(counted::id).select(counted::twice)).expect("the rows");
        assert_eq!(twice.len(), 7);
        assert_eq!(twice.iter().filter(|&&twice| twice == 9).count(), 2);
        assert_eq!(twice.iter().filter(|&&twice| twice == 3).count(), 5);
    }

    fn keys_that_the_database_counts(db: &Db) {
        use crate::schema::{Club, Person, somebody};
        db.create_all::<Club>().expect("the tables");
        let rows: Vec<_> = (1..=2500).map(|number| somebody(&number.to_string())).collect();
        let back: Vec<Person> = db.insert_all_returning(&rows).expect("the insert");
        assert_eq!(back, (1..=2500).map(|id| stored(id, &id.to_string())).collect::<Vec<_>>());
    }
}

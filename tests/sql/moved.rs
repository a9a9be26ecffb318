//! Columns that change their names, their order or their number between the runs of a statement.

use mizzle::prelude::*;
use mizzle::{ErrorCode, Result, Sql};
use test_support::each_url;

#[derive(Row, Debug, PartialEq)]
struct Pair {
    first: String,
    second: String,
}

#[derive(Row, Debug, PartialEq)]
struct Swapped {
    second: String,
    first: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "pairs")]
pub struct Kept {
    #[column(primary_key)]
    pub first: String,
    pub second: String,
}

mizzle::schema!(Pairs = [Kept]);

/// One statement, prepared once, for rows of any type.
fn pairs() -> Sql<'static> {
    sql!("SELECT * FROM pairs")
}

fn check(db: &Db, first: &str, second: &str) {
    let (first, second) = (first.to_owned(), second.to_owned());
    for _ in 0..2 {
        let pair = Pair { first: first.clone(), second: second.clone() };
        let swapped = Swapped { first: first.clone(), second: second.clone() };
        let kept = Kept { first: first.clone(), second: second.clone() };
        assert_eq!(pairs().all::<Pair>(db).unwrap(), [pair]);
        assert_eq!(pairs().all::<Swapped>(db).unwrap(), [swapped]);
        assert_eq!(pairs().all::<Kept>(db).unwrap(), std::slice::from_ref(&kept));
        assert_eq!(pairs().stream(db).unwrap().collect::<Result<Vec<Kept>>>().unwrap(), [kept]);
        assert_eq!(pairs().all::<(String, String)>(db).unwrap().len(), 1);
    }
}

/// The other connection changes the table between the runs.
#[test]
fn columns_are_found_again_after_a_change_of_the_table() {
    each_url!(|url| {
        let db = Db::builder(url).pool_size(1).connect().unwrap();
        let other = Db::builder(url).pool_size(1).connect().unwrap();
        db.create_all::<Pairs>().unwrap();
        db.insert(Kept { first: "one".into(), second: "two".into() }).unwrap();
        check(&db, "one", "two");
        let rename = |from: &str, to: &str| {
            other.execute_sql(&format!("ALTER TABLE pairs RENAME COLUMN {from} TO {to}")).unwrap();
        };
        rename("first", "other");
        rename("second", "first");
        rename("other", "second");
        check(&db, "two", "one");
        other.execute_sql("ALTER TABLE pairs ADD COLUMN third text").unwrap();
        for _ in 0..2 {
            let error = pairs().all::<Pair>(&db).unwrap_err();
            assert_eq!(error.code(), ErrorCode::QueryError, "{error}");
            assert!(error.to_string().contains("no field for the column third"), "{error}");
            assert_eq!(
                pairs().all::<(String, String)>(&db).unwrap_err().code(),
                ErrorCode::QueryError
            );
        }
        other.execute_sql("ALTER TABLE pairs DROP COLUMN third").unwrap();
        check(&db, "two", "one");
        rename("first", "third");
        assert!(pairs().all::<Swapped>(&db).unwrap_err().to_string().contains("no column first"));
        rename("third", "first");
        check(&db, "two", "one");
        // The table is another one, with its columns in another order.
        other
            .execute_sql(
                "DROP TABLE pairs; CREATE TABLE pairs (first text NOT NULL, second text NOT NULL);
                 INSERT INTO pairs VALUES ('1', '2')",
            )
            .unwrap();
        check(&db, "1", "2");
    });
}

/// The connection changes the table itself, in a transaction that is rolled back.
#[test]
fn columns_are_found_again_after_a_change_was_rolled_back() {
    each_url!(|url| {
        let db = Db::builder(url).pool_size(1).connect().unwrap();
        db.create_all::<Pairs>().unwrap();
        db.insert(Kept { first: "one".into(), second: "two".into() }).unwrap();
        check(&db, "one", "two");
        let swapped: Result<()> = db.transaction(|tx| {
            tx.execute_sql(
                "ALTER TABLE pairs RENAME COLUMN first TO other;
                 ALTER TABLE pairs RENAME COLUMN second TO first;
                 ALTER TABLE pairs RENAME COLUMN other TO second",
            )?;
            assert_eq!(pairs().all::<Pair>(tx)?[0].first, "two");
            Err(pairs().all::<Pair>(tx).err().unwrap_or_else(|| {
                // Any error rolls back.
                sql!("SELECT 1").one::<String>(tx).unwrap_err()
            }))
        });
        assert!(swapped.is_err());
        check(&db, "one", "two");
    });
}

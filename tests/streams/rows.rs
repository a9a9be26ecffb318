//! A stream has the rows that `all` has.

use diesel::RunQueryDsl;
use mizzle::prelude::*;
use mizzle::{ErrorCode, RowByRow};
use test_support::on_each_database;

use crate::schema::*;

#[derive(Row, Debug, PartialEq)]
struct Named {
    name: String,
    rank: Option<i32>,
}

on_each_database! {
    fn are_those_of_all(db: &Db) {
        // More than a part of a cursor, and more than the rows whose related rows are loaded together.
        store(db, 5000);
        for limit in [0, 1, 127, 128, 129, 1000, 1001, 4999, 6000] {
            let query = Item::query().order_by(items::id.desc()).limit(limit);
            let all = query.all(db).unwrap();
            let streamed: Vec<Item> = query.clone().stream(db).unwrap().map(Result::unwrap).collect();
            assert_eq!(streamed, all, "{limit}");
            db.transaction(|tx| {
                let streamed: Vec<Item> = query.clone().stream(tx)?.collect::<Result<_, _>>()?;
                assert_eq!(streamed, all, "{limit}");
                Ok(())
            })
            .unwrap();
        }
        assert_eq!(db.pool_status().in_use, 0);
    }

    fn come_with_their_relations(db: &Db) {
        store(db, 2500);
        let query = Item::query().order_by(items::id).with(Item::notes().order_by(notes::id));
        let all = query.all(db).unwrap();
        let streamed: Vec<_> = query.clone().stream(db).unwrap().map(Result::unwrap).collect();
        assert_eq!(streamed, all);
        assert_eq!((streamed.len(), streamed[1].notes.len()), (2500, 2));
        // Rows that a relation leaves out, a whole thousand of them as well.
        let query = Item::query()
            .order_by(items::id)
            .with(Item::notes().filter(notes::id.gt(4000)).required());
        let streamed: Vec<_> = query.clone().stream(db).unwrap().map(Result::unwrap).collect();
        assert_eq!(streamed, query.all(db).unwrap());
        assert_eq!(streamed.len(), 251);
        db.transaction(|tx| {
            assert_eq!(Note::query().with(Note::item()).stream(tx)?.count(), 2500);
            tx.execute(diesel::update(items::table).set(items::rank.eq(1)))
        })
        .unwrap();
    }

    fn of_diesels_queries(db: &Db) {
        store(db, 300);
        let query = || {
            items::table
                .left_join(notes::table)
                .filter(items::name.like("item 1%"))
                .order_by((items::id, notes::id))
                .select((items::name, notes::text.nullable()))
        };
        let all: Vec<(String, Option<String>)> = db.load(query()).unwrap();
        let streamed: Vec<(String, Option<String>)> =
            db.stream(query()).unwrap().map(Result::unwrap).collect();
        assert_eq!(streamed, all);
        assert!(all.len() > 100, "{}", all.len());
        // As a condition, and beside each other.
        let mut pairs = 0;
        for id in db.stream(items::table.select(items::id).filter(items::id.le(20))).unwrap() {
            let id: i64 = id.unwrap();
            for note in db.stream::<i64, _>(notes::table.select(notes::id).filter(notes::item_id.eq(id))).unwrap() {
                pairs += note.unwrap() / note_base(id);
            }
        }
        assert_eq!(pairs, 20);
    }

    fn of_sql_by_hand(db: &Db) {
        store(db, 300);
        let prefix = "item 2%".to_owned();
        let all: Vec<Named> =
            sql!("SELECT rank, name FROM items WHERE name LIKE {prefix} ORDER BY id").all(db).unwrap();
        let streamed: Vec<Named> =
            sql!("SELECT rank, name FROM items WHERE name LIKE {prefix} ORDER BY id")
                .stream(db)
                .unwrap()
                .map(Result::unwrap)
                .collect();
        assert_eq!(streamed, all);
        assert_eq!(all.len(), 112 - 1);
        let stream = sql!("SELECT id FROM items WHERE id > {290} ORDER BY id").stream(db).unwrap();
        let ids: Vec<i64> = stream.map(Result::unwrap).collect();
        assert_eq!(ids, (291..=300).collect::<Vec<_>>());
    }

    /// A value that the query borrows is gone before the rows are read.
    fn keep_their_values(db: &Db) {
        store(db, 300);
        let name = String::from("item 29%");
        let bytes = name.clone();
        let stream = {
            let query = items::table.filter(items::name.like(&bytes)).order_by(items::id).select(items::id);
            db.stream::<i64, _>(query).unwrap()
        };
        assert_eq!(stream.map(Result::unwrap).collect::<Vec<_>>().len(), 11);
        let query = Item::query().filter(items::name.like(name.as_str())).order_by(items::id);
        let stream = query.stream(db).unwrap();
        assert_eq!(stream.map(|item| item.unwrap().id).collect::<Vec<_>>()[..2], [29, 290]);
    }

    /// What writes runs to its end, however many of its rows are read.
    fn of_statements_that_write(db: &Db) {
        store(db, 3000);
        let update = || {
            diesel::update(items::table.filter(items::id.le(2000)))
                .set(items::rank.eq(99))
                .returning(items::id)
        };
        let written = || Item::query().filter(items::rank.eq(99)).count(db).unwrap();
        assert_eq!(db.stream::<i64, _>(update()).unwrap().map(Result::unwrap).count(), 2000);
        assert_eq!(written(), 2000);
        for reads in [0, 1, 500] {
            db.execute(diesel::update(items::table).set(items::rank.eq(1))).unwrap();
            assert_eq!(db.stream::<i64, _>(update()).unwrap().take(reads).map(Result::unwrap).count(), reads);
            assert_eq!(written(), 2000, "{reads}");
            db.execute(diesel::update(items::table).set(items::rank.eq(1))).unwrap();
            db.transaction(|tx| {
                sql!("UPDATE items SET rank = 99 WHERE id <= 2000 RETURNING id")
                    .stream::<i64>(tx)?
                    .take(reads)
                    .for_each(|id| assert!(id.unwrap() <= 2000));
                tx.insert(NewItem { id: 5000 + reads as i64, name: "after".into(), rank: None })
            })
            .unwrap();
            assert_eq!(written(), 2000, "{reads}");
        }
    }

    fn can_be_wrong(db: &Db) {
        store(db, 3000);
        // Known before the first row.
        let error = sql!("SELECT missing FROM items").stream::<i64>(db).map(|stream| stream.last());
        match error {
            Err(error) => assert_eq!(error.code(), ErrorCode::SchemaError, "{error:?}"),
            Ok(last) => panic!("{last:?}"),
        }
        // In the middle: a row that doesn't fit.
        let read = |on: &dyn Fn() -> Vec<mizzle::Result<i32>>| {
            let rows = on();
            let (last, before) = rows.split_last().unwrap();
            assert!(before.iter().all(Result::is_ok) && before.len() >= 2, "{}", before.len());
            let error = last.as_ref().unwrap_err();
            assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}");
            assert!(error.sql().unwrap().contains("FROM items"), "{error:?}");
        };
        db.execute(diesel::update(items::table.find(1)).set(items::rank.eq(1))).unwrap();
        db.execute(diesel::update(items::table.find(2)).set(items::rank.eq(1))).unwrap();
        read(&|| sql!("SELECT rank FROM items ORDER BY id").stream(db).unwrap().collect());
        read(&|| {
            let mut rows = Vec::new();
            db.transaction(|tx| {
                rows.extend(sql!("SELECT rank FROM items ORDER BY id").stream::<i32>(tx)?);
                tx.count(items::table)
            })
            .unwrap();
            rows
        });
        assert_eq!(db.pool_status().in_use, 0);
    }

    /// diesel's own way.
    fn of_load_iter(db: &Db) {
        store(db, 3000);
        db.with_connection(|connection| {
            let query = || items::table.order_by(items::id).select((items::id, items::name));
            let all: Vec<(i64, String)> = query().load(connection)?;
            let iterated: Vec<(i64, String)> =
                query().load_iter::<(i64, String), RowByRow>(connection)?.collect::<Result<_, _>>()?;
            assert_eq!(iterated, all);
            let first: Vec<i64> = query()
                .load_iter::<(i64, String), RowByRow>(connection)?
                .take(3)
                .map(|row| row.map(|(id, _)| id))
                .collect::<Result<_, _>>()?;
            assert_eq!(first, [1, 2, 3]);
            // Leaked: the next statement ends it.
            let mut leaked = query().load_iter::<(i64, String), RowByRow>(connection)?;
            assert_eq!(leaked.next().unwrap()?.0, 1);
            std::mem::forget(leaked);
            let count: i64 = items::table.count().get_result(connection)?;
            assert_eq!(count, 3000);
            diesel::delete(items::table.filter(items::id.gt(2900)).filter(items::id.eq(2999)))
                .execute(connection)?;
            Ok(())
        })
        .unwrap();
        assert_eq!(db.count(items::table).unwrap(), 2999);
    }
}

fn note_base(item: i64) -> i64 {
    2 * item
}

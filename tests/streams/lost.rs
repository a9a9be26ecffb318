//! Streams whose connection is lost, and time limits.

use std::time::Duration;

use mizzle::ErrorCode;
use mizzle::prelude::*;
use test_support::FreshPostgres;
use test_support::ticks::in_time;

use crate::schema::*;

const KILL: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";

fn kill_all(url: &str) {
    let other = Db::builder(url).pool_size(1).connect().unwrap();
    other.execute_sql(KILL).unwrap();
}

/// The stream ends with an error, once.
#[test]
fn in_the_middle() {
    let fresh = FreshPostgres::new();
    let db = Db::builder(&fresh.url).pool_size(2).connect().unwrap();
    store(&db, 3000);
    // Far more rows than the sockets hold.
    let many = || sql!("SELECT a.id FROM items a CROSS JOIN items b ORDER BY a.id + b.id");
    for in_transaction in [false, true] {
        let mut read = 0_u64;
        let mut last = None;
        let mut read_all = |stream: &mut dyn Iterator<Item = mizzle::Result<i64>>| {
            for row in stream {
                assert!(last.is_none(), "a row or an error after an error");
                match row {
                    Ok(_) => read += 1,
                    Err(error) => last = Some(error),
                }
                if read == 200 {
                    kill_all(&fresh.url);
                }
            }
        };
        if in_transaction {
            let ended = db.transaction(|tx| {
                read_all(&mut many().stream::<i64>(tx)?);
                tx.count(items::table)
            });
            assert!(ended.is_err());
        } else {
            read_all(&mut many().stream::<i64>(&db).unwrap());
        }
        let error = last.unwrap();
        assert_eq!(error.code(), ErrorCode::NetworkError, "{error:?}");
        assert!((200..9_000_000).contains(&read), "{read}");
        assert_eq!(db.count(items::table).unwrap(), 3000);
    }
}

/// Before the first row it is run again, as other reads are.
#[test]
fn before_the_first_row() {
    let fresh = FreshPostgres::new();
    let db = Db::builder(&fresh.url).pool_size(1).connect().unwrap();
    store(&db, 300);
    kill_all(&fresh.url);
    assert_eq!(Item::query().stream(&db).unwrap().map(Result::unwrap).count(), 300);
    kill_all(&fresh.url);
    let streamed = Item::query().with(Item::notes()).stream(&db).unwrap();
    assert_eq!(streamed.map(Result::unwrap).count(), 300);
    kill_all(&fresh.url);
    // What writes isn't.
    let update = diesel::update(items::table).set(items::rank.eq(1)).returning(items::id);
    let error = db.stream::<i64, _>(update).map(drop).unwrap_err();
    assert!(error.is_connection_lost(), "{error:?}");
    assert!(Item::query().filter(items::rank.is_null()).exists(&db).unwrap());
    // Without retries.
    let db = Db::builder(&fresh.url).pool_size(1).retry_reads(false).connect().unwrap();
    kill_all(&fresh.url);
    let error = Item::query().stream(&db).map(drop).unwrap_err();
    assert!(error.is_connection_lost(), "{error:?}");
    assert_eq!(Item::query().stream(&db).unwrap().count(), 300);
}

/// The limit applies to the database's work: it ends a statement, but not a program that is slow with its rows.
#[test]
fn after_too_long() {
    let fresh = FreshPostgres::new();
    let limit = Duration::from_millis(300);
    let db = Db::builder(&fresh.url).pool_size(1).statement_timeout(Some(limit)).connect().unwrap();
    store(&Db::connect(&fresh.url).unwrap(), 300);
    in_time(|| {
        let mut stream = Item::query().order_by(items::id).stream(&db)?;
        assert_eq!(stream.next().unwrap()?, item(1));
        std::thread::sleep(2 * limit);
        assert_eq!(stream.collect::<mizzle::Result<Vec<_>>>()?.len(), 299);
        Ok(())
    });
    let rows: Vec<_> = in_time(|| {
        let rows = sql!(
            "SELECT id, CAST(pg_sleep(CASE WHEN id > 200 THEN 0.1 ELSE 0 END) AS text) FROM items ORDER BY id"
        );
        let mut rows = rows.stream::<(i64, String)>(&db)?;
        let first = rows.next().unwrap()?;
        Ok(std::iter::once(Ok(first)).chain(rows).collect())
    });
    let (last, before) = rows.split_last().unwrap();
    assert!(before.iter().all(Result::is_ok) && before.len() == 128, "{}", before.len());
    assert_eq!(last.as_ref().unwrap_err().code(), ErrorCode::QueryError, "{last:?}");
    assert_eq!(in_time(|| db.count(items::table)), 300);
}

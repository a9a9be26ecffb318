//! FOR UPDATE, SKIP LOCKED, NOWAIT. SQLite has no row locks: there they are written as nothing.

use std::thread;
use std::time::Duration;
use test_support::on_each_database;

use mizzle::Dialect;
use mizzle::prelude::*;

use crate::schema::*;

on_each_database! {
    fn locked_queries_read_as_others_do(db: &Db) {
        seed(db);
        for lock in [
            Lock::update(),
            Lock::no_key_update(),
            Lock::share(),
            Lock::key_share(),
            Lock::update().skip_locked(),
            Lock::share().no_wait(),
        ] {
            db.transaction(|tx| {
                let rows = Person::query()
                    .filter(people::age.gt(30))
                    .order_by(people::id)
                    .limit(2)
                    .lock(lock)
                    .all(tx)?;
                assert_eq!(names(&rows), ["Ada", "Cid"]);
                let rows: Vec<Person> =
                    tx.load(people::table.filter(people::id.eq(2)).lock(lock))?;
                assert_eq!(rows, club()[1..2]);
                let name: String = tx.one(people::table.find(1).select(people::name).lock(lock))?;
                assert_eq!(name, "Ada");
                Ok(())
            })
            .expect("the transaction");
        }
    }

    fn the_rows_of_one_table_of_a_join_are_locked(db: &Db) {
        seed(db);
        let joined = || {
            people::table
                .inner_join(teams::table.on(people::team_id.eq(teams::id.nullable())))
                .filter(people::id.eq(1))
                .select((people::id, teams::id))
        };
        let lock = |of_teams: bool| {
            let lock = Lock::update();
            if of_teams { lock.of(teams::table).no_wait() } else { lock.of(people::table).no_wait() }
        };
        let rows: Vec<(i64, i64)> = db.load(joined().lock(lock(true))).expect("the rows");
        assert_eq!(rows, [(1, CORE)]);
        if db.dialect() == Dialect::Sqlite {
            return;
        }
        let sql = Person::query().lock(lock(false)).to_sql(db.dialect()).expect("the SQL");
        assert!(sql.ends_with(" FOR UPDATE OF \"people\" NOWAIT"), "{sql}");
        db.transaction(|tx| {
            let _: Vec<(i64, i64)> = tx.load(joined().lock(lock(false)))?;
            // Another transaction can lock the team, and not the person.
            thread::scope(|scope| {
                let other = scope.spawn(|| {
                    let team = db.load::<(i64, i64), _>(joined().lock(lock(true)));
                    let person = db.load::<(i64, i64), _>(joined().lock(lock(false)));
                    (team.map(|rows| rows.len()), person.expect_err("it is locked").is_busy())
                });
                let (team, is_busy) = other.join().expect("no panic");
                assert_eq!((team?, is_busy), (1, true));
                Ok(())
            })
        })
        .expect("the transaction");
    }

    fn the_sql_has_the_lock_where_the_database_knows_one(db: &Db) {
        let sql = Team::query().for_update().to_sql(db.dialect()).expect("the SQL");
        assert_eq!(sql.ends_with(" FOR UPDATE"), db.dialect() == Dialect::Postgres);
        let lock = Lock::update().skip_locked();
        let sql = Team::query().lock(lock).to_sql(db.dialect()).expect("the SQL");
        assert_eq!(sql.ends_with(" FOR UPDATE SKIP LOCKED"), db.dialect() == Dialect::Postgres);
    }

    /// Workers that take jobs from a queue at the same time take each job once.
    fn a_queue_of_jobs(db: &Db) {
        db.create_all::<Club>().expect("the tables");
        let jobs: Vec<NewTeam> = (0..60).map(|n| NewTeam::builder().name(n.to_string()).build()).collect();
        db.insert_all(jobs).expect("the jobs");
        let taken: Vec<i64> = thread::scope(|scope| {
            let work = || {
                let mut taken = Vec::new();
                loop {
                    let mine = Team::query()
                        .filter(teams::parent_id.is_null())
                        .order_by(teams::id)
                        .limit(4)
                        .lock(Lock::update().skip_locked())
                        .update_returning(db, TeamChanges::default().parent_id(1))
                        .expect("some jobs");
                    assert!(mine.len() <= 4);
                    if mine.is_empty() {
                        return taken;
                    }
                    taken.extend(mine.into_iter().map(|job| job.id));
                }
            };
            let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
            workers.into_iter().flat_map(|worker| worker.join().expect("a worker")).collect()
        });
        assert_eq!(taken.len(), 60);
        assert_eq!(Team::query().filter(teams::parent_id.is_null()).count(db).expect("none"), 0);
    }

    fn a_locked_query_counts_and_exists(db: &Db) {
        seed(db);
        db.transaction(|tx| {
            let query = Person::query().filter(people::age.eq(36)).for_update();
            assert_eq!(query.count(tx)?, 2);
            assert!(query.exists(tx)?);
            assert_eq!(query.first(tx)?.map(|person| person.age), Some(36));
            let query = query.limit(1);
            assert_eq!(query.count(tx)?, 1);
            Ok(())
        })
        .expect("the transaction");
    }

    fn workers_take_different_jobs(db: &Db) {
        seed(db);
        let taken = std::sync::Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let job = db
                        .transaction(|tx| {
                            let job = Person::query()
                                .filter(people::active)
                                .order_by(people::id)
                                .lock(Lock::update().skip_locked())
                                .first(tx)?;
                            if let Some(job) = &job {
                                thread::sleep(Duration::from_millis(50));
                                tx.update_by_key::<Person>(
                                    job.id,
                                    PersonChanges::default().active(false),
                                )?;
                            }
                            Ok(job)
                        })
                        .expect("the transaction");
                    taken.lock().expect("the list").extend(job.map(|job| job.id));
                });
            }
        });
        let mut taken = taken.into_inner().expect("the list");
        taken.sort_unstable();
        assert_eq!(taken, [1, 2, 4]);
    }
}

/// What only row locks do.
#[cfg(feature = "postgres")]
mod on_postgres {
    use super::*;
    use test_support::with_postgres;

    /// Returns what `f` returns on its own connection, while another one holds a lock on Ada.
    fn while_ada_is_locked<T: Send>(
        db: &Db,
        f: impl FnOnce(&Tx<'_>) -> mizzle::Result<T> + Send,
    ) -> mizzle::Result<T> {
        db.transaction(|tx| {
            let ada = Person::query().filter(people::id.eq(1)).for_update().one(tx)?;
            assert_eq!(ada.name, "Ada");
            thread::scope(|scope| scope.spawn(|| db.transaction(f)).join().expect("no panic"))
        })
    }

    #[test]
    fn skips_what_another_connection_has_locked() {
        with_postgres(|db| {
            seed(db);
            let lock = Lock::update().skip_locked();
            while_ada_is_locked(db, |tx| {
                let rows = Person::query().order_by(people::id).lock(lock).all(tx)?;
                assert_eq!(names(&rows), ["bob", "Cid", "Dot"]);
                let ids = people::table.select(people::id).order(people::id).lock(lock);
                assert_eq!(tx.load::<i64, _>(ids)?, [2, 3, 4]);
                assert_eq!(tx.first::<i64, _>(ids)?, Some(2));
                Ok(())
            })
            .expect("the transactions");
            assert_eq!(Person::query().lock(lock).all(db).expect("all").len(), 4);
        });
    }

    #[test]
    fn no_wait_fails_at_once() {
        with_postgres(|db| {
            seed(db);
            let ada = Person::query().filter(people::id.eq(1)).lock(Lock::update().no_wait());
            let error = while_ada_is_locked(db, move |tx| ada.one(tx)).expect_err("she is locked");
            assert!(error.is_busy(), "{error:?}");
            assert!(error.is_temporary());
        });
    }

    #[test]
    fn a_shared_lock_is_shared() {
        with_postgres(|db| {
            seed(db);
            let share = Lock::share().no_wait();
            let error = db
                .transaction(|tx| {
                    assert_eq!(Person::query().lock(share).all(tx)?.len(), 4);
                    let other = || {
                        db.transaction(|tx| {
                            assert_eq!(Person::query().lock(share).all(tx)?.len(), 4);
                            Person::query().lock(Lock::update().no_wait()).all(tx)
                        })
                    };
                    thread::scope(|scope| scope.spawn(other).join().expect("no panic"))
                })
                .expect_err("a shared lock keeps others from an exclusive one");
            assert!(error.is_busy(), "{error:?}");
        });
    }
}

//! Batches: several statements, all or none, with typed results, compared with a model.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::collections::BTreeMap;

use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode, batch};
use test_support::random::Random;
use test_support::{on_each_database, skip_rows};

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "wallets", check(not_negative = "cents >= 0"))]
struct Wallet {
    #[column(primary_key)]
    id: i64,
    #[column(default = 0)]
    cents: i64,
    #[column(version)]
    version: i32,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "entries")]
struct Entry {
    #[column(primary_key, auto)]
    id: i64,
    #[column(references(Wallet, on_delete = cascade))]
    wallet_id: i64,
    cents: i64,
    note: Option<String>,
}

mizzle::schema!(Bank = [Wallet, Entry]);

fn wallet(id: i64, cents: i64) -> NewWallet {
    NewWallet::builder().id(id).cents(cents).build()
}

fn entry(wallet_id: i64, cents: i64) -> NewEntry {
    NewEntry::builder().wallet_id(wallet_id).cents(cents).build()
}

/// Two wallets, with 100 and 200.
fn filled(db: &Db) -> [Wallet; 2] {
    db.create_all::<Bank>().unwrap();
    let (first, second) =
        db.batch((batch::insert(wallet(1, 100)), batch::insert(wallet(2, 200)))).unwrap();
    [first, second]
}

/// All wallets and the number of entries.
fn state(on: &impl Executor) -> (Vec<(i64, i64)>, u64) {
    let wallets = on.load(wallets::table.select((wallets::id, wallets::cents)).order(wallets::id));
    (wallets.unwrap(), on.count(entries::table).unwrap())
}

on_each_database! {
    fn every_kind_of_item(db: &Db) {
        let [first, second] = filled(db);
        let (added, moved, one, total, richest, by_hand, spent) = db
            .batch((
                batch::insert(entry(1, -30)),
                batch::execute(
                    diesel::update(wallets::table.find(1)).set(wallets::cents.eq(wallets::cents - 30)),
                ),
                Wallet::query().find(1).batched().one(),
                batch::count(wallets::table),
                batch::first::<i64, _>(wallets::table.select(wallets::id).order(wallets::cents.desc())),
                sql!("SELECT cents FROM wallets WHERE id = {2_i64}").batched().one::<i64>(),
                batch::load::<(i64, i64), _>(entries::table.select((entries::wallet_id, entries::cents))),
            ))
            .unwrap();
        assert_eq!((added.wallet_id, added.cents, moved, one.cents), (1, -30, 1, 70));
        assert_eq!((total, richest, by_hand), (2, Some(2), 200));
        assert_eq!(spent, [(1, -30)]);

        let (rows, stored, updated, gone, kept, none, exists) = db
            .batch((
                batch::insert_all_returning([entry(1, 1), entry(2, 2)]),
                batch::insert_all(vec![entry(1, 3)]),
                batch::update_returning(&Wallet { cents: 7, ..second.clone() }),
                batch::delete_by_key::<Entry>(added.id),
                batch::delete_by_key::<Entry>(-1),
                batch::find::<Wallet>(9),
                Entry::query().filter(entries::cents.eq(3)).batched().exists(),
            ))
            .unwrap();
        assert_eq!(rows.iter().map(|row| row.cents).collect::<Vec<_>>(), [1, 2]);
        assert_eq!((stored, updated.cents, gone, kept, none, exists), (1, 7, true, false, None, true));
        assert_eq!(updated.version, second.version + 1);

        let (upserted, changed, same, noted, listed, dropped, nothing) = db
            .batch((
                batch::upsert(wallet(1, 5)),
                batch::update_by_key::<Wallet>(1, WalletChanges::default().cents(6)),
                batch::update_by_key::<Wallet>(1, WalletChanges::default()),
                Entry::query().batched().update(EntryChanges::default().note("seen".to_owned())),
                sql!(Entry, "SELECT * FROM entries ORDER BY cents").batched().all(),
                Entry::query().filter(entries::cents.gt(1)).batched().delete_returning(),
                batch::insert_all(Vec::<NewEntry>::new()),
            ))
            .unwrap();
        assert_eq!((upserted.cents, upserted.version), (5, first.version + 1));
        assert_eq!((changed.cents, &same, noted, nothing), (6, &changed, 3, 0));
        assert!(listed.iter().all(|entry| entry.note.as_deref() == Some("seen")));
        assert_eq!((listed.len(), dropped.len()), (3, 2));
        let unit = db.batch((batch::delete(&listed[0]), batch::update(&same))).unwrap();
        assert_eq!(unit, ((), ()));
        assert_eq!(db.batch(Vec::<batch::Item<'_, u64>>::new()).unwrap(), [0; 0]);
    }

    fn a_failure_undoes_all(db: &Db) {
        let [first, _] = filled(db);
        let before = state(db);
        let stale = Wallet { version: first.version + 1, ..first.clone() };
        let missing = Wallet { id: 9, ..first };
        let work = || batch::insert(entry(1, 1));
        let look = || Wallet::query().batched().all();
        let negative = || {
            batch::execute(diesel::update(wallets::table.find(2)).set(wallets::cents.eq(-1_i64)))
        };
        for _ in 0..2 {
            let error = db.batch((work(), negative(), look())).unwrap_err();
            assert!(error.is_check_violation(), "{error:?}");
            assert!(error.constraint().unwrap().name.is_some(), "{error:?}");
            assert_eq!(error.batch_place(), Some(1));
            assert!(error.to_string().starts_with("statement 2 of 3: "), "{error}");
            assert!(error.sql().unwrap().to_lowercase().contains("update"), "{error:?}");
            let error = db.batch((batch::insert(entry(77, 1)), work())).unwrap_err();
            assert!(error.is_foreign_key_violation(), "{error:?}");
            let error = db.batch((work(), look(), batch::insert(wallet(1, 1)))).unwrap_err();
            assert!(error.is_unique_violation() && error.batch_place() == Some(2), "{error:?}");
            let error = db.batch((work(), batch::update(&stale), look())).unwrap_err();
            assert!(error.is_stale_row() && error.batch_place() == Some(1), "{error:?}");
            let error = db.batch((work(), batch::delete(&missing))).unwrap_err();
            assert!(error.is_not_found() && error.batch_place() == Some(1), "{error:?}");
            let error = db.batch((work(), batch::get::<Wallet>(9))).unwrap_err();
            assert!(error.is_not_found() && error.batch_place() == Some(1), "{error:?}");
            let several = Wallet::query().batched().one();
            let error = db.batch((work(), several)).unwrap_err();
            assert_eq!((error.code(), error.batch_place()), (ErrorCode::QueryError, Some(1)));
            let unknown = sql!("SELECT nothing FROM wallets").batched().execute();
            let error = db.batch((work(), unknown)).unwrap_err();
            assert_eq!(error.batch_place(), Some(1), "{error:?}");
            assert_eq!(state(db), before);
        }
    }

    fn in_a_transaction_a_failed_batch_is_a_savepoint(db: &Db) {
        let [first, _] = filled(db);
        let missing = Wallet { id: 9, ..first };
        db.transaction(|tx| {
            tx.insert(entry(2, 1))?;
            for _ in 0..2 {
                let error = tx.batch((batch::insert(entry(1, 1)), batch::insert(wallet(1, 1)))).unwrap_err();
                assert!(error.is_unique_violation(), "{error:?}");
                let error = tx.batch((batch::insert(entry(1, 1)), batch::delete(&missing))).unwrap_err();
                assert!(error.is_not_found(), "{error:?}");
                let error = tx
                    .batch((
                        batch::insert(entry(1, 1)),
                        sql!("SELECT 'no number'").batched().one::<i64>(),
                    ))
                    .unwrap_err();
                assert_eq!(error.batch_place(), Some(1), "{error:?}");
            }
            assert_eq!(tx.count(entries::table)?, 1);
            tx.transaction(|inner| inner.batch((batch::insert(entry(1, 2)), batch::get::<Wallet>(1))))?;
            tx.batch(vec![batch::insert(entry(1, 3)), batch::insert(entry(1, 4))])
        })
        .unwrap();
        assert_eq!(state(db).1, 4);
        // The first statement of a transaction, and one that is rolled back.
        let undone = db.transaction(|tx| {
            tx.batch((batch::insert(entry(1, 5)), batch::insert(entry(1, 6))))?;
            Err::<(), _>(mizzle::Error::application("stop"))
        });
        assert!(undone.is_err());
        assert_eq!(state(db).1, 4);
    }

    fn a_deferred_constraint_fails_at_the_end(db: &Db) {
        db.execute_sql("CREATE TABLE parents (id bigint PRIMARY KEY)").unwrap();
        db.execute_sql(
            "CREATE TABLE children (id bigint PRIMARY KEY, parent bigint REFERENCES parents (id) \
             DEFERRABLE INITIALLY DEFERRED)",
        )
        .unwrap();
        let child = || sql!("INSERT INTO children VALUES (1, 7)").batched().execute();
        let parent = || sql!("INSERT INTO parents VALUES (7)").batched().execute();
        let count = || sql!("SELECT count(*) FROM children").batched().one::<i64>();
        let error = db.batch(vec![child()]).unwrap_err();
        assert!(error.is_foreign_key_violation(), "{error:?}");
        assert_eq!(error.batch_place(), None, "{error:?}");
        // A row decides, so the COMMIT goes alone.
        let error = db.batch((child(), count())).unwrap_err();
        assert!(error.is_foreign_key_violation(), "{error:?}");
        assert_eq!(error.batch_place(), None, "{error:?}");
        assert_eq!(sql!("SELECT count(*) FROM children").one::<i64>(db).unwrap(), 0);
        assert_eq!(db.batch((child(), parent(), count())).unwrap(), (1, 1, 1));
    }

    fn what_begins_or_ends_a_transaction_is_refused(db: &Db) {
        filled(db);
        let before = state(db);
        for sql in [
            sql!("COMMIT"),
            sql!("ROLLBACK"),
            sql!("/* done */ end"),
            sql!("BEGIN"),
            sql!(sqlite: "ROLLBACK TRANSACTION", postgres: "ABORT"),
        ] {
            let refused = |on: &dyn Fn() -> mizzle::Result<()>| {
                let error = on().unwrap_err();
                assert_eq!((error.code(), error.batch_place()), (ErrorCode::QueryError, Some(1)));
                assert!(error.to_string().contains("begins or ends"), "{error:?}");
                error
            };
            let items = || {
                let (first, second) = (batch::insert(entry(1, 1)), batch::insert(entry(2, 1)));
                (first, sql.batched().execute(), second)
            };
            refused(&|| db.batch(items()).map(drop));
            assert_eq!(state(db), before);
            // What else a transaction has done is still to be committed or rolled back.
            let done: mizzle::Result<()> = db.transaction(|tx| {
                tx.insert(entry(1, 7))?;
                Err(refused(&|| tx.batch(items()).map(drop)))
            });
            done.unwrap_err();
            assert_eq!(state(db), before);
        }
        let query = diesel::sql_query("ROLLBACK");
        let items = (batch::insert(entry(1, 1)), batch::execute(query));
        assert_eq!(db.batch(items).unwrap_err().batch_place(), Some(1));
        assert_eq!(state(db), before);
        // Savepoints are a part of it.
        db.batch((
            sql!("SAVEPOINT own").batched().execute(),
            batch::insert(entry(1, 1)),
            sql!("ROLLBACK TO own").batched().execute(),
        ))
        .unwrap();
        assert_eq!(state(db), before);
    }

    fn what_takes_several_statements_is_refused(db: &Db) {
        filled(db);
        let before = state(db);
        // One of them leaves a column to its default.
        let different = vec![wallet(5, 1), NewWallet::builder().id(6).build()];
        let error =
            db.batch((batch::insert(entry(1, 1)), batch::insert_all(different))).unwrap_err();
        assert_eq!((error.code(), error.batch_place()), (ErrorCode::QueryError, Some(1)));
        assert!(error.troubleshooting()[0].contains("splits no statement"), "{error:?}");
        // Each row has three values.
        let rows = db.limits().parameters / 3;
        let most: Vec<_> = (0..rows).map(|_| entry(1, 1)).collect();
        let more: Vec<_> = (0..=rows).map(|_| entry(1, 1)).collect();
        let error = db.batch((batch::insert(entry(1, 1)), batch::insert_all(more))).unwrap_err();
        assert_eq!((error.code(), error.batch_place()), (ErrorCode::QueryError, Some(1)));
        assert_eq!(state(db), before);
        let (stored,) = db.batch((batch::insert_all(most),)).unwrap();
        assert_eq!(stored, rows as u64);
    }

    fn more_statements_than_a_connection_keeps(db: &Db) {
        filled(db);
        for _ in 0..2 {
            let items = (1..700_i64).map(|number| {
                batch::load::<i64, _>(diesel::dsl::sql::<diesel::sql_types::BigInt>(&format!(
                    "SELECT cents + {number} FROM wallets WHERE id = 1"
                )))
            });
            let found = db.batch(items.collect::<Vec<_>>()).unwrap();
            assert!(found.into_iter().zip(101..).all(|(found, expected)| found == [expected]));
        }
        let many: Vec<_> = (0..3_000).map(|number| batch::insert(entry(1, number))).collect();
        let rows = db.batch(many).unwrap();
        assert!(rows.iter().map(|row| row.cents).eq(0..3_000));
        assert_eq!(db.get::<Wallet>(1).unwrap().cents, 100);
    }

    /// The database has run all statements when the program reads their rows.
    fn a_row_that_a_trigger_skips(db: &Db) {
        filled(db);
        skip_rows(db, "entries", "new.cents = 13");
        let error = db.batch((batch::insert(entry(1, 1)), batch::insert(entry(1, 13)))).unwrap_err();
        assert_eq!((error.code(), error.batch_place()), (ErrorCode::QueryError, Some(1)));
        let is_committed = error.troubleshooting().iter().any(|step| step.contains("committed"));
        assert_eq!(is_committed, db.dialect() == Dialect::Postgres, "{error:?}");
        assert_eq!(state(db).1, u64::from(is_committed));
        let count = state(db).1;
        let stored = db.batch((batch::insert_all(vec![entry(1, 1), entry(1, 13)]),)).unwrap();
        assert_eq!((stored, state(db).1), ((1,), count + 1));
        // So do several statements of a call.
        let many: Vec<_> = (0..3_000).map(|number| entry(1, number)).collect();
        assert_eq!(db.insert_all(&many).unwrap(), 2_999);
        assert!(db.insert_all_returning(&many).is_err());
        assert_eq!(state(db).1, count + 3_000);
    }

    fn random_batches(db: &Db) {
        filled(db);
        let seed = std::env::var("MIZZLE_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or(20_261_126);
        eprintln!("MIZZLE_TEST_SEED={seed}");
        let mut random = Random::new(seed);
        let mut known = BTreeMap::from([(1, 100), (2, 200)]);
        let (mut done, mut failed) = (0, 0);
        for case in 0..200 {
            let steps: Vec<Step> = (0..random.below(7)).map(|_| Step::random(&mut random)).collect();
            let mut after = known.clone();
            let mut expected = Vec::new();
            let failing = steps.iter().position(|step| match step.apply(&mut after) {
                Some(result) => {
                    expected.push(result);
                    false
                }
                None => true,
            });
            let items: Vec<_> = steps.iter().map(Step::item).collect();
            let result = if random.chance(30) {
                db.transaction(|tx| {
                    let result = tx.batch(items);
                    // The transaction can go on.
                    let expected = if result.is_ok() { &after } else { &known };
                    assert_eq!(tx.count(wallets::table)?, expected.len() as u64);
                    Ok(result)
                })
                .unwrap()
            } else {
                db.batch(items)
            };
            match (result, failing) {
                (Ok(results), None) => {
                    assert_eq!(results, expected, "case {case}: {steps:?}");
                    known = after;
                    done += 1;
                }
                (Err(error), Some(place)) => {
                    assert_eq!(error.batch_place(), Some(place), "case {case}: {steps:?} {error:?}");
                    failed += 1;
                }
                (result, failing) => panic!("case {case}: {steps:?} {failing:?} {result:?}"),
            }
            assert_eq!(state(db).0, known.iter().map(|(id, cents)| (*id, *cents)).collect::<Vec<_>>());
        }
        assert!(done > 40 && failed > 40, "{done} done, {failed} failed");
    }
}

/// A statement of a random batch.
#[derive(Debug)]
enum Step {
    Insert(i64, i64),
    Add(i64, i64),
    Delete(i64),
    Count,
    Enter(i64),
}

impl Step {
    fn random(random: &mut Random) -> Self {
        let id = 1 + random.below(9) as i64;
        let cents = random.below(250) as i64 - 60;
        match random.below(6) {
            0 | 1 => Self::Insert(id, cents),
            2 => Self::Add(id, cents),
            3 => Self::Delete(id),
            4 => Self::Count,
            _ => Self::Enter(id),
        }
    }

    /// Returns its result, or none if it fails.
    fn apply(&self, wallets: &mut BTreeMap<i64, i64>) -> Option<u64> {
        match *self {
            Self::Insert(id, cents) => {
                let fits = cents >= 0 && !wallets.contains_key(&id);
                fits.then(|| wallets.insert(id, cents)).map(|_| 1)
            }
            Self::Add(id, cents) => match wallets.get_mut(&id) {
                Some(had) => {
                    *had += cents;
                    (*had >= 0).then_some(1)
                }
                None => Some(0),
            },
            Self::Delete(id) => Some(wallets.remove(&id).map_or(0, |_| 1)),
            Self::Count => Some(wallets.len() as u64),
            Self::Enter(id) => wallets.get(&id).map(|_| 1),
        }
    }

    fn item(&self) -> batch::Item<'static, u64> {
        match *self {
            Self::Insert(id, cents) => batch::insert_all(vec![wallet(id, cents)]),
            Self::Add(id, cents) => batch::execute(
                diesel::update(wallets::table.find(id))
                    .set(wallets::cents.eq(wallets::cents + cents)),
            ),
            Self::Delete(id) => batch::execute(diesel::delete(wallets::table.find(id))),
            Self::Count => Wallet::query().batched().count(),
            // Fails unless there is a row.
            Self::Enter(id) => batch::execute(
                diesel::insert_into(entries::table)
                    .values((entries::wallet_id.eq(id), entries::cents.eq(0_i64))),
            ),
        }
    }
}

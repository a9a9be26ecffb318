//! Rows that two writers want: who is too late learns it, and can read the row again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use mizzle::prelude::*;
use mizzle::{Dialect, Error, ErrorCode, Result, on_conflict};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use test_support::on_each_database;

use super::versions::{NewPage, Page, PageChanges, Wiki};

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "orders_of_many", has_many(lines = Line))]
pub struct Order {
    #[column(primary_key)]
    pub id: i32,
    #[column(unique)]
    pub number: i32,
    pub value: i32,
    #[column(version)]
    pub version: i64,
    #[column(on_update = touched)]
    pub note: Option<String>,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "lines_of_many")]
pub struct Line {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(Order))]
    pub order_id: i32,
}

mizzle::schema!(pub Shop = [Order, Line]);

fn touched() -> String {
    "touched".into()
}

fn order(id: i32, value: i32) -> NewOrder {
    NewOrder::builder().id(id).number(10 * id).value(value).build()
}

fn shop(db: &Db) -> Order {
    db.create_all::<Shop>().expect("the tables");
    db.insert(order(1, 0)).expect("an order")
}

/// Changes a row behind the back of who has read it.
fn overtake(on: &impl Executor) -> Result<Order> {
    on.update_by_key::<Order>(1, OrderChanges::default().value(100))
}

/// Makes a table skip updates and deletes.
fn skip_changes(db: &Db, table: &str) {
    db.execute_sql(&match db.dialect() {
        Dialect::Sqlite | Dialect::D1 => format!(
            "CREATE TRIGGER no_update BEFORE UPDATE ON {table} BEGIN SELECT RAISE(IGNORE); END;
             CREATE TRIGGER no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(IGNORE); END"
        ),
        Dialect::Postgres => format!(
            "CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
             CREATE TRIGGER skips BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION skip()"
        ),
    })
    .expect("a trigger");
}

/// Asserts that an error is about the largest version, and says so.
fn assert_largest<T: std::fmt::Debug>(what: &str, result: Result<T>) {
    let error = result.expect_err(what);
    assert_eq!(error.code(), ErrorCode::ValueError, "{what}: {error:?}");
    let advice = error.troubleshooting().join("\n");
    assert!(advice.contains("version"), "{what}: {advice}");
}

on_each_database! {
    fn nothing_is_written_beyond_the_largest_version(db: &Db) {
        let first = shop(db);
        db.create_all::<Wiki>().expect("the table");
        let largest = OrderChanges::default();
        let last = Order { version: i64::MAX, ..first };
        db.delete_by_key::<Order>(1).expect("the delete");
        let last = db.insert(last).expect("the row");
        let query = Order::query().filter(orders_of_many::id.eq(1));
        let change = || largest.clone().value(5);
        let second = db.insert(order(2, 0)).expect("a row");
        assert_largest("update", db.update(&last));
        assert_largest("update_returning", db.update_returning(&last));
        assert_largest("update_all", db.update_all([second.clone(), last.clone()]));
        assert_largest("update_all_returning", db.update_all_returning([second.clone(), last.clone()]));
        assert_largest("update_by_key", db.update_by_key::<Order>(1, change()));
        assert_largest("Query::update", query.update(db, change()));
        assert_largest("Query::update_returning", query.update_returning(db, change()));
        assert_largest("touch", db.touch(&last));
        assert_largest("upsert", db.upsert(order(1, 5)));
        assert_largest("upsert_on", db.upsert_on(orders_of_many::number, order(1, 5)));
        assert_largest("upsert_all", db.upsert_all([order(2, 5), order(1, 5)]));
        let error = db
            .execute(diesel::update(orders_of_many::table).set(change()))
            .expect_err("the largest version");
        assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}");
        assert_eq!(Order::query().order_by(orders_of_many::id).all(db).expect("the rows"), [last, second]);

        let page = NewPage::builder().path("/").body("").version(i32::MAX - 1).build();
        let page = db.insert(page).expect("a row");
        let page = db.touch(&page).expect("the largest version");
        assert_eq!(page.version, i32::MAX);
        assert_largest("touch", db.touch(&page));
        assert_largest("update", db.update(&page));
        assert_largest("update_by_key", db.update_by_key::<Page>(page.id, PageChanges::default().body("x")));
        assert_eq!(db.get::<Page>(page.id).expect("the row"), page);
        db.delete(&page).expect("it can be deleted");
    }

    fn a_touch_counts_and_checks(db: &Db) {
        let first = shop(db);
        let second = db.touch(&first).expect("the touch");
        assert_eq!(second, Order { version: 2, note: Some("touched".into()), ..first.clone() });
        assert_eq!(db.get::<Order>(1).expect("the row"), second);
        assert!(db.touch(&first).expect_err("touched before").is_stale_row());
        assert!(db.update(&first).expect_err("touched before").is_stale_row());
        assert_eq!(db.get::<Order>(1).expect("the row"), second);
        // What is changed in the struct is not written.
        let third = db.touch(&Order { value: 9, ..second.clone() }).expect("the touch");
        assert_eq!((third.value, third.version), (0, 3));
        db.delete(&third).expect("the delete");
        assert!(db.touch(&third).expect_err("there is none").is_not_found());
    }

    fn a_row_that_a_trigger_skips_is_not_stale(db: &Db) {
        let row = shop(db);
        skip_changes(db, "orders_of_many");
        let rows = [row.clone(), row.clone()];
        for (what, error) in [
            ("update", db.update(&row).expect_err("skipped")),
            ("update_returning", db.update_returning(&row).expect_err("skipped")),
            ("update_all", db.update_all(&rows).expect_err("skipped")),
            ("touch", db.touch(&row).expect_err("skipped")),
            ("delete", db.delete(&row).expect_err("skipped")),
        ] {
            assert!(!error.is_stale_row() && error.to_string().contains("trigger"), "{what}: {error:?}");
        }
        let runs = AtomicU32::new(0);
        let written = db.retry_stale(3, |tx| {
            runs.fetch_add(1, Ordering::SeqCst);
            tx.update(&row)
        });
        written.expect_err("skipped");
        assert_eq!(runs.into_inner(), 1);
        // Who is too late is, trigger or not.
        let late = Order { version: 0, ..row };
        assert!(db.update(&late).expect_err("stale").is_stale_row());
    }

    fn a_stale_row_is_read_again(db: &Db) {
        shop(db);
        let mut runs = 0;
        let last = db.retry_stale(3, |tx| {
            runs += 1;
            let read = tx.get::<Order>(1)?;
            if runs < 3 {
                overtake(tx)?;
            }
            tx.update_returning(&Order { value: read.value + 1, ..read })
        });
        let last = last.expect("the third run");
        // Nothing of the first two runs stays.
        assert_eq!((runs, last.value, last.version), (3, 1, 2));
        assert_eq!(db.get::<Order>(1).expect("the row"), last);
    }

    fn a_row_that_stays_stale_is_given_up(db: &Db) {
        let read = shop(db);
        overtake(db).expect("the change");
        for retries in [0, 1, 2] {
            let mut runs = 0;
            let error = db.retry_stale(retries, |tx| {
                runs += 1;
                tx.update_all([read.clone()])
            });
            assert!(error.expect_err("stale each time").is_stale_row());
            assert_eq!(runs, retries + 1);
        }
    }

    fn only_stale_rows_are_tried_again(db: &Db) {
        let read = shop(db);
        overtake(db).expect("the change");
        let tries = |fails: &dyn Fn(&Tx<'_>) -> Result<()>| {
            let mut runs = 0;
            let result = db.retry_stale(3, |tx| {
                runs += 1;
                fails(tx)
            });
            (runs, result.map_err(|error| error.code()))
        };
        assert_eq!(tries(&|tx| tx.get::<Order>(7).map(drop)), (1, Err(ErrorCode::NotFound)));
        assert_eq!(tries(&|tx| tx.insert(order(1, 0)).map(drop)), (1, Err(ErrorCode::ConstraintError)));
        assert_eq!(tries(&|_| Err(Error::application("no"))), (1, Err(ErrorCode::ApplicationError)));
        // Who can do without the row goes on.
        assert_eq!(tries(&|tx| tx.transaction(|inner| inner.update(&read)).or(Ok(()))), (1, Ok(())));
        // Other retries don't know of stale rows, unless they are told.
        let mut runs = 0;
        let policy = mizzle::TransactionRetry::new(3);
        let result = db.transaction_builder().retry(policy).run(|tx| {
            runs += 1;
            tx.update(&read)
        });
        assert!(result.expect_err("stale").is_stale_row());
        assert_eq!(runs, 1);
    }

    fn an_applications_own_error_hides_no_stale_row(db: &Db) {
        #[derive(Debug)]
        struct Own;
        impl From<Error> for Own {
            fn from(_: Error) -> Self {
                Self
            }
        }
        let read = shop(db);
        overtake(db).expect("the change");
        let mut runs = 0;
        let result = db.try_retry_stale(2, |tx| {
            runs += 1;
            if runs == 3 { Ok(tx.get::<Order>(1)?) } else { Ok::<_, Own>(tx.touch(&read)?) }
        });
        assert_eq!(result.expect("the third run").value, 100);
    }

    /// Two writers of one row: one of them is too late.
    fn one_of_two_writers_is_too_late(db: &Db) {
        let read = shop(db);
        let results: Vec<Result<()>> = thread::scope(|scope| {
            let write = |value| {
                let row = Order { value, ..read.clone() };
                scope.spawn(move || db.update(&row))
            };
            let writers = [write(1), write(2)];
            writers.into_iter().map(|writer| writer.join().expect("the writer")).collect()
        });
        let late: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
        assert!(matches!(late[..], [error] if error.is_stale_row()), "{results:?}");
        let row = db.get::<Order>(1).expect("the row");
        assert_eq!(row.version, 2);
        assert_eq!(row.value, if results[0].is_ok() { 1 } else { 2 });
    }

    fn increments_of_many_threads_are_all_there(db: &Db) {
        const THREADS: i32 = 8;
        const ROUNDS: i32 = 200;
        shop(db);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for round in 0..ROUNDS {
                        db.retry_stale(1_000, |tx| {
                            let read = tx.get::<Order>(1)?;
                            let next = Order { value: read.value + 1, ..read.clone() };
                            match round % 3 {
                                0 => tx.update(&next),
                                1 => tx.update_all([next]),
                                _ => {
                                    let touched = tx.touch(&read)?;
                                    tx.update(&Order { version: touched.version, ..next })
                                }
                            }
                        })
                        .expect("the increment");
                    }
                });
            }
        });
        let row = db.get::<Order>(1).expect("the row");
        let touches = THREADS * (0..ROUNDS).filter(|round| round % 3 == 2).count() as i32;
        assert_eq!((row.value, row.version), (1_600, i64::from(1 + 1_600 + touches)));
    }

    /// No order gets more than 20 lines, although each thread counts the lines and inserts another row.
    fn changes_below_a_touched_row_conflict(db: &Db) {
        shop(db);
        let added = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        let done = db.retry_stale(1_000, |tx| {
                            let order = tx.get::<Order>(1)?;
                            let of_order = Line::query().filter(lines_of_many::order_id.eq(order.id));
                            if of_order.count(tx)? >= 20 {
                                return Ok(false);
                            }
                            tx.touch(&order)?;
                            tx.insert(NewLine::builder().order_id(order.id).build())?;
                            Ok(true)
                        });
                        added.fetch_add(done.expect("the line").into(), Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(added.into_inner(), 20);
        assert_eq!(Line::query().count(db).expect("the count"), 20);
        assert_eq!(db.get::<Order>(1).expect("the row").version, 21);
    }
}

/// A step of one of three clients, each of whom has read rows and remembers them.
#[derive(Debug, Clone)]
struct Step {
    client: usize,
    id: i32,
    value: i32,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Read,
    Update,
    UpdateReturning,
    UpdateAll,
    UpdateAllReturning,
    Delete,
    Touch,
    UpdateByKey,
    UpdateByQuery,
    UpdateByDiesel,
    DeleteByKey,
    Insert,
    Upsert,
    UpsertOn,
    UpsertExcept,
    UpsertAll,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use What::*;
    let what = prop_oneof![
        4 => Just(Read),
        10 => prop::sample::select(vec![
            Update, UpdateReturning, UpdateAll, UpdateAllReturning, Delete, Touch
        ]),
        6 => prop::sample::select(vec![
            UpdateByKey, UpdateByQuery, UpdateByDiesel, DeleteByKey, Insert, Upsert, UpsertOn,
            UpsertExcept, UpsertAll
        ]),
    ];
    let step = (0..3_usize, 1..4, 0..100, what).prop_map(|(client, id, value, what)| Step {
        client,
        id,
        value,
        what,
    });
    proptest::collection::vec(step, 1..40)
}

/// What the database is expected to contain.
type Rows = BTreeMap<i32, Order>;

/// What a call did: the rows that it returned, a number of rows, or the code of its error.
#[derive(Debug, PartialEq)]
enum Outcome {
    Rows(Vec<Order>),
    Count(u64),
    Refused(ErrorCode),
}

fn rows(result: Result<Vec<Order>>) -> Outcome {
    result.map_or_else(|error| Outcome::Refused(error.code()), Outcome::Rows)
}

fn row(result: Result<Order>) -> Outcome {
    rows(result.map(|row| vec![row]))
}

fn count(result: Result<u64>) -> Outcome {
    result.map_or_else(|error| Outcome::Refused(error.code()), Outcome::Count)
}

fn nothing(result: Result<()>) -> Outcome {
    rows(result.map(|()| Vec::new()))
}

/// The rows that the client of a step writes: as it remembers them, with the value of the step. Only `UpdateAll` writes more
/// than one.
fn written(step: &Step, memory: &[Rows]) -> Vec<Order> {
    let known = &memory[step.client];
    let all = matches!(step.what, What::UpdateAll | What::UpdateAllReturning);
    let mine = known.values().filter(|row| all || row.id == step.id);
    mine.map(|row| Order { value: step.value, ..row.clone() }).collect()
}

/// Runs a step on the database.
fn run(db: &Db, step: &Step, memory: &[Rows]) -> Outcome {
    let mine = written(step, memory);
    let changes = || OrderChanges::default().value(step.value);
    let new = || order(step.id, step.value);
    match (step.what, mine.first()) {
        (What::Read, _) => row(db.get::<Order>(step.id)),
        (What::Update, Some(mine)) => nothing(db.update(mine)),
        (What::UpdateReturning, Some(mine)) => row(db.update_returning(mine)),
        (What::UpdateAll, _) => nothing(db.update_all(&mine)),
        (What::UpdateAllReturning, _) => rows(db.update_all_returning(&mine)),
        (What::Delete, Some(mine)) => nothing(db.delete(mine)),
        (What::Touch, Some(mine)) => row(db.touch(mine)),
        (What::UpdateByKey, _) => row(db.update_by_key::<Order>(step.id, changes())),
        (What::UpdateByQuery, _) => {
            let query = Order::query().filter(orders_of_many::id.le(step.id));
            rows(query.update_returning(db, changes()).map(|mut rows| {
                rows.sort_by_key(|row| row.id);
                rows
            }))
        }
        (What::UpdateByDiesel, _) => {
            let of = orders_of_many::table.filter(orders_of_many::id.ge(step.id));
            count(db.execute(diesel::update(of).set(changes())))
        }
        (What::DeleteByKey, _) => count(db.delete_by_key::<Order>(step.id).map(u64::from)),
        (What::Insert, _) => row(db.insert(new())),
        (What::Upsert, _) => row(db.upsert(new())),
        (What::UpsertOn, _) => row(db.upsert_on(orders_of_many::number, new())),
        (What::UpsertExcept, _) => {
            let target = on_conflict(orders_of_many::number).except(orders_of_many::value);
            row(db.upsert_on(target, new()))
        }
        (What::UpsertAll, _) => {
            // One of them twice.
            let ids = [step.id, step.id % 3 + 1, step.id];
            let new: Vec<_> = ids.into_iter().map(|id| order(id, step.value)).collect();
            count(db.upsert_all(new))
        }
        (What::Update | What::UpdateReturning | What::Delete | What::Touch, None) => {
            Outcome::Count(0)
        }
    }
}

/// A row after a change.
fn next(row: &Order, value: i32) -> Order {
    Order { value, version: row.version + 1, note: Some(touched()), ..row.clone() }
}

/// Runs a step on the model, and returns the outcome.
fn expect(stored: &mut Rows, step: &Step, memory: &[Rows]) -> Outcome {
    use Outcome::{Count, Refused};
    let mine = written(step, memory);
    let check = |stored: &Rows, row: &Order| match stored.get(&row.id) {
        None => Err(ErrorCode::NotFound),
        Some(now) if now.version != row.version => Err(ErrorCode::StaleRow),
        Some(_) => Ok(()),
    };
    let inserted =
        |id: i32| Order { id, number: 10 * id, value: step.value, version: 1, note: None };
    let upsert = |stored: &mut Rows, id: i32, value: Option<i32>| {
        let row = match stored.get(&id) {
            Some(row) => next(row, value.unwrap_or(row.value)),
            None => inserted(id),
        };
        stored.insert(id, row.clone());
        row
    };
    let change = |stored: &mut Rows, which: &dyn Fn(i32) -> bool| -> Vec<Order> {
        let changed = stored.values_mut().filter(|row| which(row.id));
        changed
            .map(|row| {
                *row = next(row, step.value);
                row.clone()
            })
            .collect()
    };
    match step.what {
        What::Read => stored
            .get(&step.id)
            .map_or(Refused(ErrorCode::NotFound), |row| Outcome::Rows(vec![row.clone()])),
        What::UpdateAll | What::UpdateAllReturning => {
            if let Some(code) = mine.iter().find_map(|row| check(stored, row).err()) {
                return Refused(code);
            }
            let changed: Vec<Order> = mine.iter().map(|row| next(row, row.value)).collect();
            stored.extend(changed.iter().map(|row| (row.id, row.clone())));
            Outcome::Rows(if matches!(step.what, What::UpdateAll) { Vec::new() } else { changed })
        }
        What::Update | What::UpdateReturning | What::Delete | What::Touch => {
            let Some(mine) = mine.first() else { return Count(0) };
            if let Err(code) = check(stored, mine) {
                return Refused(code);
            }
            match step.what {
                What::Delete => {
                    stored.remove(&mine.id);
                    Outcome::Rows(Vec::new())
                }
                What::Touch => {
                    let value = stored[&mine.id].value;
                    Outcome::Rows(vec![upsert(stored, mine.id, Some(value))])
                }
                what => {
                    let row = upsert(stored, mine.id, Some(mine.value));
                    let returns = matches!(what, What::UpdateReturning);
                    Outcome::Rows(if returns { vec![row] } else { Vec::new() })
                }
            }
        }
        What::UpdateByKey => match change(stored, &|id| id == step.id) {
            changed if changed.is_empty() => Refused(ErrorCode::NotFound),
            changed => Outcome::Rows(changed),
        },
        What::UpdateByQuery => Outcome::Rows(change(stored, &|id| id <= step.id)),
        What::UpdateByDiesel => Count(change(stored, &|id| id >= step.id).len() as u64),
        What::DeleteByKey => Count(stored.remove(&step.id).is_some().into()),
        What::Insert if stored.contains_key(&step.id) => Refused(ErrorCode::ConstraintError),
        What::Insert | What::Upsert | What::UpsertOn => {
            Outcome::Rows(vec![upsert(stored, step.id, Some(step.value))])
        }
        What::UpsertExcept => Outcome::Rows(vec![upsert(stored, step.id, None)]),
        What::UpsertAll => {
            for id in [step.id, step.id % 3 + 1, step.id] {
                upsert(stored, id, Some(step.value));
            }
            Count(3)
        }
    }
}

fn cases() -> TestRunner {
    let cases = std::env::var("MIZZLE_CASES").map_or(60, |cases| cases.parse().expect("a number"));
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

on_each_database! {
    /// Whatever clients do in turn with what they remember of rows, nobody overwrites a change that he has not seen.
    fn interleaved_writers_are_as_the_model_says(db: &Db) {
        db.create_all::<Shop>().expect("the tables");
        cases()
            .run(&steps(), |steps| {
                Order::query().delete(db).expect("no rows");
                let mut stored = Rows::new();
                let mut memory = vec![Rows::new(); 3];
                for step in &steps {
                    let outcome = run(db, step, &memory);
                    prop_assert_eq!(&outcome, &expect(&mut stored, step, &memory), "{:?}", step);
                    // Who gets a row remembers it; who doesn't, keeps what he knew.
                    if let Outcome::Rows(rows) = outcome {
                        memory[step.client].extend(rows.into_iter().map(|row| (row.id, row)));
                    }
                }
                let all = Order::query().order_by(orders_of_many::id).all(db).expect("the rows");
                prop_assert_eq!(all, stored.into_values().collect::<Vec<_>>());
                Ok(())
            })
            .expect("the model");
    }
}

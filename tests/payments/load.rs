//! Many threads, while connections and servers are killed: whatever a thread saw, the books are in order.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use mizzle::prelude::*;
use test_support::on_each_database;
use test_support::random::Random;

use crate::error::Error;
use crate::naive::{assert_books, assert_statement};
use crate::schema::{Call, Event, Payment, User, Wallet, Webhook, WebhookState, webhooks as hooks};
use crate::webhooks::{self, receive};
use crate::{calls, minute, money, prepare, profiles, sign_up};

const THREADS: usize = 16;
const ZONES: [&str; 4] = ["UTC", "Europe/Zurich", "Pacific/Auckland", "America/New_York"];
const WALLETS: usize = 6;

/// What a thread does until it has been done.
#[derive(Debug, Clone)]
enum Task {
    Webhook {
        id: String,
        event: Event,
        at: i64,
    },
    RefundCall {
        call_id: i64,
    },
    /// Counts up the number at the end of the user's name.
    Rename {
        user_id: i64,
    },
    Statement {
        wallet_id: i64,
        zone: &'static str,
    },
}

/// The work, in random order.
fn work(random: &mut Random, wallets: &[Wallet], calls: &[Call]) -> Vec<Task> {
    let mut tasks = Vec::new();
    let mut hook = |random: &mut Random, event: Event| {
        let webhook = Task::Webhook {
            id: format!("w{}", tasks.len()),
            event,
            at: random.below(7_000) as i64,
        };
        // The provider sends some twice.
        if random.chance(40) {
            tasks.push(webhook.clone());
        }
        tasks.push(webhook);
    };
    for number in 0..40 {
        let payment = format!("p{number}");
        let wallet_id = random.pick(wallets).id;
        let amount = money(500 + random.below(2_000) as i64);
        hook(random, Event::Paid { payment: payment.clone(), wallet_id, amount });
        for _ in 0..random.below(3) {
            let amount = money(1 + random.below(900) as i64);
            hook(random, Event::Refunded { payment: payment.clone(), amount });
        }
    }
    for call in calls {
        let seconds = random.below(600) as i32;
        // Also by two webhooks.
        for _ in 0..=random.below(2) {
            hook(random, Event::CallEnded { call_id: call.id, seconds });
        }
    }
    for _ in 0..30 {
        tasks.push(Task::RefundCall { call_id: random.pick(calls).id });
        tasks.push(Task::Rename { user_id: random.pick(wallets).user_id.unwrap() });
        tasks.push(Task::Statement {
            wallet_id: random.pick(wallets).id,
            zone: random.pick::<&str>(&ZONES),
        });
    }
    for last in (1..tasks.len()).rev() {
        tasks.swap(last, random.below(last + 1));
    }
    tasks
}

/// Whether a task was certainly done. A failed one is done again, like a webhook that its sender sends again.
fn run(db: &Db, task: &Task) -> Result<(), Error> {
    match task {
        Task::Webhook { id, event, at } => receive(db, id, event, minute(*at)).map(drop),
        Task::RefundCall { call_id } => match calls::refund(db, *call_id, minute(6_000)) {
            // The call has not ended, or an earlier try has worked after all.
            Err(Error::CallNotBilled { .. } | Error::AlreadyBooked { .. }) => Ok(()),
            refunded => refunded.map(drop),
        },
        Task::Rename { user_id } => profiles::change(db, *user_id, |user: &mut User| {
            let (name, count) = user.name.split_once(' ').unwrap_or((&user.name, "0"));
            user.name = format!("{name} {}", count.parse::<i32>().unwrap() + 1);
        })
        .map(drop),
        Task::Statement { wallet_id, zone } => {
            let lines = crate::statement::daily(db, *wallet_id, zone)?;
            // What is never so in the books, whatever else happens meanwhile.
            assert!(lines.iter().all(|line| line.entries > 0), "{lines:?}");
            Ok(())
        }
    }
}

/// Whether a failure is due to the outage, or to the other threads.
fn may_pass(error: &Error) -> bool {
    matches!(error, Error::Database(error) if error.is_temporary() || error.is_stale_row())
}

/// Does all the work with 16 threads, and calls `disturb` with the number of tasks done, again and again, until all are. Beyond
/// the number in `gate`, the threads wait.
fn under_load(db: &Db, gate: &AtomicUsize, disturb: impl FnMut(usize) + Send) {
    prepare(db);
    let mut random = Random::new(17);
    let wallets: Vec<Wallet> = (0..WALLETS)
        .map(|number| sign_up(db, &format!("u{number}"), ZONES[number % ZONES.len()]))
        .collect();
    let calls: Vec<Call> = (0..60)
        .map(|_| {
            let rate = Decimal::new(1 + random.below(4_000) as i64, 3);
            db.insert(calls::begin(random.pick(&wallets).id, rate, minute(0))).unwrap()
        })
        .collect();
    let tasks = work(&mut random, &wallets, &calls);
    let renames = tasks.iter().filter(|task| matches!(task, Task::Rename { .. })).count();
    let all = tasks.len();
    let queue = Mutex::new(VecDeque::from(tasks));
    let (done, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while done.load(Ordering::SeqCst) < all {
                    if done.load(Ordering::SeqCst) > gate.load(Ordering::SeqCst) {
                        thread::yield_now();
                        continue;
                    }
                    let Some(task) = queue.lock().unwrap().pop_front() else {
                        thread::yield_now();
                        continue;
                    };
                    match run(db, &task) {
                        Ok(()) => {
                            done.fetch_add(1, Ordering::SeqCst);
                        }
                        Err(error) => {
                            assert!(may_pass(&error), "{task:?}: {error:?}");
                            failed.fetch_add(1, Ordering::SeqCst);
                            queue.lock().unwrap().push_back(task);
                        }
                    }
                }
            });
        }
        scope.spawn(|| {
            let mut disturb = disturb;
            while done.load(Ordering::SeqCst) < all {
                disturb(done.load(Ordering::SeqCst));
                thread::yield_now();
            }
        });
    });
    // Rejected for lack of money, some can be applied by now. No order leaves one waiting.
    while webhooks::retry_rejected(db, minute(9_000)).unwrap() > 0 {}
    assert_eq!(
        Webhook::query().filter(hooks::state.eq(WebhookState::Waiting)).count(db).unwrap(),
        0
    );
    assert_eq!(Payment::query().count(db).unwrap(), 40);
    assert_books(db);
    for wallet in &wallets {
        for zone in ZONES {
            assert_statement(db, wallet.id, zone);
        }
    }
    // Renamed at least once for each task, and once more for each try that failed only to the eye.
    let counts = User::query().all(db).unwrap().into_iter().map(|user| {
        let count = user.name.split_once(' ').map_or(0, |(_, count)| count.parse().unwrap());
        assert_eq!(user.version, 1 + count, "{user:?}");
        usize::try_from(count).unwrap()
    });
    let (count, failed) = (counts.sum::<usize>(), failed.into_inner());
    assert!(
        (renames..=renames + failed).contains(&count),
        "{renames} renames, {failed} failures: {count}"
    );
    println!("{all} tasks, {failed} failures");
}

on_each_database! {
    fn sixteen_threads_make_and_lose_no_money(db: &Db) {
        under_load(db, &AtomicUsize::new(usize::MAX), |_| ());
    }
}

/// Connections are ended, and the server is killed, in the middle of transactions.
#[cfg(feature = "postgres")]
#[test]
fn killed_servers_make_and_lose_no_money() {
    use std::time::Duration;
    use test_support::server::{Server, programs};

    if programs().is_none() {
        assert!(
            std::env::var_os("MIZZLE_TEST_OWN_SERVERS").is_none(),
            "PostgreSQL's server is not installed"
        );
        eprintln!("skipped: PostgreSQL's server is not installed");
        return;
    }
    let server = Server::start("").unwrap();
    let connect = || Db::builder(&server.url()).connect_timeout(Duration::from_secs(5));
    let db = connect().pool_size(8).connect().unwrap();
    let (mut next, mut kills) = (30, 0);
    // Some are always at work when something is killed, and none is done with everything before.
    let gate = AtomicUsize::new(next + 60);
    under_load(&db, &gate, |done| {
        if done < next {
            return;
        }
        kills += 1;
        if kills % 3 == 0 {
            server.kill().unwrap();
            server.up().unwrap();
        } else {
            let killer = connect().pool_size(1).connect().unwrap();
            killer
                .execute_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
                )
                .unwrap();
        }
        next += 30;
        gate.store(next + 60, Ordering::SeqCst);
    });
    println!("{kills} kills");
    assert!(kills >= 6, "{kills}");
}

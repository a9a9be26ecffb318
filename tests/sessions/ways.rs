//! Streams, pages, named queries, trees and SQL by hand: through PgBouncer, and in sessions that others empty.

use std::cell::RefCell;
use std::thread;

use mizzle::prelude::*;
use mizzle::{Prepare, TransactionRetry, batch};

use crate::pooler::pooled;
use crate::{Mood, Random, cases, seeded};
use test_support::FreshPostgres;

const SEED: &str = "MIZZLE_TEST_SESSION_SEED";

/// A tree of each client's own.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "branches", has_many(leaves = Leaf))]
struct Branch {
    #[column(primary_key)]
    id: i64,
    #[column(references(Self), index)]
    parent_id: Option<i64>,
    #[column(index)]
    client: i64,
    mood: Mood,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "leaves")]
struct Leaf {
    #[column(primary_key)]
    id: i64,
    #[column(references(Branch), index)]
    branch_id: i64,
    mood: Mood,
}

mizzle::schema!(Trees = [Branch, Leaf]);

/// The branches of one mood.
#[derive(Cte, Debug, Clone, PartialEq)]
struct Cheerful {
    id: i64,
    mood: Mood,
}

/// A branch's number of steps from the root.
#[derive(Cte, Debug, Clone, PartialEq)]
struct Reached {
    id: i64,
    mood: Mood,
    step: i64,
}

/// More than the first part of a stream through a cursor, and than the second one.
const BRANCHES: i64 = 700;

fn mood(id: i64) -> Mood {
    if id % 3 == 0 { Mood::Happy } else { Mood::Sad }
}

fn branches_of(client: i64) -> Vec<Branch> {
    let first = client * 100_000;
    let branch = |id: i64| Branch {
        id: first + id,
        parent_id: (id > 0).then(|| first + (id - 1) / 3),
        client,
        mood: mood(id),
    };
    (0..BRANCHES).map(branch).collect()
}

fn fill(db: &Db, clients: i64) {
    db.create_all::<Trees>().unwrap();
    for client in 0..clients {
        let branches = branches_of(client);
        let leaves: Vec<Leaf> = branches
            .iter()
            .filter(|branch| branch.id % 2 == 0)
            .map(|branch| Leaf { id: branch.id, branch_id: branch.id, mood: branch.mood })
            .collect();
        db.insert_all(branches).unwrap();
        db.insert_all(leaves).unwrap();
    }
}

/// The number of [`way`]s.
const WAYS: usize = 10;

/// Reads a client's branches in one way, and compares with what is known. `between` runs between the pages of the keyset,
/// and `beside` between the rows of a stream.
fn way(
    on: &impl Executor,
    kind: usize,
    client: i64,
    random: &mut Random,
    between: &mut dyn FnMut(),
    beside: &mut dyn FnMut(),
) -> mizzle::Result<()> {
    let known = branches_of(client);
    let query = || Branch::query().filter(branches::client.eq(client)).order_by(branches::id);
    let taken = random.below(known.len() + 1);
    match kind {
        0 => {
            let all: Vec<Branch> = query().stream(on)?.collect::<mizzle::Result<_>>()?;
            assert_eq!(all, known);
        }
        // Left in the middle.
        1 => {
            let some: Vec<Branch> =
                query().stream(on)?.take(taken).collect::<mizzle::Result<_>>()?;
            assert_eq!(some, known[..taken]);
        }
        2 => {
            let mut stream = query().with(Branch::leaves()).stream(on)?;
            for (place, branch) in known.iter().enumerate().take(taken) {
                if place % 97 == 0 {
                    beside();
                }
                let found = stream.next().unwrap()?;
                assert_eq!((&*found, found.leaves.len()), (branch, 1 - (branch.id % 2) as usize));
            }
        }
        3 => {
            let mut found = Vec::new();
            let keyset = || {
                Branch::query()
                    .filter(branches::client.eq(client))
                    .keyset((branches::mood.desc(), branches::id))
            };
            let mut page = keyset().page(on, 120)?;
            loop {
                found.extend(page.items);
                let Some(next) = page.next else { break };
                between();
                page = keyset().after(next).page(on, 120)?;
            }
            let mut sorted = known;
            sorted.sort_by_key(|branch| (branch.mood == Mood::Happy, branch.id));
            assert_eq!(found, sorted);
        }
        4 => {
            let term = Cheerful::with(
                branches::table
                    .filter(branches::client.eq(client))
                    .filter(branches::mood.eq(Mood::Happy))
                    .select((branches::id, branches::mood)),
            );
            let found: Vec<Cheerful> = on.load(term.then(cheerfuls::table.order(cheerfuls::id)))?;
            let happy = known.iter().filter(|branch| branch.mood == Mood::Happy);
            let expected: Vec<Cheerful> =
                happy.map(|branch| Cheerful { id: branch.id, mood: branch.mood }).collect();
            assert_eq!(found, expected);
        }
        5 => {
            let start = branches::table.filter(branches::id.eq(client * 100_000)).select((
                branches::id,
                branches::mood,
                0_i64.into_sql::<diesel::sql_types::BigInt>(),
            ));
            let step = branches::table
                .inner_join(reacheds::table.on(branches::parent_id.eq(reacheds::id.nullable())))
                .select((branches::id, branches::mood, reacheds::step + 1));
            let query = reacheds::table.order(reacheds::id);
            let found: Vec<Reached> = on.load(Reached::recursive(start, step).then(query))?;
            let pairs: Vec<(i64, Mood)> = found.iter().map(|row| (row.id, row.mood)).collect();
            let expected: Vec<(i64, Mood)> = known.iter().map(|row| (row.id, row.mood)).collect();
            assert_eq!(pairs, expected);
        }
        6 => {
            let found = Branch::tree().descendants(client * 100_000).all(on)?;
            let mut rows: Vec<Branch> = found.into_iter().map(|node| node.row).collect();
            rows.sort_by_key(|branch| branch.id);
            assert_eq!(rows, known[1..]);
            let deepest = client * 100_000 + BRANCHES - 1;
            let above = Branch::tree().ancestors(deepest).all(on)?;
            assert!(above.iter().all(|node| node.client == client));
            assert_eq!(above.last().unwrap().parent_id, None);
        }
        7 => {
            let moods = [Mood::Happy];
            let found: Vec<Branch> = sql!(
                Branch,
                "SELECT * FROM branches WHERE client = {client} AND {#branches::mood} IN ({..moods}) ORDER BY id"
            )
            .all(on)?;
            let happy = known.into_iter().filter(|branch| branch.mood == Mood::Happy);
            assert_eq!(found, happy.collect::<Vec<_>>());
        }
        8 => {
            let (all, count, first) = on.batch((
                query().batched().all(),
                query().batched().count(),
                batch::find::<Branch>(client * 100_000),
            ))?;
            assert_eq!((count, first.as_ref()), (known.len() as u64, known.first()));
            assert_eq!(all, known);
        }
        _ => {
            let rows = sql!(Branch, "SELECT * FROM branches WHERE client = {client} ORDER BY id");
            let found: Vec<Branch> = rows.stream(on)?.take(taken).collect::<mizzle::Result<_>>()?;
            assert_eq!(found, known[..taken]);
        }
    }
    Ok(())
}

/// Clients share two sessions of the server. A stream that one of them leaves ends no statement of another.
fn each_client_reads_its_own(prepare: Option<Prepare>) {
    const CLIENTS: i64 = 6;
    pooled(2, |fresh, url| {
        fill(&Db::connect(&fresh.url).unwrap(), CLIENTS);
        let mut seeds = seeded(SEED);
        thread::scope(|scope| {
            for client in 0..CLIENTS {
                let mut random = Random::new(seeds.next());
                scope.spawn(move || {
                    let mut builder = Db::builder(url).pool_size(2);
                    if let Some(prepare) = prepare {
                        builder = builder.prepare(prepare);
                    }
                    let db = builder.connect().unwrap();
                    for _ in 0..cases(25) {
                        let kind = random.below(WAYS);
                        let random = &mut random;
                        if random.chance(50) {
                            way(&db, kind, client, random, &mut || (), &mut || ()).unwrap();
                            continue;
                        }
                        let retried = db.transaction_builder().retry(TransactionRetry::new(20));
                        retried
                            .run(|tx| {
                                way(tx, kind, client, random, &mut || (), &mut || ())?;
                                // What follows in the transaction isn't ended with a stream that was left.
                                assert_eq!(
                                    tx.count(branches::table.filter(branches::client.eq(client)))?,
                                    BRANCHES as u64
                                );
                                Ok(())
                            })
                            .unwrap();
                    }
                });
            }
        });
    });
}

#[test]
fn each_client_reads_its_own_without_a_setting() {
    each_client_reads_its_own(None);
}

#[test]
fn each_client_reads_its_own_with_names() {
    each_client_reads_its_own(Some(Prepare::Always));
}

/// What empties a session.
const EMPTYING: [&str; 3] = ["DISCARD ALL", "DEALLOCATE ALL", "DISCARD PLANS"];

/// What others change: a type of the same name, with another number, and a table's columns.
const CHANGES: [&str; 2] = [
    "ALTER TYPE mood RENAME TO old_mood; CREATE TYPE mood AS ENUM ('happy', 'sad'); \
     ALTER TABLE branches ALTER COLUMN mood TYPE mood USING mood::text::mood; \
     ALTER TABLE leaves ALTER COLUMN mood TYPE mood USING mood::text::mood; DROP TYPE old_mood",
    "ALTER TABLE branches ADD COLUMN extra integer DEFAULT 7; ALTER TABLE branches DROP COLUMN extra",
];

/// Reads in every way, while `beside` empties the session and `other` changes the schema, also between the pages of a
/// keyset. Between the rows of a stream, and in a transaction, `other` may not get its lock.
fn each_way_survives(connect: &dyn Fn() -> Db, beside: &dyn Fn(&Db) -> Db, other: &Db) {
    let mut random = seeded(SEED);
    let mut db = connect();
    for case in 0..cases(60) {
        if case % 15 == 0 {
            db = connect();
        }
        let emptier = beside(&db);
        let kind = random.below(WAYS);
        let seeds = RefCell::new(Random::new(random.next()));
        let change = || other.execute_sql(seeds.borrow_mut().pick::<&str>(&CHANGES));
        let mut harm = || {
            let is_emptied = seeds.borrow_mut().chance(60);
            if is_emptied {
                let deed = *seeds.borrow_mut().pick(&EMPTYING);
                emptier.execute_sql(deed).unwrap();
            } else {
                change().unwrap();
            }
        };
        harm();
        let done = if random.chance(60) {
            way(&db, kind, 0, &mut random, &mut harm, &mut || drop(change()))
        } else {
            let seed = random.next();
            let mut runs = 0;
            db.transaction_builder().retry(TransactionRetry::new(3)).run(|tx| {
                runs += 1;
                let mut lose = || {
                    if runs == 1 && case % 2 == 0 {
                        tx.execute_sql("DEALLOCATE ALL").unwrap();
                    } else {
                        drop(change());
                    }
                };
                way(tx, kind, 0, &mut Random::new(seed), &mut lose, &mut || drop(change()))
            })
        };
        done.unwrap_or_else(|error| panic!("case {case}, way {kind}: {error:?}"));
    }
}

/// A client that doesn't wait long for a lock.
fn impatient(url: &str) -> Db {
    let builder = Db::builder(url).pool_size(1).on_connect(|connection| {
        use diesel::connection::SimpleConnection;
        Ok(connection.batch_execute("SET lock_timeout = '50ms'")?)
    });
    builder.connect().unwrap()
}

#[test]
fn each_way_survives_what_others_change() {
    let fresh = FreshPostgres::new();
    fill(&Db::connect(&fresh.url).unwrap(), 1);
    let connect = || Db::builder(&fresh.url).pool_size(1).connect().unwrap();
    each_way_survives(&connect, &Db::clone, &impatient(&fresh.url));
}

/// The other client has the same session of the server, so it empties what this one has there.
#[test]
fn each_way_survives_a_session_that_others_empty() {
    pooled(1, |fresh, url| {
        fill(&Db::connect(&fresh.url).unwrap(), 1);
        for prepare in [Prepare::Auto, Prepare::Always] {
            let connect = || Db::builder(url).pool_size(1).prepare(prepare).connect().unwrap();
            let another = connect();
            each_way_survives(&connect, &|_| another.clone(), &impatient(&fresh.url));
        }
    });
}

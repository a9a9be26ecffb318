//! A second opinion: random statements, run through mizzle on each database, and computed in Rust by a naive model. On
//! PostgreSQL, each round has another setting of the session.
//!
//! `MIZZLE_SECOND_OPINION` is how many rounds each test runs (250 without it), `MIZZLE_SECOND_OPINION_SEED` the seed of
//! the first. A round is several statements. What fails names the seed of its round.

mod chains;
mod expression;
mod groups;
mod many;
mod model;
mod needed;
mod reads;
mod relations;
mod schema;
mod sql;
mod values;
mod ways;
mod writes;

use mizzle::{Db, Dialect, Executor};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use test_support::on_each_database;

use self::schema::Thing;
use test_support::random::Random;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

/// What sessions of other programs may have set, on PostgreSQL.
const SETTINGS: &[&str] = &[
    "SET TIME ZONE 'Asia/Kathmandu'",
    "SET TIME ZONE 'America/St_Johns'",
    "SET TIME ZONE 'Europe/Amsterdam'",
    "SET TIME ZONE 'UTC'",
    "SET DateStyle TO 'SQL, DMY'",
    "SET DateStyle TO 'German'",
    "SET bytea_output TO 'escape'",
];

/// Runs `round` this many times, each time with its own seed and another setting of the session, and prints the number of
/// statements.
fn rounds(db: &Db, mut round: impl FnMut(&mut Random) -> usize) {
    let mut round = |random: &mut Random| {
        if db.dialect() == Dialect::Postgres {
            db.execute_sql(random.pick::<&str>(SETTINGS)).expect("a setting");
        }
        round(random)
    };
    let first = number("MIZZLE_SECOND_OPINION_SEED", 1);
    let mut statements = 0;
    for seed in first..first + number("MIZZLE_SECOND_OPINION", 250) {
        match catch_unwind(AssertUnwindSafe(|| round(&mut Random::new(seed)))) {
            Ok(count) => statements += count,
            Err(panic) => {
                eprintln!("again with MIZZLE_SECOND_OPINION_SEED={seed} MIZZLE_SECOND_OPINION=1");
                resume_unwind(panic);
            }
        }
    }
    println!("{statements} statements from seed {first} on");
}

fn some_things(random: &mut Random) -> Vec<Thing> {
    let count = random.below(12);
    (1..=count as i64).map(|id| schema::thing(id, random)).collect()
}

on_each_database! {
    fn reads_are_what_a_model_computes(db: &Db) {
        schema::create(db);
        rounds(db, |random| {
            let things = some_things(random);
            schema::refill(db, &things);
            let read = |_| {
                reads::Read::random(random).check(db, &things)
                    + reads::Aggregate::random(random).check(db, &things)
            };
            (0..5).map(read).sum()
        });
    }

    fn every_way_to_read_finds_what_a_model_keeps(db: &Db) {
        schema::create(db);
        rounds(db, |random| {
            let things = some_things(random);
            schema::refill(db, &things);
            ways::check(db, &things, random)
        });
    }

    fn every_chain_of_clauses_is_what_a_model_keeps(db: &Db) {
        db.create_all::<chains::Farm>().expect("the tables");
        rounds(db, |random| {
            let world = chains::World::random(random);
            world.store(db);
            (0..2).map(|_| chains::Chain::random(random).check(db, &world)).sum()
        });
    }

    fn writes_are_what_a_model_does(db: &Db) {
        schema::create(db);
        rounds(db, |random| {
            let mut things = some_things(random);
            schema::refill(db, &things);
            (0..4).map(|_| writes::write(db, &mut things, random)).sum()
        });
    }

    fn relations_and_groups_are_what_a_model_gathers(db: &Db) {
        schema::create(db);
        rounds(db, |random| {
            let things = some_things(random);
            schema::refill(db, &things);
            relations::check(db, &things, random) + groups::check(db, &things, random)
        });
    }
}

//! Random transactions with savepoints, against a model.

use mizzle::prelude::*;
use test_support::on_each_database;
use test_support::random::Random;

use super::until;

/// The number of transactions for each database.
const TRANSACTIONS: usize = 400;

/// What the open transaction has notified.
#[derive(Default)]
struct Model {
    notes: Vec<String>,
    /// The savepoints, with what was there before each.
    savepoints: Vec<(&'static str, Vec<String>)>,
}

impl Model {
    fn notify(&mut self, payload: &str) {
        if !self.notes.iter().any(|note| note == payload) {
            self.notes.push(payload.to_owned());
        }
    }

    /// The place of the innermost savepoint of a name.
    fn place(&self, name: &str) -> Option<usize> {
        self.savepoints.iter().rposition(|(other, _)| *other == name)
    }
}

/// Runs SQL as text of any number of statements, as one statement, or as one whose rows are read one by one.
fn execute(on: &Tx<'_>, random: &mut Random, sql: &str) -> mizzle::Result<()> {
    let query = diesel::sql_query(sql);
    match random.below(3) {
        0 => on.execute_sql(sql),
        1 => on.execute(query).map(drop),
        _ => on.with_connection(|connection| {
            let mut rows =
                diesel::connection::LoadConnection::<mizzle::RowByRow>::load(connection, query)?;
            Ok(rows.try_for_each(|row| row.map(drop))?)
        }),
    }
}

/// Runs a few random statements, and transactions inside.
fn play(on: &Tx<'_>, model: &mut Model, random: &mut Random, depth: usize) -> mizzle::Result<()> {
    // Those outside are not the program's to end here.
    let outer = std::mem::take(&mut model.savepoints);
    for _ in 0..random.below(10) {
        let name = *random.pick(&["a", "b", "\"A b\""]);
        match random.below(6) {
            0 | 1 => {
                let payload = random.below(8).to_string();
                on.notify("c", &payload)?;
                model.notify(&payload);
            }
            2 => {
                execute(on, random, &format!("SAVEPOINT {name}"))?;
                model.savepoints.push((name, model.notes.clone()));
            }
            3 => {
                if let Some(place) = model.place(name) {
                    let to = *random.pick(&[
                        "ROLLBACK TO",
                        "rollback to savepoint",
                        "-- x\nROLLBACK TO",
                    ]);
                    execute(on, random, &format!("{to} {name}"))?;
                    model.savepoints.truncate(place + 1);
                    model.notes.clone_from(&model.savepoints[place].1);
                }
            }
            4 => {
                if let Some(place) = model.place(name) {
                    match random.chance(50) {
                        true => on.execute_sql(&format!("RELEASE {name}; SELECT 1"))?,
                        false => execute(on, random, &format!("RELEASE {name}"))?,
                    }
                    model.savepoints.truncate(place);
                }
            }
            _ if depth < 3 => {
                let (before, savepoints) = (model.notes.clone(), model.savepoints.clone());
                let fails = random.chance(40);
                let inner = on.transaction(|inner| {
                    play(inner, model, random, depth + 1)?;
                    if fails { Err(mizzle::Error::application("no")) } else { Ok(()) }
                });
                assert_eq!(inner.is_err(), fails, "{inner:?}");
                if fails {
                    model.notes = before;
                }
                model.savepoints = savepoints;
            }
            _ => {}
        }
    }
    model.savepoints = outer;
    Ok(())
}

on_each_database! {
    fn random_transactions_tell_what_the_model_says(db: &Db) {
        let mut listener = db.listen("c").unwrap();
        for seed in 0..TRANSACTIONS {
            let mut random = Random::new(seed as u64);
            let mut model = Model::default();
            let fails = random.chance(20);
            let done = db.transaction(|tx| {
                play(tx, &mut model, &mut random, 0)?;
                if fails { Err(mizzle::Error::application("no")) } else { Ok(()) }
            });
            assert_eq!(done.is_err(), fails, "seed {seed}: {done:?}");
            let expected = if fails { Vec::new() } else { model.notes };
            db.notify("c", "end").unwrap();
            assert_eq!(until(&mut listener, "end"), expected, "seed {seed}");
        }
    }
}

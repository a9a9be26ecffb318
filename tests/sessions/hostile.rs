//! A session that others empty, and a schema that others change, between any two statements.

use std::collections::BTreeMap;

use mizzle::TransactionRetry;
use mizzle::prelude::*;

use crate::{Mood, Note, NoteChanges, Notes, Random, cases, notes, seeded};
use test_support::FreshPostgres;

const SEED: &str = "MIZZLE_TEST_SESSION_SEED";

/// What can happen to a session, in it or from outside.
const DEEDS: [(bool, &str); 10] = [
    (true, "DISCARD ALL"),
    (true, "DEALLOCATE ALL"),
    (true, "DISCARD PLANS"),
    (false, "ALTER TABLE notes ALTER COLUMN label TYPE varchar(200)"),
    (false, "ALTER TABLE notes ALTER COLUMN label TYPE text"),
    (false, "ALTER TABLE notes ADD COLUMN IF NOT EXISTS extra integer DEFAULT 7"),
    (false, "ALTER TABLE notes DROP COLUMN IF EXISTS extra"),
    // A type of the same name, with another number.
    (
        false,
        "ALTER TYPE mood RENAME TO old_mood; CREATE TYPE mood AS ENUM ('happy', 'sad'); \
         ALTER TABLE notes ALTER COLUMN mood TYPE mood USING mood::text::mood; DROP TYPE old_mood",
    ),
    // A table of the same name, too.
    (
        false,
        "ALTER TABLE notes RENAME TO old_notes; CREATE TABLE notes (LIKE old_notes INCLUDING ALL); \
         INSERT INTO notes SELECT * FROM old_notes; DROP TABLE old_notes",
    ),
    (false, "ANALYZE notes"),
];

struct World {
    db: Db,
    other: Db,
    random: Random,
}

impl World {
    fn harm(&mut self, what: &mut Vec<&'static str>) {
        while self.random.below(3) > 0 {
            let (inside, sql) = DEEDS[self.random.below(DEEDS.len())];
            what.push(sql);
            let client = if inside { &self.db } else { &self.other };
            client.execute_sql(sql).unwrap();
        }
    }

    fn note(&mut self, id: i64) -> Note {
        let mood = if self.random.below(2) == 0 { Mood::Happy } else { Mood::Sad };
        Note { id, label: format!("label {}", self.random.below(1000)), mood }
    }

    /// Does one thing, and compares with what is known.
    fn step(
        &mut self,
        on: &impl Executor,
        kind: usize,
        id: i64,
        rows: &mut BTreeMap<i64, Note>,
    ) -> mizzle::Result<()> {
        let note = self.note(id);
        match kind {
            0 => {
                assert_eq!(on.upsert(note.clone())?, note);
                rows.insert(id, note);
            }
            1 => assert_eq!(on.find::<Note>(id)?.as_ref(), rows.get(&id)),
            2 => {
                let known: Vec<Note> =
                    rows.values().filter(|row| row.mood == note.mood).cloned().collect();
                let query = Note::query().filter(notes::mood.eq(note.mood)).order_by(notes::id);
                assert_eq!(query.all(on)?, known);
            }
            3 => {
                let known: Vec<Note> = rows.values().cloned().collect();
                assert_eq!(on.load::<Note, _>(notes::table.order(notes::id))?, known);
            }
            4 => {
                if let Some(known) = rows.get_mut(&id) {
                    let changes = NoteChanges::default().mood(note.mood);
                    *known = Note { mood: note.mood, ..known.clone() };
                    assert_eq!(on.update_by_key::<Note>(id, changes)?, *known);
                }
            }
            // An array of the type.
            5 => {
                let query = notes::table.filter(notes::mood.eq_any([Mood::Happy, Mood::Sad]));
                assert_eq!(on.count(query)?, rows.len() as u64);
            }
            6 => assert_eq!(on.delete_by_key::<Note>(id)?, rows.remove(&id).is_some()),
            _ => assert_eq!(on.count(notes::table)?, rows.len() as u64),
        }
        Ok(())
    }
}

#[test]
fn each_statement_is_right_or_an_error_that_a_retry_knows() {
    let fresh = FreshPostgres::new();
    let connect = || Db::builder(&fresh.url).pool_size(1).connect().unwrap();
    let mut world = World { db: connect(), other: connect(), random: seeded(SEED) };
    world.db.create_all::<Notes>().unwrap();
    let mut rows = BTreeMap::new();
    let mut done = Vec::new();
    for case in 0..cases(300) {
        // A new connection has not lost anything yet, and trusts the server.
        if case % 40 == 0 {
            world.db = connect();
        }
        let (kind, id) = (world.random.below(8), world.random.below(9) as i64);
        done.clear();
        world.harm(&mut done);
        let db = world.db.clone();
        if world.random.below(2) == 0 {
            let result = world.step(&db, kind, id, &mut rows);
            result.unwrap_or_else(|error| panic!("case {case}, {kind} after {done:?}: {error:?}"));
            continue;
        }
        // In a transaction, also as its first statement, and with harm from outside within.
        let (deeds, first) = (world.random.below(2), world.random.below(8));
        let mut runs = 0;
        let (result, after) = {
            let mut after = rows.clone();
            let result = db.transaction_builder().retry(TransactionRetry::new(3)).run(|tx| {
                runs += 1;
                after = rows.clone();
                world.step(tx, first, id, &mut after)?;
                if deeds == 1 && runs == 1 {
                    tx.execute_sql("DEALLOCATE ALL")?;
                    done.push("DEALLOCATE ALL in the transaction");
                }
                world.step(tx, kind, id, &mut after)
            });
            (result, after)
        };
        result.unwrap_or_else(|error| {
            panic!("case {case}, {first}, {kind} after {done:?}: {error:?}")
        });
        rows = after;
    }
    assert_eq!(world.other.count(notes::table).unwrap(), rows.len() as u64);
}

//! Writes of many rows at once, applied to a list of rows as well.

use mizzle::ErrorCode;
use mizzle::prelude::*;

use crate::expression::{Expr, Type};
use crate::model::sure;
use crate::schema::*;
use crate::sql::boolean;
use crate::values;
use crate::writes::partly;
use test_support::random::Random;

/// Runs one on `db` and on `things`.
pub fn write(db: &Db, things: &mut Vec<Thing>, random: &mut Random) {
    match random.below(4) {
        0 => update_all(db, things, random),
        1 => upsert_all(db, things, random),
        2 => insert_or_ignore(db, things, random),
        _ => by_query(db, things, random),
    }
}

/// A key, in most cases one that is there.
fn key(things: &[Thing], random: &mut Random) -> i64 {
    if things.is_empty() || random.chance(15) {
        return 2000 + random.below(6) as i64;
    }
    random.pick(things).id
}

/// Rows with other values. Some keys may be there twice, or not in the table.
fn update_all(db: &Db, things: &mut [Thing], random: &mut Random) {
    let mut rows: Vec<Thing> = Vec::new();
    for _ in 0..random.below(6) {
        let id = if random.chance(90) && !things.is_empty() {
            random.pick(things).id
        } else {
            key(things, random)
        };
        rows.push(thing(id, random));
    }
    let is_whole = rows.iter().all(|row| things.iter().any(|thing| thing.id == row.id));
    let updated = if random.chance(50) {
        db.update_all(&rows)
    } else {
        db.update_all_returning(&rows).map(|stored| {
            let keys = |rows: &[Thing]| rows.iter().map(|row| row.id).collect::<Vec<_>>();
            assert_eq!(keys(&stored), keys(&rows));
            let is_once = |row: &Thing| rows.iter().filter(|other| other.id == row.id).count() == 1;
            for (stored, row) in stored.iter().zip(&rows).filter(|(_, row)| is_once(row)) {
                assert_eq!(stored, row);
            }
        })
    };
    if !is_whole {
        assert_eq!(updated.expect_err("no such row").code(), ErrorCode::NotFound);
        return;
    }
    updated.expect("the rows");
    for row in rows {
        let thing = things.iter_mut().find(|thing| thing.id == row.id);
        *thing.expect("an existing row") = row;
    }
}

/// New rows, some of which leave out columns with defaults.
fn news(things: &[Thing], random: &mut Random) -> Vec<(NewThing, Thing)> {
    let row = |random: &mut Random| partly(thing(key(things, random), random), random);
    (0..random.below(6)).map(|_| row(random)).collect()
}

fn upsert_all(db: &Db, things: &mut Vec<Thing>, random: &mut Random) {
    let rows = news(things, random);
    let news: Vec<NewThing> = rows.iter().map(|(new, _)| new.clone()).collect();
    db.upsert_all(news).expect("the rows");
    for (new, mut stored) in rows {
        match things.iter_mut().find(|thing| thing.id == new.id) {
            Some(thing) => {
                // What the database would fill in stays.
                stored.number = new.number.unwrap_or(thing.number);
                stored.word = new.word.unwrap_or_else(|| thing.word.clone());
                *thing = stored;
            }
            None => things.push(stored),
        }
    }
}

fn insert_or_ignore(db: &Db, things: &mut Vec<Thing>, random: &mut Random) {
    let rows = news(things, random);
    let news: Vec<NewThing> = rows.iter().map(|(new, _)| new.clone()).collect();
    let before = things.len();
    for (new, stored) in rows {
        if things.iter().all(|thing| thing.id != new.id) {
            things.push(stored);
        }
    }
    let count = db.insert_all_or_ignore(news).expect("the rows");
    assert_eq!(count, (things.len() - before) as u64);
}

/// Changes and deletes of what a query finds, in its order and range.
fn by_query(db: &Db, things: &mut Vec<Thing>, random: &mut Random) {
    let depth = random.below(3);
    let condition = Expr::random(Type::Bool, depth, random);
    let Some(mut kept) = sure(&condition, things) else { return };
    let mut query = Thing::query().filter(boolean(&condition));
    if random.chance(60) {
        let (limit, offset) = (random.below(4), random.below(2));
        query = query
            .order_by(things::cost.desc())
            .then_order_by(things::id)
            .limit(limit as u64)
            .offset(offset as u64);
        kept.sort_by(|a, b| b.cost.cmp(&a.cost).then(a.id.cmp(&b.id)));
        kept = kept.into_iter().skip(offset).take(limit).collect();
    }
    let mut ids: Vec<i64> = kept.into_iter().map(|thing| thing.id).collect();
    ids.sort_unstable();
    let returned = |rows: mizzle::Result<Vec<Thing>>, things: &[Thing]| {
        let mut rows = rows.expect("the rows");
        rows.sort_by_key(|thing| thing.id);
        let mut expected: Vec<&Thing> =
            things.iter().filter(|thing| ids.contains(&thing.id)).collect();
        expected.sort_by_key(|thing| thing.id);
        assert_eq!(rows.iter().collect::<Vec<_>>(), expected, "{condition:#?}");
    };
    match random.below(4) {
        0 => {
            let count = query.delete(db).expect("the rows");
            assert_eq!(count, ids.len() as u64, "{condition:#?}");
            things.retain(|thing| !ids.contains(&thing.id));
        }
        1 => {
            returned(query.delete_returning(db), things);
            things.retain(|thing| !ids.contains(&thing.id));
        }
        kind => {
            let (cost, text, instant) = (
                values::decimal(random),
                random.maybe(values::text),
                random.maybe(values::instant),
            );
            let changes = ThingChanges::default().cost(cost.clone()).maybe_instant(instant);
            let changes = match &text {
                Some(text) => changes.text(text.clone()),
                None => changes.clear_text(),
            };
            for thing in things.iter_mut().filter(|thing| ids.contains(&thing.id)) {
                thing.cost = cost.clone();
                thing.text.clone_from(&text);
                thing.instant = instant.or(thing.instant);
            }
            if kind == 2 {
                let count = query.update(db, changes).expect("the rows");
                assert_eq!(count, ids.len() as u64, "{condition:#?}");
            } else {
                returned(query.update_returning(db, changes), things);
            }
        }
    }
}

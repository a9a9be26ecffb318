//! Random INSERTs, UPDATEs and DELETEs of every shape, applied to a list of rows as well.

use diesel::{delete, insert_into, update};
use mizzle::ErrorCode;
use mizzle::prelude::*;

use crate::expression::{Expr, Type, Value};
use crate::many;
use crate::model::{Fault, evaluate, is_faulty};
use crate::needed::{Missing, needed};
use crate::schema::*;
use crate::sql::*;
use test_support::random::Random;

/// The most rows that a table has.
const MOST: usize = 40;

/// A row whose columns with defaults may be left out, and what it becomes.
pub fn partly(thing: Thing, random: &mut Random) -> (NewThing, Thing) {
    let mut row = new(&thing);
    let mut stored = thing;
    if random.chance(40) {
        row.number = None;
        stored.number = 7;
    }
    if random.chance(40) {
        row.word = None;
        stored.word = "none".into();
    }
    (row, stored)
}

fn free_key(things: &[Thing], random: &mut Random) -> i64 {
    loop {
        let id = random.below(1000) as i64;
        if things.iter().all(|thing| thing.id != id) {
            return id;
        }
    }
}

/// Runs a random write on `db` and on `things`, and returns the number of statements.
pub fn write(db: &Db, things: &mut Vec<Thing>, random: &mut Random) -> usize {
    let seed = random.next();
    let mut random = Random::new(seed);
    match random.below(6) {
        4 | 5 => many::write(db, things, &mut random),
        0 | 1 if things.len() < MOST => insert(db, things, &mut random),
        0..=2 => change(db, things, &mut random),
        _ => remove(db, things, &mut random),
    }
    let mut stored = Thing::query().order_by(things::id).all(db).expect("the rows");
    things.sort_by_key(|thing| thing.id);
    // Documents that are equal may be written differently.
    for (stored, thing) in stored.iter_mut().zip(things.iter()) {
        let documents = (stored.doc.clone().map(Value::Doc), thing.doc.clone().map(Value::Doc));
        if let (Some(a), Some(b)) = documents
            && crate::model::order(&a, &b).is_eq()
        {
            stored.doc.clone_from(&thing.doc);
        }
    }
    assert_eq!(&stored, things, "after the write of seed {seed}");
    2
}

fn insert(db: &Db, things: &mut Vec<Thing>, random: &mut Random) {
    let rows: Vec<(NewThing, Thing)> = (0..1 + random.below(4))
        .scan(things.clone(), |taken, _| {
            let row = partly(thing(free_key(taken, random), random), random);
            taken.push(row.1.clone());
            Some(row)
        })
        .collect();
    let (news, stored): (Vec<NewThing>, Vec<Thing>) = rows.into_iter().unzip();
    let first = news[0].clone();
    let mut inserted = stored.clone();
    match random.below(11) {
        0 => {
            db.insert(first).expect("a row");
            inserted.truncate(1);
        }
        1 => {
            assert_eq!(db.insert_all(&news).expect("the rows"), news.len() as u64);
        }
        2 => {
            let given = db.insert_all_returning(&news).expect("the rows");
            let keys = |things: &[Thing]| things.iter().map(|thing| thing.id).collect::<Vec<_>>();
            assert_eq!(keys(&given), keys(&stored));
        }
        3 => {
            db.execute(insert_into(things::table).values(first)).expect("a row");
            inserted.truncate(1);
        }
        4 => {
            db.execute(insert_into(things::table).values(&first)).expect("a row");
            inserted.truncate(1);
        }
        // SQLite may refuse rows that leave out different columns, as a whole.
        5 => {
            if db.execute(insert_into(things::table).values(news)).is_err() {
                inserted.clear();
            }
        }
        6 => {
            if db.execute(insert_into(things::table).values(&news)).is_err() {
                inserted.clear();
            }
        }
        7 => {
            db.execute(insert_into(things::table).values([first])).expect("a row");
            inserted.truncate(1);
        }
        8 => {
            let thing = &stored[0];
            let row = (
                things::id.eq(thing.id),
                things::cost.eq(&thing.cost),
                things::price.eq(&thing.price),
                things::number.eq(thing.number),
                things::text.eq(thing.text.as_deref()),
            );
            db.execute(insert_into(things::table).values(row)).expect("a row");
            inserted = vec![Thing {
                price: thing.price.clone(),
                number: thing.number,
                text: thing.text.clone(),
                ..bare(thing.id, thing.cost.clone())
            }];
        }
        9 => {
            let rows: Vec<_> = stored
                .iter()
                .map(|thing| (things::id.eq(thing.id), things::cost.eq(thing.cost.clone())))
                .collect();
            db.execute(insert_into(things::table).values(rows)).expect("the rows");
            inserted = inserted.into_iter().map(|thing| bare(thing.id, thing.cost)).collect();
        }
        _ => {
            // The keys of rows that are there, in part.
            let taken = things.first().map(|thing| thing.id);
            let id = taken.filter(|_| random.chance(50)).unwrap_or(stored[0].id);
            let row = NewThing { id, ..first };
            let stored = Thing { id, ..stored[0].clone() };
            if random.chance(50) {
                let ignored = insert_into(things::table).values(row).on_conflict_do_nothing();
                let count = db.execute(ignored).expect("a row or none");
                assert_eq!(count, u64::from(taken != Some(id)));
                inserted = if taken == Some(id) { Vec::new() } else { vec![stored] };
            } else {
                let update =
                    insert_into(things::table).values(row).on_conflict(things::id).do_update().set(
                        (things::int.eq(5), things::cost.eq(things::cost.plus(Decimal::from(1)))),
                    );
                assert_eq!(db.execute(update).expect("a row"), 1);
                if taken == Some(id) {
                    things[0].int = Some(5);
                    things[0].cost = &things[0].cost + &Decimal::from(1);
                    inserted.clear();
                } else {
                    inserted = vec![stored];
                }
            }
        }
    }
    things.extend(inserted);
}

/// The places of the rows for which `condition` is true.
fn places(things: &[Thing], condition: &Expr) -> Result<Vec<usize>, Fault> {
    if is_faulty(condition, &thing(1, &mut Random::new(1))) {
        return Err(Fault);
    }
    let mut places = Vec::new();
    for (place, thing) in things.iter().enumerate() {
        if evaluate(condition, thing)? == Some(Value::Bool(true)) {
            places.push(place);
        }
    }
    Ok(places)
}

fn condition(random: &mut Random) -> Expr {
    let depth = random.below(3);
    Expr::random(Type::Bool, depth, random)
}

/// An UPDATE by a condition, of a column by an expression.
fn change(db: &Db, things: &mut Vec<Thing>, random: &mut Random) {
    let condition = condition(random);
    let depth = random.below(3);
    let mut expected = things.clone();
    macro_rules! set {
        ($column:ident, $build:ident, $read:ident, $ty:ident) => {{
            let value = Expr::random(Type::$ty, depth, random);
            let mut may_fail = is_faulty(&value, &thing(1, &mut Random::new(1)));
            let mut missing = None;
            let places = places(things, &condition);
            for &place in places.as_deref().unwrap_or(&[]) {
                may_fail |= evaluate(&value, &things[place]).is_err();
                match needed(&value, &things[place], db.dialect()) {
                    Ok(value) => expected[place].$column = value.map($read),
                    Err(found) => missing = Some(found).max(missing),
                }
            }
            let set = things::$column.eq($build(&value));
            let statement = update(things::table.filter(boolean(&condition))).set(set);
            (db.execute(statement), places.map(|places| places.len()), (may_fail, missing), value)
        }};
    }
    let (changed, count, (may_fail, missing), value) = match random.below(15) {
        0 => set!(small, small, read_i16, Small),
        1 => set!(int, int, read_i32, Int),
        2 => set!(big, big, read_i64, Big),
        9 => set!(float, float, read_f32, Float),
        3 => set!(real, real, read_f64, Real),
        4 => set!(text, text, read_text, Text),
        5 => set!(flag, boolean, read_bool, Bool),
        6 => set!(price, decimal, read_decimal, Decimal),
        7 => set!(day, day, read_day, Day),
        10 => set!(time, time, read_time, Time),
        11 => set!(moment, moment, read_moment, Moment),
        12 => set!(instant, instant, read_instant, Instant),
        13 => set!(token, token, read_token, Token),
        14 => set!(bytes, bytes, read_bytes, Bytes),
        _ => set!(doc, doc, read_doc, Doc),
    };
    match (changed, count) {
        (Ok(changed), Ok(count)) if missing.is_none() => {
            assert_eq!(changed, count as u64, "{condition:#?}\n{value:#?}");
            *things = expected;
        }
        // What could not be computed was not needed.
        (Ok(_), count) => {
            let fails = count.is_ok() && missing == Some(Missing::Fails);
            assert!(!fails, "no error\n{condition:#?}\n{value:#?}");
            *things = Thing::query().all(db).expect("the rows can still be read");
        }
        (Err(error), count) => {
            assert!(may_fail || count.is_err(), "{error:?}\n{condition:#?}\n{value:#?}");
            assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}\n{value:#?}");
        }
    }
}

fn remove(db: &Db, things: &mut Vec<Thing>, random: &mut Random) {
    let condition = condition(random);
    let Ok(mut gone) = places(things, &condition) else { return };
    let one = things.get(random.below(things.len())).cloned();
    let count = match (random.below(4), one) {
        (0, Some(thing)) => {
            db.delete(&thing).expect("the row");
            gone = things.iter().position(|other| other.id == thing.id).into_iter().collect();
            1
        }
        (1, Some(thing)) => {
            gone.retain(|&place| things[place].id == thing.id);
            Thing::query()
                .find(thing.id)
                .filter(boolean(&condition))
                .delete(db)
                .expect("one row at most")
        }
        (2, Some(thing)) => {
            let Some(holder) = thing.holder_id else { return };
            gone.retain(|&place| things[place].holder_id == Some(holder));
            let holder = db.get::<Holder>(holder).expect("the holder");
            Holder::things().filter(boolean(&condition)).delete(db, &holder).expect("the rows")
        }
        _ => db.execute(delete(things::table.filter(boolean(&condition)))).expect("the rows"),
    };
    assert_eq!(count, gone.len() as u64, "{condition:#?}");
    for place in gone.into_iter().rev() {
        things.remove(place);
    }
}

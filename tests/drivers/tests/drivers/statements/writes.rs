//! Random INSERTs, UPDATEs and DELETEs of the shapes that diesel has.

use diesel::prelude::*;
use diesel::query_dsl::methods;
use diesel::upsert::excluded;
use diesel::{delete, insert_into, update};

use super::expression::*;
use super::reads::plain;
use super::{Connection, Found, rows};
use crate::schema::{self, Changes, NewThing, Thing, holders, things};
use test_support::random::Random;

/// A key that may be taken.
fn key(random: &mut Random) -> i64 {
    1 + random.below(30) as i64
}

/// A word that may be refused.
fn word(random: &mut Random) -> String {
    if random.chance(4) { "forbidden".into() } else { schema::text(random) }
}

fn new(random: &mut Random) -> NewThing {
    NewThing {
        id: random.chance(85).then(|| key(random)),
        number: random.maybe(schema::number),
        word: random.maybe(word),
        big: random.maybe(schema::big),
        text: random.maybe(schema::text),
        moment: random.maybe(schema::moment),
    }
}

fn some<T>(random: &mut Random, item: impl Fn(&mut Random) -> T) -> Vec<T> {
    (0..random.below(5)).map(|_| item(random)).collect()
}

fn changes(random: &mut Random) -> Changes {
    Changes {
        number: random.maybe(schema::number),
        word: random.maybe(word),
        big: random.chance(20).then(|| random.maybe(schema::big)),
        float: random.maybe(|random| random.maybe(schema::float)),
        day: random.maybe(|random| random.maybe(schema::day)),
    }
}

fn counted(count: Result<u64, String>) -> Found {
    count.map(|count| count.to_string())
}

fn returned(things: Result<Vec<Thing>, String>) -> Found {
    things.map(|things| rows(things, false))
}

pub fn write(connection: &mut Connection<'_, '_>, random: &mut Random) -> Found {
    match random.below(10) {
        0..=2 => insert(connection, random),
        3 | 4 => upsert(connection, random),
        5 | 6 => change(connection, random),
        7 => select_into(connection, random),
        _ => remove(connection, random),
    }
}

fn insert(connection: &mut Connection<'_, '_>, random: &mut Random) -> Found {
    let into = insert_into(things::table);
    match random.below(9) {
        0 => counted(execute!(connection, into.values(new(random)))),
        1 => counted(execute!(connection, into.values(some(random, new)))),
        2 => counted(execute!(connection, into.values(&some(random, new)))),
        3 => counted(execute!(connection, into.values([new(random), new(random)]))),
        4 => returned(load!(connection, into.values(&new(random)).returning(things::all_columns))),
        5 => {
            let rows = some(random, |random| schema::thing(key(random), random));
            returned(load!(connection, into.values(rows).returning(things::all_columns)))
        }
        6 => {
            let row = |random: &mut Random| {
                (
                    things::id.eq(key(random)),
                    random.maybe(schema::number).map(|number| things::number.eq(number)),
                    things::text.eq(random.maybe(schema::text)),
                    things::bytes.eq(random.maybe(schema::bytes)),
                )
            };
            counted(execute!(connection, into.values(some(random, row))))
        }
        7 => counted(execute!(connection, into.default_values())),
        _ => {
            let row = (
                things::id.eq(key(random)),
                things::small.eq(schema::small(random)),
                things::word.eq(word(random)),
                things::holder_id.eq(random.below(7) as i64),
                things::time.eq(schema::time(random)),
            );
            returned(load!(connection, into.values(row).returning(things::all_columns)))
        }
    }
}

fn upsert(connection: &mut Connection<'_, '_>, random: &mut Random) -> Found {
    let row = schema::thing(key(random), random);
    let insert = insert_into(things::table).values(row);
    match random.below(5) {
        0 => counted(execute!(connection, insert.on_conflict_do_nothing())),
        1 => counted(execute!(connection, insert.on_conflict(things::big).do_nothing())),
        2 => {
            let changes = changes(random);
            counted(execute!(connection, insert.on_conflict(things::id).do_update().set(changes)))
        }
        3 => {
            let set = (
                things::text.eq(excluded(things::text)),
                things::number.eq(things::number + excluded(things::number)),
                things::flag.eq(random.maybe(schema::boolean)),
            );
            let updated = insert.on_conflict(things::id).do_update().set(set);
            let statement =
                methods::FilterDsl::filter(updated, things::number.lt(schema::number(random)));
            returned(load!(connection, statement.returning(things::all_columns)))
        }
        _ => {
            let statement = insert
                .on_conflict(things::id)
                .do_update()
                .set(things::day.eq(schema::day(random)))
                .returning((things::id, things::day));
            let found: Vec<(i64, Option<schema::Day>)> = load!(connection, statement)?;
            Ok(rows(found, false))
        }
    }
}

/// INSERT of what a query finds.
fn select_into(connection: &mut Connection<'_, '_>, random: &mut Random) -> Found {
    let columns = plain();
    let condition = condition(&columns, 2, random);
    match random.below(2) {
        0 => {
            let found = things::table.filter(condition).select((
                things::id + 50,
                things::number * 2,
                text(&columns, 2, random),
            ));
            let statement = insert_into(things::table).values(found).into_columns((
                things::id,
                things::number,
                things::text,
            ));
            counted(execute!(connection, statement))
        }
        _ => {
            let found = holders::table.filter(holders::id.gt(random.below(5) as i64)).select((
                holders::id + 20,
                holders::boss_id,
                holders::name,
            ));
            let statement = found
                .insert_into(things::table)
                .into_columns((things::id, things::holder_id, things::word))
                .returning(things::all_columns);
            returned(load!(connection, statement))
        }
    }
}

fn change(connection: &mut Connection<'_, '_>, random: &mut Random) -> Found {
    let columns = plain();
    let condition = condition(&columns, 2, random);
    let changed = update(things::table.filter(condition));
    match random.below(6) {
        0 => counted(execute!(connection, changed.set(changes(random)))),
        1 => {
            let set = (
                things::int.eq(int(&columns, 2, random)),
                things::text.eq(text(&columns, 2, random)),
                things::real.eq(real(&columns, 1, random)),
                things::moment.eq(moment(&columns, 1, random)),
            );
            counted(execute!(connection, changed.set(set)))
        }
        2 => {
            let set = (things::flag.eq(self::condition(&columns, 1, random)), changes(random));
            returned(load!(connection, changed.set(set).returning(things::all_columns)))
        }
        3 => {
            let target = things::table.find(key(random));
            let set = (things::bytes.eq(bytes(&columns, 1, random)), things::word.eq(word(random)));
            counted(execute!(connection, update(target).set(set)))
        }
        4 => {
            let some =
                holders::table.filter(holders::boss_id.is_null()).select(holders::id.nullable());
            let target = things::table.filter(things::holder_id.eq_any(some));
            let set = things::number.eq(things::number + schema::number(random));
            returned(load!(connection, update(target).set(set).returning(things::all_columns)))
        }
        _ => {
            let thing = schema::thing(key(random), random);
            counted(execute!(connection, update(&thing).set(&thing)))
        }
    }
}

fn remove(connection: &mut Connection<'_, '_>, random: &mut Random) -> Found {
    let columns = plain();
    let depth = random.below(3);
    let found = things::table.filter(condition(&columns, depth, random));
    match random.below(4) {
        0 => counted(execute!(connection, delete(found))),
        1 => returned(load!(connection, delete(found).returning(things::all_columns))),
        2 => counted(execute!(connection, delete(things::table.find(key(random))))),
        _ => {
            let some = holders::table.filter(holders::id.gt(2)).select(holders::id.nullable());
            counted(execute!(connection, delete(found.filter(things::holder_id.eq_any(some)))))
        }
    }
}

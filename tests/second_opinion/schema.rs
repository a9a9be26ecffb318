//! The tables, with a column of each type, and random rows of values that are hard to get right.

use mizzle::prelude::*;

use crate::values;
use test_support::random::Random;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "holders", has_many(things = Thing))]
pub struct Holder {
    #[column(primary_key)]
    pub id: i64,
    pub name: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "things")]
pub struct Thing {
    #[column(primary_key)]
    pub id: i64,
    #[column(references(Holder))]
    pub holder_id: Option<i64>,
    pub small: Option<i16>,
    pub int: Option<i32>,
    #[column(default = 7)]
    pub number: i32,
    pub big: Option<i64>,
    pub float: Option<f32>,
    pub real: Option<f64>,
    pub text: Option<String>,
    #[column(default = "none")]
    pub word: String,
    pub flag: Option<bool>,
    pub price: Option<Decimal>,
    pub cost: Decimal,
    pub day: Option<NaiveDate>,
    pub doc: Option<serde_json::Value>,
    pub time: Option<NaiveTime>,
    pub moment: Option<NaiveDateTime>,
    pub instant: Option<DateTime<Utc>>,
    pub token: Option<Uuid>,
    pub bytes: Option<Vec<u8>>,
}

diesel::alias!(things as others: Others);

mizzle::schema!(pub Store = [Holder, Thing]);

pub const HOLDERS: i64 = 5;

/// A row with this key.
pub fn thing(id: i64, random: &mut Random) -> Thing {
    Thing {
        id,
        holder_id: random.maybe(|random| 1 + random.below(HOLDERS as usize) as i64),
        small: random.maybe(values::small),
        int: random.maybe(values::int),
        number: values::int(random),
        big: random.maybe(values::big),
        float: random.maybe(|random| *random.pick(values::FLOATS)),
        real: random.maybe(|random| *random.pick(values::REALS)),
        text: random.maybe(values::text),
        word: values::text(random),
        flag: random.maybe(|random| random.chance(50)),
        price: random.maybe(values::decimal),
        cost: values::decimal(random),
        day: random.maybe(values::day),
        doc: random.maybe(values::doc),
        time: random.maybe(values::time),
        moment: random.maybe(values::moment),
        instant: random.maybe(values::instant),
        token: random.maybe(values::token),
        bytes: random.maybe(values::bytes),
    }
}

/// As a new row.
pub fn new(thing: &Thing) -> NewThing {
    let Thing {
        id,
        holder_id,
        small,
        int,
        number,
        big,
        float,
        real,
        text,
        word,
        flag,
        price,
        cost,
        day,
        doc,
        time,
        moment,
        instant,
        token,
        bytes,
    } = thing.clone();
    NewThing {
        id,
        holder_id,
        small,
        int,
        number: Some(number),
        big,
        float,
        real,
        text,
        word: Some(word),
        flag,
        price,
        cost,
        day,
        doc,
        time,
        moment,
        instant,
        token,
        bytes,
    }
}

/// A row with nothing but its key, its cost and what the columns have by default.
pub fn bare(id: i64, cost: Decimal) -> Thing {
    Thing {
        id,
        holder_id: None,
        small: None,
        int: None,
        number: 7,
        big: None,
        float: None,
        real: None,
        text: None,
        word: "none".into(),
        flag: None,
        price: None,
        cost,
        day: None,
        doc: None,
        time: None,
        moment: None,
        instant: None,
        token: None,
        bytes: None,
    }
}

/// Empties the tables, and fills them with `count` things.
pub fn refill(db: &Db, things: &[Thing]) {
    db.execute(diesel::delete(things::table)).expect("no thing left");
    db.insert_all(things.iter().map(new).collect::<Vec<_>>()).expect("the things");
}

/// Creates the tables, with holders that nothing changes.
pub fn create(db: &Db) {
    db.create_all::<Store>().expect("the tables");
    let holder = |id: i64| NewHolder { id, name: format!("holder {id}") };
    db.insert_all((1..=HOLDERS).map(holder).collect::<Vec<_>>()).expect("the holders");
}

//! Columns of every type.

use diesel::dsl::{max, min};
use mizzle::prelude::*;
use serde_json::{Value, json};

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Small,
    Large,
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[db(native = "cte_shade")]
pub enum Shade {
    Dark,
    Light,
}

#[derive(Newtype, Debug, Clone, PartialEq)]
pub struct Money(pub Decimal);

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Thing {
    #[column(primary_key)]
    pub id: i64,
    pub flag: bool,
    pub small: i16,
    pub int: i32,
    pub float: f32,
    pub double: f64,
    #[column(max_length = 30)]
    pub text: String,
    pub bytes: Vec<u8>,
    pub date: NaiveDate,
    pub time: NaiveTime,
    pub timestamp: NaiveDateTime,
    pub moment: DateTime<Utc>,
    #[column(stored = unix_millis)]
    pub millis: DateTime<Utc>,
    #[column(stored = iso8601)]
    pub iso: DateTime<Utc>,
    pub uuid: Uuid,
    pub decimal: Decimal,
    #[column(db_type(postgres = "numeric(12,3)"))]
    pub scaled: Decimal,
    pub money: Money,
    pub document: Value,
    pub inet: Inet,
    pub kind: Kind,
    pub shade: Shade,
    pub none: Option<Decimal>,
}

mizzle::schema!(pub Things = [Thing]);

#[derive(Cte, Debug, Clone, PartialEq)]
pub struct Copied {
    pub id: i64,
    pub flag: bool,
    pub small: i16,
    pub int: i32,
    pub float: f32,
    pub double: f64,
    pub text: String,
    pub bytes: Vec<u8>,
    pub date: NaiveDate,
    pub time: NaiveTime,
    pub timestamp: NaiveDateTime,
    pub moment: DateTime<Utc>,
    #[column(stored = unix_millis)]
    pub millis: DateTime<Utc>,
    #[column(stored = iso8601)]
    pub iso: DateTime<Utc>,
    pub uuid: Uuid,
    pub decimal: Decimal,
    pub scaled: Decimal,
    pub money: Money,
    pub document: Value,
    pub inet: Inet,
    pub kind: Kind,
    pub shade: Shade,
    pub none: Option<Decimal>,
}

fn thing(id: i64) -> Thing {
    let decimals = ["9.5", "10", "-3.25", "100.000"];
    let decimal = |place: i64| -> Decimal {
        decimals[(place.unsigned_abs() % 4) as usize].parse().expect("a decimal")
    };
    let day =
        NaiveDate::from_ymd_opt(2024, 2, 1).expect("a date") + chrono::Days::new(id.unsigned_abs());
    let time = NaiveTime::from_hms_micro_opt(id as u32, 0, 0, 250_000).expect("a time");
    Thing {
        id,
        flag: id % 2 == 0,
        small: 10 - id as i16,
        int: 1_000 * id as i32,
        float: id as f32 / 4.0,
        double: id as f64 / 8.0,
        text: format!("text {id}"),
        bytes: vec![0, id as u8],
        date: day,
        time,
        timestamp: day.and_time(time),
        moment: day.and_time(time).and_utc(),
        millis: day.and_time(time).and_utc(),
        iso: day.and_time(time).and_utc(),
        uuid: Uuid::from_u128(id.unsigned_abs().into()),
        decimal: decimal(id),
        scaled: decimal(id + 1),
        money: Money(decimal(id + 2)),
        document: json!({ "id": id, "list": [1, 2] }),
        inet: format!("10.0.{id}.1").parse().expect("an address"),
        kind: if id < 3 { Kind::Small } else { Kind::Large },
        shade: if id == 2 { Shade::Dark } else { Shade::Light },
        none: (id > 2).then(|| decimal(id)),
    }
}

fn copy(thing: &Thing) -> Copied {
    let Thing {
        id,
        flag,
        small,
        int,
        float,
        double,
        text,
        bytes,
        date,
        time,
        timestamp,
        moment,
        millis,
        iso,
        uuid,
        decimal,
        scaled,
        money,
        document,
        inet,
        kind,
        shade,
        none,
    } = thing.clone();
    Copied {
        id,
        flag,
        small,
        int,
        float,
        double,
        text,
        bytes,
        date,
        time,
        timestamp,
        moment,
        millis,
        iso,
        uuid,
        decimal,
        scaled,
        money,
        document,
        inet,
        kind,
        shade,
        none,
    }
}

fn fill(db: &Db) -> Vec<Thing> {
    db.create_all::<Things>().expect("the tables");
    let things: Vec<Thing> = (1..=4).map(thing).collect();
    for thing in &things {
        db.execute(diesel::insert_into(things::table).values(thing)).expect("a thing");
    }
    things
}

/// The columns of the table and of the CTE sort and compare alike.
macro_rules! alike {
    ($db:ident: $($column:ident),*) => {
        $(
            let of_table: Vec<i64> = $db
                .load(things::table.order((things::$column, things::id)).select(things::id))
                .expect("the ids");
            let of_cte: Vec<i64> = $db
                .load(
                    Copied::with(things::table)
                        .then(copieds::table.order((copieds::$column, copieds::id)).select(copieds::id)),
                )
                .expect("the ids");
            assert_eq!(of_table, of_cte, "{}", stringify!($column));
            for id in 1..=4 {
                let least = &thing(id).$column;
                let of_table: Vec<i64> = $db
                    .load(
                        things::table
                            .filter(things::$column.ge(least))
                            .order(things::id)
                            .select(things::id),
                    )
                    .expect("the ids");
                let of_cte: Vec<i64> = $db
                    .load(
                        Copied::with(things::table).materialized().then(
                            copieds::table
                                .filter(copieds::$column.ge(least))
                                .order(copieds::id)
                                .select(copieds::id),
                        ),
                    )
                    .expect("the ids");
                assert_eq!(of_table, of_cte, "{} from {id}", stringify!($column));
            }
        )*
    };
}

/// So do their ends.
macro_rules! ends_alike {
    ($db:ident: $($column:ident: $ty:ty),*) => {
        $(
            let of_table: (Option<$ty>, Option<$ty>) = $db
                .one(things::table.select((min(things::$column), max(things::$column))))
                .expect("the ends");
            let of_cte: (Option<$ty>, Option<$ty>) = $db
                .one(
                    Copied::with(things::table)
                        .materialized()
                        .then(copieds::table.select((min(copieds::$column), max(copieds::$column)))),
                )
                .expect("the ends");
            assert_eq!(of_table, of_cte, "{}", stringify!($column));
        )*
    };
}

#[mizzle::test]
fn every_type_is_read_and_recursed(db: &Db) {
    let expected: Vec<Copied> = fill(db).iter().map(copy).collect();
    let all: Vec<Copied> = db
        .load(Copied::with(things::table).then(copieds::table.order(copieds::id)))
        .expect("the rows");
    assert_eq!(all, expected);
    // A step that finds nothing must have the types of the start.
    for distinct in [false, true] {
        let step = || copieds::table.filter(copieds::id.lt(0));
        let terms = if distinct {
            Copied::recursive_distinct(things::table, step())
        } else {
            Copied::recursive(things::table, step())
        };
        let document = matches!(db.dialect(), mizzle::Dialect::Postgres) && distinct;
        let all: Vec<Copied> =
            db.load(terms.then(copieds::table.order(copieds::id))).expect("the rows");
        assert_eq!(all, expected, "{document}");
    }
}

#[mizzle::test]
fn columns_sort_and_compare_as_those_of_the_table(db: &Db) {
    fill(db);
    alike!(db: small, int, float, double, text, bytes, date, time, timestamp, moment, uuid, decimal,
            scaled, money, inet, kind, none);
    ends_alike!(db: small: i16, int: i32, double: f64, text: String, date: NaiveDate, time: NaiveTime,
            timestamp: NaiveDateTime, moment: DateTime<Utc>, decimal: Decimal, scaled: Decimal, none: Decimal);
}

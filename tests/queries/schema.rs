//! The tables that most tests use, and the rows in them.

use mizzle::prelude::*;

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Team {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(unique)]
    pub name: String,
    #[column(references(Self))]
    pub parent_id: Option<i64>,
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    Trial,
    Member,
    Former,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "people", check(age_is_positive = "age > 0"))]
pub struct Person {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(unique)]
    pub name: String,
    #[column(references(Team))]
    pub team_id: Option<i64>,
    pub age: i32,
    pub level: i16,
    pub points: i64,
    pub height: f64,
    pub reach: f32,
    pub balance: Decimal,
    pub bonus: Option<Decimal>,
    #[column(default = Status::Trial)]
    pub status: Status,
    #[column(default = true)]
    pub active: bool,
    pub born: Option<NaiveDate>,
    pub token: Uuid,
    pub note: Option<String>,
}

mizzle::schema!(pub Club = [Team, Person]);

pub const CORE: i64 = 1;
pub const WEB: i64 = 2;
pub const IDLE: i64 = 3;

pub fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal number")
}

pub fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

/// A person with `name` and else the same as every other.
pub fn somebody(name: &str) -> NewPerson {
    NewPerson::builder()
        .name(name)
        .age(30)
        .level(1)
        .points(0)
        .height(1.5)
        .reach(0.5)
        .balance(decimal("0"))
        .token(Uuid::nil())
        .build()
}

/// The row that [`somebody`] becomes.
pub fn stored(id: i64, name: &str) -> Person {
    Person {
        id,
        name: name.into(),
        team_id: None,
        age: 30,
        level: 1,
        points: 0,
        height: 1.5,
        reach: 0.5,
        balance: decimal("0"),
        bonus: None,
        status: Status::Trial,
        active: true,
        born: None,
        token: Uuid::nil(),
        note: None,
    }
}

/// The people of [`seed`], in the order of their ids.
pub fn club() -> Vec<Person> {
    let person = |id: i64, name: &str, team_id, age, points, balance: &str| Person {
        team_id,
        age,
        points,
        balance: decimal(balance),
        token: Uuid::from_u128(id.unsigned_abs().into()),
        ..stored(id, name)
    };
    vec![
        Person {
            level: 3,
            height: 1.75,
            reach: 0.75,
            bonus: Some(decimal("0.1")),
            status: Status::Member,
            born: Some(date(1990, 1, 2)),
            ..person(1, "Ada", Some(CORE), 36, 100, "10.00")
        },
        Person {
            level: 2,
            height: 1.25,
            status: Status::Member,
            note: Some("50% off".into()),
            ..person(2, "bob", Some(CORE), 24, 50, "9.5")
        },
        Person {
            bonus: Some(decimal("0.2")),
            active: false,
            note: Some("50 off".into()),
            ..person(3, "Cid", Some(WEB), 36, 50, "-100.25")
        },
        Person {
            status: Status::Former,
            born: Some(date(2000, 12, 31)),
            note: Some("Éclair".into()),
            ..person(4, "Dot", None, 41, 0, "0.01")
        },
    ]
}

/// A new row with all that `person` holds but its id.
pub fn without_id(person: Person) -> NewPerson {
    NewPerson {
        id: None,
        name: person.name,
        team_id: person.team_id,
        age: person.age,
        level: person.level,
        points: person.points,
        height: person.height,
        reach: person.reach,
        balance: person.balance,
        bonus: person.bonus,
        status: Some(person.status),
        active: Some(person.active),
        born: person.born,
        token: person.token,
        note: person.note,
    }
}

/// Creates the tables: three teams, `web` and `idle` below `core`, and the people of [`club`].
pub fn seed(db: &Db) {
    db.create_all::<Club>().expect("the tables");
    let team = |name: &str, parent| NewTeam::builder().name(name).maybe_parent_id(parent).build();
    db.insert_all([team("core", None), team("web", Some(CORE)), team("idle", Some(CORE))])
        .expect("the teams");
    let people: Vec<_> = club().into_iter().map(without_id).collect();
    db.insert_all(people).expect("the people");
}

/// The names of `people`.
pub fn names(people: &[Person]) -> Vec<&str> {
    people.iter().map(|person| person.name.as_str()).collect()
}

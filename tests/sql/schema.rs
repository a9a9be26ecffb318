//! The tables of these tests.

use mizzle::prelude::*;

#[derive(Enum, Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Deposit,
    Payment,
    Refund,
}

#[derive(Newtype, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UserId(pub i64);

#[derive(Table, Debug, Clone, PartialEq)]
pub struct User {
    #[column(primary_key)]
    pub id: UserId,
    pub email: String,
    pub name: Option<String>,
    pub age: i32,
    pub cents: i64,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "entries")]
pub struct Entry {
    #[column(primary_key, auto)]
    pub id: i64,
    pub user_id: UserId,
    pub kind: Kind,
    pub amount: Decimal,
    pub at: DateTime<Utc>,
}

mizzle::schema!(pub Bank = [User, Entry]);

pub fn at(hour: u32) -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 1, 31).unwrap().and_hms_opt(hour, 0, 0).unwrap().and_utc()
}

/// Three users; Ada has three entries, Bob has one.
pub fn fill(db: &Db) {
    db.create_all::<Bank>().unwrap();
    let user = |id, email: &str, name: Option<&str>, age, cents| User {
        id: UserId(id),
        email: email.into(),
        name: name.map(Into::into),
        age,
        cents,
    };
    db.insert_all([
        user(1, "ada@example.com", Some("Ada"), 36, 500),
        user(2, "bob@example.com", None, 41, 20),
        user(3, "cy@example.com", Some("Cy"), 7, 0),
    ])
    .unwrap();
    let entry = |user_id, kind, amount: &str, hour| {
        NewEntry::builder()
            .user_id(UserId(user_id))
            .kind(kind)
            .amount(amount.parse::<Decimal>().unwrap())
            .at(at(hour))
            .build()
    };
    db.insert_all([
        entry(1, Kind::Deposit, "10.50", 1),
        entry(1, Kind::Payment, "9.25", 2),
        entry(1, Kind::Refund, "100", 3),
        entry(2, Kind::Deposit, "0.10", 4),
    ])
    .unwrap();
}

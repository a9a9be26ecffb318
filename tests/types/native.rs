//! PostgreSQL types that only the program knows.

use std::borrow::Cow;
use std::collections::BTreeMap;

use mizzle::NativeValue;
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::{assert_value_error, check};

/// The address of a network card.
#[derive(Native, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[db(native = "macaddr")]
pub struct MacAddr(pub [u8; 6]);

impl NativeValue for MacAddr {
    fn to_text(&self) -> Cow<'_, str> {
        let digits: Vec<String> = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.join(":").into()
    }

    fn from_text(text: &str) -> Option<Self> {
        let digits = text.split(':').map(|digits| u8::from_str_radix(digits, 16).ok());
        Self::from_binary(&digits.collect::<Option<Vec<u8>>>()?)
    }

    fn from_binary(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// A label of a tree, of the extension `ltree`.
#[derive(Native, Debug, Clone, PartialEq, Eq, Hash)]
#[db(native = "ltree")]
pub struct TreePath(pub String);

impl NativeValue for TreePath {
    fn to_text(&self) -> Cow<'_, str> {
        self.0.as_str().into()
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(Self(text.into()))
    }

    fn from_binary(bytes: &[u8]) -> Option<Self> {
        let (&version, text) = bytes.split_first()?;
        (version == 1).then_some(())?;
        Self::from_text(std::str::from_utf8(text).ok()?)
    }
}

/// Texts by their keys, of the extension `hstore`.
#[derive(Native, Debug, Clone, PartialEq, Eq, Hash)]
#[db(native = "hstore")]
pub struct Store(pub BTreeMap<String, Option<String>>);

impl NativeValue for Store {
    fn to_text(&self) -> Cow<'_, str> {
        let quoted =
            |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let pairs = self.0.iter().map(|(key, value)| {
            let value = value.as_ref().map_or_else(|| "NULL".to_owned(), |value| quoted(value));
            format!("{}=>{value}", quoted(key))
        });
        pairs.collect::<Vec<_>>().join(", ").into()
    }

    fn from_text(text: &str) -> Option<Self> {
        let mut pairs = BTreeMap::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (key, after) = unquote(rest)?;
            rest = after.strip_prefix("=>")?;
            let (value, after) = match rest.strip_prefix("NULL") {
                Some(after) => (None, after),
                None => unquote(rest).map(|(value, after)| (Some(value), after))?,
            };
            pairs.insert(key, value);
            rest = after.strip_prefix(", ").unwrap_or(after);
        }
        Some(Self(pairs))
    }

    fn from_binary(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut number = || -> Option<i32> {
            let (number, after) = rest.split_first_chunk()?;
            rest = after;
            Some(i32::from_be_bytes(*number))
        };
        let count = number()?;
        let mut text = || -> Option<Option<String>> {
            let (length, after) = rest.split_first_chunk()?;
            let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
                rest = after;
                return Some(None);
            };
            let (text, after) = after.split_at_checked(length)?;
            rest = after;
            Some(Some(String::from_utf8(text.to_vec()).ok()?))
        };
        (0..count).map(|_| Some((text()??, text()?))).collect::<Option<_>>().map(Self)
    }
}

/// Reads a text in quotes, and returns what follows.
fn unquote(text: &str) -> Option<(String, &str)> {
    let text = text.strip_prefix('"')?;
    let mut read = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((read, &text[at + 1..])),
            '\\' => read.push(characters.next()?.1),
            other => read.push(other),
        }
    }
    None
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(has_many(ports = Port))]
pub struct Card {
    #[column(primary_key)]
    pub address: MacAddr,
    pub former: Option<MacAddr>,
    pub all: Vec<MacAddr>,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Port {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(Card))]
    pub card: MacAddr,
}

mizzle::schema!(pub Network = [Card, Port]);

#[derive(Table, Debug, Clone, PartialEq)]
#[table(index(path, using = gist))]
pub struct Topic {
    #[column(primary_key)]
    pub id: i64,
    pub path: TreePath,
    pub facts: Option<Store>,
}

mizzle::schema!(pub Topics = [Topic]);

fn card(last: u8) -> MacAddr {
    MacAddr([0x08, 0, 0x2b, 1, 2, last])
}

on_each_database! {
    fn a_key_and_an_array(db: &Db) {
        db.create_all::<Network>().unwrap();
        let rows: Vec<Card> = [3, 1, 2]
            .map(|last| Card { address: card(last), former: (last == 1).then(|| card(9)), all: vec![card(last), card(0)] })
            .to_vec();
        assert_eq!(db.insert(rows[0].clone()).unwrap(), rows[0]);
        db.insert_all(&rows[1..2]).unwrap();
        db.copy_in(rows[2..].to_vec()).unwrap();
        let read = Card::query().order_by(cards::address).all(db).unwrap();
        assert_eq!(read, [&rows[1], &rows[2], &rows[0]].map(Clone::clone));
        assert_eq!(db.get::<Card>(card(2)).unwrap(), rows[2]);
        assert_eq!(Card::query().filter(cards::address.gt(card(1))).count(db).unwrap(), 2);
        assert_eq!(Card::query().filter(cards::address.eq_any([card(1), card(3), card(7)])).count(db).unwrap(), 2);
        assert_eq!(Card::query().filter(cards::former.is_null()).count(db).unwrap(), 2);
        assert_eq!(Card::query().filter(cards::all.any(card(3))).one(db).unwrap(), rows[0]);
        assert_eq!(Card::query().filter(cards::all.contains(vec![card(0), card(1)])).one(db).unwrap(), rows[1]);
        for last in [1, 3, 3] {
            db.insert(NewPort::builder().card(card(last)).build()).unwrap();
        }
        let read = Card::query().order_by(cards::address).with(Card::ports()).all(db).unwrap();
        assert_eq!(read.iter().map(|row| row.ports.len()).collect::<Vec<_>>(), [1, 0, 2]);
        assert!(db.insert(NewPort::builder().card(card(7)).build()).is_err());
        let changed: Vec<Card> = rows.iter().map(|row| Card { former: Some(row.address), ..row.clone() }).collect();
        db.update_all(&changed).unwrap();
        db.upsert_all(&changed).unwrap();
        assert_eq!(Card::query().filter(cards::former.eq(cards::address.nullable())).count(db).unwrap(), 3);
        let former = card(2);
        let found: Card = sql!("SELECT * FROM cards WHERE former = {former}").one(db).unwrap();
        assert_eq!(found, changed[2]);
        let read: Option<MacAddr> = sql!("SELECT former FROM cards WHERE address = {former}").one(db).unwrap();
        assert_eq!(read, Some(former));
    }

    fn what_it_cant_read_is_an_error(db: &Db) {
        db.create_all::<Network>().unwrap();
        if db.dialect().is_sqlite() {
            db.execute_sql("INSERT INTO cards (address, \"all\") VALUES ('secret', '[]')").unwrap();
        } else {
            db.execute_sql("ALTER TABLE ports DROP CONSTRAINT ports_card_fkey").unwrap();
            db.execute_sql("ALTER TABLE cards ALTER COLUMN address TYPE bytea USING ''").unwrap();
            db.execute_sql("INSERT INTO cards (address, \"all\") VALUES ('secret', '{}')").unwrap();
        }
        let read = Card::query().all(db);
        if db.dialect().is_sqlite() {
            assert_value_error(read, "cards.address", "secret");
        } else {
            // Six bytes are an address.
            assert_eq!(read.unwrap()[0].address, MacAddr(*b"secret"));
        }
    }

    fn of_extensions(db: &Db) {
        if db.dialect() == mizzle::Dialect::Postgres {
            // Without it, the database says what it lacks.
            let error = db.create_all::<Topics>().unwrap_err();
            assert!(error.to_string().contains("ltree"), "{error}");
            db.execute_sql("CREATE EXTENSION ltree; CREATE EXTENSION hstore").unwrap();
        }
        db.create_all::<Topics>().unwrap();
        let text = "[ -~é\u{1f600}]{0,6}";
        let store = proptest::collection::btree_map(text, proptest::option::of(text), 0..4);
        check((proptest::collection::vec("[a-zA-Z0-9_]{1,5}", 0..5), proptest::option::of(store)), |(path, facts)| {
            let row = Topic { id: 1, path: TreePath(path.join(".")), facts: facts.map(Store) };
            assert_eq!(db.insert(row.clone()).unwrap(), row);
            let found = Topic::query().filter(topics::path.eq(row.path.clone())).one(db).unwrap();
            assert_eq!(found, row);
            assert!(db.delete_by_key::<Topic>(1).unwrap());
        });
        if db.dialect() == mizzle::Dialect::Postgres {
            let path = TreePath("a.b".into());
            db.insert(Topic { id: 2, path: TreePath("a.b.c".into()), facts: None }).unwrap();
            let below: Vec<Topic> = sql!(postgres: "SELECT * FROM topics WHERE path <@ {path}", sqlite: "SELECT * FROM topics WHERE path = {path}").all(db).unwrap();
            assert_eq!(below.len(), 1);
        }
    }
}

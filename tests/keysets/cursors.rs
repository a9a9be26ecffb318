//! Cursors as input of users.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use mizzle::prelude::*;
use mizzle::{Cursor, ErrorCode};
use test_support::random::Random;

#[derive(Table, Debug, Clone, PartialEq)]
struct Book {
    #[column(primary_key)]
    id: i64,
    title: Option<String>,
    price: Decimal,
    at: DateTime<Utc>,
    token: Uuid,
}

#[derive(Table, Debug, Clone, PartialEq)]
struct Other {
    #[column(primary_key)]
    id: i64,
}

mizzle::schema!(Library = [Book, Other]);

fn library(db: &Db) {
    db.create_all::<Library>().unwrap();
    for id in 1..=4 {
        db.insert(NewBook {
            id,
            title: (id > 1).then(|| format!("s3cret {id}")),
            price: "12.50".parse().unwrap(),
            at: DateTime::from_timestamp(id, 0).unwrap(),
            token: Uuid::from_u128(7),
        })
        .unwrap();
    }
    db.insert(NewOther { id: 1 }).unwrap();
    db.insert(NewOther { id: 2 }).unwrap();
}

fn order() -> impl mizzle::KeysetOrder<Book> {
    (books::title, books::price.desc(), books::at, books::token)
}

fn cursor(db: &Db) -> Cursor {
    Book::query().keyset(order()).page(db, 2).unwrap().next.unwrap()
}

#[mizzle::test]
fn belong_to_one_order(db: &Db) {
    library(db);
    let cursor = cursor(db);
    assert_eq!(
        Book::query().keyset(order()).after(cursor.clone()).page(db, 9).unwrap().items.len(),
        2
    );
    let others = [
        Book::query().keyset(books::title).after(cursor.clone()).page(db, 9).map(drop),
        Book::query()
            .keyset((books::title.desc(), books::price.desc(), books::at, books::token))
            .after(cursor.clone())
            .page(db, 9)
            .map(drop),
        Book::query()
            .keyset((
                books::title.asc().nulls_first(),
                books::price.desc(),
                books::at,
                books::token,
            ))
            .after(cursor.clone())
            .page(db, 9)
            .map(drop),
        Book::query().keyset(books::id).before(cursor.clone()).page(db, 9).map(drop),
        Other::query()
            .keyset(others::id)
            .after(Book::query().keyset(books::id).page(db, 1).unwrap().next.unwrap())
            .page(db, 9)
            .map(drop),
    ];
    for other in others {
        let error = other.unwrap_err();
        assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}");
        assert!(error.to_string().contains("another order"), "{error}");
    }
    // Another filter is another query, but the position is the same.
    let some =
        Book::query().filter(books::id.ne(4)).keyset(order()).after(cursor).page(db, 9).unwrap();
    assert_eq!(some.items.len(), 1);
}

/// A changed cursor is an error, or another position; nothing else.
#[mizzle::test]
fn survive_any_change(db: &Db) {
    library(db);
    let text = cursor(db).to_string();
    assert!(
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
        "{text}"
    );
    let random = &mut Random::new(21);
    let mut refused = 0;
    for round in 0..3000 {
        let mut bytes = text.clone().into_bytes();
        match round % 5 {
            0 => bytes.truncate(random.below(bytes.len())),
            1 => bytes.extend_from_within(..random.below(9)),
            2 => bytes = (0..random.below(80)).map(|_| random.below(256) as u8).collect(),
            _ => {
                for _ in 0..=random.below(3) {
                    let place = random.below(bytes.len());
                    bytes[place] = b"ABCxyz019-_="[random.below(12)];
                }
            }
        }
        let changed = String::from_utf8_lossy(&bytes);
        match changed.parse::<Cursor>() {
            Ok(cursor) => {
                if let Err(error) = Book::query().keyset(order()).after(cursor).page(db, 9) {
                    assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}");
                }
            }
            Err(error) => {
                refused += 1;
                assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}");
            }
        }
    }
    assert!(refused > 2500, "{refused}");
}

/// The check is no secret: a cursor can be forged, and is then a position, or an error that says so.
#[mizzle::test]
fn can_be_forged(db: &Db) {
    library(db);
    let bytes = URL_SAFE_NO_PAD.decode(cursor(db).to_string()).unwrap();
    let content = &bytes[..bytes.len() - 4];
    let random = &mut Random::new(22);
    let mut pages = 0;
    for _ in 0..3000 {
        let mut forged = content.to_vec();
        for _ in 0..=random.below(3) {
            // The version, the side and the order stay.
            let place = 10 + random.below(forged.len() - 10);
            forged[place] = [0, 1, b'9', 0x7f, 0xff][random.below(5)];
        }
        if random.below(8) == 0 {
            forged.truncate(10 + random.below(forged.len() - 10));
        }
        let check = forged.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        forged.extend(&check.to_be_bytes()[..4]);
        let forged: Cursor = URL_SAFE_NO_PAD.encode(forged).parse().unwrap();
        match Book::query().keyset(order()).after(forged).page(db, 9) {
            Ok(_) => pages += 1,
            Err(error) => assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}"),
        }
    }
    assert!(pages > 300, "{pages}");
    db.count(books::table).unwrap();
}

/// Their values are in no output but their own text, and SQL in them is text.
#[mizzle::test]
fn keep_to_themselves(db: &Db) {
    library(db);
    let cursor = cursor(db);
    assert!(!format!("{cursor:?}").contains("s3cret"));
    let json = serde_json::to_string(&cursor).unwrap();
    assert_eq!(serde_json::from_str::<Cursor>(&json).unwrap(), cursor);
    assert!(serde_json::from_str::<Cursor>("\"x\"").is_err());
    let title = "x'; DROP TABLE books; --";
    db.update_by_key::<Book>(2, BookChanges::default().title(title.to_owned())).unwrap();
    let all = Book::query().keyset(books::title.desc().nulls_last()).page(db, 1).unwrap();
    assert_eq!(all.items[0].title.as_deref(), Some(title));
    let next = Book::query()
        .keyset(books::title.desc().nulls_last())
        .after(all.next.unwrap())
        .page(db, 9)
        .unwrap();
    assert_eq!(next.items.len(), 3);
}

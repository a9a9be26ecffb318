//! What pages are, and what they refuse.

use mizzle::prelude::*;
use mizzle::{Cursor, ErrorCode};

#[derive(Table, Debug, Clone, PartialEq)]
#[table(has_many(tracks = Track))]
struct Album {
    #[column(primary_key)]
    id: i64,
    artist_id: Option<i64>,
    title: String,
    #[column(generated = "id * 2")]
    double: i64,
    #[column(default = [])]
    words: Vec<String>,
}

#[derive(Table, Debug, Clone, PartialEq)]
struct Track {
    #[column(primary_key)]
    id: i64,
    #[column(references(Album))]
    album_id: i64,
}

mizzle::schema!(Music = [Album, Track]);

/// In a table that others have made.
#[derive(Table, Debug, Clone, PartialEq)]
struct Price {
    #[column(primary_key)]
    id: i64,
    amount: Option<Decimal>,
    about: Option<serde_json::Value>,
}

fn music(db: &Db) {
    db.create_all::<Music>().unwrap();
    let titles = ["c", "a", "b", "a", "c"];
    let albums = (1..=5).map(|id| NewAlbum {
        id,
        artist_id: None,
        title: titles[id as usize - 1].into(),
        words: None,
    });
    db.insert_all(albums.collect::<Vec<_>>()).unwrap();
    db.insert_all(
        [1, 2, 2, 5]
            .iter()
            .enumerate()
            .map(|(id, &album_id)| NewTrack { id: id as i64, album_id })
            .collect::<Vec<_>>(),
    )
    .unwrap();
}

fn ids(albums: &[Album]) -> Vec<i64> {
    albums.iter().map(|album| album.id).collect()
}

#[mizzle::test]
fn sort_tables_of_others_as_queries_do(db: &Db) {
    let [number, document] = match db.dialect() {
        mizzle::Dialect::Sqlite | mizzle::Dialect::D1 => ["TEXT", "TEXT"],
        mizzle::Dialect::Postgres => ["numeric", "jsonb"],
    };
    db.execute_sql(&format!(
            "CREATE TABLE prices (id bigint NOT NULL PRIMARY KEY, amount {number}, about {document});
             INSERT INTO prices VALUES (1, '10', '{{\"b\": 1,  \"a\": [1.0]}}'), (2, '9.5', '{{\"a\":[1],\"b\":1.0}}'),
                 (3, '10.00', '[1, 2]'), (4, NULL, NULL), (5, '-3', '{{\"a\": [1], \"b\": 1}}')"
        ))
        .unwrap();
    let ids = |rows: Vec<Price>| rows.iter().map(|row| row.id).collect::<Vec<_>>();
    let amounts = ids(Price::query().order_by((prices::amount, prices::id)).all(db).unwrap());
    let documents = ids(Price::query().order_by((prices::about, prices::id)).all(db).unwrap());
    assert_eq!(amounts.iter().filter(|id| **id != 4).collect::<Vec<_>>(), [&5, &2, &1, &3]);
    for size in 1..=5 {
        for (expected, by_amount) in [(&amounts, true), (&documents, false)] {
            let keyset = || match by_amount {
                true => Price::query().keyset(prices::amount),
                false => Price::query().keyset(prices::about),
            };
            let mut page = keyset().page(db, size).unwrap();
            let mut found = Vec::new();
            loop {
                found.extend(ids(page.items));
                let Some(next) = page.next else { break };
                page = keyset().after(next).page(db, size).unwrap();
            }
            assert_eq!(&found, expected, "{size}");
        }
    }
}

#[mizzle::test]
fn know_their_neighbours(db: &Db) {
    music(db);
    let keyset = || Album::query().keyset((albums::title, albums::id.desc()));
    let first = keyset().page(db, 2).unwrap();
    assert_eq!((ids(&first.items), &first.previous), (vec![4, 2], &None));
    let second = keyset().after(first.next.clone().unwrap()).page(db, 2).unwrap();
    assert_eq!(ids(&second.items), [3, 5]);
    let last = keyset().after(second.next.clone().unwrap()).page(db, 2).unwrap();
    assert_eq!((ids(&last.items), &last.next), (vec![1], &None));
    let back = keyset().before(last.previous.clone().unwrap()).page(db, 2).unwrap();
    assert_eq!(back, second);
    let back = keyset().before(back.previous.unwrap()).page(db, 2).unwrap();
    assert_eq!((back.items, back.previous), (first.items, None));
    // Exactly as many rows as a page has.
    assert_eq!(keyset().page(db, 5).unwrap().next, None);
    // Behind the last row there is a way back.
    let beyond = keyset()
        .after(keyset().before(last.previous.clone().unwrap()).page(db, 1).unwrap().next.unwrap());
    assert_eq!(ids(&beyond.page(db, 9).unwrap().items), [1]);
    let end: Cursor = keyset().after(second.next.unwrap()).page(db, 9).unwrap().previous.unwrap();
    assert_eq!(ids(&keyset().before(end).page(db, 9).unwrap().items), [4, 2, 3, 5]);
    // An empty page leads back to the row before it.
    let after_all = keyset().page(db, 5).unwrap();
    assert_eq!(after_all.next, None);
    let four = keyset().page(db, 4).unwrap();
    let empty = Album::query()
        .filter(albums::id.ne(1))
        .keyset((albums::title, albums::id.desc()))
        .after(four.next.unwrap())
        .page(db, 9)
        .unwrap();
    assert_eq!((empty.items.len(), &empty.next), (0, &None));
    let back = keyset().before(empty.previous.unwrap()).page(db, 2).unwrap();
    assert_eq!(ids(&back.items), [3, 5]);
    let none = Album::query().filter(albums::id.gt(9)).keyset(albums::id).page(db, 3).unwrap();
    assert_eq!((none.items.len(), none.previous, none.next), (0, None, None));
}

#[mizzle::test]
fn have_filters_and_relations(db: &Db) {
    music(db);
    let query = || {
        Album::query()
            .filter(albums::id.lt(3))
            .or_filter(albums::title.eq("c"))
            .with(Album::tracks().required())
    };
    // Row 2 and 1 and 5 have tracks. Row 6 has none, and is on no page.
    db.insert(NewAlbum { id: 6, artist_id: None, title: "c".into(), words: None }).unwrap();
    let mut keyset = query().keyset(albums::id.desc());
    let mut pages = Vec::new();
    loop {
        let page = keyset.page(db, 1).unwrap();
        pages.push(
            page.items.iter().map(|album| (album.id, album.tracks.len())).collect::<Vec<_>>(),
        );
        let Some(next) = page.next else { break };
        keyset = query().keyset(albums::id.desc()).after(next);
    }
    assert_eq!(pages, [[(5, 1)], [(2, 2)], [(1, 1)]]);
    let tracks = Track::query().with(Track::album()).keyset(tracks::id).page(db, 3).unwrap();
    assert_eq!(tracks.items.iter().map(|track| track.album.id).collect::<Vec<_>>(), [1, 2, 2]);
    db.transaction(|tx| {
        let page = Album::query().keyset(albums::id).page(tx, 2)?;
        assert_eq!(ids(&page.items), [1, 2]);
        Ok(())
    })
    .unwrap();
}

#[mizzle::test]
fn refuse_what_they_cannot_do(db: &Db) {
    music(db);
    let errors = [
        Album::query().limit(3).keyset(albums::id).page(db, 3).unwrap_err(),
        Album::query().offset(3).keyset(albums::id).page(db, 3).unwrap_err(),
        Album::query().distinct().keyset(albums::id).page(db, 3).unwrap_err(),
        Album::query().keyset(albums::id).page(db, 0).unwrap_err(),
        Album::query().keyset(albums::id).page(db, u64::MAX).unwrap_err(),
        Album::query().keyset(albums::double).page(db, 3).unwrap_err(),
        Album::query().keyset(albums::words).page(db, 3).unwrap_err(),
        Album::query().select(albums::id).keyset(albums::words).page::<i64>(db, 3).unwrap_err(),
        Album::query()
            .distinct()
            .select(albums::id)
            .keyset(albums::id)
            .page::<i64>(db, 3)
            .unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.code(), ErrorCode::QueryError, "{error:?}");
    }
}

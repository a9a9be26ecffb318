//! A view is read as a table is.

use mizzle::prelude::*;

use crate::schema::*;

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a number")
}

#[mizzle::test]
fn rows_are_filtered_sorted_and_counted(db: &Db) {
    fill(db);
    let ada =
        Posting { author_id: 1, posts: 3, fees: Some(decimal("10.3")), latest: Some(moment(3)) };
    let bob = Posting { author_id: 2, posts: 1, fees: Some(decimal("9")), latest: None };
    let all = Posting::query().order_by(postings::fees.desc()).all(db).expect("all");
    assert_eq!(all, [ada.clone(), bob.clone()]);
    let large = Posting::query().filter(postings::fees.gt(decimal("9.5"))).all(db).expect("one");
    assert_eq!(large, std::slice::from_ref(&ada));
    let late = Posting::query().filter(postings::latest.ge(moment(3))).count(db).expect("a count");
    assert_eq!(late, 1);
    assert_eq!(db.find::<Posting>(2).expect("a row"), Some(bob.clone()));
    assert_eq!(db.find::<Posting>(3).expect("no row"), None);
    let page = Posting::query().order_by(postings::author_id).page(db, 2, 1).expect("a page");
    assert_eq!((page.items, page.total), (vec![bob.clone()], 2));
    let first = Posting::query().keyset(postings::posts.desc()).page(db, 1).expect("a page");
    assert_eq!(first.items, [ada]);
    let next = first.next.expect("a position");
    let second = Posting::query().keyset(postings::posts.desc()).after(next).page(db, 1);
    assert_eq!(second.expect("a page").items, [bob]);
}

#[mizzle::test]
fn it_shows_what_the_tables_have_now(db: &Db) {
    fill(db);
    assert_eq!(
        Busy::query().all(db).expect("one"),
        [Busy { name: "Ada".into(), posts: 3, author_id: 1 }]
    );
    let more = Post {
        id: 5,
        author_id: 2,
        title: "More".into(),
        status: Status::Live,
        fee: decimal("1"),
        at: None,
    };
    db.insert(more).expect("a post");
    let busy: Vec<String> = db
        .load(busys::table.filter(busys::posts.ge(2)).order(busys::name.desc()).select(busys::name))
        .expect("names");
    assert_eq!(busy, ["Bob", "Ada"]);
}

#[mizzle::test]
fn diesel_joins_and_groups_it(db: &Db) {
    fill(db);
    let joined: Vec<(String, i64)> = db
        .load(
            postings::table
                .inner_join(authors::table)
                .order(authors::name.desc())
                .select((authors::name, postings::posts)),
        )
        .expect("a join along the reference");
    assert_eq!(joined, [("Bob".to_owned(), 1), ("Ada".to_owned(), 3)]);
    let missing: Vec<String> = db
        .load(
            authors::table
                .left_join(postings::table)
                .filter(postings::author_id.is_null())
                .select(authors::name),
        )
        .expect("a left join");
    assert_eq!(missing, ["Cy"]);
    let grouped: Vec<(Status, Option<Decimal>)> = db
        .load(
            shown_posts::table
                .group_by(shown_posts::status)
                .select((shown_posts::status, mizzle::dsl::decimal::sum(shown_posts::fee))),
        )
        .expect("groups");
    assert_eq!(grouped, [(Status::Live, Some(decimal("9.1")))]);
}

#[mizzle::test]
fn it_streams_and_is_the_row_of_sql_by_hand(db: &Db) {
    fill(db);
    let streamed: Vec<i64> = ShownPost::query()
        .order_by(shown_posts::id)
        .stream(db)
        .expect("a stream")
        .map(|row| row.expect("a row").id)
        .collect();
    assert_eq!(streamed, [1, 4]);
    let by_hand: Vec<ShownPost> =
        sql!("SELECT * FROM \"Shown \"\"posts\"\"\" ORDER BY id DESC").all(db).expect("rows");
    assert_eq!(
        by_hand.iter().map(|post| post.heading.as_str()).collect::<Vec<_>>(),
        ["Post 4", "Post 1"]
    );
    assert_eq!(by_hand, ShownPost::query().order_by(shown_posts::id.desc()).all(db).expect("rows"));
}

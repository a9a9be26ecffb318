//! Columns that an update changes by itself: `version` and `on_update`.

use mizzle::ErrorCode;
use mizzle::prelude::*;
use test_support::on_each_database;

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Page {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(unique)]
    pub path: String,
    pub body: String,
    #[column(version)]
    pub version: i32,
    #[column(default = now)]
    pub created_at: DateTime<Utc>,
    #[column(default = now, on_update = now)]
    pub updated_at: DateTime<Utc>,
    #[column(on_update = marked)]
    pub mark: Option<String>,
}

mizzle::schema!(pub Wiki = [Page]);

fn marked() -> String {
    "changed".into()
}

fn page(db: &Db) -> Page {
    db.create_all::<Wiki>().expect("the table");
    let past = DateTime::from_timestamp_micros(1_000_000).expect("a moment");
    let new = NewPage::builder().path("/").body("one").created_at(past).updated_at(past).build();
    let page = db.insert(new).expect("a row");
    assert_eq!((page.version, page.mark.as_deref()), (1, None));
    page
}

/// Asserts that an update touched `after`: one version on, later, and marked.
fn assert_touched(before: &Page, after: &Page) {
    assert_eq!(after.version, before.version + 1);
    assert!(after.updated_at > before.updated_at);
    assert_eq!(after.created_at, before.created_at);
    assert_eq!(after.mark.as_deref(), Some("changed"));
}

on_each_database! {
    fn an_update_counts_and_touches(db: &Db) {
        let first = page(db);
        db.update(&Page { body: "two".into(), ..first.clone() }).expect("the update");
        let second = db.get::<Page>(first.id).expect("the row");
        assert_eq!(second.body, "two");
        assert_touched(&first, &second);
        let third = db.update_returning(&second).expect("the update");
        assert_touched(&second, &third);
        assert_eq!(db.get::<Page>(first.id).expect("the row"), third);
    }

    fn an_update_by_a_query_counts_and_touches(db: &Db) {
        let first = page(db);
        let query = Page::query().filter(pages::path.eq("/"));
        assert_eq!(query.update(db, PageChanges::default().body("two")).expect("the update"), 1);
        let second = db.get::<Page>(first.id).expect("the row");
        assert_touched(&first, &second);
        let third = query.limit(1).update_returning(db, PageChanges::default().body("three"));
        assert_touched(&second, &third.expect("the rows")[0]);
    }

    fn a_stale_row_is_refused(db: &Db) {
        let read = page(db);
        let other = db.update_returning(&Page { body: "theirs".into(), ..read.clone() });
        let other = other.expect("the update");
        let mine = Page { body: "mine".into(), ..read.clone() };
        for error in [
            db.update(&mine).expect_err("somebody was faster"),
            db.update_returning(&mine).expect_err("somebody was faster"),
        ] {
            assert!(error.is_stale_row(), "{error:?}");
            assert_eq!(error.code(), ErrorCode::StaleRow);
        }
        assert_eq!(db.get::<Page>(read.id).expect("the row"), other);
        db.update(&Page { body: "mine".into(), ..other.clone() }).expect("the row as it is now");
        assert!(db.delete_by_key::<Page>(other.id).expect("the delete"));
        assert!(db.update(&mine).expect_err("there is none").is_not_found());
    }

    fn a_change_by_key_counts_and_touches(db: &Db) {
        let first = page(db);
        let second =
            db.update_by_key::<Page>(first.id, PageChanges::default().body("two")).expect("the change");
        assert_eq!(second.body, "two");
        assert_touched(&first, &second);
        assert!(db.update(&first).expect_err("the row was changed").is_stale_row());
        // A value that is given is not touched.
        let past = first.updated_at;
        let third = db
            .update_by_key::<Page>(first.id, PageChanges::default().updated_at(past).mark("mine"))
            .expect("the change");
        assert_eq!((third.updated_at, third.mark.as_deref()), (past, Some("mine")));
        let same = db.update_by_key::<Page>(first.id, PageChanges::default()).expect("no change");
        assert_eq!(same, third);
    }

    fn an_upsert_counts_and_touches(db: &Db) {
        let first = page(db);
        let new = || NewPage::builder().path("/").body("two");
        let second = db.upsert_on(pages::path, new().build()).expect("the update");
        assert_eq!(second.body, "two");
        assert_touched(&first, &second);
        assert!(db.update(&first).expect_err("the row was changed").is_stale_row());
        let third = db.upsert(new().id(first.id).build()).expect("the update");
        assert_touched(&second, &third);
        // A whole row has its own version, which is only what was read.
        let fourth = db.upsert(third.clone()).expect("the update");
        assert_eq!(fourth.version, third.version + 1);
        let inserted = db.upsert_on(pages::path, NewPage::builder().path("/x").body("").build());
        let inserted = inserted.expect("the insert");
        assert_eq!((inserted.version, inserted.mark), (1, None));
    }

    fn a_stale_row_is_not_deleted(db: &Db) {
        let read = page(db);
        let other = db.update_returning(&Page { body: "theirs".into(), ..read.clone() });
        let other = other.expect("the update");
        let error = db.delete(&read).expect_err("somebody was faster");
        assert_eq!(error.code(), ErrorCode::StaleRow, "{error:?}");
        assert_eq!(db.get::<Page>(read.id).expect("the row"), other);
        db.delete(&other).expect("the row as it is now");
        assert!(db.delete(&other).expect_err("there is none").is_not_found());
        let again = db.insert(NewPage::builder().path("/").body("").build()).expect("a row");
        db.update(&again).expect("the update");
        assert!(db.delete_by_key::<Page>(again.id).expect("the delete, whatever the version"));
    }

    fn changes_in_an_update_of_diesels_count_and_touch(db: &Db) {
        let first = page(db);
        let changed = diesel::update(pages::table.filter(pages::id.eq(first.id)))
            .set(PageChanges::default().body("two"));
        assert_eq!(db.execute(changed).expect("the update"), 1);
        let second = db.get::<Page>(first.id).expect("the row");
        assert_eq!(second.body, "two");
        assert_touched(&first, &second);
        assert!(db.update(&first).expect_err("the row was changed").is_stale_row());
        let changes = PageChanges::default().mark("mine");
        let mixed = diesel::update(pages::table).set((&changes, pages::body.eq("three")));
        let third: Page = db.one(mixed.returning(pages::all_columns)).expect("the update");
        assert_eq!((third.body.as_str(), third.mark.as_deref()), ("three", Some("mine")));
        assert_eq!(third.version, second.version + 1);
        assert!(third.updated_at > second.updated_at);
        let upsert = diesel::insert_into(pages::table)
            .values(NewPage::builder().path("/").body("four").build())
            .on_conflict(pages::path)
            .do_update()
            .set(PageChanges::default().body("five"));
        assert_eq!(db.execute(upsert).expect("the upsert"), 1);
        let fourth = db.get::<Page>(first.id).expect("the row");
        assert_eq!(fourth.body, "five");
        assert_touched(&third, &fourth);
        let nothing = diesel::update(pages::table).set(PageChanges::default());
        db.execute(nothing).expect_err("no change is diesel's error");
        assert_eq!(db.get::<Page>(first.id).expect("the row"), fourth);
    }

    fn many_writers_lose_no_update(db: &Db) {
        let first = page(db);
        db.update_by_key::<Page>(first.id, PageChanges::default().body("")).expect("the change");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        loop {
                            let mut page = db.get::<Page>(first.id).expect("the row");
                            page.body.push('x');
                            match db.update(&page) {
                                Ok(()) => break,
                                Err(error) => assert!(error.is_stale_row(), "{error:?}"),
                            }
                        }
                    }
                });
            }
        });
        let page = db.get::<Page>(first.id).expect("the row");
        assert_eq!((page.body.len(), page.version), (40, 42));
    }
}

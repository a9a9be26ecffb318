//! `max_length` is the same error on both databases.

use diesel::insert_into;
use mizzle::prelude::*;
use mizzle::{ConstraintKind, ErrorCode};
use test_support::on_each_database;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "labels")]
pub struct Label {
    #[column(primary_key, max_length = 4)]
    pub code: String,
    #[column(max_length = 3, default = "abc")]
    pub short: String,
    #[column(max_length = 2)]
    pub maybe: Option<String>,
}

/// Columns of the same length.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "pairs")]
pub struct Pair {
    #[column(primary_key)]
    pub id: i64,
    #[column(max_length = 3)]
    pub second: String,
    #[column(max_length = 3)]
    pub first: String,
}

mizzle::schema!(pub Labels = [Label, Pair]);

fn refused<T: std::fmt::Debug>(result: mizzle::Result<T>, column: &str) {
    refused_in("labels", result, column);
}

fn refused_in<T: std::fmt::Debug>(table: &str, result: mizzle::Result<T>, column: &str) {
    let error = result.expect_err("the text is too long");
    assert_eq!(error.code(), ErrorCode::ConstraintError, "{error:?}");
    let constraint = error.constraint().expect("a constraint");
    assert_eq!(constraint.kind, ConstraintKind::Check);
    assert_eq!(constraint.name.as_deref(), Some(format!("{table}_{column}_check").as_str()));
    assert_eq!(constraint.table.as_deref(), Some(table));
    assert_eq!(constraint.columns, [column]);
}

on_each_database! {
    fn a_text_that_is_too_long_names_constraint_and_column(db: &Db) {
        db.create_all::<Labels>().expect("the table");
        let new = |code: &str| NewLabel::builder().code(code);
        refused(db.insert(new("abcde").build()), "code");
        refused(db.insert(new("a").short("ééée").build()), "short");
        refused(db.insert(new("a").maybe("   ").build()), "maybe");
        refused(db.insert_all([new("a").build(), new("b").maybe("abc").build()]), "maybe");
        refused(db.upsert(new("a").maybe("abc").build()), "maybe");
        assert_eq!(db.count(labels::table).expect("no row"), 0);
        let label = db.insert(new("ab").short("ééé").maybe("日本").build()).expect("a row");
        refused(db.update(&Label { short: "abcd".into(), ..label.clone() }), "short");
        refused(db.update_by_key::<Label>("ab".to_owned(), LabelChanges::default().maybe("abc")), "maybe");
        refused(
            db.execute(diesel::update(labels::table).set(LabelChanges::default().short("abcd"))),
            "short",
        );
        let all = labels::table;
        let long = String::from("äöüß");
        refused(db.execute(diesel::update(all).set(labels::short.eq("abcd"))), "short");
        let set = (labels::short.eq("abc"), labels::maybe.eq(Some("abc")));
        refused(db.execute(diesel::update(all.find("ab")).set(set)), "maybe");
        let columns = (labels::code.eq("a"), labels::short.eq(&long));
        refused(db.execute(insert_into(all).values(columns)), "short");
        let rows = vec![
            (labels::code.eq("c"), labels::maybe.eq(Some("ab"))),
            (labels::code.eq("d"), labels::maybe.eq(Some("abc"))),
        ];
        refused(db.execute(insert_into(all).values(rows)), "maybe");
        let upsert = insert_into(all)
            .values((labels::code.eq("ab"), labels::short.eq("abc")))
            .on_conflict(labels::code)
            .do_update()
            .set(labels::maybe.eq("abc"));
        refused(db.execute(upsert), "maybe");
        let inside = db.transaction(|tx| {
            tx.execute(diesel::update(all).set(labels::short.eq(long.as_str())))
        });
        refused(inside, "short");
        // The first row that fails, and in it the first column of the table.
        let several = || new("abcde").short("abcd").maybe("abc").build();
        refused(db.insert(several()), "code");
        refused(db.insert(new("c").short("abcd").maybe("abc").build()), "short");
        refused(db.insert_all([new("c").maybe("abc").build(), several()]), "maybe");
        refused(db.upsert(new("ab").maybe("abc").short("abcd").build()), "short");
        refused(db.update(&Label { short: "abcd".into(), maybe: Some("abc".into()), ..label.clone() }), "short");
        let set = (labels::maybe.eq(Some("abc")), labels::short.eq("abcd"));
        refused(db.execute(diesel::update(all).set(set)), "short");
        // Not compared as a value that is written.
        let set = diesel::update(all.filter(labels::code.eq("abcdef"))).set(labels::short.eq("x"));
        assert_eq!(db.execute(set).expect("no row"), 0);
        assert_eq!(db.find::<Label>("too long".to_owned()).expect("none"), None);
        assert_eq!(db.get::<Label>("ab".to_owned()).expect("the row"), label);
    }

    fn of_several_columns_of_a_length_the_first_is_named(db: &Db) {
        db.create_all::<Labels>().expect("the table");
        let new = |id, second: &str, first: &str| {
            NewPair::builder().id(id).second(second).first(first).build()
        };
        refused_in("pairs", db.insert(new(1, "abcd", "abcd")), "second");
        refused_in("pairs", db.insert_all([new(1, "a", "abcd"), new(2, "abcd", "abcd")]), "first");
        refused_in("pairs", db.insert_all([new(1, "a", "b"), new(2, "abcd", "abcd")]), "second");
        let pair = db.insert(new(1, "a", "b")).expect("a row");
        let long = Pair { second: "abcd".into(), first: "efgh".into(), ..pair };
        refused_in("pairs", db.update(&long), "second");
        let set = (pairs::first.eq("abcd"), pairs::second.eq("abcd"));
        refused_in("pairs", db.execute(diesel::update(pairs::table).set(set)), "second");
    }
}

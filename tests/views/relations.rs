//! Relations from a view, to a view, and between rows that a view makes equal.

use mizzle::prelude::*;

use crate::schema::*;

/// A view whose key isn't different in each row, which no database checks.
#[derive(View, Debug, Clone, PartialEq)]
#[view(sql = "SELECT id, author_id FROM posts WHERE author_id = 1")]
pub struct Doubled {
    pub id: i64,
    #[column(primary_key, references(Writer))]
    pub author_id: i64,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "authors", module = writers, has_one(doubled = Doubled))]
pub struct Writer {
    #[column(primary_key)]
    pub id: i64,
    pub name: String,
}

#[mizzle::test]
fn a_view_has_the_row_that_it_refers_to(db: &Db) {
    fill(db);
    let rows = Posting::query()
        .order_by(postings::author_id)
        .with(Posting::author())
        .all(db)
        .expect("rows");
    let names: Vec<&str> = rows.iter().map(|row| row.author.name.as_str()).collect();
    assert_eq!(names, ["Ada", "Bob"]);
    let named = Posting::query().filter(Posting::author().filter(authors::name.eq("Bob")).exists());
    assert_eq!(named.count(db).expect("a count"), 1);
}

#[mizzle::test]
fn a_table_has_the_rows_of_a_view(db: &Db) {
    fill(db);
    let rows = Author::query()
        .order_by(authors::id)
        .with(Author::posting())
        .with(Author::shown().order_by(shown_posts::id))
        .all(db)
        .expect("rows");
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.posting.as_ref().map(|posting| posting.posts), row.shown.len()))
        .collect();
    assert_eq!(found, [(Some(3), 1), (Some(1), 1), (None, 0)]);
    let counts =
        Author::shown().counts(db, &Author::query().order_by(authors::id).all(db).expect("rows"));
    assert_eq!(counts.expect("counts"), [1, 1, 0]);
    let without = Author::query().filter(Author::posting().not_exists()).all(db).expect("one");
    assert_eq!(without.len(), 1);
    let streamed =
        Author::query().order_by(authors::id).with(Author::posting()).stream(db).expect("a stream");
    let posts: Vec<Option<i64>> = streamed
        .map(|row| row.expect("a row").posting.as_ref().map(|posting| posting.posts))
        .collect();
    assert_eq!(posts, [Some(3), Some(1), None]);
}

#[mizzle::test]
fn a_key_that_is_not_different_makes_no_row_two(db: &Db) {
    fill(db);
    let doubled = <Doubled as mizzle::Table>::definition();
    for statement in mizzle::schema::create_view(&doubled, db.dialect()).expect("a view") {
        db.execute_sql(&statement).expect("created");
    }
    let writers =
        Writer::query().order_by(writers::id).with(Writer::doubled()).all(db).expect("rows");
    assert_eq!(writers.iter().map(|writer| writer.id).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(writers[0].doubled.is_some() && writers[1].doubled.is_none());
}

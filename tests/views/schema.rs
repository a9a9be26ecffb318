//! The tables and views that the tests share.

use mizzle::prelude::*;

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Draft,
    Live,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(has_one(posting = Posting), has_many(shown = ShownPost))]
pub struct Author {
    #[column(primary_key)]
    pub id: i64,
    pub name: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Post {
    #[column(primary_key)]
    pub id: i64,
    #[column(references(Author))]
    pub author_id: i64,
    pub title: String,
    pub status: Status,
    pub fee: Decimal,
    pub at: Option<DateTime<Utc>>,
}

/// A view of a view, listed before it.
#[derive(View, Debug, Clone, PartialEq)]
#[view(
    sql = "SELECT p.author_id, a.name, p.posts FROM postings AS p JOIN authors AS a ON a.id = p.author_id WHERE p.posts > 1"
)]
pub struct Busy {
    pub name: String,
    pub posts: i64,
    #[column(primary_key)]
    pub author_id: i64,
}

/// Aggregates, with a key that relations use.
#[derive(View, Debug, Clone, PartialEq)]
#[view(
    sqlite = "SELECT count(*) AS posts, author_id, decimal_sum(fee) AS fees, max(at) AS latest FROM posts GROUP BY author_id",
    postgres = "SELECT count(*) AS posts, author_id, sum(fee) AS fees, max(at) AS latest FROM posts GROUP BY author_id"
)]
pub struct Posting {
    #[column(primary_key, references(Author))]
    pub author_id: i64,
    pub posts: i64,
    pub fees: Option<Decimal>,
    pub latest: Option<DateTime<Utc>>,
}

/// Without a key, with a quoted name, and with columns of every sort that the tables have.
#[derive(View, Debug, Clone, PartialEq)]
#[view(
    name = "Shown \"posts\"",
    module = shown_posts,
    sql = "SELECT * FROM posts WHERE status = 'live'; -- not the drafts"
)]
pub struct ShownPost {
    #[column(name = "title")]
    pub heading: String,
    #[column(references(Author))]
    pub author_id: i64,
    pub status: Status,
    pub fee: Decimal,
    pub at: Option<DateTime<Utc>>,
    pub id: i64,
}

mizzle::schema!(pub Blog = [Busy, Posting, ShownPost, Author, Post]);

pub fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a moment")
}

/// Creates everything, with three authors: Ada has 3 posts, one of them live, Bob has a live one, Cy none.
pub fn fill(db: &Db) {
    db.create_all::<Blog>().expect("the schema");
    let authors = [(1, "Ada"), (2, "Bob"), (3, "Cy")];
    let authors = authors.map(|(id, name)| Author { id, name: name.into() });
    db.insert_all(authors).expect("the authors");
    let posts = [
        (1, 1, Status::Live, "0.1"),
        (2, 1, Status::Draft, "0.2"),
        (3, 1, Status::Draft, "10"),
        (4, 2, Status::Live, "9"),
    ];
    let posts = posts.map(|(id, author_id, status, fee)| Post {
        id,
        author_id,
        title: format!("Post {id}"),
        status,
        fee: fee.parse().expect("a number"),
        at: (id != 4).then(|| moment(id)),
    });
    db.insert_all(posts).expect("the posts");
}

//! Full text search: what is found, that the index follows the rows, and queries of any text.
//!
//! `MIZZLE_TEST_CASES=100000` runs that many random cases.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests, and their own tables")]

mod finds;
mod follows;
mod model;
mod odd;

use mizzle::prelude::*;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(has_many(articles = Article))]
pub struct Author {
    #[column(primary_key, auto)]
    pub id: i64,
    pub name: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(full_text(title = 4, body))]
pub struct Article {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(Author))]
    pub author_id: Option<i64>,
    #[column(unique)]
    pub slug: String,
    pub title: String,
    pub body: Option<String>,
}

/// A key that the program sets, and English.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(full_text(text, language = "english"))]
pub struct Note {
    #[column(primary_key)]
    pub number: i32,
    pub text: String,
}

mizzle::schema!(pub Library = [Author, Article, Note]);

/// Returns a new article.
fn article(slug: &str, title: &str, body: Option<&str>) -> NewArticle {
    let body = body.map(Into::into);
    NewArticle::builder().slug(slug).title(title).maybe_body(body).build()
}

/// Creates the tables, with three articles: `rust`, `java` and `empty`.
fn library(db: &Db) {
    db.create_all::<Library>().unwrap();
    db.insert_all([
        article(
            "rust",
            "Rust and its ORMs",
            Some("An ORM for Rust maps structs to rows. Rust, Rust, Rust: user.name@example.com/path-to it."),
        ),
        article("java", "Java", Some("Much older than Rust is; naïve Straße, ΟΔΟΣ and дом")),
        article("empty", "Nothing at all", None),
    ])
    .unwrap();
}

/// Returns the slugs of the articles that a query finds, in the order of their keys.
fn found(db: &impl Executor, query: &str) -> Vec<String> {
    let articles = Article::query().filter(Article::search(query).matches());
    db.load(articles.order_by(articles::id).select(articles::slug)).unwrap()
}

/// Returns the number of random cases.
fn cases(usual: usize) -> usize {
    std::env::var("MIZZLE_TEST_CASES").map_or(usual, |cases| cases.parse().expect("a number"))
}

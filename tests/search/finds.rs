//! What a query finds, its order, and its snippets.

use mizzle::prelude::*;

use super::{
    Article, Author, NewAuthor, NewNote, Note, article, articles, authors, found, library, notes,
};

#[mizzle::test]
fn words_phrases_starts_and_exclusions(db: &Db) {
    library(db);
    let cases: &[(&str, &[&str])] = &[
        ("rust", &["rust", "java"]),
        ("RUST orm", &["rust"]),
        ("rust -java", &["rust"]),
        ("\"orm for rust\"", &["rust"]),
        ("\"rust for orm\"", &[]),
        ("\"orm for ru\"*", &["rust"]),
        ("struct*", &["rust"]),
        ("struct", &[]),
        ("rust -struct*", &["java"]),
        ("rust -\"an orm\"", &["java"]),
        // One word in the title, the other one in the text.
        ("java older", &["java"]),
        // No phrase goes from the title to the text.
        ("\"java much\"", &[]),
        ("\"orms an\"", &[]),
        // Punctuation separates words.
        ("example", &["rust"]),
        ("user.name", &["rust"]),
        ("name.user", &[]),
        ("path-to", &["rust"]),
        ("path", &["rust"]),
        ("orm,rust", &[]),
        // Accents make a difference, case doesn't.
        ("naive", &[]),
        ("NAÏVE", &["java"]),
        ("straße", &["java"]),
        ("strasse", &[]),
        ("οδος", &["java"]),
        ("οδοσ", &["java"]),
        ("ДОМ", &["java"]),
        ("до*", &["java"]),
        ("nothing", &["empty"]),
    ];
    for (query, slugs) in cases {
        assert_eq!(found(db, query), *slugs, "{query:?}");
    }
}

#[mizzle::test]
fn conditions_compose(db: &Db) {
    library(db);
    let (rust, older) = (Article::search("rust"), Article::search("older"));
    let slugs =
        |condition: mizzle::dsl::Shared<'static, articles::table, diesel::sql_types::Bool>| {
            let articles = Article::query().filter(condition).order_by(articles::id);
            db.load::<String, _>(articles.select(articles::slug)).unwrap()
        };
    use mizzle::dsl::Shared;
    assert_eq!(slugs(Shared::new(rust.matches().and(older.matches()))), ["java"]);
    assert_eq!(
        slugs(Shared::new(older.matches().or(articles::slug.eq("empty")))),
        ["java", "empty"]
    );
    assert_eq!(slugs(Shared::new(diesel::dsl::not(rust.matches()))), ["empty"]);

    // Over relations, both ways, and in diesel's own queries.
    let ada = db.insert(NewAuthor::builder().name("Ada").build()).unwrap();
    db.insert(NewAuthor::builder().name("Bob").build()).unwrap();
    db.execute(
        diesel::update(articles::table.filter(articles::slug.eq("java")))
            .set(articles::author_id.eq(ada.id)),
    )
    .unwrap();
    let wrote = |query: &str| {
        let search = Article::search(query);
        let authors = Author::query().filter(Author::articles().filter(search.matches()).exists());
        db.load::<String, _>(authors.select(authors::name)).unwrap()
    };
    assert_eq!(wrote("older"), ["Ada"]);
    assert_eq!(wrote("structs"), [""; 0]);
    let joined: Vec<(String, String)> = db
        .load(
            authors::table
                .inner_join(articles::table)
                .filter(older.matches())
                .select((authors::name, articles::slug)),
        )
        .unwrap();
    assert_eq!(joined, [("Ada".into(), "java".into())]);
    let with = Author::query().with(Author::articles().filter(rust.matches())).all(db).unwrap();
    assert_eq!(with[0].articles.len(), 1);
    let with =
        Article::query().filter(older.matches()).with(Article::author()).limit(1).all(db).unwrap();
    assert_eq!(with[0].author.as_ref().unwrap().name, "Ada");
    assert_eq!(Article::query().filter(rust.matches()).count(db).unwrap(), 2);
    assert_eq!(Article::query().filter(older.matches()).delete(db).unwrap(), 1);
    assert_eq!(found(db, "rust"), ["rust"]);
}

#[mizzle::test]
fn the_best_come_first(db: &Db) {
    library(db);
    db.insert(article("once", "Something", Some("where Rust is said once among many other words")))
        .unwrap();
    let search = Article::search("rust");
    let rows = || {
        let ranked = Article::query().order_by((search.rank().desc(), articles::id));
        db.load(ranked.select((articles::slug, search.rank()))).unwrap()
    };
    let all: Vec<(String, f64)> = rows();
    assert_eq!(all[0].0, "rust");
    assert_eq!(all[3].0, "empty");
    assert!(all[..3].iter().all(|(_, rank)| *rank > 0.0), "{all:?}");
    assert_eq!(all[3].1, 0.0);
    // What must not be there counts for nothing.
    let search = Article::search("rust -mango");
    let ranked =
        Article::query().filter(search.matches()).order_by((search.rank().desc(), articles::id));
    let ranked: Vec<(String, f64)> =
        db.load(ranked.select((articles::slug, search.rank()))).unwrap();
    assert_eq!(ranked[0].0, "rust");
    assert!(ranked[0].1 > 1.5 * ranked[2].1 && ranked[2].1 > 1e-9, "{ranked:?}");
    // A title counts four times as much.
    Article::query().delete(db).unwrap();
    db.insert_all([
        article("body", "Other words", Some("a mango")),
        article("title", "A mango", Some("other words")),
    ])
    .unwrap();
    let search = Article::search("mango");
    let best = Article::query().filter(search.matches()).order_by(search.rank().desc());
    assert_eq!(db.load::<String, _>(best.select(articles::slug)).unwrap(), ["title", "body"]);
}

#[mizzle::test]
fn snippets_show_the_words(db: &Db) {
    library(db);
    let search = Article::search("orm");
    let snippets = Article::query().order_by(articles::id).select((
        search.snippet(articles::body),
        search.snippet(articles::body).marks("[\"", "'\\]").words(4),
        search.snippet(articles::title),
    ));
    let rows: Vec<(Option<String>, Option<String>, Option<String>)> = db.load(snippets).unwrap();
    let whole = rows[0].0.as_deref().unwrap();
    assert!(whole.contains("<b>ORM</b> for Rust maps structs to rows"), "{whole}");
    let short = rows[0].1.as_deref().unwrap();
    assert!(short.contains("[\"ORM'\\] for"), "{short}");
    assert!(short.split_whitespace().count() <= 5, "{short}");
    assert_eq!(rows[0].2.as_deref(), Some("Rust and its ORMs"));
    assert_eq!(rows[1], (None, None, None));
    // A NULL is an empty text.
    let nothing = Article::search("nothing");
    let row: Vec<Option<String>> = db
        .load(Article::query().filter(nothing.matches()).select(nothing.snippet(articles::body)))
        .unwrap();
    assert_eq!(row, [Some(String::new())]);
}

#[mizzle::test(crate::Library)]
fn english_ignores_endings(db: &Db) {
    let notes = ["She was running", "a run", "the connections"];
    let notes =
        (1..).zip(notes).map(|(number, text)| NewNote::builder().number(number).text(text).build());
    db.insert_all(notes.collect::<Vec<_>>()).unwrap();
    let found = |query: &str| -> Vec<i32> {
        let notes = Note::query().filter(Note::search(query).matches()).order_by(notes::number);
        db.load(notes.select(notes::number)).unwrap()
    };
    assert_eq!(found("runs"), [1, 2]);
    assert_eq!(found("connect"), [3]);
    assert_eq!(found("connecting -running"), [3]);
    assert_eq!(found("conn*"), [3]);
}

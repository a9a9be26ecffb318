//! Queries of any text.

use mizzle::ErrorCode;
use mizzle::prelude::*;
use test_support::random::Random;

use super::{Article, articles, found, library};

/// What means something to FTS5, to `to_tsquery`, to SQL or to mizzle.
const PIECES: &[&str] = &[
    "rust",
    "java",
    "AND",
    "OR",
    "NOT",
    "NEAR",
    "NEAR(a b, 2)",
    "title:",
    "{title body}:",
    "-",
    "--",
    "\"",
    "\"\"",
    "*",
    "**",
    "^",
    "+",
    "(",
    ")",
    ":",
    ":*",
    "&",
    "|",
    "!",
    "<->",
    "<2>",
    "'",
    "''",
    "\\",
    "\\'",
    ";",
    "%",
    "_",
    "?",
    "$1",
    "{",
    "}",
    "\0",
    "\u{1}",
    "\u{200b}",
    "\u{feff}",
    "\u{301}",
    "²",
    "½",
    "🤔",
    "\u{10ffff}",
    "日本",
    "\n",
    "\t",
    " ",
    " ",
    " ",
    "rank",
    "rowid",
    "articles_fts",
    "-- x",
    "/*",
    "é",
    "İ",
    "ß",
    "ς",
];

#[mizzle::test]
fn debug_output_shows_no_query(db: &Db) {
    library(db);
    let search = Article::search("s3cret");
    let snippet = search.snippet(articles::body).marks("s3cret", "s3cret");
    let query = Article::query().filter(search.matches());
    let shown =
        format!("{search:?} {:?} {:?} {snippet:#?} {query:?}", search.matches(), search.rank());
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[mizzle::test]
fn no_word_finds_nothing(db: &Db) {
    library(db);
    for query in [
        "",
        " ",
        "\t\n",
        "-",
        "-java",
        "-\"java\"",
        "*",
        "\"\"",
        "\"",
        "!!! ???",
        "²",
        "-²",
        "🎉",
        "\0",
        "…",
    ] {
        assert_eq!(found(db, query), [""; 0], "{query:?}");
        let search = Article::search(query);
        let rows = Article::query()
            .order_by(articles::id)
            .select((search.rank(), search.snippet(articles::body)));
        assert_eq!(
            db.load::<(f64, Option<String>), _>(rows).unwrap(),
            vec![(0.0, None); 3],
            "{query:?}"
        );
    }
    assert_eq!(found(db, "rust -!!"), ["rust", "java"]);
    assert_eq!(found(db, "rust ² ***"), ["rust", "java"]);
    assert_eq!(found(db, "rust\0"), ["rust", "java"]);
    assert_eq!(found(db, "\"orm for"), ["rust"]);
}

#[mizzle::test]
fn long_words_and_queries(db: &Db) {
    library(db);
    let (long, longer) = ("é".repeat(500), "é".repeat(501));
    let body = format!("{long} here");
    db.insert(crate::article("long", "Long", Some(&body))).unwrap();
    assert_eq!(found(db, &long), ["long"]);
    assert_eq!(found(db, &longer), [""; 0]);
    assert_eq!(found(db, &format!("rust {longer}")), [""; 0]);
    assert_eq!(found(db, &format!("rust -{longer}")), ["rust", "java"]);
    assert_eq!(found(db, &"x".repeat(1_000_000)), [""; 0]);

    for (words, between) in [("rust", " "), ("rust*", " "), ("rust", "-")] {
        let query = |count: usize| vec![words; count].join(between);
        found(db, &query(4096));
        let too_many = Article::query().filter(Article::search(query(4097)).matches());
        let error = too_many.all(db).unwrap_err();
        assert_eq!(error.code(), ErrorCode::QueryError);
        assert!(error.to_string().contains("4097 words"), "{error}");
        assert!(!format!("{error:?}").contains("rust"), "{error:?}");
    }
    assert_eq!(found(db, &format!("rust {}", vec!["-q"; 4095].join(" "))), ["rust", "java"]);
}

/// No text is an error of the database, and none changes what the statement means.
#[mizzle::test]
fn any_text_is_a_query(db: &Db) {
    library(db);
    let mut random = Random::new(0xf75);
    for _ in 0..crate::cases(400) {
        let query: String = (0..random.below(8)).map(|_| *random.pick(PIECES)).collect();
        let search = Article::search(&query);
        let rows = Article::query().filter(search.matches()).order_by(search.rank().desc());
        let rows = rows.select((articles::slug, search.rank(), search.snippet(articles::body)));
        let rows: Vec<(String, f64, Option<String>)> =
            db.load(rows).unwrap_or_else(|error| panic!("{query:?}: {error}"));
        assert!(
            rows.len() <= 3 && rows.iter().all(|row| row.1 > 0.0 && row.2.is_some()),
            "{query:?} {rows:?}"
        );
    }
    assert_eq!(Article::query().count(db).unwrap(), 3);
}

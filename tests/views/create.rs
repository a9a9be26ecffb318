//! `create_all` makes views after what they read, and refuses what can't be made.

use mizzle::prelude::*;
use mizzle::schema::{ColumnDef, ColumnType, TableDef, create_schema};
use mizzle::{Dialect, Schema};

use crate::schema::*;

/// Rows that the database stores.
#[derive(View, Debug, Clone, PartialEq)]
#[view(
    materialized,
    index(author_id, unique),
    index(posts.desc(), where = "posts > 1"),
    sql = "SELECT author_id, count(*) AS posts FROM posts GROUP BY author_id"
)]
pub struct Stored {
    #[column(primary_key)]
    pub author_id: i64,
    pub posts: i64,
}

mizzle::schema!(pub Storing = [Author, Post, Posting, ShownPost, Stored]);

fn view(name: &str, sql: &str) -> TableDef {
    let column = ColumnDef::new("id", ColumnType::BigInt);
    TableDef::new(name).column(column).view(Dialect::Sqlite, sql).view(Dialect::Postgres, sql)
}

#[test]
fn views_come_after_what_they_read() {
    for dialect in Dialect::ALL {
        let statements = create_schema(&Blog::tables(), dialect).expect("a schema");
        let place = |start: &str| {
            statements
                .iter()
                .position(|sql| sql.starts_with(start))
                .unwrap_or_else(|| panic!("{start}"))
        };
        assert!(place("CREATE TABLE \"posts\"") < place("CREATE VIEW \"postings\""));
        assert!(place("CREATE VIEW \"postings\"") < place("CREATE VIEW \"busys\""));
        let shown = &statements[place("CREATE VIEW \"Shown")];
        assert_eq!(
            shown,
            "CREATE VIEW \"Shown \"\"posts\"\"\" AS SELECT * FROM posts WHERE status = 'live'"
        );
    }
}

#[test]
fn what_no_database_could_make_is_refused() {
    let table = |name: &str| {
        TableDef::new(name).column(ColumnDef::new("id", ColumnType::BigInt)).primary_key(&["id"])
    };
    let refused = |tables: &[TableDef]| {
        let [sqlite, postgres] = [Dialect::Sqlite, Dialect::Postgres]
            .map(|dialect| create_schema(tables, dialect).expect_err("refused").to_string());
        assert_eq!(sqlite, postgres);
        sqlite
    };
    assert_eq!(
        refused(&[view("a", "SELECT id FROM b"), view("b", "SELECT id FROM a")]),
        "the views \"a\", \"b\" read each other, so none of them can be created first; change the SQL of one of them"
    );
    assert_eq!(
        refused(&[table("a"), view("a", "SELECT 1 AS id")]),
        "view \"a\" has the name \"a\" of table \"a\"; give one of the two another name"
    );
    let child =
        table("b").foreign_key(None, &["id"], "a", &["id"], Default::default(), Default::default());
    let message = refused(&[view("a", "SELECT 1 AS id"), child]);
    assert!(message.contains("refers to \"a\", which is a view"), "{message}");
    let of_one = TableDef::new("a")
        .column(ColumnDef::new("id", ColumnType::BigInt))
        .view(Dialect::Sqlite, "SELECT 1 AS id");
    let message = create_schema(&[of_one], Dialect::Postgres).expect_err("refused").to_string();
    assert_eq!(
        message,
        "view \"a\" has no SQL for PostgreSQL; add `postgres = \"…\"` to its `#[view(…)]`"
    );
}

#[mizzle::test]
fn a_materialized_view_stores_its_rows(db: &Db) {
    let created = db.create_all::<Storing>();
    if db.dialect() == Dialect::Sqlite {
        let error = created.expect_err("SQLite has none");
        assert!(error.to_string().contains("SQLite has no materialized views"), "{error}");
        assert_eq!(error.code(), mizzle::ErrorCode::ConfigError);
        for error in [Stored::refresh(db), Stored::refresh_concurrently(db)] {
            let error = error.expect_err("SQLite has none");
            assert!(error.to_string().contains("SQLite has no materialized views"), "{error}");
        }
        return;
    }
    created.expect("the schema");
    db.insert(Author { id: 1, name: "Ada".into() }).expect("an author");
    let post = Post {
        id: 1,
        author_id: 1,
        title: "One".into(),
        status: Status::Live,
        fee: Decimal::from(1),
        at: None,
    };
    db.insert(post.clone()).expect("a post");
    assert_eq!(Stored::query().count(db).expect("a count"), 0);
    Stored::refresh(db).expect("refreshed");
    assert_eq!(db.get::<Stored>(1).expect("a row"), Stored { author_id: 1, posts: 1 });
    db.execute_sql("DELETE FROM posts").expect("deleted");
    db.transaction(|tx| Stored::refresh_concurrently(tx)).expect("refreshed");
    assert_eq!(Stored::query().count(db).expect("a count"), 0);
    db.execute_sql("DROP INDEX storeds_author_id_idx").expect("dropped");
    let error = Stored::refresh_concurrently(db).expect_err("no unique index");
    assert!(error.troubleshooting()[0].contains("index(id, unique)"), "{error:?}");
    assert_eq!(error.code(), mizzle::ErrorCode::QueryError);
    db.insert(post).expect("a post");
    assert_eq!(Posting::query().count(db).expect("a count"), 1);
}

#[mizzle::test]
fn a_schema_with_a_wrong_view_makes_nothing(db: &Db) {
    for error in [db.create_all::<Wrong>(), db.create_all::<Lacking>()] {
        let error = error.expect_err("no such column");
        assert!(error.to_string().contains("nonsense"), "{error}");
        assert_eq!(error.code(), mizzle::ErrorCode::SchemaError, "{error}");
    }
    db.create_all::<Blog>().expect("nothing was left");
}

#[derive(View)]
#[view(sql = "SELECT nonsense FROM authors")]
pub struct Mistaken {
    pub nonsense: i64,
}

/// Its SQL doesn't have the column.
#[derive(View)]
#[view(sql = "SELECT id FROM authors")]
pub struct Lack {
    pub nonsense: i64,
}

mizzle::schema!(pub Lacking = [Lack, Author]);
mizzle::schema!(pub Wrong = [Author, Post, Mistaken, ShownPost, Posting]);

//! The text of what is pulled.

use orm_core::Dialect;
use orm_core::schema::{Action, ColumnDef, ColumnType, DefaultValue, IndexPart, TableDef};
use orm_kit::introspect::{Introspected, Note};
use orm_kit::pull::pull;

fn column(name: &str, ty: ColumnType) -> ColumnDef {
    ColumnDef::new(name, ty)
}

fn keyed(name: &str) -> TableDef {
    TableDef::new(name).column(column("id", ColumnType::BigInt).auto()).primary_key(&["id"])
}

fn status() -> ColumnType {
    let labels = ["draft", "live!"].map(String::from).to_vec();
    ColumnType::Enum { labels, native: Some("post_status".into()) }
}

#[test]
fn a_file_reads_as_if_a_person_had_written_it() {
    let posts = keyed("posts")
        .column(column("author_id", ColumnType::BigInt))
        .column(column("title", ColumnType::Varchar(160)))
        .column(column("status", status()).default(DefaultValue::Text("live!".into())))
        .column(column("score", ColumnType::Double).default(DefaultValue::Number("-1.5".into())))
        .column(column("made", ColumnType::Timestamptz).default(DefaultValue::Now))
        .column(column("day", ColumnType::Date).default(DefaultValue::Text("2024-01-31".into())))
        .column(column("low", ColumnType::Text).nullable().generated("lower(title)"))
        .unique(None, &["title"])
        .column_check("score", "score > -10")
        .check("title_is_long", "length(title) > 3")
        .foreign_key(None, &["author_id"], "users", &["id"], Action::Cascade, Action::NoAction)
        .index(None, vec![IndexPart::column("made")], false, None)
        .index(
            Some("newest"),
            vec![IndexPart::column("author_id"), IndexPart::expression("lower(title)").desc()],
            true,
            Some("score > 0"),
        );
    let users = keyed("users").column(column("e-mail", ColumnType::Text).nullable());
    let note = Note {
        table: "users".into(),
        column: Some("home".into()),
        what: "mizzle doesn't know the type point; it is left out".into(),
    };
    let found = Introspected {
        tables: vec![posts, users],
        notes: vec![note.clone()],
        ..Introspected::default()
    };
    let pulled = pull(&found, Dialect::Postgres);
    let expected = r#"//! The tables of the database, as `pull` found them.

use mizzle::prelude::*;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(check(title_is_long = "length(title) > 3"))]
#[table(index(
    author_id,
    "lower(title)".desc(),
    unique,
    name = "newest",
    where = "score > 0"
))]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(User, on_delete = cascade))]
    pub author_id: i64,
    #[column(max_length = 160, unique)]
    pub title: String,
    #[column(default = PostStatus::Live)]
    pub status: PostStatus,
    #[column(default = -1.5, check = "score > -10")]
    pub score: f64,
    #[column(default = now, index)]
    pub made: DateTime<Utc>,
    #[column(default = sql("'2024-01-31'"))]
    pub day: NaiveDate,
    #[column(generated = "lower(title)")]
    pub low: Option<String>,
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[db(native = "post_status")]
pub enum PostStatus {
    Draft,
    #[db(name = "live!")]
    Live,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(has_many(posts = Post))]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(name = "e-mail")]
    pub e_mail: Option<String>,
    // home: mizzle doesn't know the type point; it is left out
}

mizzle::schema!(pub Schema = [Post, User]);
"#;
    assert_eq!(pulled.source, expected);
    assert_eq!(pulled.warnings, [note]);
    assert_eq!(pull(&found, Dialect::Postgres), pulled);
}

#[test]
fn an_empty_database_gives_an_empty_file() {
    let pulled = pull(&Introspected::default(), Dialect::Sqlite);
    assert_eq!(pulled.source, "//! The tables of the database, as `pull` found them.\n");
}

#[test]
fn what_cannot_be_said_is_left_out_with_what_is_over_it() {
    let long = "x".repeat(70);
    let parent = keyed("parents").column(column(&long, ColumnType::BigInt)).unique(None, &[&long]);
    let child = keyed("children")
        .column(column("a", ColumnType::BigInt))
        .column(column("B", ColumnType::BigInt))
        .column(column("b", ColumnType::BigInt))
        .foreign_key(Some("one"), &["a"], "parents", &[&long], Action::NoAction, Action::NoAction)
        .foreign_key(Some("two"), &["a"], "parents", &["id"], Action::NoAction, Action::NoAction)
        .index(Some("three"), vec![IndexPart::column("b")], false, None);
    let keyless = TableDef::new("logs").column(column("line", ColumnType::Text));
    let found = Introspected { tables: vec![child, keyless, parent], ..Introspected::default() };
    let pulled = pull(&found, Dialect::Postgres);
    let warnings: Vec<String> = pulled.warnings.iter().map(ToString::to_string).collect();
    let expected = [
        "children: the foreign key one is left out, as what it refers to is".to_owned(),
        "children: the index three is left out, as a column of it is".to_owned(),
        "children.b: SQLite reads its name as that of another column; it is left out".to_owned(),
        "logs: it has no struct: it has no primary key".to_owned(),
        "parents: the unique constraint".to_owned(),
        format!("parents.{long}: its name is too long or has control characters; it is left out"),
    ];
    assert_eq!(warnings.len(), expected.len());
    for (warning, expected) in warnings.iter().zip(&expected) {
        assert!(warning.starts_with(expected), "{warning}");
    }
    assert!(pulled.source.contains("foreign_key(a, references(Parent), name = \"two\")"));
    assert!(pulled.source.contains("\n// logs: it has no struct: it has no primary key\n"));
}

#[test]
fn a_full_text_index_is_an_attribute_of_its_table() {
    let articles = keyed("articles")
        .column(column("title", ColumnType::Text))
        .column(column("language", ColumnType::Text))
        .full_text(&["title", "language"], "english");
    let found = Introspected { tables: vec![articles], views: Vec::new(), notes: Vec::new() };
    for dialect in Dialect::ALL {
        let pulled = pull(&found, dialect);
        let attribute = "#[table(full_text(title, r#language, language = \"english\"))]";
        assert!(pulled.source.contains(attribute), "{}", pulled.source);
    }
}

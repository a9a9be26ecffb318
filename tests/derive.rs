//! What the derives write, without a database: definitions, new rows, changes, labels, and diesel's view of it all.

#![deny(warnings, missing_docs, unreachable_pub, rust_2018_idioms, clippy::all, clippy::pedantic)]
#![allow(clippy::pub_underscore_fields, reason = "a test has such names")]

use diesel::prelude::*;
use mizzle::backend::Any;
use mizzle::prelude::*;
use mizzle::schema::{
    Action, CheckDef, ColumnDef, ColumnType, DefaultValue, ForeignKeyDef, IndexDef, IndexPart,
    TableDef, UniqueDef,
};
use mizzle::{Schema, Table, Values};

use crate::people::{NewUser, User, UserChanges, UserId, users};
use crate::writing::{Like, LikeNote, NewPost, Post, Status, posts};

#[path = "derive/hostile.rs"]
pub mod hostile;

/// The parents live in a module of their own.
pub mod people {
    use mizzle::prelude::*;

    /// An id that is no other number.
    #[derive(Newtype, Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub struct UserId(pub i64);

    /// A user.
    #[derive(Table, Debug, Clone, PartialEq)]
    #[table(
        has_many(posts = super::writing::Post, via = author_id),
        unique(email, r#type, name = "one_of_a_type"),
        index("lower(email)", unique, name = "users_email_lower"),
        index(score.desc(), where = "active"),
        index(name.ops("gin_trgm_ops"), "lower(email)".ops("gin_trgm_ops"), using = gin),
        index(name, using = "bloom"),
        index(name, using = btree),
        check(score_is_fair = "score >= 0", name_is_short = "length(name) < 100"),
        renamed_from = "accounts"
    )]
    pub struct User {
        /// The key.
        #[column(primary_key, auto)]
        pub id: UserId,
        /// Where letters go.
        #[column(unique, check = "email <> ''", renamed_from = "mail")]
        pub email: String,
        /// What to call her.
        pub name: Option<String>,
        /// A field that Rust would not let be called so.
        pub r#type: i16,
        /// Whether she may come in.
        #[column(default = true)]
        pub active: bool,
        /// How well she plays.
        #[column(default = -1.5)]
        pub score: f64,
        /// What she owes.
        #[column(
            default = 12.50,
            db_type(postgres = "numeric(10,2)", sqlite = "DECIMAL(10,2)"),
            collate(sqlite = "NOCASE")
        )]
        pub balance: Option<Decimal>,
        /// What she carries at the door.
        #[column(default_fn = Uuid::new_v4)]
        pub token: Uuid,
        /// Computed.
        #[column(generated = "lower(email)")]
        pub lower: Option<String>,
        /// Counted.
        #[column(version)]
        pub version: i32,
        /// When she came.
        #[column(default = now)]
        pub created_at: DateTime<Utc>,
        /// When she last did something.
        #[column(default = now, on_update = now, index)]
        pub updated_at: DateTime<Utc>,
        /// When she was last sad.
        #[column(on_update = yesterday)]
        pub sad_on: Option<NaiveDate>,
        #[column(name = "privateNote", default = "it's \"nothing\"")]
        note: String,
    }

    fn yesterday() -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 2, 29).expect("a day")
    }

    impl User {
        /// The note.
        #[must_use]
        pub fn note(&self) -> &str {
            &self.note
        }
    }
}

/// The children.
pub mod writing {
    use super::people;
    use mizzle::prelude::*;

    /// Where a post stands.
    #[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
    #[db(rename_all = "kebab-case", native = "post_status")]
    pub enum Status {
        /// Nobody sees it.
        Draft,
        /// Somebody sees it.
        InReview,
        /// Everybody sees it.
        #[db(name = "live", renamed_from = "published")]
        Published,
    }

    /// A post.
    #[derive(Table, Debug, Clone, PartialEq)]
    #[table(index(author_id, created_at.desc()))]
    pub struct Post {
        /// The key.
        #[column(primary_key)]
        pub id: Uuid,
        /// Who wrote it.
        #[column(references(people::User, on_delete = cascade))]
        pub author_id: people::UserId,
        /// Who answers for it.
        #[column(references(people::User, email, on_update = cascade, as = editor, join = false))]
        pub editor: Option<String>,
        /// What it answers.
        #[column(references(Self, on_delete = set_null))]
        pub parent: Option<Uuid>,
        /// Where it stands.
        #[column(default = Status::InReview)]
        pub status: Status,
        /// Where it stood.
        pub before: Option<self::Status>,
        /// Whatever.
        #[column(default = sql("'{}'"))]
        pub meta: Json<Vec<String>>,
        /// Pixels.
        pub image: Vec<u8>,
        /// When.
        #[column(default = now)]
        pub created_at: NaiveDateTime,
    }

    /// A key of two columns, in a struct that nobody else sees.
    #[derive(Table, Debug, Clone, PartialEq)]
    #[table(primary_key(post_id, user_id))]
    pub(crate) struct Like {
        #[column(references(people::User))]
        pub(crate) user_id: people::UserId,
        #[column(references(Post))]
        pub(crate) post_id: Uuid,
    }

    /// A key of two columns that is referred to.
    #[derive(Table, Debug, Clone, PartialEq)]
    #[table(
        name = "like-notes",
        module = like_notes,
        foreign_key(post_id, user_id, references(Like, on_delete = cascade), name = "the_like")
    )]
    pub(crate) struct LikeNote {
        #[column(primary_key)]
        pub(crate) id: i32,
        pub(crate) user_id: people::UserId,
        pub(crate) post_id: Uuid,
        #[column(sql_type = BigInt, default = MANY)]
        pub(crate) stars: Stars,
        #[column(max_length = 40, default = "fine")]
        pub(crate) mood: Option<String>,
    }

    type Stars = i64;
    const MANY: i32 = 5;

    impl LikeNote {
        pub(crate) fn stars() -> Stars {
            MANY.into()
        }
    }
}

/// Tables, an enum and a newtype that no other module sees, and columns with awkward names.
mod hidden {
    use mizzle::prelude::*;

    #[derive(Newtype, Debug, Clone, PartialEq, Eq, Hash)]
    struct Code(String);

    #[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
    enum Side {
        Left,
        Right,
    }

    #[derive(Table, Debug, Clone, PartialEq)]
    struct Drawer {
        #[column(primary_key)]
        code: Code,
        side: Side,
    }

    #[derive(Table, Debug, Clone, PartialEq)]
    struct Sock {
        #[column(primary_key, auto)]
        id: i64,
        #[column(references(Drawer))]
        drawer: Option<Code>,
        build: bool,
        row: f32,
        a1: i16,
        a_1: i16,
        maybe_drawer: Option<bool>,
    }

    mizzle::schema!(Cupboard = [Drawer, Sock]);

    #[test]
    fn private_tables_join() {
        let socks = socks::table
            .inner_join(drawers::table)
            .filter(drawers::side.ne(Side::Right))
            .filter(drawers::code.eq(Code("x".into())))
            .select(socks::id);
        assert_eq!(
            super::sql(&socks),
            "SELECT socks.id FROM (socks INNER JOIN drawers ON (socks.drawer = drawers.code)) \
             WHERE ((drawers.side != ?) AND (drawers.code = ?))",
        );
        let new = NewDrawer::builder().code(String::from("x")).side(Side::Left).build();
        assert_eq!(new.code, Code("x".into()));
        assert_eq!(<Cupboard as mizzle::Schema>::tables().len(), 2);
    }

    #[test]
    fn awkward_names_have_setters() {
        let new = NewSock::builder()
            .drawer(String::from("x"))
            .set_build(true)
            .row(0.5)
            .a1(1)
            .a_1(2)
            .maybe_drawer(false)
            .build();
        assert_eq!((new.a1, new.a_1, new.build), (1, 2, true));
        assert_eq!((new.drawer, new.maybe_drawer), (Some(Code("x".into())), Some(false)));
    }
}

mizzle::schema!(
    /// All of it.
    #[derive(Debug, Clone, Copy)]
    pub(crate) Blog = [User, writing::Post, Like, crate::writing::LikeNote]
);

fn sql<'a, Q>(query: &'a Q) -> String
where
    Q: diesel::query_builder::QueryFragment<Any> + 'a,
{
    diesel::debug_query::<Any, _>(query)
        .to_string()
        .split(" /* for SQLite */ -- ")
        .next()
        .unwrap_or_default()
        .replace(['"', '`'], "")
}

#[test]
fn every_attribute_is_in_the_definition() {
    let text = || ColumnType::Text;
    let expected = TableDef::new("users")
        .renamed_from("accounts")
        .column(ColumnDef::new("id", ColumnType::BigInt).auto())
        .column(ColumnDef::new("email", text()).renamed_from("mail"))
        .column(ColumnDef::new("name", text()).nullable())
        .column(ColumnDef::new("type", ColumnType::SmallInt))
        .column(ColumnDef::new("active", ColumnType::Bool).default(DefaultValue::Bool(true)))
        .column(
            ColumnDef::new("score", ColumnType::Double)
                .default(DefaultValue::Number("-1.5".into())),
        )
        .column(
            ColumnDef::new("balance", ColumnType::Decimal)
                .db_type(mizzle::Dialect::Postgres, "numeric(10,2)")
                .db_type(mizzle::Dialect::Sqlite, "DECIMAL(10,2)")
                .collate(mizzle::Dialect::Sqlite, "NOCASE")
                .nullable()
                .default(DefaultValue::Number("12.50".into())),
        )
        .column(ColumnDef::new("token", ColumnType::Uuid))
        .column(ColumnDef::new("lower", text()).nullable().generated("lower(email)"))
        .column(ColumnDef::new("version", ColumnType::Integer).default(DefaultValue::Integer(1)))
        .column(ColumnDef::new("created_at", ColumnType::Timestamptz).default(DefaultValue::Now))
        .column(ColumnDef::new("updated_at", ColumnType::Timestamptz).default(DefaultValue::Now))
        .column(ColumnDef::new("sad_on", ColumnType::Date).nullable())
        .column(
            ColumnDef::new("privateNote", text())
                .default(DefaultValue::Text("it's \"nothing\"".into())),
        )
        .primary_key(&["id"])
        .unique(None, &["email"])
        .unique(Some("one_of_a_type"), &["email", "type"])
        .column_check("email", "email <> ''")
        .check("score_is_fair", "score >= 0")
        .check("name_is_short", "length(name) < 100")
        .index(None, vec![IndexPart::column("updated_at")], false, None)
        .index(Some("users_email_lower"), vec![IndexPart::expression("lower(email)")], true, None)
        .index(None, vec![IndexPart::column("score").desc()], false, Some("active"))
        .index(
            None,
            vec![
                IndexPart::column("name").ops("gin_trgm_ops"),
                IndexPart::expression("lower(email)").ops("gin_trgm_ops"),
            ],
            false,
            None,
        )
        .using("gin")
        .index(None, vec![IndexPart::column("name")], false, None)
        .using("bloom")
        .index(None, vec![IndexPart::column("name")], false, None);
    let methods: Vec<Option<&str>> =
        expected.indexes.iter().map(|index| index.method.as_deref()).collect();
    assert_eq!(methods, [None, None, None, Some("gin"), Some("bloom"), None]);
    assert_eq!(User::definition(), expected);
}

#[test]
fn constraints_have_their_conventional_names() {
    let user = User::definition();
    let names: Vec<_> = user.uniques.iter().map(|UniqueDef { name, .. }| name.as_str()).collect();
    assert_eq!(names, ["users_email_key", "one_of_a_type"]);
    let names: Vec<_> = user.checks.iter().map(|CheckDef { name, .. }| name.as_str()).collect();
    assert_eq!(names, ["users_email_check", "score_is_fair", "name_is_short"]);
    let post = Post::definition();
    let names: Vec<_> = post.indexes.iter().map(|IndexDef { name, .. }| name.as_str()).collect();
    assert_eq!(names, ["posts_author_id_created_at_idx"]);
}

#[test]
fn references_find_the_parents_columns() {
    let keys = Post::definition().foreign_keys;
    let key =
        |name: &str, column: &str, table: &str, to: &str, on_delete, on_update| ForeignKeyDef {
            name: name.into(),
            columns: vec![column.into()],
            table: table.into(),
            references: vec![to.into()],
            on_delete,
            on_update,
        };
    let expected = [
        key("posts_author_id_fkey", "author_id", "users", "id", Action::Cascade, Action::NoAction),
        key("posts_editor_fkey", "editor", "users", "email", Action::NoAction, Action::Cascade),
        key("posts_parent_fkey", "parent", "posts", "id", Action::SetNull, Action::NoAction),
    ];
    assert_eq!(keys, expected);

    let notes = LikeNote::definition();
    assert_eq!(notes.name, "like-notes");
    let [key] = notes.foreign_keys.as_slice() else { panic!("one key") };
    assert_eq!(key.name, "the_like");
    assert_eq!(key.columns, ["post_id", "user_id"]);
    assert_eq!(key.references, ["post_id", "user_id"]);
    assert_eq!(key.on_delete, Action::Cascade);
    assert_eq!(
        notes.find_column("stars").and_then(|stars| stars.default.clone()),
        Some(DefaultValue::Integer(LikeNote::stars()))
    );
}

#[test]
fn constants_of_a_table() {
    assert_eq!(Like::NAME, "likes");
    assert_eq!(Like::COLUMNS, ["user_id", "post_id"]);
    assert_eq!(Like::KEY, [1, 0]);
    assert_eq!(User::VERSION, Some(9));
    assert_eq!(User::GENERATED.iter().collect::<Vec<_>>(), [8]);
    assert_eq!(Post::VERSION, None);
    assert!(Post::GENERATED.is_empty());
}

#[test]
fn a_schema_keeps_its_order() {
    let names: Vec<_> = Blog::tables().into_iter().map(|table| table.name).collect();
    assert_eq!(names, ["users", "posts", "likes", "like-notes"]);
}

#[test]
fn a_new_row_gives_what_was_set_and_what_has_no_default() {
    let new = NewUser::builder().email("ada@example.com").r#type(3).build();
    assert_eq!(new.email, "ada@example.com");
    assert_eq!((new.id, new.active, new.balance.as_ref()), (None, None, None));
    assert_eq!(given(&new), ["email", "name", "type", "token", "sad_on"]);

    let new = NewUser::builder()
        .r#type(3)
        .id(7)
        .email(String::from("ada@example.com"))
        .name("Ada")
        .active(false)
        .maybe_balance(None)
        .token(Uuid::nil())
        .build();
    assert_eq!(new.id, Some(UserId(7)));
    assert_eq!(new.balance, Some(None));
    assert_eq!(new.token, Uuid::nil());
    assert_eq!(
        given(&new),
        ["id", "email", "name", "type", "active", "balance", "token", "sad_on"]
    );
    assert_eq!(given(&new.clone()), given(&new));
}

#[test]
fn every_new_row_has_its_own_filled_value() {
    let begun = NewUser::builder().email("a").r#type(1);
    assert_ne!(begun.clone().build().token, begun.build().token);
}

#[test]
fn changes_give_what_was_set() {
    assert!(UserChanges::default().columns().is_empty());
    let changes =
        UserChanges::default().email("b@example.com").clear_name().balance(5).active(true);
    assert_eq!(changes.name, Some(None));
    assert_eq!(changes.balance, Some(Some(Decimal::from(5))));
    assert_eq!(given(&changes), ["email", "name", "active", "balance"]);
}

#[test]
fn an_update_sets_its_columns() {
    let changes = User::on_update();
    assert_eq!(given(&changes), ["updated_at", "sad_on"]);
    assert_eq!(changes.sad_on, Some(NaiveDate::from_ymd_opt(2024, 2, 29)));
    assert!(Post::on_update().columns().is_empty());
}

fn given<V: Values>(values: &V) -> Vec<&'static str> {
    values.columns().iter().map(|place| V::Row::COLUMNS[place]).collect()
}

#[test]
fn labels() {
    assert_eq!(Status::LABELS, ["draft", "in-review", "live"]);
    assert_eq!(Status::InReview.label(), "in-review");
    assert_eq!(format!("{:>6}", Status::Published), "  live");
    assert_eq!("draft".parse(), Ok(Status::Draft));
    let error = "Draft".parse::<Status>().expect_err("labels are exact");
    assert!(error.to_string().contains("allowed: draft, in-review, live"), "{error}");
    assert!(!error.to_string().contains("Draft"), "{error}");

    let column = Post::definition().find_column("status").cloned().expect("status");
    let labels = ["draft", "in-review", "live"].map(String::from).to_vec();
    assert_eq!(column.ty, ColumnType::Enum { labels, native: Some("post_status".into()) });
    assert_eq!(column.default, Some(DefaultValue::Text("in-review".into())));
    assert_eq!(column.renamed_labels, [("published".into(), "live".into())]);
}

#[test]
fn newtypes_convert() {
    assert_eq!(UserId::from(5), UserId(5));
    assert_eq!(i64::from(UserId(5)), 5);
}

#[test]
fn diesel_sees_the_tables() {
    assert_eq!(
        sql(&users::table.select((users::r#type, users::id))),
        "SELECT users.type, users.id FROM users"
    );
    assert_eq!(
        sql(&posts::table
            .inner_join(users::table)
            .filter(posts::status.eq(Status::Draft))
            .select((posts::id, users::email))),
        "SELECT posts.id, users.email FROM (posts INNER JOIN users ON (posts.author_id = users.id)) \
         WHERE (posts.status = ?)",
    );
    assert_eq!(
        sql(&users::table.left_join(posts::table).select(users::id)),
        "SELECT users.id FROM (users LEFT OUTER JOIN posts ON (posts.author_id = users.id))",
    );
    assert_eq!(
        sql(&users::table
            .filter(users::id.eq_any(posts::table.select(posts::author_id)))
            .select(users::id)),
        "SELECT users.id FROM users WHERE (users.id IN (SELECT posts.author_id FROM posts))",
    );
    let changes = UserChanges::default().email("b").clear_name();
    assert_eq!(
        sql(&diesel::update(users::table.find(UserId(1))).set(&changes)),
        "UPDATE users SET email = ?, name = ?, version = mizzle_checked(0, 32, users.version, 1), \
         updated_at = ?, sad_on = ? WHERE (users.id = ?)",
    );
}

#[test]
fn diesel_inserts_new_rows() {
    let new = NewPost::builder()
        .id(Uuid::nil())
        .author_id(UserId(1))
        .image(vec![1, 2])
        .before(Status::Draft)
        .build();
    let one = sql(&diesel::insert_into(posts::table).values(&new));
    assert!(one.starts_with("INSERT INTO posts (id, author_id, editor, parent,"), "{one}");
    let two = sql(&diesel::insert_into(posts::table).values(vec![new.clone(), new]));
    assert!(two.matches("?, ?, ?, ?").count() >= 2, "{two}");
}

//! How many statements loading takes: one for the rows and one for each relation and level, however many rows
//! there are; none for a relation of no rows, nor for one to one row where few rows are asked for.

use mizzle::Dialect;
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::log::Log;
use crate::schema::*;

/// The SQL of the statements that ran.
fn statements<R>(f: impl FnOnce() -> mizzle::Result<R>) -> (R, Vec<String>) {
    let (result, events) = Log::of(f);
    let sql = events
        .iter()
        .filter(|event| event.target == "mizzle::query")
        .map(|event| event.field("sql").expect("its SQL").to_owned())
        .collect();
    (result.expect("the rows"), sql)
}

fn count<R>(f: impl FnOnce() -> mizzle::Result<R>) -> usize {
    statements(f).1.len()
}

const MANY: usize = 100_000;

/// Posts with their authors, these with their profiles, and with their editors.
fn joined(db: &Db) -> String {
    let user = "SELECT \"users\".\"id\" AS \"__c0\", \"users\".\"name\" AS \"__c1\", \
                \"users\".\"active\" AS \"__c2\" FROM \"users\"";
    // A small limit is a part of PostgreSQL's plan.
    let limit = if db.dialect() == Dialect::Postgres { "1" } else { "?+0" };
    format!(
        "SELECT \"posts\".\"id\", \"posts\".\"author_id\", \"posts\".\"editor_id\", \"posts\".\"title\", \
         \"posts\".\"published\", \"__mizzle_0\".*, \"__mizzle_1\".*, \"__mizzle_2\".* FROM \"posts\" \
         LEFT JOIN ({user}) AS \"__mizzle_0\" ON \"__mizzle_0\".\"__c0\" = \"posts\".\"author_id\" \
         LEFT JOIN (SELECT \"profiles\".\"user_id\" AS \"__c0\", \"profiles\".\"bio\" AS \"__c1\" \
         FROM \"profiles\") AS \"__mizzle_1\" ON \"__mizzle_1\".\"__c0\" = \"__mizzle_0\".\"__c0\" \
         LEFT JOIN ({user}) AS \"__mizzle_2\" ON \"__mizzle_2\".\"__c0\" = \"posts\".\"editor_id\" \
         ORDER BY \"posts\".\"id\" LIMIT {limit}"
    )
}

/// As many users, each with a post, and the first with two.
fn fill_many(db: &Db) -> mizzle::Result<()> {
    db.create_all::<Blog>()?;
    let user = |number| NewUser::builder().name(format!("User {number}")).build();
    db.insert_all((1..=MANY).map(user).collect::<Vec<_>>())?;
    let users = User::query().order_by(users::id).all(db)?;
    let post = |user: &User| {
        NewPost::builder().author_id(user.id).title(&user.name).published(true).build()
    };
    db.insert_all(users.iter().chain(&users[..1]).map(post).collect::<Vec<_>>())?;
    Ok(())
}

on_each_database! {
    fn no_rows_take_no_statement_for_their_relations(db: &Db) {
        db.create_all::<Blog>().expect("the tables");
        let nested = || User::posts().with(Post::comments().with(Comment::answers()));
        assert_eq!(count(|| User::query().with(nested()).with(User::profile()).all(db)), 1);
        assert_eq!(count(|| User::query().with(nested()).first(db)), 1);
        assert_eq!(count(|| nested().load_for(db, Vec::<User>::new())), 0);
        assert_eq!(count(|| User::posts().counts(db, &[] as &[User])), 0);
        db.insert(NewUser::builder().name("Ada").build()).expect("a user");
        // Her posts are looked for, the comments of no posts are not.
        assert_eq!(count(|| User::query().with(nested()).all(db)), 2);
    }

    fn keys_that_are_all_null_take_no_statement(db: &Db) {
        let blog = filled(db);
        let query = || Post::query().filter(posts::editor_id.is_null()).with(Post::editor());
        let (posts, sql) = statements(|| query().all(db));
        assert_eq!((posts.len(), sql.len()), (2, 1));
        assert!(posts.iter().all(|post| post.editor.is_none()));
        assert_eq!(count(|| Post::editor().load_for(db, vec![blog.posts[1].clone()])), 0);
    }

    fn each_relation_and_level_is_one_statement(db: &Db) {
        let blog = filled(db);
        let ada = || User::query().find(blog.ada.id);
        assert_eq!(count(|| ada().with(User::posts()).one(db)), 2);
        assert_eq!(count(|| User::query().with(User::posts()).all(db)), 2);
        assert_eq!(count(|| User::query().with(User::posts().limit(1)).all(db)), 2);
        assert_eq!(count(|| Post::query().with(Post::author()).all(db)), 2);
        assert_eq!(count(|| User::query().with(User::follows()).all(db)), 2);
        let stacked = || User::query().with(User::posts()).with(User::edited()).with(User::profile());
        assert_eq!(count(|| stacked().all(db)), 4);
        let nested = || {
            User::posts().with(
                Post::comments().with(Comment::answers()).with(Comment::parent()),
            )
        };
        let (_, sql) = statements(|| User::query().with(nested()).with(User::profile()).all(db));
        // Level by level; a comment's parent comes with it.
        let tables = ["users", "posts", "profiles", "comments", "comments"];
        assert_eq!(sql.len(), tables.len());
        for (sql, table) in sql.iter().zip(tables) {
            assert!(sql.contains(&format!(" FROM \"{table}\"")), "{table}: {sql}");
        }
        assert_eq!(count(|| nested().load_for(db, vec![blog.ada.clone(), blog.bob.clone()])), 3);
        assert_eq!(count(|| User::posts().counts(db, &[blog.ada.clone(), blog.cy.clone()])), 1);
        let page = || User::query().order_by(users::id).with(User::posts());
        assert_eq!(count(|| page().page(db, 1, 2)), 3);
        let filtered = || User::query().filter(User::posts().exists()).with(User::posts());
        assert_eq!(count(|| filtered().all(db)), 2);
    }

    fn rows_to_one_come_with_few_rows(db: &Db) {
        let blog = filled(db);
        let posts = || {
            Post::query()
                .order_by(posts::id)
                .with(Post::author().with(User::profile()))
                .with(Post::editor())
        };
        let (expected, sql) = statements(|| posts().all(db));
        // The profiles come with the authors.
        assert_eq!((expected.len(), sql.len()), (4, 3));
        assert_eq!(statements(|| posts().first(db)), (expected.first().cloned(), vec![joined(db)]));
        assert_eq!(statements(|| posts().find(expected[1].id).one(db)).0, expected[1]);
        assert_eq!(count(|| posts().find(expected[1].id).one(db)), 1);
        let (limited, sql) = statements(|| posts().limit(32).all(db));
        assert_eq!((&limited, sql.len()), (&expected, 1));
        let (page, sql) = statements(|| posts().page(db, 2, 2));
        assert_eq!((page.items.as_slice(), page.total, sql.len()), (&expected[2..], 4, 2));
        // Another relation of theirs takes its own.
        assert_eq!(count(|| posts().with(Post::comments()).first(db)), 2);
        let with_many = || Post::query().with(Post::author().with(User::posts())).with(Post::editor());
        assert_eq!(count(|| with_many().find(expected[0].id).one(db)), 2);
        // So do rows to one of many rows, and of rows that can't stand beside others.
        assert_eq!(statements(|| posts().limit(33).all(db)).0, expected);
        assert_eq!(count(|| posts().limit(33).all(db)), 3);
        assert_eq!(statements(|| posts().distinct().limit(9).all(db)).0, expected);
        assert_eq!(count(|| posts().distinct().limit(9).all(db)), 3);
        let locked = db.transaction(|tx| posts().limit(9).for_update().all(tx)).expect("the rows");
        assert_eq!(locked, expected);
        // An author without a profile, an editor who is not there, and both ways to narrow.
        assert!(expected[3].author.profile.is_none() && expected[1].editor.is_none());
        let edited = || Post::query().order_by(posts::id).with(Post::editor().required());
        assert_eq!(edited().limit(9).all(db).expect("rows").len(), 2);
        let ada = || Post::author().filter(users::name.eq("Ada"));
        let hers = || Post::query().filter(posts::published.eq(true)).with(ada()).with(Post::editor());
        assert_eq!(statements(|| hers().limit(9).all(db)).0, hers().all(db).expect("rows"));
        assert_eq!(hers().limit(9).all(db).expect("rows").len(), 2);
        // More tables than are joined at once: the rest take statements of their own, while there are rows.
        let three = || Post::author().with(User::profile());
        let (comment, sql) = statements(|| {
            Comment::query()
                .with(Comment::post().with(three()).with(Post::editor().with(User::profile())))
                .with(Comment::parent().with(Comment::post().with(three())))
                .find(blog.comments[2].id)
                .one(db)
        });
        assert_eq!(sql.len(), 2);
        assert_eq!(comment.post.author.profile.as_ref().map(|profile| &*profile.bio), Some("Counts."));
        let parent = comment.parent.as_ref().expect("a parent");
        assert_eq!((parent.post.id, &parent.post.author), (blog.posts[0].id, &comment.post.author));
        // A table joined to itself, twice.
        let parents = || {
            Comment::query()
                .filter(diesel::dsl::sql::<diesel::sql_types::Bool>("parent_id > 0 AND text <> ''"))
                .order_by(diesel::dsl::sql::<diesel::sql_types::Text>("text"))
                .with(Comment::parent().with(Comment::parent()))
        };
        let (answer, sql) = statements(|| parents().one(db));
        assert_eq!(sql.len(), 1);
        let parent = answer.parent.as_ref().expect("a parent");
        assert_eq!((parent.id, &parent.parent), (blog.comments[0].id, &None));
    }

    fn rows_to_one_come_with_those_of_few_rows(db: &Db) {
        let blog = filled(db);
        User::follows().link(db, &blog.cy, [&blog.ada, &blog.bob]).expect("what Cy follows");
        let users = || User::query().order_by(users::id);
        let written = || {
            User::posts()
                .filter(posts::title.ne("nothing"))
                .order_by(posts::title)
                .with(Post::author().filter(users::name.ne("Bob")).with(User::profile()))
                .with(Post::editor())
        };
        // Where each row has its own first rows, nothing comes with them.
        let apart = || written().limit(1000);
        let (expected, sql) = statements(|| users().with(apart()).all(db));
        assert_eq!(sql.len(), 4);
        let (together, sql) = statements(|| users().with(written()).all(db));
        assert_eq!((&together, sql.len()), (&expected, 2));
        assert!(together.iter().any(|user| !user.posts.is_empty()));
        // With a table between, and where a row goes for what it lacks.
        let followed = || User::follows().order_by(users::id).with(User::profile().required());
        let (expected, sql) = statements(|| users().with(followed().limit(1000)).all(db));
        assert_eq!(sql.len(), 3);
        let (together, sql) = statements(|| users().with(followed()).all(db));
        assert_eq!((&together, sql.len()), (&expected, 2));
        assert!(together.iter().any(|user| !user.follows.is_empty()));
        // A row that belongs to several.
        let ada = users().first(db).expect("a row").expect("Ada");
        let twice = vec![ada.clone(), ada];
        let both = written().load_for(db, twice).expect("hers, twice");
        assert!(!both[0].posts.is_empty() && both[0] == both[1]);
    }

    fn a_key_needs_no_limit(db: &Db) {
        let blog = filled(db);
        let (first, second) = (blog.posts[0].id, blog.posts[1].id);
        let post = || Post::query().find(first).with(Post::author());
        let found = post().one(db).expect("the post");
        for (rows, sql) in [
            statements(|| post().all(db)),
            statements(|| post().first(db).map(|row| row.into_iter().collect())),
            statements(|| post().filter(posts::id.eq(first)).one(db).map(|row| vec![row])),
        ] {
            assert_eq!((rows.as_slice(), sql.len()), (&[found.clone()][..], 1));
            assert!(sql[0].contains(" JOIN ") && !sql[0].contains("LIMIT"), "{}", sql[0]);
        }
        // One's own limit stands, and other rows may come beside that of the key.
        assert_eq!(post().limit(0).all(db).expect("no rows"), []);
        let two = || post().or_filter(posts::id.eq(second)).order_by(posts::id);
        assert_eq!(statements(|| two().all(db)).0.len(), 2);
        let (row, sql) = statements(|| two().first(db));
        assert!(row == Some(found) && sql[0].contains("LIMIT"), "{}", sql[0]);
        assert_eq!(two().one(db).expect_err("two rows").code(), mizzle::ErrorCode::QueryError);
    }

    fn many_rows_take_no_more(db: &Db) {
        fill_many(db).expect("many rows");
        let (users, sql) = statements(|| {
            User::query()
                .order_by(users::id)
                .with(User::posts().order_by(posts::id).with(Post::author()).with(Post::tags()))
                .all(db)
        });
        assert_eq!(sql.len(), 4);
        assert_eq!(users.len(), MANY);
        for (place, user) in users.iter().enumerate() {
            assert_eq!(user.posts.len(), if place == 0 { 2 } else { 1 });
            assert!(user.posts.iter().all(|post| post.author == **user && post.tags.is_empty()));
        }

        let rows: Vec<User> = users.into_iter().map(|user| user.into_parts().0).collect();
        let (counts, sql) = statements(|| User::posts().counts(db, &rows));
        assert_eq!(sql.len(), 1);
        assert_eq!(counts.iter().sum::<u64>(), MANY as u64 + 1);

        let (users, sql) = statements(|| User::posts().limit(1).load_for(db, rows));
        assert_eq!(sql.len(), 1);
        assert!(users.iter().all(|user| user.posts.len() == 1));
    }
}

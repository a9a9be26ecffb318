//! How many statements loading takes: one for the rows and one for each relation and level, however many rows
//! there are; none for a relation of no rows.

use mizzle::prelude::*;

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
        let tables = ["users", "posts", "comments", "comments", "comments", "profiles"];
        assert_eq!(sql.len(), tables.len());
        for (sql, table) in sql.iter().zip(tables) {
            assert!(sql.contains(&format!(" FROM \"{table}\"")), "{table}: {sql}");
        }
        assert_eq!(count(|| nested().load_for(db, vec![blog.ada.clone(), blog.bob.clone()])), 4);
        assert_eq!(count(|| User::posts().counts(db, &[blog.ada.clone(), blog.cy.clone()])), 1);
        let page = || User::query().order_by(users::id).with(User::posts());
        assert_eq!(count(|| page().page(db, 1, 2)), 3);
        let filtered = || User::query().filter(User::posts().exists()).with(User::posts());
        assert_eq!(count(|| filtered().all(db)), 2);
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

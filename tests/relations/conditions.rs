//! Conditions of any text narrow related rows, and reach no others.

use diesel::dsl::sql;
use diesel::sql_types::Bool;
use mizzle::ErrorCode;
use test_support::on_each_database;

use crate::schema::*;

/// A condition that holds for posts of anybody, and one that ends with a comment.
fn widening() -> [&'static str; 2] {
    ["posts.published OR 1 = 1", "posts.published OR 1 = 1 -- all"]
}

on_each_database! {
    fn a_related_delete_reaches_no_row_of_another(db: &Db) {
        let blog = filled(db);
        for text in widening() {
            let posts = || User::posts().filter(sql::<Bool>(text));
            assert_eq!(posts().counts(db, &[blog.ada.clone(), blog.cy.clone()]).expect("2"), [3, 0]);
            assert_eq!(posts().delete(db, &blog.cy).expect("none to delete"), 0);
        }
        let posts = User::posts().filter(sql::<Bool>("posts.title = 'Two' OR posts.title = 'Four'"));
        assert_eq!(posts.delete(db, &blog.ada).expect("one of hers"), 1);
        assert_eq!(Post::query().count(db).expect("the count"), 3);
        let replaced = User::posts()
            .filter(sql::<Bool>("posts.published OR TRUE -- all"))
            .replace(db, &blog.cy, vec![])
            .expect("nothing to replace");
        assert_eq!(replaced, []);
        assert_eq!(Post::query().count(db).expect("the count"), 3);
    }

    fn related_rows_and_conditions_are_of_their_own_row(db: &Db) {
        let blog = filled(db);
        for text in widening() {
            let posts = || User::posts().filter(sql::<Bool>(text));
            let with = posts().order_by(posts::id).load_for(db, vec![blog.bob.clone(), blog.cy.clone()]);
            let with = with.expect("the posts");
            assert_eq!((with[0].posts.len(), with[1].posts.len()), (1, 0));
            let without = User::query().filter(posts().not_exists()).all(db).expect("the users");
            assert_eq!(without, std::slice::from_ref(&blog.cy));
            let both = User::query().filter(posts().exists()).filter(users::id.eq(blog.cy.id));
            assert_eq!(both.all(db).expect("no user"), []);
            // By a join
            let authors = Post::author().filter(sql::<Bool>("users.active OR 1 = 1 -- all"));
            let post = Post::query().find(blog.posts[3].id).with(authors).one(db);
            let post = post.expect("the post");
            assert_eq!(post.author, blog.bob);
        }
    }

    fn a_delete_of_related_rows_has_no_limit(db: &Db) {
        let blog = filled(db);
        for related in [User::posts().limit(1), User::posts().offset(1)] {
            let error = related.delete(db, &blog.ada).expect_err("no limit in a delete");
            assert_eq!(error.code(), ErrorCode::QueryError);
        }
        assert_eq!(Post::query().count(db).expect("the count"), 4);
    }

    fn a_range_of_related_rows_may_exceed_what_the_databases_count(db: &Db) {
        let blog = filled(db);
        let most = u64::MAX;
        for (limit, offset, expected) in [(most, 0, 3), (most, 1, 2), (most, most, 0), (2, most, 0)] {
            let posts = User::posts().order_by(posts::id).limit(limit).offset(offset);
            let loaded = posts.load_for(db, vec![blog.ada.clone()]).expect("the posts");
            assert_eq!(loaded[0].posts.len(), expected, "{limit} {offset}");
        }
    }
}

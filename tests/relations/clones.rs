//! Clones of queries and relations go on in ways of their own.

use std::thread;
use test_support::on_each_database;

use mizzle::prelude::*;

use crate::schema::*;

on_each_database! {
    fn clones_of_a_query_change_apart(db: &Db) {
        filled(db);
        let published = Post::query().filter(posts::published.eq(true)).order_by(posts::title);
        let mut all = published.clone();
        let titles = |query: &Query<'_, Post>| -> Vec<String> {
            query.all(db).expect("posts").into_iter().map(|post| post.title).collect()
        };
        let before = titles(&published);
        assert!(before.len() > 1 && before.is_sorted(), "{before:?}");
        let first = published.clone().filter(posts::title.eq(before[0].clone()));
        all = all.or_filter(posts::published.eq(false)).order_by(posts::title.desc());
        assert_eq!(titles(&all).len(), 4);
        assert!(titles(&all).is_sorted_by(|a, b| a >= b));
        assert!(titles(&first).len() < before.len());
        let page = published.clone().limit(1).offset(1);
        assert_eq!(titles(&page), before[1..2]);
        assert_eq!(titles(&published), before);
        assert_eq!(published.count(db).expect("a count"), before.len() as u64);
        assert_eq!(first.delete(db).expect("deleted"), 1);
        assert_eq!(titles(&published).len(), before.len() - 1);
    }

    fn clones_of_relations_change_apart(db: &Db) {
        let blog = filled(db);
        let posts = User::posts().filter(posts::published.eq(true)).with(Post::comments());
        let first = posts.clone().order_by(posts::id.desc()).limit(1);
        let users = User::query().order_by(users::id).with(posts);
        let one_each = User::query().order_by(users::id).with(first);
        let both = users.clone().all(db).expect("users");
        assert_eq!(both, users.all(db).expect("users again"));
        let single = one_each.all(db).expect("users with a post");
        assert!(single.iter().all(|user| user.posts.len() <= 1));
        assert!(both.iter().any(|user| user.posts.len() > 1));
        let has_posts = User::posts().exists();
        let without = User::query().filter(User::posts().not_exists());
        let with = User::query().filter(has_posts.clone()).filter(has_posts);
        let (with, without) = (with.count(db).expect("2"), without.count(db).expect("1"));
        assert_eq!((with, without), (2, 1), "{:?}", blog.cy);
    }

    fn a_clone_runs_on_another_thread(db: &Db) {
        filled(db);
        let title = String::from("Two");
        let query = Post::query().filter(posts::title.eq(&title)).with(Post::author());
        let here = query.one(db).expect("a post");
        let there = thread::scope(|scope| {
            let (same, clone) = (query.clone(), query.clone());
            let shared = scope.spawn(move || same.one(db));
            let moved = scope.spawn(move || clone.find(i64::MAX).first(db));
            (shared.join().expect("a thread"), moved.join().expect("a thread"))
        });
        assert_eq!(there.0.expect("the post"), here);
        assert_eq!(there.1.expect("no post"), None);
    }
}

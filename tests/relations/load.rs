//! Loading related rows: what comes, in which shape, with how many statements.

use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

on_each_database! {
    fn each_row_has_its_own_related_rows(db: &Db) {
        let blog = filled(db);
        let users = User::query()
            .order_by(users::id)
            .with(User::posts().order_by(posts::id))
            .all(db)
            .expect("the users");
        let titles: Vec<Vec<&str>> = users
            .iter()
            .map(|user| user.posts.iter().map(|post| post.title.as_str()).collect())
            .collect();
        assert_eq!(titles, [vec!["One", "Two", "Three"], vec!["Four"], vec![]]);
        assert_eq!(users[0].name, "Ada");
        assert_eq!(*users[1], blog.bob);
        assert_eq!(users[1].posts, [blog.posts[3].clone()]);
        let (ada, posts) = users.into_iter().next().expect("Ada").into_parts();
        assert_eq!((ada, posts.len()), (blog.ada, 3));
    }

    fn relations_stack_and_nest(db: &Db) {
        let blog = filled(db);
        let users = User::query()
            .order_by(users::id)
            .with(
                User::posts()
                    .order_by(posts::id)
                    .with(Post::comments().order_by(comments::id).with(Comment::answers()))
                    .with(Post::editor()),
            )
            .with(User::profile())
            .all(db)
            .expect("the users");
        assert_eq!(users[0].profile.as_ref().expect("a profile").bio, "Counts.");
        assert_eq!(users[1].profile, None);
        let post = &users[0].posts[0];
        assert_eq!(post.title, "One");
        assert_eq!(post.editor.as_ref(), Some(&blog.bob));
        assert_eq!(users[0].posts[1].editor, None);
        assert_eq!(post.comments[0].text, "first");
        assert_eq!(post.comments[0].answers[0].text, "answer");
        assert_eq!(post.comments.len(), 3);
    }

    fn belongs_to_gives_each_row_its_parent(db: &Db) {
        let blog = filled(db);
        let posts: Vec<post_relations::WithAuthor> =
            Post::query().order_by(posts::id).with(Post::author()).all(db).expect("the posts");
        let authors: Vec<&str> = posts.iter().map(|post| post.author.name.as_str()).collect();
        assert_eq!(authors, ["Ada", "Ada", "Ada", "Bob"]);
        let comments = Comment::query()
            .order_by(comments::id)
            .with(Comment::parent())
            .all(db)
            .expect("the comments");
        let parents: Vec<Option<i64>> =
            comments.iter().map(|comment| comment.parent.as_ref().map(|parent| parent.id)).collect();
        assert_eq!(parents, [None, None, Some(blog.comments[0].id)]);
    }

    fn many_to_many_goes_through_the_table_between(db: &Db) {
        let blog = filled(db);
        let tags = db
            .insert_all_returning(["a", "b", "c"].map(|name| NewTag::builder().name(name).build()))
            .expect("tags");
        let linked = Post::tags().link(db, &blog.posts[0], &tags).expect("links");
        assert_eq!(linked, 3);
        assert_eq!(Post::tags().link(db, &blog.posts[0], &tags[..1]).expect("no new link"), 0);
        Post::tags().link(db, &blog.posts[1], [&tags[2]]).expect("a link");
        let names = |tags: &[Tag]| tags.iter().map(|tag| tag.name.clone()).collect::<Vec<_>>();
        let posts = Post::query()
            .order_by(posts::id)
            .with(Post::tags().order_by(tags::name.desc()))
            .all(db)
            .expect("the posts");
        assert_eq!(names(&posts[0].tags), ["c", "b", "a"]);
        assert_eq!(names(&posts[1].tags), ["c"]);
        assert!(posts[2].tags.is_empty());
        assert_eq!(Post::tags().unlink(db, &blog.posts[0], &tags[..2]).expect("unlinked"), 2);
        Post::tags().set_links(db, &blog.posts[1], [&tags[0], &tags[1]]).expect("the links");
        let tags = Tag::query().order_by(tags::name).with(Tag::posts()).all(db).expect("the tags");
        let titles: Vec<Vec<&str>> = tags
            .iter()
            .map(|tag| tag.posts.iter().map(|post| post.title.as_str()).collect())
            .collect();
        assert_eq!(titles, [vec!["Two"], vec!["Two"], vec!["One"]]);
    }

    fn limit_and_offset_count_for_each_row(db: &Db) {
        filled(db);
        let users = User::query()
            .order_by(users::id)
            .with(User::posts().filter(posts::title.ne("Two")).order_by(posts::id.desc()).limit(1))
            .with(User::edited().order_by(posts::id).offset(1))
            .all(db)
            .expect("the users");
        let first: Vec<Vec<&str>> = users
            .iter()
            .map(|user| user.posts.iter().map(|post| post.title.as_str()).collect())
            .collect();
        assert_eq!(first, [vec!["Three"], vec!["Four"], vec![]]);
        assert!(users.iter().all(|user| user.edited.is_empty()));
    }

    fn required_leaves_rows_out(db: &Db) {
        filled(db);
        let users = User::query()
            .order_by(users::id)
            .with(User::posts().filter(posts::published.eq(true)).required())
            .with(User::profile())
            .all(db)
            .expect("the users");
        assert_eq!(users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["Ada"]);
        let posts = Post::query()
            .order_by(posts::id)
            .with(Post::author().filter(users::active.eq(true)))
            .all(db)
            .expect("the posts");
        assert_eq!(posts.len(), 3);
    }

    fn a_relation_is_a_condition(db: &Db) {
        filled(db);
        let names = |query: Query<'_, User>| -> Vec<String> {
            query.order_by(users::id).all(db).expect("users").into_iter().map(|user| user.name).collect()
        };
        let published = || User::posts().filter(posts::published.eq(true));
        assert_eq!(names(User::query().filter(published().exists())), ["Ada"]);
        assert_eq!(names(User::query().filter(published().not_exists())), ["Bob", "Cy"]);
        assert_eq!(
            names(User::query().filter(User::edited().exists().and(users::active.eq(true)))),
            ["Cy"]
        );
        let answered = Comment::query()
            .filter(Comment::answers().exists())
            .all(db)
            .expect("the answered");
        assert_eq!(answered.len(), 1);
        let of_active = Post::query()
            .filter(Post::author().filter(users::active.eq(true)).exists())
            .count(db)
            .expect("a count");
        assert_eq!(of_active, 3);
        let commented = User::query()
            .filter(User::posts().filter(Post::comments().exists()).exists())
            .count(db)
            .expect("a count");
        assert_eq!(commented, 1);
    }

    fn counts_come_without_the_rows(db: &Db) {
        let blog = filled(db);
        let rows = [blog.ada.clone(), blog.cy.clone(), blog.bob.clone(), blog.ada.clone()];
        assert_eq!(User::posts().counts(db, &rows).expect("counts"), [3, 0, 1, 3]);
        let published = User::posts().filter(posts::published.eq(true));
        assert_eq!(published.counts(db, &rows).expect("counts"), [2, 0, 0, 2]);
    }

    fn rows_that_are_loaded_already_get_theirs(db: &Db) {
        let blog = filled(db);
        let rows = vec![blog.ada.clone(), blog.bob.clone(), blog.ada.clone()];
        let with = User::posts().load_for(db, rows).expect("the posts");
        assert_eq!(with.iter().map(|user| user.posts.len()).collect::<Vec<_>>(), [3, 1, 3]);
        let with = User::profile().load_for(db, with).expect("the profiles");
        assert_eq!(with[2].profile.as_ref().expect("a profile").bio, "Counts.");
        assert!(User::posts().load_for(db, Vec::<User>::new()).expect("nothing").is_empty());
    }

    fn a_transaction_sees_its_writes(db: &Db) {
        let blog = filled(db);
        db.transaction(|tx| {
            tx.insert(
                NewPost::builder().author_id(blog.cy.id).title("Five").published(true).build(),
            )?;
            let cy = User::query().find(blog.cy.id).with(User::posts()).one(tx)?;
            assert_eq!(cy.posts[0].title, "Five");
            Ok(())
        })
        .expect("the transaction");
    }

    fn a_row_is_written_with_its_related_rows(db: &Db) {
        let blog = filled(db);
        let new = NewUser::builder().name("Di").build();
        let post = |user: i64, title: &str| {
            NewPost::builder().author_id(user).title(title).published(true).build()
        };
        let di = User::posts()
            .insert_with(db, new.clone(), |user| vec![post(user.id, "x"), post(user.id, "y")])
            .expect("Di with posts");
        assert_eq!(di.posts.len(), 2);
        let error = User::posts()
            .insert_with(db, new, |_| vec![post(blog.ada.id, "not hers")])
            .expect_err("another's post");
        assert!(error.to_string().contains("does not have the key"), "{error}");
        assert_eq!(User::query().count(db).expect("a count"), 4);
        let replaced = User::posts().replace(db, &di, vec![post(di.id, "z")]).expect("replaced");
        assert_eq!(replaced[0].title, "z");
        assert_eq!(User::posts().counts(db, &[di]).expect("counts"), [1]);
    }

    fn rows_with_relations_are_one_json_object(db: &Db) {
        filled(db);
        let tag = db.insert(NewTag::builder().name("a").build()).expect("a tag");
        let post = Post::query().filter(posts::title.eq("One")).one(db).expect("a post");
        Post::tags().link(db, &post, [&tag]).expect("a link");
        let post =
            Post::query().find(post.id).with(Post::tags()).with(Post::editor()).one(db).expect("a post");
        let json = serde_json::to_value(&post).expect("JSON");
        assert_eq!(
            json,
            serde_json::json!({
                "id": post.id, "author_id": 1, "editor_id": 2, "title": "One", "published": true,
                "tags": [{"name": "a"}],
                "editor": {"id": 2, "name": "Bob", "active": false},
            })
        );
    }

    fn a_row_goes_with_the_one_that_it_must_have(db: &Db) {
        filled(db);
        let of = |name| {
            let author = Post::author().filter(users::name.eq(name));
            Comment::query().with(Comment::post().with(author)).with(Comment::parent())
        };
        assert_eq!(of("Ada").all(db).expect("comments").len(), 3);
        for rows in [of("Bob").all(db), of("Bob").limit(9).all(db)] {
            assert_eq!(rows.expect("no comments").len(), 0);
        }
    }

    fn a_function_narrows_a_query_with_any_relations(db: &Db) {
        fn active<'q, L>(query: Query<'q, User, L>) -> Query<'q, User, L> {
            query.filter(users::active.eq(true)).order_by(users::id)
        }
        filled(db);
        let plain = active(User::query()).all(db).expect("users");
        let with = active(User::query().with(User::posts()).with(User::profile()));
        let with = with.all(db).expect("users with relations");
        assert_eq!(plain, with.iter().map(|user| (***user).clone()).collect::<Vec<_>>());
        assert_eq!(with[0].posts.len(), 3);
    }
}

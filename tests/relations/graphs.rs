//! Rows are inserted with their related rows.

use mizzle::prelude::*;
use mizzle::relation::Graph;
use mizzle::{ConstraintKind, Dialect, ErrorCode};
use test_support::random::Random;
use test_support::{on_each_database, skip_rows};

use crate::log::Log;
use crate::schema::*;

fn user(name: &str) -> NewUser {
    NewUser::builder().name(name).build()
}

fn post(author: &User, title: &str) -> NewPost {
    NewPost::builder().author_id(author.id).title(title).published(true).build()
}

fn comment(post: &Post, text: &str) -> NewComment {
    NewComment::builder().post_id(post.id).text(text).build()
}

fn tag(name: &str) -> NewTag {
    NewTag::builder().name(name).build()
}

/// The numbers of rows of all tables.
fn stored(db: &Db) -> [u64; 6] {
    let count = |count: mizzle::Result<u64>| count.expect("the count");
    [
        count(User::query().count(db)),
        count(Post::query().count(db)),
        count(Comment::query().count(db)),
        count(Tag::query().count(db)),
        count(PostTag::query().count(db)),
        count(Follow::query().count(db)),
    ]
}

on_each_database! {
    fn rows_come_back_with_their_related_rows_in_order(db: &Db) {
        db.create_all::<Blog>().expect("the tables");
        db.insert(tag("old")).expect("a tag");
        let old = Tag { name: "old".into() };
        let node = |name: &'static str, posts: usize| {
            let old = old.clone();
            user(name).with_new(User::posts(), move |user| {
                (0..posts)
                    .map(|number| {
                        let old = old.clone();
                        post(user, &format!("{name} {number}"))
                            .with_new(Post::comments(), move |post| {
                                (0..number).map(|text| {
                                    comment(post, &text.to_string()).with_new(Comment::answers(), |first| {
                                        vec![NewComment::builder().post_id(first.post_id).text("answer").build()]
                                    })
                                }).collect()
                            })
                            .with_linked(Post::tags(), vec![old])
                    })
                    .collect()
            })
        };
        let users = db.insert_graph([node("Ada", 3), node("Bob", 0), node("Cy", 2)]).expect("the graph");
        let names: Vec<&str> = users.iter().map(|user| user.name.as_str()).collect();
        assert_eq!(names, ["Ada", "Bob", "Cy"]);
        for user in &users {
            for (place, post) in user.posts.iter().enumerate() {
                assert_eq!(post.author_id, user.id);
                assert_eq!(post.title, format!("{} {place}", user.name));
                assert_eq!(post.tags, std::slice::from_ref(&old));
                let texts: Vec<String> = post.comments.iter().map(|comment| comment.text.clone()).collect();
                assert_eq!(texts, (0..place).map(|text| text.to_string()).collect::<Vec<_>>());
                for comment in &post.comments {
                    assert_eq!((comment.post_id, comment.answers[0].parent_id), (post.id, Some(comment.id)));
                }
            }
        }
        assert_eq!(users.iter().map(|user| user.posts.len()).collect::<Vec<_>>(), [3, 0, 2]);
        // What comes back is what is stored.
        let loaded = User::query()
            .order_by(users::id)
            .with(User::posts().order_by(posts::id)
                .with(Post::comments().filter(comments::parent_id.is_null()).order_by(comments::id).with(Comment::answers()))
                .with(Post::tags()))
            .all(db)
            .expect("the users");
        assert_eq!(loaded, users);
        assert_eq!(stored(db), [3, 5, 8, 1, 5, 0]);
        assert_eq!(db.insert_graph(Vec::<NewUser>::new()).expect("nothing"), []);
    }

    fn the_key_is_that_of_the_row_whatever_a_related_row_contains(db: &Db) {
        db.create_all::<Blog>().expect("the tables");
        let other = db.insert(user("other")).expect("a user");
        let graph = user("Ada")
            .with_new(User::posts(), |_| vec![post(&other, "hers")])
            .with_new(User::edited(), |ada| vec![post(ada, "edited")]);
        let ada = db.insert_graph([graph]).expect("the graph").remove(0);
        assert_eq!(ada.posts[0].author_id, ada.id);
        assert_eq!(ada.edited[0].editor_id, Some(ada.id));
    }

    fn new_rows_are_linked_also_with_those_of_their_own_table(db: &Db) {
        db.create_all::<Blog>().expect("the tables");
        let graph = user("Ada").with_new(User::follows(), |_| {
            vec![user("Bob").with_new(User::follows(), |_| vec![user("Cy"), user("Di")])]
        });
        let ada = db.insert_graph([graph]).expect("the graph").remove(0);
        let ada = User::query().find(ada.id).with(User::follows().with(User::follows().order_by(users::id))).one(db).expect("Ada");
        let names = |users: &[User]| users.iter().map(|user| user.name.clone()).collect::<Vec<_>>();
        assert_eq!((ada.follows[0].name.as_str(), names(&ada.follows[0].follows)), ("Bob", vec!["Cy".to_owned(), "Di".to_owned()]));
    }

    fn at_most_one_row_belongs_to_a_row(db: &Db) {
        db.create_all::<Blog>().expect("the tables");
        // The second level is below a row that may not be there.
        let graph = (0..7).map(|number| {
            user(&number.to_string())
                .with_new(User::profile(), move |user| {
                    let bio = number.to_string();
                    // Whatever key the row contains.
                    (number % 3 > 0).then(|| NewProfile::builder().user_id(user.id + 100).bio(bio).build())
                })
                .with_new(User::posts(), move |user| (0..number).map(|_| post(user, "a")).collect())
        });
        let (users, events) = Log::of(|| db.insert_graph(graph).expect("the graph"));
        let statements = events.iter().filter(|event| event.target == "mizzle::query");
        let sql: Vec<&str> = statements.filter_map(|event| event.field("sql")).collect();
        assert_eq!(sql.iter().filter(|sql| sql.starts_with("INSERT")).count(), 3, "{sql:#?}");
        for (number, user) in users.iter().enumerate() {
            let bio = user.profile.as_ref().map(|profile| (profile.user_id, profile.bio.clone()));
            assert_eq!(bio, (number % 3 > 0).then(|| (user.id, number.to_string())));
        }
        let query = User::query().order_by(users::id).with(User::profile());
        assert_eq!(query.with(User::posts().order_by(posts::id)).all(db).expect("the users"), users);
        // Below a related row, and without any.
        let graph = user("Ada").with_new(User::follows(), |_| {
            ["Bob", "Cy"].map(|name| {
                user(name).with_new(User::profile(), move |user| {
                    (name == "Cy").then(|| NewProfile::builder().user_id(user.id).bio(name).build())
                })
            })
            .into()
        });
        let ada = db.insert_graph([graph]).expect("the graph").remove(0);
        let bios: Vec<Option<&str>> =
            ada.follows.iter().map(|user| user.profile.as_ref().map(|profile| &*profile.bio)).collect();
        assert_eq!(bios, [None, Some("Cy")]);
        let none = user("Di").with_new(User::profile(), |_| None::<NewProfile>);
        assert_eq!(db.insert_graph([none]).expect("the graph")[0].profile, None);
    }

    fn a_level_takes_a_statement(db: &Db) {
        db.create_all::<Blog>().expect("the tables");
        let graph = || (0..40).map(|number| {
            user(&number.to_string()).with_new(User::posts(), |user| {
                let posts = (0..3).map(|_| post(user, "a").with_new(Post::comments(), |post| vec![comment(post, "b")]));
                posts.collect()
            })
        });
        db.insert_graph(graph()).expect("the graph");
        let (inserted, events) = Log::of(|| db.insert_graph(graph()).expect("the graph"));
        assert_eq!(inserted.len(), 40);
        let statements = events.iter().filter(|event| event.target == "mizzle::query");
        let sql: Vec<&str> = statements.filter_map(|event| event.field("sql")).collect();
        assert_eq!(sql.iter().filter(|sql| sql.starts_with("INSERT")).count(), 3, "{sql:#?}");
    }

    fn a_violated_constraint_undoes_all(db: &Db) {
        db.create_all::<Blog>().expect("the tables");
        db.insert(tag("old")).expect("a tag");
        let before = stored(db);
        let graph = user("Ada").with_new(User::posts(), |ada| {
            vec![post(ada, "One").with_new(Post::tags(), |_| vec![tag("new"), tag("old")])]
        });
        let error = db.insert_graph([graph]).expect_err("the tag exists");
        assert_eq!(error.code(), ErrorCode::ConstraintError);
        let constraint = error.constraint().expect("a constraint");
        assert_eq!((constraint.kind, constraint.table.as_deref()), (ConstraintKind::Unique, Some("tags")));
        assert_eq!(stored(db), before);
        // In a transaction that goes on.
        let kept = db.transaction(|tx| {
            tx.insert(user("Bob"))?;
            let graph = user("Ada").with_new(User::posts(), |ada| {
                vec![post(ada, "One").with_new(Post::comments(), |post| {
                    vec![NewComment::builder().post_id(post.id).parent_id(-1).text("x").build()]
                })]
            });
            let error = tx.insert_graph([graph]).expect_err("no such comment");
            assert_eq!(error.code(), ErrorCode::ConstraintError);
            User::query().count(tx)
        });
        assert_eq!(kept.expect("Bob"), 1);
        assert_eq!(stored(db)[0], 1);
    }

    fn a_skipped_row_is_an_error_that_undoes_all(db: &Db) {
        db.create_all::<Blog>().expect("the tables");
        let graph = || ["Ada", "Bob"].map(|name| {
            user(name).with_new(User::posts(), |user| {
                vec![post(user, "One").with_new(Post::tags(), |post| vec![tag(&post.id.to_string())])]
            })
        });
        for (table, condition) in [("users", "NEW.name = 'Ada'"), ("posts", "NEW.title = 'One'"), ("post_tags", "NEW.tag IS NOT NULL")] {
            skip_rows(db, table, condition);
            let error = db.insert_graph(graph()).expect_err("a skipped row");
            assert_eq!(error.code(), ErrorCode::QueryError, "{table}");
            let message = error.to_string();
            assert!(message.contains(table), "{message}");
            assert!(!message.contains("1 of 2") && !message.contains("Ada"), "{message}");
            assert_eq!(stored(db), [0; 6], "{table}");
            match db.dialect() {
                Dialect::Sqlite | Dialect::D1 => db.execute_sql("DROP TRIGGER skips"),
                Dialect::Postgres => db.execute_sql(&format!("DROP TRIGGER skips ON {table}; DROP FUNCTION skip()")),
            }
            .expect("no trigger");
        }
        assert_eq!(db.insert_graph(graph()).expect("the graph").len(), 2);
    }

    fn a_row_linked_twice_is_an_error(db: &Db) {
        db.create_all::<Blog>().expect("the tables");
        let ada = db.insert(user("Ada")).expect("a user");
        let old = db.insert(tag("old")).expect("a tag");
        let graph = post(&ada, "One").with_linked(Post::tags(), vec![old.clone(), old]);
        let error = db.insert_graph([graph]).expect_err("linked twice");
        assert_eq!(error.code(), ErrorCode::QueryError);
        assert_eq!(stored(db), [1, 0, 0, 1, 0, 0]);
    }

    fn random_graphs_are_stored_as_they_are(db: &Db) {
        db.create_all::<Blog>().expect("the tables");
        let mut random = Random::new(7);
        for round in 0..30 {
            // More rows than a statement of SQLite takes in some rounds.
            let most = if round % 10 == 0 { 1500 } else { 6 };
            let shape: Vec<Vec<usize>> = (0..random.below(6))
                .map(|_| (0..random.below(most)).map(|_| random.below(4)).collect())
                .collect();
            let graph = shape.iter().map(|posts| {
                user("u").with_new(User::posts(), move |user| {
                    posts.iter().enumerate().map(|(place, comments)| {
                        // The database fills in columns that some rows leave out.
                        let editor = (place % 2 == 0).then_some(user.id);
                        let new = NewPost::builder().author_id(user.id).maybe_editor_id(editor).title(place.to_string()).published(false);
                        new.build().with_new(Post::comments(), move |post| {
                            (0..*comments).map(|text| comment(post, &text.to_string())).collect()
                        })
                    }).collect()
                })
            });
            let users = db.insert_graph(graph).expect("the graph");
            let found: Vec<Vec<usize>> = users.iter().map(|user| {
                user.posts.iter().enumerate().map(|(place, post)| {
                    assert_eq!((post.author_id, &post.title), (user.id, &place.to_string()));
                    assert!(post.comments.iter().all(|comment| comment.post_id == post.id));
                    post.comments.len()
                }).collect()
            }).collect();
            assert_eq!(found, shape);
            let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
            let stored = User::query()
                .filter(users::id.eq_any(ids))
                .order_by(users::id)
                .with(User::posts().order_by(posts::id).with(Post::comments().order_by(comments::id)))
                .all(db)
                .expect("the users");
            let mut sorted = users;
            sorted.sort_by_key(|user| user.id);
            for user in &mut sorted {
                user.posts.sort_by_key(|post| post.id);
                for post in &mut user.posts {
                    post.comments.sort_by_key(|comment| comment.id);
                }
            }
            assert_eq!(stored, sorted);
        }
    }
}

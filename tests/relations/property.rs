//! Loading through relations returns what a join in memory returns, for random small graphs.

use std::collections::BTreeSet;
use std::fmt::Debug;
use test_support::on_each_database;

use mizzle::prelude::*;
use mizzle::relation::{Related, Relation, Shape as _};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::schema::*;

/// Runs `test` with random values, on one database.
pub fn for_all<S>(db: &Db, values: S, test: impl Fn(&Db, &S::Value) -> mizzle::Result<()>)
where
    S: Strategy,
    S::Value: Debug,
{
    db.create_all::<Blog>().expect("the tables");
    // Nothing is written beside the tests where one fails.
    let config = Config { cases: 120, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&values, |value| {
            test(db, &value).expect("no error");
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

/// All rows of the blog.
#[derive(Debug, Clone)]
pub struct Graph {
    pub users: Vec<User>,
    pub posts: Vec<Post>,
    pub comments: Vec<Comment>,
    pub tags: Vec<Tag>,
    post_tags: Vec<PostTag>,
    follows: Vec<Follow>,
}

type Seed = (
    Vec<(bool, u8)>,
    Vec<(usize, Option<usize>, u8, bool)>,
    Vec<(usize, Option<usize>)>,
    BTreeSet<(usize, u8)>,
    BTreeSet<(usize, usize)>,
);

/// Ids are spread, in no order, and beyond what a float could hold.
fn id(place: usize) -> i64 {
    let place = place as i64 + 1;
    if place % 2 == 0 { -place } else { i64::MAX - place }
}

pub fn letter(number: u8) -> String {
    char::from(b'a' + number % 5).to_string()
}

pub fn graph() -> impl Strategy<Value = Graph> {
    (
        vec(any::<(bool, u8)>(), 0..6),
        vec(any::<(usize, Option<usize>, u8, bool)>(), 0..14),
        vec(any::<(usize, Option<usize>)>(), 0..10),
        btree_set(any::<(usize, u8)>(), 0..12),
        btree_set(any::<(usize, usize)>(), 0..12),
    )
        .prop_map(of_seed)
}

fn of_seed((users, posts, comments, post_tags, follows): Seed) -> Graph {
    let users: Vec<User> = users
        .into_iter()
        .enumerate()
        .map(|(place, (active, name))| User { id: id(place), name: letter(name), active })
        .collect();
    let user = |number: usize| (!users.is_empty()).then(|| users[number % users.len()].id);
    let posts: Vec<Post> = posts
        .into_iter()
        .enumerate()
        .filter_map(|(place, (author, editor, title, published))| {
            Some(Post {
                id: id(place),
                author_id: user(author)?,
                editor_id: editor.and_then(user),
                title: letter(title),
                published,
            })
        })
        .collect();
    let post = |number: usize| (!posts.is_empty()).then(|| posts[number % posts.len()].id);
    let comments = comments
        .into_iter()
        .enumerate()
        .filter_map(|(place, (on, parent))| {
            let parent_id = parent.filter(|_| place > 0).map(|parent| id(parent % place));
            Some(Comment { id: id(place), post_id: post(on)?, parent_id, text: String::new() })
        })
        .collect();
    let post_tags: BTreeSet<(i64, String)> =
        post_tags.into_iter().filter_map(|(on, tag)| Some((post(on)?, letter(tag)))).collect();
    let follows: BTreeSet<(i64, i64)> =
        follows.into_iter().filter_map(|(a, b)| Some((user(a)?, user(b)?))).collect();
    Graph {
        tags: (0..5).map(|number| Tag { name: letter(number) }).collect(),
        post_tags: post_tags.into_iter().map(|(post_id, tag)| PostTag { post_id, tag }).collect(),
        follows: follows
            .into_iter()
            .map(|(follower_id, followed_id)| Follow { follower_id, followed_id })
            .collect(),
        users,
        posts,
        comments,
    }
}

impl Graph {
    /// Makes these the only rows of the database.
    pub fn store(&self, db: &Db) -> mizzle::Result<()> {
        db.execute_sql(
            "DELETE FROM follows; DELETE FROM post_tags; DELETE FROM comments; DELETE FROM posts; \
             DELETE FROM tags; DELETE FROM users",
        )?;
        macro_rules! insert {
            ($($module:ident: $rows:expr),*) => {
                $(if !$rows.is_empty() {
                    db.execute(diesel::insert_into($module::table).values(&$rows[..]))?;
                })*
            };
        }
        insert!(users: self.users, posts: self.posts, comments: self.comments);
        insert!(tags: self.tags, post_tags: self.post_tags, follows: self.follows);
        Ok(())
    }

    pub fn posts_of(&self, user: &User) -> Vec<Post> {
        self.posts.iter().filter(|post| post.author_id == user.id).cloned().collect()
    }

    pub fn tags_of(&self, post: &Post) -> Vec<Tag> {
        let linked = |tag: &&Tag| {
            self.post_tags.iter().any(|link| link.post_id == post.id && link.tag == tag.name)
        };
        self.tags.iter().filter(linked).cloned().collect()
    }

    pub fn followed_by(&self, user: &User) -> Vec<User> {
        let linked = |other: &&User| {
            let mut links = self.follows.iter();
            links.any(|link| link.follower_id == user.id && link.followed_id == other.id)
        };
        self.users.iter().filter(linked).cloned().collect()
    }

    pub fn user(&self, id: i64) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }
}

/// What narrows posts.
#[derive(Debug, Clone, Copy)]
pub enum Narrow {
    Nothing,
    Published(bool),
    From(u8),
    Either(bool, u8),
    Both(bool, u8),
}

/// What narrows, sorts and cuts posts.
#[derive(Debug, Clone)]
pub struct Wanted {
    narrow: Narrow,
    by_title: bool,
    descending: bool,
    limit: Option<u64>,
    offset: Option<u64>,
}

fn narrow() -> impl Strategy<Value = Narrow> {
    prop_oneof![
        Just(Narrow::Nothing),
        any::<bool>().prop_map(Narrow::Published),
        any::<u8>().prop_map(Narrow::From),
        any::<(bool, u8)>().prop_map(|(published, from)| Narrow::Either(published, from)),
        any::<(bool, u8)>().prop_map(|(published, from)| Narrow::Both(published, from)),
    ]
}

pub fn wanted() -> impl Strategy<Value = Wanted> {
    let (limit, offset) = (proptest::option::of(0..5_u64), proptest::option::of(0..4_u64));
    (narrow(), any::<bool>(), any::<bool>(), limit, offset).prop_map(
        |(narrow, by_title, descending, limit, offset)| Wanted {
            narrow,
            by_title,
            descending,
            limit,
            offset,
        },
    )
}

impl Narrow {
    fn keeps(self, post: &Post) -> bool {
        match self {
            Self::Nothing => true,
            Self::Published(published) => post.published == published,
            Self::From(from) => post.title >= letter(from),
            Self::Either(published, from) => {
                post.published == published || post.title >= letter(from)
            }
            Self::Both(published, from) => {
                post.published == published && post.title >= letter(from)
            }
        }
    }

    fn narrow<'q, M: Relation<To = Post>>(self, posts: Related<'q, M>) -> Related<'q, M> {
        match self {
            Self::Nothing => posts,
            Self::Published(published) => posts.filter(posts::published.eq(published)),
            Self::From(from) => posts.filter(posts::title.ge(letter(from))),
            Self::Either(published, from) => {
                posts.filter(posts::published.eq(published).or(posts::title.ge(letter(from))))
            }
            Self::Both(published, from) => {
                posts.filter(posts::published.eq(published)).filter(posts::title.ge(letter(from)))
            }
        }
    }
}

impl Wanted {
    pub fn of(&self, mut posts: Vec<Post>) -> Vec<Post> {
        posts.retain(|post| self.narrow.keeps(post));
        posts.sort_by_key(|post| (self.by_title.then(|| post.title.clone()), post.id));
        if self.descending {
            posts.reverse();
        }
        let (offset, limit) = (self.offset.unwrap_or(0), self.limit.unwrap_or(u64::MAX));
        posts.into_iter().skip(offset as usize).take(limit as usize).collect()
    }

    pub fn narrow<'q, M: Relation<To = Post>>(&self, posts: Related<'q, M>) -> Related<'q, M> {
        let mut posts = self.narrow.narrow(posts);
        posts = match (self.by_title, self.descending) {
            (true, false) => posts.order_by((posts::title, posts::id)),
            (true, true) => posts.order_by(posts::title.desc()).then_order_by(posts::id.desc()),
            (false, false) => posts.order_by(posts::id),
            (false, true) => posts.order_by(posts::id.desc()),
        };
        if let Some(limit) = self.limit {
            posts = posts.limit(limit);
        }
        match self.offset {
            Some(offset) => posts.offset(offset),
            None => posts,
        }
    }
}

on_each_database! {
    fn has_many_is_a_join(db: &Db) {
        for_all(db, (graph(), wanted(), vec(any::<usize>(), 0..8)), |db, (graph, wanted, picks)| {
            graph.store(db)?;
            let posts = || wanted.narrow(User::posts());
            let loaded = User::query().with(posts()).all(db)?;
            assert_eq!(loaded.len(), graph.users.len());
            for user in &loaded {
                assert_eq!(user.posts, wanted.of(graph.posts_of(user)));
            }
            let required = User::query().with(posts().required()).all(db)?;
            let left = graph.users.iter().filter(|user| !wanted.of(graph.posts_of(user)).is_empty());
            assert_eq!(required.len(), left.count());
            // Rows at hand, in any order and several times.
            let picked = picks.iter().filter_map(|pick| {
                graph.users.get(pick.checked_rem(graph.users.len())?).cloned()
            });
            let picked: Vec<User> = picked.collect();
            let loaded = posts().with(Post::editor()).load_for(db, picked.clone())?;
            assert_eq!(loaded.len(), picked.len());
            for (user, picked) in loaded.iter().zip(&picked) {
                assert_eq!(**user, *picked);
                let posts: Vec<Post> =
                    user.posts.iter().map(|post| post.clone().into_parts().0).collect();
                assert_eq!(posts, wanted.of(graph.posts_of(picked)));
                for post in &user.posts {
                    let editor = post.editor_id.and_then(|editor| graph.user(editor));
                    assert_eq!(post.editor.as_ref(), editor);
                }
            }
            Ok(())
        });
    }

    fn belongs_to_is_a_join(db: &Db) {
        for_all(db, (graph(), any::<bool>()), |db, (graph, active)| {
            graph.store(db)?;
            let query = Post::query()
                .order_by(posts::id)
                .with(Post::author().with(User::profile()))
                .with(Post::editor().filter(users::active.eq(*active)));
            let loaded = query.all(db)?;
            assert_eq!(loaded.len(), graph.posts.len());
            for post in &loaded {
                assert_eq!(Some(&*post.author), graph.user(post.author_id));
                let editor = post.editor_id.and_then(|editor| graph.user(editor));
                assert_eq!(post.editor.as_ref(), editor.filter(|editor| editor.active == *active));
            }
            // The same by joins.
            assert_eq!(query.limit(32).all(db)?, loaded);
            let comments = || {
                Comment::query()
                    .order_by(comments::id)
                    .with(
                        Comment::post()
                            .with(Post::author().filter(users::active.eq(*active)))
                            .with(Post::editor().required())
                            .with(Post::tags()),
                    )
                    .with(Comment::parent().with(Comment::parent()).with(Comment::answers()))
                    .with(Comment::answers().with(Comment::parent()))
            };
            assert_eq!(comments().limit(32).all(db)?, comments().all(db)?);
            let narrowed =
                Post::query().with(Post::author().filter(users::active.eq(*active))).all(db)?;
            let is_left = |post: &&Post| {
                graph.user(post.author_id).is_some_and(|author| author.active == *active)
            };
            assert!(narrowed.iter().all(|post| is_left(&&**post)));
            assert_eq!(narrowed.len(), graph.posts.iter().filter(is_left).count());
            Ok(())
        });
    }

    fn siblings_are_those_of_one_statement_after_another(db: &Db) {
        for_all(db, (graph(), wanted(), wanted(), any::<(bool, bool)>()), |db, drawn| {
            let (graph, first, second, (required, few)) = drawn;
            graph.store(db)?;
            let posts = || {
                let posts = first.narrow(User::posts());
                if *required { posts.required() } else { posts }
            };
            let mut query = User::query()
                .order_by(users::id)
                .with(
                    posts()
                        .with(Post::comments().order_by(comments::id).with(Comment::parent()))
                        .with(Post::tags().order_by(tags::name))
                        .with(Post::editor().required()),
                )
                .with(second.narrow(User::edited()).with(Post::author()).with(Post::tags().order_by(tags::name)))
                .with(User::profile())
                .with(User::follows().order_by(users::id).with(User::posts().order_by(posts::id)));
            if *few {
                query = query.limit(3);
            }
            let loaded = query.all(db)?;
            assert_eq!(query.clone().stream(db)?.collect::<mizzle::Result<Vec<_>>>()?, loaded);
            assert_eq!(db.transaction(|tx| query.all(tx))?, loaded);
            let mut expected: Vec<_> = graph.users.iter().map(|user| {
                let mut own = graph.posts_of(user);
                own.retain(|post| post.editor_id.is_some());
                (user, first.of(own))
            }).collect();
            expected.retain(|(_, posts)| !*required || !posts.is_empty());
            expected.sort_by_key(|(user, _)| user.id);
            expected.truncate(if *few { 3 } else { usize::MAX });
            assert_eq!(loaded.len(), expected.len());
            for (loaded, (user, posts)) in loaded.iter().zip(expected) {
                assert_eq!(loaded.base(), user);
                assert_eq!(loaded.posts.len(), posts.len());
                for (loaded, post) in loaded.posts.iter().zip(posts) {
                    assert_eq!(*loaded.base(), post);
                    assert_eq!(loaded.editor.as_ref(), post.editor_id.and_then(|id| graph.user(id)));
                    assert_eq!(loaded.tags, graph.tags_of(&post));
                    let mut comments: Vec<_> = graph.comments.iter().filter(|comment| comment.post_id == post.id).collect();
                    comments.sort_by_key(|comment| comment.id);
                    assert_eq!(loaded.comments.len(), comments.len());
                    for (loaded, comment) in loaded.comments.iter().zip(comments) {
                        let parent = graph.comments.iter().find(|other| Some(other.id) == comment.parent_id);
                        assert_eq!((loaded.base(), loaded.parent.as_ref()), (comment, parent));
                    }
                }
                let edited: Vec<Post> = graph.posts.iter().filter(|post| post.editor_id == Some(user.id)).cloned().collect();
                let edited = second.of(edited);
                assert_eq!(loaded.edited.len(), edited.len());
                for (loaded, post) in loaded.edited.iter().zip(edited) {
                    assert_eq!(*loaded.base(), post);
                    assert_eq!(Some(&loaded.author), graph.user(post.author_id));
                    assert_eq!(loaded.tags, graph.tags_of(&post));
                }
                assert_eq!(loaded.profile, None);
                let mut followed = graph.followed_by(user);
                followed.sort_by_key(|user| user.id);
                assert_eq!(loaded.follows.len(), followed.len());
                for (loaded, user) in loaded.follows.iter().zip(followed) {
                    let mut posts = graph.posts_of(&user);
                    posts.sort_by_key(|post| post.id);
                    assert_eq!(*loaded.base(), user);
                    assert_eq!(loaded.posts, posts);
                }
            }
            Ok(())
        });
    }

    fn many_to_many_is_a_join(db: &Db) {
        for_all(db, (graph(), wanted()), |db, (graph, wanted)| {
            graph.store(db)?;
            let loaded = Tag::query().with(wanted.narrow(Tag::posts()).with(Post::tags())).all(db)?;
            assert_eq!(loaded.len(), graph.tags.len());
            for tag in loaded {
                let tagged = |post: &&Post| graph.tags_of(post).contains(&*tag);
                let expected = wanted.of(graph.posts.iter().filter(tagged).cloned().collect());
                assert_eq!(tag.posts.iter().map(|post| &**post).collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
                for post in &tag.posts {
                    let mut tags = post.tags.clone();
                    tags.sort_by(|a, b| a.name.cmp(&b.name));
                    assert_eq!(tags, graph.tags_of(post));
                }
            }
            let mut followed = graph.users.clone();
            followed.sort_by_key(|user| user.id);
            let loaded = User::query()
                .order_by(users::id)
                .with(User::follows().order_by(users::id.desc()).limit(2))
                .all(db)?;
            for (user, expected) in loaded.iter().zip(&followed) {
                let mut expected = graph.followed_by(expected);
                expected.sort_by_key(|user| std::cmp::Reverse(user.id));
                expected.truncate(2);
                assert_eq!(user.follows, expected);
            }
            Ok(())
        });
    }

    fn conditions_and_counts_are_those_of_a_join(db: &Db) {
        for_all(db, (graph(), narrow()), |db, (graph, narrow)| {
            graph.store(db)?;
            let posts = || narrow.narrow(User::posts());
            let expected: Vec<u64> = graph
                .users
                .iter()
                .map(|user| graph.posts_of(user).iter().filter(|post| narrow.keeps(post)).count())
                .map(|count| count as u64)
                .collect();
            assert_eq!(posts().counts(db, &graph.users)?, expected);
            let ids = |query: Query<'_, User>| -> mizzle::Result<BTreeSet<i64>> {
                Ok(query.all(db)?.into_iter().map(|user| user.id).collect())
            };
            let with = |wanted: &dyn Fn(u64) -> bool| -> BTreeSet<i64> {
                let rows = graph.users.iter().zip(&expected);
                rows.filter(|(_, count)| wanted(**count)).map(|(user, _)| user.id).collect()
            };
            assert_eq!(ids(User::query().filter(posts().exists()))?, with(&|count| count > 0));
            assert_eq!(ids(User::query().filter(posts().not_exists()))?, with(&|count| count == 0));
            // Through a table between, to rows of the same table, and two levels deep.
            let follows: Vec<u64> =
                graph.users.iter().map(|user| graph.followed_by(user).len() as u64).collect();
            assert_eq!(User::follows().counts(db, &graph.users)?, follows);
            let follows_an_author = User::follows().filter(posts().exists()).exists();
            let is_author = |user: &User| {
                graph.posts_of(user).iter().any(|post| narrow.keeps(post))
            };
            let expected: BTreeSet<i64> = graph
                .users
                .iter()
                .filter(|user| graph.followed_by(user).iter().any(is_author))
                .map(|user| user.id)
                .collect();
            assert_eq!(ids(User::query().filter(follows_an_author))?, expected);
            let answered = Comment::query().filter(Comment::answers().exists()).count(db)?;
            let is_answered = |comment: &&Comment| {
                graph.comments.iter().any(|other| other.parent_id == Some(comment.id))
            };
            assert_eq!(answered, graph.comments.iter().filter(is_answered).count() as u64);
            Ok(())
        });
    }
}

//! Some columns and computed ones with relations, per row and per related row.

use mizzle::prelude::*;
use mizzle::relation::Shape as _;
use mizzle::{ErrorCode, KeysetPage, Page};
use proptest::prelude::*;
use test_support::on_each_database;

use crate::log::Log;
use crate::property::{Graph, for_all, graph, letter, wanted};
use crate::schema::*;
// A tag has posts, too.
use crate::schema::tag_relations::WithPosts as WithTagged;
use crate::schema::user_relations::WithPosts;

/// A user with aggregates of the user's posts.
#[derive(Row, Debug, Clone, PartialEq, serde::Serialize)]
#[row(table = users)]
struct Author {
    name: String,
    #[row(select = User::posts().count())]
    written: i64,
    #[row(select = User::posts().max(posts::editor_id))]
    last_editor: Option<i64>,
    #[row(select = User::posts().sum(posts::editor_id))]
    editors: Option<Decimal>,
}

impl Author {
    fn of(user: &User, graph: &Graph) -> Self {
        let posts = graph.posts_of(user);
        let editors = || posts.iter().filter_map(|post| post.editor_id);
        Self {
            name: user.name.clone(),
            written: posts.len() as i64,
            last_editor: editors().max(),
            editors: editors()
                .map(i128::from)
                .reduce(|a, b| a + b)
                .map(|sum| sum.to_string().parse().expect("a number")),
        }
    }
}

/// A post's title, the number of its comments, and the smallest one that is answered.
type Line = (String, i64, Option<i64>);

fn line(post: &Post, graph: &Graph) -> Line {
    let comments = graph.comments.iter().filter(|comment| comment.post_id == post.id);
    let parents = comments.clone().filter_map(|comment| comment.parent_id);
    (post.title.clone(), comments.count() as i64, parents.min())
}

/// A post as it is read.
type Posted = WithTags<WithEditor<Line, String>, Tag>;

/// A post as a model says it.
type Shown = (Line, Option<String>, Vec<Tag>);

type UserRow = WithPosts<Author, Posted>;

/// What a model in memory says of a user.
fn user_row(user: &User, posts: Vec<Post>, graph: &Graph) -> (Author, Vec<Shown>) {
    let post = |post: &Post| {
        let editor = post.editor_id.and_then(|id| graph.user(id)).map(|user| user.name.clone());
        (line(post, graph), editor, graph.tags_of(post))
    };
    (Author::of(user, graph), posts.iter().map(post).collect())
}

fn flat(row: &UserRow) -> (Author, Vec<Shown>) {
    let post = |post: &Posted| ((***post).clone(), post.editor.clone(), post.tags.clone());
    ((**row).clone(), row.posts.iter().map(post).collect())
}

/// The number of statements and of exchanges that the calls took.
fn statements<R>(f: impl FnOnce() -> mizzle::Result<R>) -> (R, usize) {
    let (result, events) = Log::of(f);
    let count = events.iter().filter(|event| event.target == "mizzle::query").count();
    (result.expect("the rows"), count)
}

on_each_database! {
    fn rows_of_some_columns_are_those_of_a_model(db: &Db) {
        let choices = (any::<bool>(), proptest::option::of(0..5_u64), 1..4_u64);
        for_all(db, (graph(), wanted(), choices), |db, (graph, wanted, (required, limit, size))| {
            graph.store(db)?;
            let posts = || {
                let posts = wanted
                    .narrow(User::posts())
                    .with(Post::editor().select(users::name))
                    .with(Post::tags().order_by(tags::name))
                    .select((
                        posts::title,
                        Post::comments().count(),
                        Post::comments().min(comments::parent_id),
                    ));
                if *required { posts.required() } else { posts }
            };
            let mut users: Vec<&User> = graph.users.iter().collect();
            users.sort_by_key(|user| user.id);
            let mut expected: Vec<_> = users
                .iter()
                .map(|user| user_row(user, wanted.of(graph.posts_of(user)), graph))
                .collect();
            if *required {
                expected.retain(|(_, posts)| !posts.is_empty());
            }
            let query = || User::query().order_by(users::id).with(posts());
            let flats = |rows: Vec<UserRow>| rows.iter().map(flat).collect::<Vec<_>>();

            assert_eq!(query().count(db)?, expected.len() as u64);
            let all = query().select_as::<Author>();
            assert_eq!(flats(all.all(db)?), expected);
            assert_eq!(flats(db.transaction(|tx| all.all(tx))?), expected);
            assert_eq!(all.first(db)?.as_ref().map(flat), expected.first().cloned());
            let streamed = query().select_as::<Author>().stream(db)?;
            assert_eq!(flats(streamed.collect::<mizzle::Result<_>>()?), expected);
            if let Some(limit) = *limit {
                let limited = query().offset(1).limit(limit).select_as::<Author>().all(db)?;
                let cut = expected.iter().skip(1).take(limit as usize);
                assert_eq!(flats(limited), cut.cloned().collect::<Vec<_>>());
            }
            let page: Page<UserRow> = all.page(db, 2, *size)?;
            assert_eq!(page.total, expected.len() as u64);
            let cut = expected.iter().skip(*size as usize).take(*size as usize);
            assert_eq!(flats(page.items), cut.cloned().collect::<Vec<_>>());

            // By keyset, from the last row on: the order needn't be selected.
            let (mut cursor, mut visited) = (None, Vec::new());
            loop {
                let pages = User::query().with(posts()).select_as::<Author>().keyset(users::id);
                let pages = match cursor {
                    Some(cursor) => pages.after(cursor),
                    None => pages,
                };
                let page: KeysetPage<UserRow> = pages.page(db, *size)?;
                visited.extend(flats(page.items));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(visited, expected);

            // Rows at hand, and whole rows with some columns of related ones.
            let whole: Vec<WithPosts<User, Posted>> = query().all(db)?;
            let at_hand = posts().load_for(db, whole.iter().map(|row| row.base().clone()).collect())?;
            assert_eq!(at_hand, whole);
            let lines = |row: &WithPosts<User, Posted>| {
                row.posts.iter().map(|post| (***post).clone()).collect::<Vec<_>>()
            };
            let expected: Vec<Vec<Line>> = expected
                .into_iter()
                .map(|(_, posts)| posts.into_iter().map(|(line, ..)| line).collect())
                .collect();
            assert_eq!(whole.iter().map(lines).collect::<Vec<_>>(), expected);
            Ok(())
        });
    }

    fn parents_of_some_columns_are_those_of_a_model(db: &Db) {
        for_all(db, (graph(), any::<(bool, bool)>(), 0..40_u64), |db, (graph, (active, required), limit)| {
            graph.store(db)?;
            let editor = || {
                let editor = Post::editor().filter(users::active.eq(*active)).select((users::name, User::posts().count()));
                if *required { editor.required() } else { editor }
            };
            let query = || {
                Post::query()
                    .order_by(posts::id)
                    .with(Post::author().with(User::edited().select(posts::title).order_by(posts::id)).select_as::<Author>())
                    .with(editor())
                    .with(Post::comments().order_by(comments::id).with(Comment::parent().select(comments::id)).select(comments::post_id))
                    .select((posts::published, posts::title))
            };
            let mut posts: Vec<&Post> = graph.posts.iter().collect();
            posts.sort_by_key(|post| post.id);
            let expected: Vec<_> = posts
                .iter()
                .filter_map(|post| {
                    let author = graph.user(post.author_id).expect("an author");
                    let mut edited: Vec<&Post> = graph.posts.iter().filter(|other| other.editor_id == Some(author.id)).collect();
                    edited.sort_by_key(|post| post.id);
                    let edited: Vec<String> = edited.iter().map(|post| post.title.clone()).collect();
                    let editor = post.editor_id.and_then(|id| graph.user(id)).filter(|user| user.active == *active);
                    if *required && editor.is_none() {
                        return None;
                    }
                    let editor = editor.map(|user| (user.name.clone(), graph.posts_of(user).len() as i64));
                    let mut comments: Vec<&Comment> = graph.comments.iter().filter(|comment| comment.post_id == post.id).collect();
                    comments.sort_by_key(|comment| comment.id);
                    let comments: Vec<(i64, Option<i64>)> = comments.iter().map(|comment| (comment.post_id, comment.parent_id)).collect();
                    let shown = (post.published, post.title.clone());
                    Some((shown, Author::of(author, graph), edited, editor, comments))
                })
                .collect();
            type PostRow = WithComments<
                WithEditor<WithAuthor<(bool, String), WithEdited<Author, String>>, (String, i64)>,
                WithParent<i64, i64>,
            >;
            let flats = |rows: Vec<PostRow>| {
                let flat = |row: PostRow| {
                    let (row, comments) = row.into_parts();
                    let (row, editor) = row.into_parts();
                    let (shown, author) = row.into_parts();
                    let (author, edited) = author.into_parts();
                    let comments: Vec<(i64, Option<i64>)> = comments.into_iter().map(WithParent::into_parts).collect();
                    (shown, author, edited, editor, comments)
                };
                rows.into_iter().map(flat).collect::<Vec<_>>()
            };
            // With and without joins.
            assert_eq!(flats(query().all(db)?), expected);
            let page: Page<PostRow> = query().page(db, 1, limit + 1)?;
            assert_eq!(page.total, expected.len() as u64);
            let cut: Vec<_> = expected.iter().take(*limit as usize + 1).cloned().collect();
            assert_eq!(flats(page.items), cut);
            let streamed = query().stream(db)?;
            assert_eq!(flats(streamed.collect::<mizzle::Result<_>>()?), expected);
            Ok(())
        });
    }

    fn many_to_many_of_some_columns_is_that_of_a_model(db: &Db) {
        for_all(db, (graph(), wanted()), |db, (graph, wanted)| {
            graph.store(db)?;
            let rows: Vec<WithTagged<i64, (i64, String)>> = Tag::query()
                .order_by(tags::name)
                .with(wanted.narrow(Tag::posts()).select((posts::id, posts::title)))
                .select(Tag::posts().count())
                .all(db)?;
            assert_eq!(rows.len(), graph.tags.len());
            for (row, tag) in rows.iter().zip(&graph.tags) {
                let tagged: Vec<Post> = graph.posts.iter().filter(|post| graph.tags_of(post).contains(tag)).cloned().collect();
                assert_eq!(**row, tagged.len() as i64);
                let expected: Vec<(i64, String)> = wanted.of(tagged).into_iter().map(|post| (post.id, post.title)).collect();
                assert_eq!(row.posts, expected);
            }
            Ok(())
        });
    }

    fn some_columns_take_no_more_statements_than_whole_rows(db: &Db) {
        filled(db);
        let picked = || {
            Post::query()
                .order_by(posts::id)
                .with(Post::author().with(User::profile().select(profiles::bio)).select(users::name))
                .with(Post::editor().select((users::name, users::active)))
        };
        type Row = WithEditor<WithAuthor<String, WithProfile<String, String>>, (String, bool)>;
        // Relations to one row are joined if few rows are asked for.
        let (row, count) = statements(|| picked().select(posts::title).first(db));
        let row: Row = row.expect("a post");
        assert_eq!((&***row, &**row.author, count), ("One", "Ada", 1));
        assert_eq!(row.author.profile.as_deref(), Some("Counts."));
        assert_eq!(row.editor, Some(("Bob".to_owned(), false)));
        let (rows, count) = statements(|| picked().select(posts::title).all(db));
        let _: Vec<Row> = rows;
        // Posts, authors with their profiles, editors.
        assert_eq!(count, 3);
        let (rows, count) = statements(|| {
            let posts = User::posts().with(Post::comments().select(comments::text)).select(posts::title);
            User::query().with(posts).select(User::posts().count()).all(db)
        });
        let rows: Vec<WithPosts<i64, WithComments<String, String>>> = rows;
        assert_eq!((rows.len(), count), (3, 3));
    }

    fn whole_rows_stand_beside_computed_columns(db: &Db) {
        let blog = filled(db);
        let rows: Vec<WithPosts<(User, i64), (Post, i64)>> = User::query()
            .order_by(users::id)
            .with(User::posts().order_by(posts::id).select((Post::as_select(), Post::comments().count())))
            .select((User::as_select(), User::posts().count()))
            .all(db)
            .expect("the users");
        let ada = &rows[0];
        assert_eq!((&ada.0, ada.1), (&blog.ada, 3));
        let posts: Vec<(Post, i64)> = blog.posts[..3].iter().cloned().zip([3, 0, 0]).collect();
        assert_eq!(ada.posts, posts);
        assert_eq!(rows[2].posts, []);
        // Values are bound in what is selected, in the filter and in the order.
        let title = format!("{}!", letter(0));
        let rows: Vec<WithPosts<(String, i64), (String, bool)>> = User::query()
            .filter(users::name.ne(&title))
            .limit(2)
            .order_by(User::posts().filter(posts::title.eq("Four")).count().desc())
            .with(
                User::posts()
                    .filter(posts::title.ne(&title))
                    .order_by(posts::title.eq("Two").desc())
                    .limit(1)
                    .select((posts::title, posts::title.eq("Two"))),
            )
            .select((users::name.concat("?"), User::posts().filter(posts::title.eq("Four")).count()))
            .all(db)
            .expect("the users");
        assert_eq!(*rows[0], ("Bob?".to_owned(), 1));
        assert_eq!(rows[0].posts, [("Four".to_owned(), false)]);
    }

    fn rows_of_a_struct_are_one_json_object(db: &Db) {
        filled(db);
        let row: Option<WithPosts<Author, String>> = User::query()
            .order_by(users::id)
            .with(User::posts().order_by(posts::id).limit(1).select(posts::title))
            .select_as::<Author>()
            .first(db)
            .expect("a user");
        let json = serde_json::to_value(row).expect("JSON");
        assert_eq!(json["name"], "Ada");
        assert_eq!((&json["written"], &json["posts"][0]), (&3.into(), &"One".into()));
        // The values of a tuple have no names, beside those of the relations.
        let row: Option<WithPosts<(i64, String)>> =
            User::query().with(User::posts()).select((users::id, users::name)).first(db).expect("a user");
        let error = serde_json::to_value(row).expect_err("no object");
        assert!(error.to_string().contains("can only flatten structs and maps"), "{error}");
    }

    fn distinct_rows_have_no_relations(db: &Db) {
        filled(db);
        let names: Vec<bool> = User::query().distinct().order_by(users::active).select(users::active).all(db).expect("rows");
        assert_eq!(names, [false, true]);
        let page: Page<bool> = User::query().distinct().order_by(users::active).select(users::active).page(db, 1, 1).expect("a page");
        assert_eq!((page.items, page.total), (vec![false], 2));
        let query = || User::query().distinct().with(User::posts()).select(users::name);
        let found: mizzle::Result<Vec<WithPosts<String>>> = query().all(db);
        let error = found.expect_err("no relations");
        assert_eq!(error.code(), ErrorCode::QueryError);
        assert!(error.to_string().contains("distinct"), "{error}");
        let streamed: mizzle::Result<mizzle::Stream<'_, WithPosts<String>>> = query().stream(db);
        assert!(streamed.is_err());
        // As a diesel query, it is what it was: relations have no effect.
        let names: Vec<String> = db.load(query()).expect("the names");
        assert_eq!(names.len(), 3);
    }

    fn a_null_that_is_not_expected_names_its_column(db: &Db) {
        filled(db);
        let found: mizzle::Result<Vec<(String, i64)>> =
            Post::query().order_by(posts::id).select((posts::title, posts::editor_id.assume_not_null())).all(db);
        let error = found.expect_err("a NULL");
        assert_eq!(error.code(), ErrorCode::ValueError);
        assert!(error.to_string().contains("editor_id"), "{error}");
    }
}

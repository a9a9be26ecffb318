//! A blog with every kind of relation.

use mizzle::prelude::*;

#[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
#[table(
    name = "users",
    has_many(posts = Post, via = author_id),
    has_many(edited = Post, via = editor),
    has_one(profile = Profile),
    many_to_many(follows = User, through = Follow, via = follower_id, to = followed_id)
)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    pub name: String,
    #[column(default = true)]
    pub active: bool,
}

#[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
#[table(name = "profiles")]
pub struct Profile {
    #[column(primary_key, references(User, on_delete = cascade))]
    pub user_id: i64,
    pub bio: String,
}

#[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
#[table(
    name = "posts",
    has_many(comments = Comment),
    many_to_many(tags = Tag, through = PostTag)
)]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(User, on_delete = cascade))]
    pub author_id: i64,
    #[column(references(User, on_delete = set_null))]
    pub editor_id: Option<i64>,
    pub title: String,
    pub published: bool,
}

#[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
#[table(name = "comments", has_many(answers = Comment))]
pub struct Comment {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(Post, on_delete = cascade))]
    pub post_id: i64,
    #[column(references(Comment, on_delete = cascade))]
    pub parent_id: Option<i64>,
    pub text: String,
}

#[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
#[table(name = "tags", many_to_many(posts = Post, through = PostTag))]
pub struct Tag {
    #[column(primary_key)]
    pub name: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "post_tags", primary_key(post_id, tag))]
pub struct PostTag {
    #[column(references(Post, on_delete = cascade))]
    pub post_id: i64,
    #[column(references(Tag, on_delete = cascade))]
    pub tag: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "follows", primary_key(follower_id, followed_id))]
pub struct Follow {
    #[column(references(User, on_delete = cascade))]
    pub follower_id: i64,
    #[column(references(User, on_delete = cascade))]
    pub followed_id: i64,
}

mizzle::schema!(pub Blog = [User, Profile, Post, Comment, Tag, PostTag, Follow]);

/// Ada has three posts, Bob one, Cy none; the first post has two comments, of which one is answered.
pub struct Filled {
    pub ada: User,
    pub bob: User,
    pub cy: User,
    pub posts: Vec<Post>,
    pub comments: Vec<Comment>,
}

pub fn filled(db: &Db) -> Filled {
    try_fill(db).expect("the blog is filled")
}

fn try_fill(db: &Db) -> mizzle::Result<Filled> {
    db.create_all::<Blog>()?;
    let user = |name: &str, active| db.insert(NewUser::builder().name(name).active(active).build());
    let (ada, bob, cy) = (user("Ada", true)?, user("Bob", false)?, user("Cy", true)?);
    let post = |author: &User, editor: Option<&User>, title: &str, published| {
        NewPost::builder()
            .author_id(author.id)
            .maybe_editor_id(editor.map(|editor| editor.id))
            .title(title)
            .published(published)
            .build()
    };
    let posts = db.insert_all_returning([
        post(&ada, Some(&bob), "One", true),
        post(&ada, None, "Two", false),
        post(&ada, None, "Three", true),
        post(&bob, Some(&cy), "Four", false),
    ])?;
    let comment = |post: &Post, parent: Option<i64>, text: &str| {
        db.insert(NewComment::builder().post_id(post.id).maybe_parent_id(parent).text(text).build())
    };
    let first = comment(&posts[0], None, "first")?;
    let second = comment(&posts[0], None, "second")?;
    let answer = comment(&posts[0], Some(first.id), "answer")?;
    db.insert(NewProfile::builder().user_id(ada.id).bio("Counts.").build())?;
    Ok(Filled { ada, bob, cy, posts, comments: vec![first, second, answer] })
}

//! A blog whose tables come from migrations: `cargo run --example blog`.

mod queries;
#[allow(dead_code, reason = "the example reads some columns alone")]
mod schema;

use std::path::PathBuf;

use clap::Parser;
use mizzle::Migrations;
use mizzle::prelude::*;
use schema::{NewPost, NewUser, Post, User, WithPosts, posts, users};

/// Migrates a database from an older version of the structs to that of today, and shows that its rows stay.
///
/// Without a URL it uses an SQLite file in a temporary folder:
///
///   cargo run --example blog
///
/// With one it does the same on PostgreSQL, with the same output. The database must not have the example's
/// tables yet; they are dropped at the end:
///
///   cargo run --example blog --features postgres -- postgres://user:password@localhost/database
#[derive(Parser)]
#[command(verbatim_doc_comment)]
struct Arguments {
    /// The database: `postgres://…`, `sqlite:path/to/file.db` or `sqlite::memory:`
    url: Option<String>,
}

/// A temporary folder, removed at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let folder = Folder(std::env::temp_dir().join(format!("mizzle-blog-{}", std::process::id())));
    let url = match arguments.url {
        Some(url) => url,
        None => {
            std::fs::create_dir_all(&folder.0)?;
            format!("sqlite:{}", folder.0.join("blog.db").display())
        }
    };
    let db = Db::connect(&url)?;
    // The folder, embedded in the program: those of either database.
    let migrations = mizzle::migrations!("migrations");
    let played = play(&db, migrations);
    println!("\nTaking all migrations back");
    let back = db.migrator(migrations).allow_data_loss(true).rollback(usize::MAX)?;
    println!("  {} taken back", back.migrations.len());
    Ok(played?)
}

fn play(db: &Db, migrations: &Migrations) -> mizzle::Result<()> {
    let Some(first) = migrations.of(db.dialect()).and_then(|all| all.first()) else {
        return Ok(());
    };

    println!("A database of last year, which has had one migration: {}", first.name());
    db.migrator(migrations).to(first.version()).run()?;
    db.execute_sql(
        "INSERT INTO users (email, name) VALUES ('ada@example.com', 'Ada'), ('bob@example.com', NULL);
         INSERT INTO posts (author_id, title) VALUES (1, 'Ferns'), (1, 'Moss'), (2, 'Tea')",
    )?;

    println!("\nThe program of today brings it up to date when it starts");
    for migration in db.migrator(migrations).pending()? {
        println!("  pending: {}", migration.name());
    }
    let report = db.migrate(migrations)?;
    println!("  {} applied", report.migrations.len());
    println!("  applied when it starts again: {}", db.migrate(migrations)?.migrations.len());

    println!("\nNo row is lost, and `name` is `nick` now");
    print_users(db)?;

    println!("\nWhat the new structs say holds");
    let twice = db.insert(NewUser::builder().email("eve@example.com").nick("Ada").build());
    match twice {
        Ok(_) => println!("  two users have one nick"),
        Err(error) => println!("  {}: {error}", error.code()),
    }
    let eve = db.insert(NewUser::builder().email("eve@example.com").build())?;
    db.insert(NewPost::builder().author_id(eve.id).title("News").published(true).build())?;
    println!("  published: {}", Post::query().filter(posts::published.eq(true)).count(db)?);

    println!("\nWho writes, by hand-written SQL");
    for author in queries::authors(db, 1)? {
        let last = author.last.as_deref().unwrap_or_default();
        println!("  {}: {} posts, the last is {last}", author.email, author.posts);
    }
    Ok(())
}

fn print_users(db: &Db) -> mizzle::Result<()> {
    let users: Vec<WithPosts<User>> =
        User::query().order_by(users::id).with(User::posts().order_by(posts::id)).all(db)?;
    for user in users {
        let titles: Vec<&str> = user.posts.iter().map(|post| post.title.as_str()).collect();
        let nick = user.nick.as_deref().unwrap_or("no nick");
        println!("  {} ({nick}): {}", user.email, titles.join(", "));
    }
    Ok(())
}

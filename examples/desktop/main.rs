//! Commands in projects, as a desktop application keeps them: `cargo run --example desktop`.

mod database;
mod queries;
mod repositories;
mod schema;

use std::path::PathBuf;

use chrono::TimeDelta;
use clap::Parser;
use mizzle::prelude::*;
use repositories::{Error, Executions, Projects, Result, tail};
use schema::{Execution, Status};

/// Tours the database of a desktop application: projects, executions, events.
///
/// Without a URL it uses an SQLite file in a temporary folder:
///
///   cargo run --example desktop
///
/// With one it does the same on PostgreSQL, with the same output. The database must not have the example's
/// tables yet; they are dropped at the end:
///
///   cargo run --example desktop --features postgres -- postgres://user:password@localhost/database
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

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let preview = database::in_memory()?;
    println!("a preview has {} projects", Projects::new(&preview).current()?.len());

    let Some(url) = Arguments::parse().url else {
        let folder =
            Folder(std::env::temp_dir().join(format!("mizzle-desktop-{}", std::process::id())));
        std::fs::create_dir_all(&folder.0)?;
        return Ok(tour(&database::open(&folder.0.join("desktop.db"))?)?);
    };
    let db = Db::connect(&url)?;
    let migrations = mizzle::migrations!("examples/desktop/migrations");
    db.migrate(migrations)?;
    let toured = tour(&db);
    db.migrator(migrations).allow_data_loss(true).rollback(usize::MAX)?;
    Ok(toured?)
}

fn tour(db: &Db) -> Result<()> {
    let now = DateTime::from_timestamp(1_775_000_000, 0).unwrap_or_default();
    let (projects, executions) = (Projects::new(db), Executions::new(db));

    let website = projects.add("website", "/home/ada/website")?;
    let notes = projects.add("notes", "/home/ada/notes")?;
    match projects.add("website", "/tmp") {
        Err(error @ Error::NameTaken(_)) => println!("{error}"),
        other => println!("a second website: {other:?}"),
    }

    let build = executions.queue(website.id, "npm run build", now, TimeDelta::minutes(30))?;
    let watch = executions.queue(website.id, "npm run watch", now, TimeDelta::hours(8))?;
    executions.queue(notes.id, "make pdf", now, TimeDelta::hours(2))?;
    executions.start(build.id, now)?;
    executions.start(watch.id, now)?;
    executions.write(build.id, &["bundling", "done"], now + TimeDelta::seconds(4))?;
    executions.finish(build.id, Status::Succeeded, now + TimeDelta::seconds(5))?;
    show("active", &executions.active()?);
    show("expiring within 3 hours", &executions.expiring_within(now, 3)?);

    let (one, all) = executions.counts()?;
    println!("{one} of {all} are active");
    if let Some(build) = executions.with_events(build.id)? {
        let texts: Vec<&str> = build.events.iter().map(|event| event.text.as_str()).collect();
        println!("`{}` took {} s: {}", build.command, seconds(&build), texts.join(", "));
    }
    println!("{} lines since the start", tail(db, build.id, 1)?.len());

    show("timed out", &executions.time_out(now + TimeDelta::hours(4))?);
    if let Some(watch) = executions.find(watch.id)? {
        println!("`{}` is {}", watch.command, watch.status);
    }
    if let Err(error) = executions.finish(build.id, Status::Failed, now) {
        println!("{error}");
    }
    let page = executions.recent(website.id, 1, 1)?;
    println!("page {} of {}: {}", page.number, page.pages(), page.items[0].command);

    projects.archive(notes.id)?;
    projects.remove(website.id)?;
    println!("{} projects, {} executions", projects.current()?.len(), executions.counts()?.1);
    Ok(())
}

fn show(what: &str, executions: &[Execution]) {
    let commands: Vec<&str> =
        executions.iter().map(|execution| execution.command.as_str()).collect();
    println!("{what}: {}", commands.join(", "));
}

fn seconds(execution: &Execution) -> i64 {
    let end = execution.finished_at.unwrap_or(execution.created_at);
    (end - execution.created_at).num_seconds()
}

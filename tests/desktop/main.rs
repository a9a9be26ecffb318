//! The repositories of the example `desktop`, on databases that its migrations have made.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]
#![allow(missing_docs, dead_code, reason = "an example's, of which not all is tested here")]

#[path = "../../examples/desktop/database.rs"]
mod database;
#[path = "../../examples/desktop/queries.rs"]
mod queries;
#[path = "../../examples/desktop/repositories.rs"]
mod repositories;
#[path = "../../examples/desktop/schema.rs"]
mod schema;

use chrono::TimeDelta;
use mizzle::prelude::*;

use queries::ExecutionQueries as _;
use repositories::{Error, Executions, Projects, tail};
use schema::{Execution, Kind, Status};

const SECOND: i64 = 1_775_000_000;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(SECOND + seconds, 0).unwrap()
}

/// Two projects, with executions that time out after one, two and three hours.
fn filled(db: &Db) -> repositories::Result<()> {
    let (projects, executions) = (Projects::new(db), Executions::new(db));
    for name in ["website", "notes"] {
        let project = projects.add(name, "/home/ada")?;
        for hours in 1..=3 {
            let command = format!("{name} {hours}");
            executions.queue(project.id, &command, at(hours), TimeDelta::hours(hours))?;
        }
    }
    Ok(())
}

fn commands(executions: &[Execution]) -> Vec<&str> {
    executions.iter().map(|execution| execution.command.as_str()).collect()
}

#[mizzle::test(migrations = "examples/desktop/migrations")]
fn moments_are_seconds_as_drizzle_stores_them(db: Db) {
    // As a Drizzle application writes a row.
    db.execute_sql(&format!(
        "INSERT INTO projects (name, folder, archived, created_at) VALUES ('old', '/', FALSE, {SECOND})"
    ))
    .unwrap();
    assert_eq!(Projects::new(&db).current().unwrap()[0].created_at, at(0));
    // And as it reads one.
    let project = Projects::new(&db).add("new", "/").unwrap();
    let stored: i64 =
        sql!("SELECT created_at FROM projects WHERE id = {project.id}").one(&db).unwrap();
    assert_eq!(stored, project.created_at.timestamp());
}

#[mizzle::test(migrations = "examples/desktop/migrations", setup = filled)]
fn names_are_unique(db: Db) {
    let projects = Projects::new(&db);
    let error = projects.add("website", "/elsewhere").unwrap_err();
    assert!(matches!(&error, Error::NameTaken(name) if name == "website"), "{error:?}");
    // Another rule of the table isn't taken for that.
    let error = projects.add("", "/elsewhere").unwrap_err();
    assert!(matches!(&error, Error::Database(error) if error.is_check_violation()), "{error:?}");
    let website = projects.current().unwrap().pop().unwrap();
    projects.archive(website.id).unwrap();
    assert_eq!(projects.current().unwrap().len(), 1);
}

#[mizzle::test(migrations = "examples/desktop/migrations", setup = filled)]
fn an_execution_from_its_start_to_its_end(db: Db) {
    let executions = Executions::new(&db);
    let first = executions.start(1, at(10)).unwrap();
    assert_eq!((first.status, first.finished_at), (Status::Running, None));
    assert!(matches!(executions.start(1, at(11)), Err(Error::NotRunning(1))));
    assert!(matches!(executions.finish(2, Status::Failed, at(11)), Err(Error::NotRunning(2))));
    assert!(matches!(executions.start(99, at(11)), Err(Error::NotRunning(99))));
    assert_eq!(executions.write(1, &["a", "b"], at(12)).unwrap(), 2);
    let ended = executions.finish(1, Status::Succeeded, at(13)).unwrap();
    assert_eq!((ended.status, ended.finished_at), (Status::Succeeded, Some(at(13))));

    // Both in one statement each, however many events there are.
    let with = db.expect_statements(2, |_| executions.with_events(1)).unwrap().unwrap();
    assert_eq!(*with, ended);
    let events: Vec<(Kind, &str)> =
        with.events.iter().map(|event| (event.kind, event.text.as_str())).collect();
    assert_eq!(
        events,
        [
            (Kind::Started, "running"),
            (Kind::Output, "a"),
            (Kind::Output, "b"),
            (Kind::Ended, "succeeded")
        ]
    );
    let after = with.events[1].id;
    assert_eq!(tail(&db, 1, after).unwrap(), with.events[2..]);
    // What failed has left no event.
    assert!(executions.with_events(2).unwrap().unwrap().events.is_empty());
    // A status that means that it goes on contradicts its end.
    executions.start(2, at(20)).unwrap();
    assert!(matches!(executions.finish(2, Status::Queued, at(21)), Err(Error::Database(_))));
    assert_eq!(executions.find(2).unwrap().unwrap().status, Status::Running);
}

#[mizzle::test(migrations = "examples/desktop/migrations", setup = filled)]
fn executions_time_out(db: Db) {
    const HOUR: i64 = 3600;
    let executions = Executions::new(&db);
    let soon = executions.expiring_within(at(HOUR), 1).unwrap();
    assert_eq!(commands(&soon), ["website 1", "notes 1",]);
    // Those that are over, to the second, are not about to be.
    assert_eq!(executions.expiring_within(at(HOUR + 1), 1).unwrap().len(), 0);
    assert_eq!(executions.expiring_within(at(HOUR + 2), 1).unwrap().len(), 2);
    assert_eq!(executions.time_out(at(HOUR)).unwrap().len(), 0);
    executions.start(1, at(5)).unwrap();
    let mut ended = executions.time_out(at(HOUR + 1)).unwrap();
    ended.sort_by_key(|execution| execution.id);
    assert_eq!(commands(&ended), ["website 1", "notes 1"]);
    for execution in &ended {
        let events = executions.with_events(execution.id).unwrap().unwrap().into_parts().1;
        assert_eq!(events.last().unwrap().text, "timed_out");
    }
    assert_eq!(executions.time_out(at(HOUR + 1)).unwrap(), []);
    assert_eq!(executions.counts().unwrap(), (4, 6));
}

#[mizzle::test(migrations = "examples/desktop/migrations", setup = filled)]
fn queries_stack(db: Db) -> repositories::Result<()> {
    let executions = Executions::new(&db);
    executions.start(1, at(10))?;
    executions.finish(1, Status::Failed, at(11))?;
    assert_eq!(
        commands(&executions.active()?),
        ["notes 3", "website 3", "notes 2", "website 2", "notes 1"]
    );
    let of_one = Execution::query().of(1).active().recent().all(&db)?;
    assert_eq!(commands(&of_one), ["website 3", "website 2"]);
    let over = Execution::query().of(2).timed_out(at(10_000)).count(&db)?;
    assert_eq!(over, 2);
    Ok(())
}

#[mizzle::test(migrations = "examples/desktop/migrations", setup = filled)]
fn pages_of_recent_executions(db: Db) {
    let executions = Executions::new(&db);
    let page = |number| executions.recent(1, number, 2).unwrap();
    let first = db.expect_round_trips(1, |_| page(1));
    assert_eq!(
        (first.pages(), first.total, commands(&first.items)),
        (2, 3, vec!["website 3", "website 2"])
    );
    assert_eq!(commands(&page(2).items), ["website 1"]);
    assert_eq!((page(3).items.len(), page(3).total), (0, 3));
    assert_eq!(executions.recent(99, 1, 2).unwrap().total, 0);
}

#[mizzle::test(migrations = "examples/desktop/migrations", setup = filled)]
fn a_project_takes_its_executions_along(db: Db) {
    Executions::new(&db).start(1, at(10)).unwrap();
    assert!(Projects::new(&db).remove(1).unwrap());
    assert!(!Projects::new(&db).remove(1).unwrap());
    assert_eq!(Executions::new(&db).counts().unwrap(), (3, 3));
    assert_eq!(tail(&db, 1, 0).unwrap(), []);
}

#[cfg(feature = "sqlite")]
#[test]
fn a_database_in_memory_has_the_migrations() {
    let db = database::in_memory().unwrap();
    filled(&db).unwrap();
    assert_eq!(Executions::new(&db).counts().unwrap(), (6, 6));
    // Each is another one.
    assert!(Projects::new(&database::in_memory().unwrap()).current().unwrap().is_empty());
}

#[cfg(feature = "sqlite")]
#[test]
fn the_applications_file_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("desktop.db");
    filled(&database::open(&file).unwrap()).unwrap();
    assert_eq!(Executions::new(&database::open(&file).unwrap()).counts().unwrap(), (6, 6));
}

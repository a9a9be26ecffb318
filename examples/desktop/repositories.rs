//! What the application does with its database. Whoever calls says what time it is.

use chrono::TimeDelta;
use mizzle::prelude::*;
use mizzle::{ErrorCode, Page, batch};

use crate::queries::ExecutionQueries as _;
use crate::schema::{
    Event, Execution, ExecutionChanges, Kind, NewEvent, NewExecution, NewProject, Project,
    ProjectChanges, Status, WithEvents, events, executions, projects,
};

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user has a project of this name.
    #[error("there is a project called `{0}` already")]
    NameTaken(String),
    /// The execution has ended, or there is none.
    #[error("execution {0} does not run")]
    NotRunning(i64),
    /// The database has refused something else.
    #[error(transparent)]
    Database(#[from] mizzle::Error),
}

/// The result of a call.
pub type Result<T> = std::result::Result<T, Error>;

/// The projects.
#[derive(Debug, Clone)]
pub struct Projects {
    db: Db,
}

impl Projects {
    /// Those of a database.
    pub fn new(db: &Db) -> Self {
        Self { db: db.clone() }
    }

    /// Adds a project.
    ///
    /// # Errors
    /// `NameTaken` if there is one of this name.
    pub fn add(&self, name: &str, folder: &str) -> Result<Project> {
        let new = NewProject::builder().name(name).folder(folder);
        self.db.insert(new.build()).map_err(|error| match error.code() {
            ErrorCode::ConstraintError if error.is_unique_violation() => {
                Error::NameTaken(name.to_owned())
            }
            _ => error.into(),
        })
    }

    /// Returns the projects that are not put away, by name.
    pub fn current(&self) -> Result<Vec<Project>> {
        Ok(Project::query()
            .filter(projects::archived.eq(false))
            .order_by(projects::name)
            .all(&self.db)?)
    }

    /// Puts a project away.
    pub fn archive(&self, id: i64) -> Result<Project> {
        Ok(self.db.update_by_key(id, ProjectChanges::default().archived(true))?)
    }

    /// Removes a project, with its executions and their events. Returns whether there was one.
    pub fn remove(&self, id: i64) -> Result<bool> {
        Ok(self.db.delete_by_key::<Project>(id)?)
    }
}

/// The executions, and their events.
#[derive(Debug, Clone)]
pub struct Executions {
    db: Db,
}

impl Executions {
    /// Those of a database.
    pub fn new(db: &Db) -> Self {
        Self { db: db.clone() }
    }

    /// Puts a command in the queue, which may take so long.
    pub fn queue(
        &self,
        project_id: i64,
        command: &str,
        now: DateTime<Utc>,
        time_out: TimeDelta,
    ) -> Result<Execution> {
        let new = NewExecution::builder().project_id(project_id).command(command).created_at(now);
        Ok(self.db.insert(new.expires_at(now + time_out).build())?)
    }

    /// Returns an execution, if there is one.
    pub fn find(&self, id: i64) -> Result<Option<Execution>> {
        Ok(self.db.find(id)?)
    }

    /// Returns an execution with its events, the first first.
    pub fn with_events(&self, id: i64) -> Result<Option<WithEvents<Execution>>> {
        let events = Execution::events().order_by(events::id);
        Ok(Execution::query().find(id).with(events).first(&self.db)?)
    }

    /// Starts one that waits.
    pub fn start(&self, id: i64, now: DateTime<Utc>) -> Result<Execution> {
        let waiting = Execution::query().find(id).filter(executions::status.eq(Status::Queued));
        self.change(
            id,
            &waiting,
            ExecutionChanges::default().status(Status::Running),
            (Kind::Started, now),
        )
    }

    /// Ends one that runs, with its status and the event: both or neither.
    pub fn finish(&self, id: i64, status: Status, now: DateTime<Utc>) -> Result<Execution> {
        let running = Execution::query().find(id).filter(executions::status.eq(Status::Running));
        let changes = ExecutionChanges::default().status(status).finished_at(now);
        self.change(id, &running, changes, (Kind::Ended, now))
    }

    fn change(
        &self,
        id: i64,
        from: &Query<'_, Execution>,
        changes: ExecutionChanges,
        (kind, at): (Kind, DateTime<Utc>),
    ) -> Result<Execution> {
        self.db.try_transaction(|tx| {
            let changed = from.update_returning(tx, changes)?.pop();
            let execution = changed.ok_or(Error::NotRunning(id))?;
            tx.insert(event(id, kind, execution.status.label(), at))?;
            Ok(execution)
        })
    }

    /// Keeps lines that a command has written.
    pub fn write(&self, id: i64, lines: &[&str], now: DateTime<Utc>) -> Result<u64> {
        let events: Vec<NewEvent> =
            lines.iter().map(|line| event(id, Kind::Output, line, now)).collect();
        Ok(self.db.insert_all(events)?)
    }

    /// Ends the active ones whose time is over, and returns them.
    pub fn time_out(&self, now: DateTime<Utc>) -> Result<Vec<Execution>> {
        self.db.try_transaction(|tx| {
            let changes = ExecutionChanges::default().status(Status::TimedOut).finished_at(now);
            let ended = Execution::query().timed_out(now).update_returning(tx, changes)?;
            let events: Vec<NewEvent> = ended
                .iter()
                .map(|execution| event(execution.id, Kind::Ended, execution.status.label(), now))
                .collect();
            tx.insert_all(events)?;
            Ok(ended)
        })
    }

    /// Returns the active ones of all projects, the newest first.
    pub fn active(&self) -> Result<Vec<Execution>> {
        Ok(Execution::query().active().recent().all(&self.db)?)
    }

    /// Returns the active ones that time out within so many hours, the first of them first.
    pub fn expiring_within(&self, now: DateTime<Utc>, hours: i64) -> Result<Vec<Execution>> {
        Ok(Execution::query().expiring_within(now, hours).all(&self.db)?)
    }

    /// Returns a page of a project's executions, the newest first. The first page has the number 1.
    pub fn recent(&self, project_id: i64, page: u64, size: u64) -> Result<Page<Execution>> {
        Ok(Execution::query().of(project_id).recent().page(&self.db, page, size)?)
    }

    /// Returns how many executions are active and how many there are, for the badge of the application's icon.
    pub fn counts(&self) -> Result<(u64, u64)> {
        let active = Execution::query().active().batched().count();
        Ok(self.db.batch((active, batch::count(executions::table)))?)
    }
}

fn event(execution_id: i64, kind: Kind, text: &str, at: DateTime<Utc>) -> NewEvent {
    NewEvent::builder().execution_id(execution_id).kind(kind).text(text).at(at).build()
}

/// The last lines of an execution, for a window that follows it.
pub fn tail(db: &Db, execution_id: i64, after: i64) -> Result<Vec<Event>> {
    Ok(Event::query()
        .filter(events::execution_id.eq(execution_id))
        .filter(events::id.gt(after))
        .order_by(events::id)
        .all(db)?)
}

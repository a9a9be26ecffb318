//! Conditions and orders of executions, each with a name. They stack: `Execution::query().active().of(7).recent()`.

use chrono::TimeDelta;
use mizzle::prelude::*;

use crate::schema::{Execution, Status, executions};

/// The statuses of executions that have not ended.
pub const ACTIVE: [Status; 2] = [Status::Queued, Status::Running];

/// What the application asks of executions.
pub trait ExecutionQueries: Sized {
    /// Those of a project.
    fn of(self, project_id: i64) -> Self;

    /// Those that have not ended.
    fn active(self) -> Self;

    /// Active ones whose time is over.
    fn timed_out(self, now: DateTime<Utc>) -> Self;

    /// Active ones that time out within so many hours, the first of them first.
    fn expiring_within(self, now: DateTime<Utc>, hours: i64) -> Self;

    /// The newest first.
    fn recent(self) -> Self;
}

impl ExecutionQueries for Query<'_, Execution> {
    fn of(self, project_id: i64) -> Self {
        self.filter(executions::project_id.eq(project_id))
    }

    fn active(self) -> Self {
        self.filter(executions::status.eq_any(ACTIVE))
    }

    fn timed_out(self, now: DateTime<Utc>) -> Self {
        self.active().filter(executions::expires_at.le(now))
    }

    fn expiring_within(self, now: DateTime<Utc>, hours: i64) -> Self {
        let end = now + TimeDelta::hours(hours);
        self.active()
            .filter(executions::expires_at.gt(now))
            .filter(executions::expires_at.le(end))
            .order_by((executions::expires_at, executions::id))
    }

    fn recent(self) -> Self {
        self.order_by((executions::created_at.desc(), executions::id.desc()))
    }
}

//! What a migration of a PostgreSQL database drops and creates again.
//!
//! A change may have to drop a constraint, an index or a computed column and create it again. The file describes it as
//! far as structs can express it. The database may know more: that it is DEFERRABLE, or a comment. Such a statement is
//! marked by `-- again: "table"."name"`, with the old names. The runner looks at all of them before the first
//! statement, adds what the file doesn't know, and compares: if they differ at the end, the file fails.

mod catalog;
mod retyped;
mod target;

use std::borrow::Cow;

use self::catalog::{Clause, INCLUDE, Part};
pub(in crate::migration) use self::retyped::Retyped;
use self::target::{Kind, Target};
use crate::backend::AnyConnection;
use crate::error::Result;
use crate::migration::statement::Statement;

/// The marked statements of a file, and their targets.
#[derive(Debug, Default)]
pub(in crate::migration) struct Again {
    /// The parts before the first statement; `None` until the runner has looked.
    before: Option<Vec<Part>>,
}

/// A marked statement.
pub(in crate::migration) struct Marked {
    target: Target,
    /// The part as it was before.
    before: Part,
}

impl Again {
    /// Looks at the database before the first statement of a file.
    pub(in crate::migration) fn look(
        &mut self,
        connection: &mut AnyConnection,
        statements: &[Statement<'_>],
    ) -> Result<()> {
        if self.before.is_none() {
            let is_marked = statements.iter().any(|statement| statement.again().is_some());
            self.before =
                Some(if is_marked { catalog::parts(connection, None)? } else { Vec::new() });
        }
        Ok(())
    }

    /// Returns the statement that creates the marked part again.
    ///
    /// # Errors
    /// A sentence, if nothing of that name existed.
    pub(in crate::migration) fn marked(
        &self,
        statement: &Statement<'_>,
    ) -> Result<Option<Marked>, String> {
        let Some((table, name)) = statement.again() else { return Ok(None) };
        let Some(target) = Target::of(statement).filter(|target| !target.drops) else {
            return Ok(None);
        };
        let parts = self.before.as_deref().unwrap_or_default();
        let is_it = |part: &&Part| {
            is_name(&part.table, &table)
                && Kind::of(&part.kind) == target.kind
                && (is_name(&part.name, &name) || target.kind == Kind::Key)
        };
        match parts.iter().find(is_it) {
            Some(before) => Ok(Some(Marked { before: before.clone(), target })),
            // A table may have had no key.
            None if target.kind == Kind::Key => Ok(None),
            None => Err(format!(
                "{} \"{name}\" of \"{table}\", which `-- again: …` on the line before the statement names, does not \
                 exist",
                target.kind.word()
            )),
        }
    }
}

/// Whether a name of the catalog is that of the file, which PostgreSQL may have cut.
fn is_name(found: &str, given: &str) -> bool {
    found == given || given.len() > 63 && found.len() >= 60 && given.starts_with(found)
}

impl Marked {
    /// Returns the statement, with what the file doesn't know.
    pub(in crate::migration) fn sql<'s>(
        &self,
        connection: &mut AnyConnection,
        statement: &Statement<'s>,
    ) -> Result<Cow<'s, str>> {
        let mut clauses: Vec<(Clause, String)> = Vec::new();
        for (clause, value) in self.before.inside() {
            if clause.words == INCLUDE {
                let names = catalog::names(connection, &self.target.table, value)?;
                clauses.push((clause, format!("INCLUDE ({names})")));
            } else {
                clauses.push((clause, value.to_owned()));
            }
        }
        if clauses.is_empty() {
            return Ok(Cow::Borrowed(statement.sql()));
        }
        Ok(Cow::Owned(target::with_clauses(statement, &clauses)))
    }

    /// Returns the statements that complete it once it exists.
    pub(in crate::migration) fn statements(&self) -> Vec<String> {
        let Target { table, name, .. } = &self.target;
        self.before.behind(table, name)
    }

    /// Returns what it lost nevertheless, as a sentence.
    pub(in crate::migration) fn lost(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<Option<String>> {
        let Target { table, name, kind, .. } = &self.target;
        let found = catalog::parts(connection, Some((table, name)))?;
        let after = found.iter().find(|part| Kind::of(&part.kind) == *kind);
        let lost = self.before.lost(after);
        Ok((!lost.is_empty()).then(|| {
            format!(
                "{} \"{name}\" of \"{table}\" has to be created again, and would lose {}, which the file doesn't know: write it \
                 into the statement, and remove the line `-- again: …` before it",
                kind.word(),
                lost.join(", "),
            )
        }))
    }
}

//! SQL statements as a file.

use orm_core::Dialect;

use crate::values::Guard;

/// SQL that leads from one schema to another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// The statements, without semicolons; including those around the transaction if the script begins it itself.
    pub statements: Vec<Step>,
    /// Whether the script begins and commits its transaction itself: SQLite switches foreign keys off only outside a
    /// transaction.
    pub own_transaction: bool,
}

/// A statement of a [`Script`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is for, if the SQL doesn't say. A guard's line begins with `guard: ` and is the message of the refusal;
    /// `{rows}` in it stands for the number of rows. Lines `was:…` are the table that a statement rebuilds, as the
    /// script knows it; `unchanged: …` marks an index that is created again as it was; and `again: "table"."name"`
    /// names what PostgreSQL creates again, by its old names: the runner adds what the database knows of it beyond the
    /// file. `alone: …` marks a statement that may drop only what it names.
    pub comment: Option<String>,
    /// The SQL.
    pub sql: String,
}

impl Script {
    /// Returns the text of the file.
    pub fn text(&self) -> String {
        if self.statements.is_empty() {
            // diesel's command line refuses a file without a statement.
            return "-- Nothing to do on this database.\nSELECT 1;\n".into();
        }
        let mut text = String::new();
        for (place, step) in self.statements.iter().enumerate() {
            if let Some(comment) = &step.comment {
                if place > 0 {
                    text.push('\n');
                }
                for line in comment.split('\n') {
                    text.push_str(&format!("-- {line}\n"));
                }
            }
            text.push_str(&step.sql);
            text.push_str(";\n");
        }
        text
    }

    /// Whether the runner begins and commits the transaction (diesel's `run_in_transaction`).
    pub fn runs_in_transaction(&self) -> bool {
        !self.own_transaction
    }

    pub(super) fn push(&mut self, sql: impl Into<String>) {
        self.statements.push(Step { comment: None, sql: sql.into() });
    }

    pub(super) fn explain(&mut self, comment: impl Into<String>, sql: impl Into<String>) {
        self.statements.push(Step { comment: Some(comment.into()), sql: sql.into() });
    }
}

impl Script {
    /// Returns a statement that may have such a mark.
    pub(super) fn push_again(&mut self, mark: Option<String>, sql: String) {
        self.statements.push(Step { comment: mark, sql });
    }

    /// Adds a statement that stops the script if more would go than what it names.
    pub(super) fn push_alone(&mut self, sql: impl Into<String>) {
        self.explain(ALONE, sql);
    }

    /// Stops the script if rows are in the way.
    pub(super) fn guard(&mut self, guards: &[Guard], dialect: Dialect) {
        self.statements.extend(guards.iter().map(|found| guard(found, dialect)));
    }
}

/// The mark of a statement that drops only what it names, as the runner sees to.
const ALONE: &str = "alone: what else depends on it, and no statement drops, stops this.";

/// The comment before the first guard of a file.
pub(super) const GUARDS_FOLLOW: &str = "Each guard stops the migration if it finds rows in the way. SQL that changes such rows goes here, above the guards.";

fn one_line(message: &str) -> String {
    message.replace(['\n', '\r'], " ")
}

/// The table that SQLite's guards write to: a number other than 0 fails.
pub(super) const GUARD_TABLE: &str =
    "CREATE TEMP TABLE mizzle_guard (rows INTEGER NOT NULL CHECK (rows = 0))";

/// Returns a statement that fails if rows are in the way.
pub(super) fn guard(guard: &Guard, dialect: Dialect) -> Step {
    let sql = match dialect {
        Dialect::Sqlite => format!("INSERT INTO temp.mizzle_guard {}", guard.count),
        // A path that is none is the only error whose words a plain statement can choose.
        Dialect::D1 => {
            let parts: Vec<String> =
                guard.message.split("{rows}").map(|part| dialect.quote_literal(part)).collect();
            format!(
                "SELECT CASE WHEN \"rows\" > 0 THEN json_extract('{{}}', 'mizzle: ' || {}) END FROM (SELECT ({}) AS \"rows\")",
                parts.join(" || \"rows\" || "),
                guard.count
            )
        }
        Dialect::Postgres => {
            let parts: Vec<String> =
                guard.message.split("{rows}").map(|part| dialect.quote_literal(part)).collect();
            let tag = (0..)
                .map(|n| if n == 0 { "$mizzle$".to_owned() } else { format!("$mizzle{n}$") })
                .find(|tag| !guard.count.contains(tag) && !guard.message.contains(tag))
                .unwrap_or_default();
            format!(
                "DO {tag}\nDECLARE mizzle_rows bigint;\nBEGIN\n  {};\n  IF mizzle_rows > 0 THEN\n    RAISE EXCEPTION USING MESSAGE = {};\n  END \
                 IF;\nEND\n{tag}",
                guard.count.replacen("SELECT", "SELECT INTO mizzle_rows", 1),
                parts.join(" || mizzle_rows || ")
            )
        }
    };
    Step { comment: Some(format!("guard: {}", one_line(&guard.message))), sql }
}

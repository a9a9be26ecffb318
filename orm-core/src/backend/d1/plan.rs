//! A statement on its way to D1: its SQL, its values, and the form of its rows.

use super::answer::Rows;
use super::database::D1;
use super::refused;
use super::statement::{Form, Kind, column_names, marked_query, marked_returning};
use super::translate::{Translated, translate};
use super::value::Bound;
use crate::backend::{OwnedRows, Source, collect_own};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};

/// The longest statement that D1 takes, in bytes.
const LONGEST: usize = 100_000;

/// The most queries for which a connection knows that their values must be marked.
const MOST_DOUBTFUL: usize = 512;

/// A statement that can be sent.
pub(super) struct Plan {
    /// The SQL for errors, with a placeholder for each value.
    pub(super) shown: String,
    pub(super) kind: Kind,
    pub(super) form: Form,
    /// The SQL as the program means it, translated.
    plain: Translated,
    /// The names of the columns, if the SQL in the marked form has others.
    names: Option<Vec<String>>,
}

impl Plan {
    /// Translates a statement of the program.
    pub(super) fn of(source: &dyn Source) -> Result<Self> {
        let shown = source.sql(Dialect::D1)?;
        let values = collect_own(|binds| source.bind(binds, Dialect::D1));
        let values = values.map_err(|error| error.with_sql(&shown))?;
        let bound: Result<Vec<Bound>> =
            values.iter().map(|(value, ty)| Bound::of(value, *ty)).collect();
        let plain = bound.and_then(|values| translate(&shown, &values));
        let plain = plain.map_err(|error| error.with_sql(&shown))?;
        if plain.sql.trim().is_empty() {
            return Err(Error::new(ErrorKind::Query, "the SQL contains no statement"));
        }
        let kind = Kind::of(&shown);
        Ok(Self { shown, kind, form: Form::Plain, plain, names: None })
    }

    /// Translates a question about the schema.
    pub(super) fn of_text(sql: &str, values: &[&str]) -> Result<Self> {
        let values: Vec<Bound> = values.iter().map(|value| Bound::text(value)).collect();
        let plain = translate(sql, &values)?;
        let kind = Kind::of(sql);
        Ok(Self { shown: sql.to_owned(), kind, form: Form::Plain, plain, names: None })
    }

    /// Lets the statement return its values in the marked form, if its text says which those are.
    pub(super) fn mark(&mut self) {
        let marked = match self.kind {
            Kind::Reads => column_names(&self.plain.sql).map(|names| self.names = Some(names)),
            Kind::Writes => marked_returning(&self.plain.sql).map(|_| ()),
            Kind::Other => None,
        };
        if marked.is_some() {
            self.form = Form::Marked;
        }
    }

    /// Lets a query return its values in the marked form; these are the names of its columns.
    pub(super) fn mark_columns(&mut self, names: Vec<String>) {
        self.form = Form::Marked;
        self.names = Some(names);
    }

    /// Lets a query return its values as they are.
    pub(super) fn unmark(&mut self) {
        self.form = Form::Plain;
        self.names = None;
    }

    /// Returns the statement as it is sent.
    ///
    /// # Errors
    /// If D1 takes none of this length.
    pub(super) fn sent(&self) -> Result<Translated> {
        let plain = &self.plain.sql;
        let sql = match (self.form, &self.names) {
            (Form::Marked, Some(names)) => marked_query(plain, names.len()),
            (Form::Marked, None) => marked_returning(plain).unwrap_or_else(|| plain.clone()),
            (Form::Plain, _) => plain.clone(),
        };
        if sql.len() > LONGEST {
            let error = refused::missing(
                &format!("take a statement of {} bytes", sql.len()),
                &format!("it takes at most {LONGEST}"),
                "split the statement: write fewer rows at once, or pass long lists by `eq_any`",
            );
            return Err(error.with_sql(&self.shown));
        }
        Ok(Translated { sql, params: self.plain.params.clone() })
    }

    /// Returns the translated SQL inside of another one, with its parameters.
    pub(super) fn inside(&self, before: &str, after: &str) -> Translated {
        let sql = format!("{before}{}{after}", self.plain.sql);
        Translated { sql, params: self.plain.params.clone() }
    }

    /// Whether the statement writes to a table.
    pub(super) fn is_about(&self, table: &str) -> bool {
        let all = orm_lexer::tokens(&self.shown, Dialect::D1);
        let after = all
            .iter()
            .position(|token| ["INTO", "UPDATE", "FROM"].iter().any(|word| token.is(word)));
        let name = after.and_then(|place| all.get(place + 1)).and_then(|token| token.name());
        name.is_some_and(|name| name.eq_ignore_ascii_case(table))
    }

    /// Returns the rows of the answer.
    pub(super) fn rows(&self, rows: &Rows) -> Result<OwnedRows> {
        let owned = rows.owned(self.form, self.names.as_deref());
        owned.map_err(|error| error.with_sql(&self.shown))
    }

    /// Whether the rows have a value that may not be the one that is stored.
    pub(super) fn is_doubtful(&self, rows: &Rows) -> bool {
        self.form == Form::Plain && rows.are_doubtful()
    }
}

impl D1 {
    /// Plans a statement. A query with values that were rounded before marks them at once.
    pub(super) fn plan(&self, source: &dyn Source) -> Result<Plan> {
        let mut plan = Plan::of(source)?;
        if self.only_reads && plan.kind != Kind::Reads {
            let message = "the statement may write, and so isn't run again";
            return Err(Error::new(ErrorKind::ReadOnly, message).with_sql(&plan.shown));
        }
        match plan.kind {
            Kind::Reads => {
                if let Some(names) = self.doubtful.get(&plan.shown) {
                    plan.mark_columns(names.clone());
                }
            }
            Kind::Writes => plan.mark(),
            Kind::Other => {}
        }
        Ok(plan)
    }

    /// Sends queries again whose values may have been rounded, in one request, and replaces their rows.
    pub(super) fn make_exact(&mut self, reads: &mut [(&mut Plan, &mut Rows)]) -> Result<()> {
        let mut again = Vec::new();
        for (place, (plan, rows)) in reads.iter_mut().enumerate() {
            if plan.kind == Kind::Reads && plan.is_doubtful(rows) {
                if self.doubtful.len() >= MOST_DOUBTFUL {
                    self.doubtful.clear();
                }
                self.doubtful.insert(plan.shown.clone(), rows.columns.clone());
                plan.mark_columns(rows.columns.clone());
                again.push(place);
            }
        }
        if again.is_empty() {
            return Ok(());
        }
        let sent: Result<Vec<Translated>> =
            again.iter().map(|&place| reads[place].0.sent()).collect();
        let answers = self.send(&sent?)?;
        for (place, answer) in again.into_iter().zip(answers) {
            *reads[place].1 = answer;
        }
        Ok(())
    }

    /// Forgets what is known about a query, because a table has changed since. Returns whether something was.
    pub(super) fn forget(&mut self, plan: &Plan) -> bool {
        self.doubtful.remove(&plan.shown).is_some()
    }
}

/// Returns the error for a statement that has run, and returned a value that may have been rounded.
#[cold]
pub(super) fn rounded(plan: &Plan) -> Error {
    Error::new(
        ErrorKind::Value,
        "an integer in the result is beyond 2^53, and D1 has rounded it; the statement has run",
    )
    .with_hint(
        "name the columns in place of `*`, so that mizzle can ask for the digits of the integers",
    )
    .with_sql(&plan.shown)
}

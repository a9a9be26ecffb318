//! Answers that two schemas alone can't give: which new names belong to old things.

use std::cell::{Cell, RefCell};

use orm_core::schema::{ColumnType, TableDef};

use super::args::Renames;
use super::failure::Failure;
use super::ui::Ui;
use crate::diff::{Diff, DiffError, Hints, LabelHint, Question, diff};
use crate::managed::Asked;

/// The answers from flags and from the person at the terminal.
#[derive(Debug)]
pub(super) struct Answers {
    given: RefCell<Vec<Answer>>,
    /// Whether the schemas before are snapshots, which keep what the structs declared.
    remembers: bool,
}

#[derive(Debug)]
struct Answer {
    kind: Kind,
    /// Whether any of the diffs used it.
    used: Cell<bool>,
}

#[derive(Debug, Clone)]
enum Kind {
    Rename { old: String, new: String },
    Drop(String),
}

impl Answers {
    /// Reads the flags.
    pub(super) fn new(flags: &Renames) -> Result<Self, Failure> {
        let mut given = Vec::new();
        for rename in &flags.rename {
            let (old, new) = rename
                .split_once('=')
                .filter(|(old, new)| !old.trim().is_empty() && !new.trim().is_empty())
                .ok_or_else(|| {
                    Failure::new("USAGE_ERROR", format!("`--rename {rename}` is not valid")).with_hint(
                        "write `--rename users=people` for a table, `--rename users.nick=nickname` for a column, \
                         `--rename users.role:admin=owner` for an enum's label",
                    )
                })?;
            given
                .push(Answer::new(Kind::Rename { old: old.trim().into(), new: new.trim().into() }));
        }
        given.extend(flags.drop.iter().map(|what| Answer::new(Kind::Drop(what.trim().into()))));
        Ok(Self { given: RefCell::new(given), remembers: false })
    }

    /// Returns an empty set of answers.
    pub(super) fn none() -> Self {
        Self { given: RefCell::default(), remembers: true }
    }

    /// Marks the schemas before as snapshots, which keep what the structs declared.
    pub(super) fn of_snapshots(self) -> Self {
        Self { remembers: true, ..self }
    }

    /// Returns what the flags name.
    pub(super) fn asked(&self) -> Asked {
        let mut asked = Asked::default();
        for answer in self.given.borrow().iter() {
            match &answer.kind {
                Kind::Rename { old, new } => asked.renames.push((old.clone(), new.clone())),
                Kind::Drop(what) => asked.drops.push(what.clone()),
            }
        }
        asked
    }

    /// Compares the two schemas, with the answers so far and those that a person gives now.
    ///
    /// # Errors
    /// Fails with `ANSWER_NEEDED` if nobody is there to ask.
    pub(super) fn diff(
        &self,
        ui: &Ui,
        from: &[TableDef],
        to: &[TableDef],
    ) -> Result<Diff, Failure> {
        loop {
            let questions = match diff(from, to, &self.hints(from, to)) {
                Err(DiffError::Ambiguous(questions)) => questions,
                decided => return Ok(decided?),
            };
            // Ask one question at a time, because an answer may settle others.
            let answered = questions.first().and_then(|question| ask(ui, question));
            let Some(answer) = answered else { return Err(Failure::questions(&questions)) };
            self.given.borrow_mut().push(Answer::new(answer));
        }
    }

    /// Refuses answers that no diff used: a name is misspelt, or the change is already done.
    pub(super) fn check_used(&self) -> Result<(), Failure> {
        let given = self.given.borrow();
        let Some(unused) = given.iter().find(|answer| !answer.used.get()) else { return Ok(()) };
        let message = match &unused.kind {
            Kind::Rename { old, new } => format!(
                "`--rename {old}={new}` matches nothing: {old} must be gone from the structs, and {new} must be new"
            ),
            Kind::Drop(what) => {
                format!("`--drop {what}` matches nothing: {what} must be gone from the structs")
            }
        };
        Err(Failure::new("USAGE_ERROR", message).with_hint(
            "use the names of tables and columns in the database, and check their spelling",
        ))
    }

    /// Returns the answers that fit these schemas.
    fn hints(&self, from: &[TableDef], to: &[TableDef]) -> Hints {
        let given = self.given.borrow();
        let mut hints = Hints { remembers: self.remembers, ..Hints::default() };
        for answer in given.iter() {
            if let Kind::Rename { old, new } = &answer.kind
                && is_table(from, old)
                && is_table(to, new)
            {
                answer.used.set(true);
                hints.tables.push((old.clone(), new.clone()));
            }
        }
        let names = TableNames::new(from, to, &hints);
        for answer in given.iter() {
            match &answer.kind {
                Kind::Rename { old, new } => {
                    let Some((before, after, column)) = names.column(old) else {
                        if let Some(label) = names.label(old, new) {
                            answer.used.set(true);
                            hints.labels.push(label);
                        }
                        continue;
                    };
                    let new = [&after.name, &before.name]
                        .into_iter()
                        .find_map(|table| new.strip_prefix(table.as_str())?.strip_prefix('.'))
                        .filter(|name| after.find_column(name).is_some())
                        .unwrap_or(new);
                    if after.find_column(new).is_some() {
                        answer.used.set(true);
                        hints.columns.push((after.name.clone(), column.into(), new.into()));
                    }
                }
                Kind::Drop(what) if is_table(from, what) => {
                    answer.used.set(true);
                    hints.drops.push(what.clone());
                }
                Kind::Drop(what) => {
                    let Some((before, _, column)) = names.column(what) else { continue };
                    answer.used.set(true);
                    hints.drops.push(format!("{}.{column}", before.name));
                }
            }
        }
        hints
    }
}

impl Answer {
    fn new(kind: Kind) -> Self {
        Self { kind, used: Cell::new(false) }
    }
}

/// The tables that stay, before and after.
struct TableNames<'a>(Vec<(&'a TableDef, &'a TableDef)>);

impl<'a> TableNames<'a> {
    fn new(from: &'a [TableDef], to: &'a [TableDef], hints: &Hints) -> Self {
        let old_name = |after: &'a TableDef| {
            let hinted =
                hints.tables.iter().find(|(_, new)| *new == after.name).map(|(old, _)| old);
            let is_followed = from
                .iter()
                .any(|table| table.name == after.name && table.renamed_from == after.renamed_from);
            let declared =
                after.renamed_from.as_ref().filter(|old| !is_followed && is_table(from, old));
            hinted.or(declared).unwrap_or(&after.name)
        };
        let pairs = to.iter().filter_map(|after| {
            let old = old_name(after);
            from.iter().find(|before| before.name == *old).map(|before| (before, after))
        });
        Self(pairs.collect())
    }

    /// Returns the table of `table.column`, before and after, and the column's old name. The path may use either name
    /// of the table.
    fn column<'t>(&self, path: &'t str) -> Option<(&'a TableDef, &'a TableDef, &'t str)> {
        self.0.iter().find_map(|&(before, after)| {
            [&before.name, &after.name]
                .into_iter()
                .filter_map(|table| path.strip_prefix(table.as_str())?.strip_prefix('.'))
                .find(|column| before.find_column(column).is_some())
                .map(|column| (before, after, column))
        })
    }

    /// Returns the label of `table.column:label`; the path uses the new names of table and column.
    fn label(&self, path: &str, new: &str) -> Option<LabelHint> {
        self.0.iter().find_map(|(before, after)| {
            let path = path.strip_prefix(after.name.as_str())?.strip_prefix('.')?;
            after.columns.iter().find_map(|column| {
                let old = path.strip_prefix(column.name.as_str())?.strip_prefix(':')?;
                let was = before
                    .find_column(&column.name)
                    .or_else(|| before.find_column(column.renamed_from.as_deref()?))?;
                let has = |ty: &ColumnType, label: &str| {
                    ty.labels().is_some_and(|labels| labels.iter().any(|known| known == label))
                };
                let (table, column_name) = (after.name.clone(), column.name.clone());
                (has(&was.ty, old) && has(&column.ty, new)).then(|| LabelHint {
                    table,
                    column: column_name,
                    old: old.into(),
                    new: new.into(),
                })
            })
        })
    }
}

fn is_table(tables: &[TableDef], name: &str) -> bool {
    tables.iter().any(|table| table.name == name)
}

/// Compares the two schemas to show people the differences. Only declared renames count as renames.
pub(super) fn difference(from: &[TableDef], to: &[TableDef]) -> Result<Diff, Failure> {
    let answers = Answers::none();
    let mut hints = Hints { remembers: true, ..Hints::default() };
    loop {
        let questions = match diff(from, to, &hints) {
            Err(DiffError::Ambiguous(questions)) => questions,
            decided => return Ok(decided?),
        };
        answers
            .given
            .borrow_mut()
            .extend(questions.iter().map(|question| Answer::new(dropped(question))));
        let answered = answers.hints(from, to);
        // Every answer settles something.
        if answered == hints {
            return Err(Failure::questions(&questions));
        }
        hints = answered;
    }
}

/// Returns all possible diffs between the two schemas, with each candidate as a rename or not. If there are very many,
/// returns only some.
pub(super) fn possibilities(from: &[TableDef], to: &[TableDef]) -> Vec<Diff> {
    const MOST: usize = 64;
    let mut found = Vec::new();
    let mut open: Vec<Vec<Kind>> = vec![Vec::new()];
    while let Some(kinds) = open.pop() {
        let given = kinds.iter().cloned().map(Answer::new).collect();
        let answers = Answers { given: RefCell::new(given), remembers: true };
        match diff(from, to, &answers.hints(from, to)) {
            Ok(diff) => found.push(diff),
            Err(DiffError::Ambiguous(questions)) => {
                let Some(question) = questions.first() else { continue };
                let renames = question.candidates.iter().map(|new| renamed(question, new));
                for kind in std::iter::once(dropped(question)).chain(renames) {
                    open.push(kinds.iter().cloned().chain([kind]).collect());
                }
            }
            // The answers contradict each other.
            Err(_) => {}
        }
        if found.len() + open.len() > MOST {
            break;
        }
    }
    found
}

/// Returns the path of the name that is gone.
fn path(question: &Question) -> String {
    match &question.table {
        Some(table) => format!("{table}.{}", question.gone),
        None => question.gone.clone(),
    }
}

fn renamed(question: &Question, new: &str) -> Kind {
    Kind::Rename { old: path(question), new: new.into() }
}

fn dropped(question: &Question) -> Kind {
    Kind::Drop(path(question))
}

/// Asks the person at the terminal.
fn ask(ui: &Ui, question: &Question) -> Option<Kind> {
    let (what, goes) = match &question.table {
        Some(_) => ("column", "it is dropped, with its values"),
        None => ("table", "it is dropped, with its rows"),
    };
    let mut choices: Vec<String> =
        question.candidates.iter().map(|new| format!("it is now called {new}")).collect();
    choices.push(goes.into());
    let asked = format!("The {what} {} is gone. What happened to it?", path(question));
    let chosen = ui.choose(&asked, &choices)?;
    Some(match question.candidates.get(chosen) {
        Some(new) => renamed(question, new),
        None => dropped(question),
    })
}

#[cfg(test)]
mod tests {
    use orm_core::schema::{ColumnDef, ColumnType};

    use super::*;

    fn table(name: &str, columns: &[&str]) -> TableDef {
        columns.iter().fold(TableDef::new(name), |table, column| {
            table.column(ColumnDef::new(column, ColumnType::Text))
        })
    }

    fn answers(rename: &[&str], drop: &[&str]) -> Result<Answers, Failure> {
        let strings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Answers::new(&Renames { rename: strings(rename), drop: strings(drop) })
    }

    fn columns(hints: &Hints) -> Vec<String> {
        hints.columns.iter().map(|(table, old, new)| format!("{table}: {old} to {new}")).collect()
    }

    #[test]
    fn a_flag_names_tables_and_columns() {
        let from = [table("users", &["id", "nick", "age"]), table("logs", &["id"])];
        let to = [table("people", &["id", "nickname"])];
        for rename in [
            "users.nick=nickname",
            "people.nick=nickname",
            "users.nick=users.nickname",
            "users.nick=people.nickname",
        ] {
            let answers = answers(&[rename, "users=people"], &["people.age", "logs"]).unwrap();
            let hints = answers.hints(&from, &to);
            assert_eq!(hints.tables, [("users".to_owned(), "people".to_owned())]);
            assert_eq!(columns(&hints), ["people: nick to nickname"]);
            assert_eq!(hints.drops, ["users.age", "logs"]);
            answers.check_used().unwrap();
        }
    }

    #[test]
    fn a_table_may_be_renamed_by_its_struct() {
        let from = [table("users", &["nick"])];
        let to = [table("people", &["nickname"]).renamed_from("users")];
        let answers = answers(&["users.nick=nickname"], &[]).unwrap();
        assert_eq!(columns(&answers.hints(&from, &to)), ["people: nick to nickname"]);
    }

    #[test]
    fn an_answer_that_fits_nothing_is_told() {
        let from = [table("users", &["nick"])];
        let to = [table("users", &["nickname"])];
        for (rename, drop, says) in [
            (&["users.nik=nickname"][..], &[][..], "`--rename users.nik=nickname` matches nothing"),
            (&["users.nick=nicknam"], &[], "`--rename users.nick=nicknam` matches nothing"),
            (&[], &["posts"], "`--drop posts` matches nothing"),
        ] {
            let answers = answers(rename, drop).unwrap();
            answers.hints(&from, &to);
            let failure = answers.check_used().unwrap_err();
            assert!(failure.message.starts_with(says), "{}", failure.message);
        }
        let failure = answers(&["users"], &[]).unwrap_err();
        assert_eq!(failure.message, "`--rename users` is not valid");
    }
}

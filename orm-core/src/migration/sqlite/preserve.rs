//! What a migration of an SQLite database must not lose on the way.
//!
//! SQLite makes most changes by rebuilding a table. The old table takes its indexes, its triggers and its AUTOINCREMENT
//! mark with it; a view stays, but may stop working. So the runner looks before each DROP TABLE, when earlier
//! statements have updated names in what goes with the table, and before the COMMIT. If a table of that name exists
//! again, the runner restores what the script didn't drop by name. If it can't, the script fails.

use std::borrow::Cow;
use std::collections::HashMap;

use orm_lexer::{Lexer, TokenKind};

use super::foreign_keys::{self, Orphans, enforces_foreign_keys, orphans};
use crate::backend::AnyConnection;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::migration::history::{column, scalar, tolerate};
use crate::migration::inspect::{self, Names};
use crate::migration::statement::Statement;

/// What a transaction has to keep.
#[derive(Debug)]
pub(in crate::migration) struct Kept {
    /// The views and the tables' triggers that worked before it.
    working: HashMap<Check, Quotes>,
    /// What was dropped together with tables.
    objects: Vec<Object>,
    /// The columns of these tables, each with its table.
    columns: Vec<(String, String)>,
    /// The AUTOINCREMENT marks of these tables.
    marks: Vec<(String, i64)>,
    /// The rows that already refer to nothing, if they have to be compared.
    orphans: Option<Orphans>,
}

/// An index, trigger or view.
#[derive(Debug, Clone)]
struct Object {
    kind: String,
    name: String,
    table: String,
    sql: String,
}

impl Object {
    fn is(&self, other: &Self) -> bool {
        self.kind == other.kind && self.name.eq_ignore_ascii_case(&other.name)
    }
}

/// Something that SQLite can check without doing it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Check {
    View(String),
    /// A kind of write to a table that has triggers.
    Write(&'static str, String),
    /// A trigger for updates of certain columns. SQLite doesn't check that they exist.
    Fires(String),
}

/// The text in double quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// Only names. If a column loses the name that is there, SQLite takes the name for a text.
    Names,
    /// Texts, too.
    Texts,
}

/// What would be lost, each as a sentence.
pub(in crate::migration) type Losses = Vec<String>;

impl Kept {
    /// Looks at the database at the beginning of a transaction.
    pub(in crate::migration) fn new(connection: &mut AnyConnection, names: &Names) -> Result<Self> {
        let mut working = HashMap::new();
        for check in checks(&objects(connection)?) {
            if tolerate(connection, |connection| check.run_strictly(connection))?.is_some() {
                working.insert(check, Quotes::Names);
            } else if tolerate(connection, |connection| check.run(connection))?.is_some() {
                working.insert(check, Quotes::Texts);
            }
        }
        let is_checked = names.checks_foreign_keys || enforces_foreign_keys(connection)?;
        let orphans = if is_checked { None } else { Some(orphans(connection)?) };
        Ok(Self { working, objects: Vec::new(), columns: Vec::new(), marks: Vec::new(), orphans })
    }

    /// Looks at the database before a statement that may drop a table, or a view with its triggers.
    pub(in crate::migration) fn look(
        &mut self,
        connection: &mut AnyConnection,
        statement: &Statement<'_>,
    ) -> Result<()> {
        let Some(("table" | "view", table)) = inspect::drops(statement) else {
            return Ok(());
        };
        let objects = objects(connection)?;
        self.objects.extend(
            objects.into_iter().filter(|object| {
                object.kind != "view" && object.table.eq_ignore_ascii_case(&table)
            }),
        );
        let columns = columns(connection, &table)?.into_iter();
        self.columns.extend(columns.map(|column| (table.to_string(), column)));
        self.marks.extend(mark(connection, &table)?.map(|mark| (table.into_owned(), mark)));
        Ok(())
    }

    /// Returns the statement of an index that was dropped together with its table.
    pub(in crate::migration) fn index(&self, name: &str) -> Option<&str> {
        let is_it =
            |object: &&Object| object.kind == "index" && object.name.eq_ignore_ascii_case(name);
        self.objects.iter().find(is_it).map(|object| &*object.sql)
    }

    /// Restores what was dropped together with tables. Returns what can't be restored.
    pub(in crate::migration) fn restore(
        &self,
        connection: &mut AnyConnection,
        names: &Names,
        ran: &mut Option<Vec<String>>,
    ) -> Result<Losses> {
        let mut losses = self.restore_objects(connection, names, ran)?;
        self.restore_marks(connection, ran)?;
        if let Some(before) = &self.orphans {
            losses.extend(foreign_keys::check(before, names, connection)?);
        }
        self.check_working(connection, &mut losses)?;
        Ok(losses)
    }

    fn restore_objects(
        &self,
        connection: &mut AnyConnection,
        names: &Names,
        ran: &mut Option<Vec<String>>,
    ) -> Result<Losses> {
        let after = objects(connection)?;
        let mut losses = Losses::new();
        for object in &self.objects {
            let Object { kind, name, table, sql } = object;
            let dropped = names
                .dropped
                .iter()
                .any(|(dropped, given)| kind == dropped && *given == name.to_lowercase());
            if dropped || after.iter().any(|there| there.is(object)) {
                continue;
            }
            let drop =
                format!("DROP {} {}", kind.to_uppercase(), Dialect::Sqlite.quote_ident(name));
            if table_sql(connection, table)?.is_none() {
                // It goes with its table, unless the table has only been renamed on the way.
                if let Some(heir) = names.heirs.get(&table.to_lowercase()) {
                    losses.push(format!(
                        "the {kind} \"{name}\" of \"{table}\" would be lost, because the rows move to \"{heir}\": drop \
                         it in the migration (`{drop}`), and create it as it should be"
                    ));
                }
                continue;
            }
            let made = match self.gone_from(connection, object)? {
                Some(column) => Err(format!("no such column: {column}")),
                None => connection.batch(sql).map_err(|error| error.to_string()),
            };
            if let Err(error) = made {
                losses.push(format!(
                    "the {kind} \"{name}\" of \"{table}\" would be lost, because it does not fit the new table \
                     ({error}): drop it in the migration (`{drop}`), and create it as it should be"
                ));
            } else if let Some(ran) = ran {
                ran.push(sql.clone());
            }
        }
        Ok(losses)
    }

    /// Returns a column that is gone and that an index names in double quotes: SQLite would take it for a text.
    fn gone_from(&self, connection: &mut AnyConnection, object: &Object) -> Result<Option<String>> {
        if object.kind != "index" {
            return Ok(None);
        }
        let now = columns(connection, &object.table)?;
        let is_gone = |name: &str| {
            let is_it = |(table, column): &(String, String)| {
                table.eq_ignore_ascii_case(&object.table) && column.eq_ignore_ascii_case(name)
            };
            self.columns.iter().any(is_it)
                && !now.iter().any(|column| column.eq_ignore_ascii_case(name))
        };
        let mut parts =
            Lexer::new(&object.sql, Dialect::Sqlite).skip_while(|token| !token.is_symbol("("));
        Ok(parts.find_map(|token| {
            let name = token.name().filter(|_| token.kind == TokenKind::QuotedName)?;
            is_gone(&name).then(|| name.into_owned())
        }))
    }

    fn restore_marks(
        &self,
        connection: &mut AnyConnection,
        ran: &mut Option<Vec<String>>,
    ) -> Result<()> {
        for (table, kept) in &self.marks {
            let sql = table_sql(connection, table)?;
            let counts = sql.is_some_and(|sql| sql.to_uppercase().contains("AUTOINCREMENT"));
            if !counts || mark(connection, table)?.is_some_and(|reached| reached >= *kept) {
                continue;
            }
            let name = Dialect::Sqlite.quote_literal(table);
            for sql in [
                format!("DELETE FROM main.sqlite_sequence WHERE lower(name) = lower({name})"),
                format!(
                    "INSERT INTO main.sqlite_sequence (name, seq) \
                     SELECT name, {kept} FROM main.sqlite_schema WHERE type = 'table' AND lower(name) = lower({name})"
                ),
            ] {
                connection.batch(&sql)?;
                ran.iter_mut().for_each(|ran| ran.push(sql.clone()));
            }
        }
        Ok(())
    }

    fn check_working(&self, connection: &mut AnyConnection, losses: &mut Losses) -> Result<()> {
        let after = objects(connection)?;
        for check in checks(&after) {
            let Some(quotes) = self.working.get(&check) else { continue };
            let Some(error) = check.failure(connection, *quotes) else { continue };
            losses.push(match check {
                Check::Fires(trigger) => format!(
                    "the trigger \"{trigger}\" would no longer fire ({error}): drop it in the migration, and create it \
                     as it should be"
                ),
                Check::View(view) => format!(
                    "the view \"{view}\" would no longer work ({error}): drop it in the migration, and create it as it \
                     should be"
                ),
                Check::Write(verb, table) => {
                    let triggers: Vec<String> = after
                        .iter()
                        .filter(|object| object.kind == "trigger" && object.table == table)
                        .map(|object| format!("\"{}\"", object.name))
                        .collect();
                    format!(
                        "{verb} of \"{table}\" would fail ({error}) because of a trigger ({}): drop it in the \
                         migration, and create it as it should be",
                        triggers.join(", ")
                    )
                }
            });
        }
        Ok(())
    }
}

impl Check {
    /// Returns why it no longer works, if it doesn't.
    fn failure(&self, connection: &mut AnyConnection, quotes: Quotes) -> Option<String> {
        if let Err(error) = self.run(connection) {
            return Some(error.to_string());
        }
        if quotes == Quotes::Texts {
            return None;
        }
        let error = self.run_strictly(connection).err()?.to_string();
        // SQLite asks whether a text was meant.
        let unknown = error.split(" - ").next().unwrap_or_default();
        Some(format!("{unknown}, which SQLite would take for a text"))
    }

    fn run_strictly(&self, connection: &mut AnyConnection) -> Result<()> {
        connection.with_strict_names(|connection| self.run(connection))
    }

    fn run(&self, connection: &mut AnyConnection) -> Result<()> {
        let quote = |name: &str| Dialect::Sqlite.quote_ident(name);
        let sql = match self {
            Self::Fires(trigger) => {
                let sql = "SELECT tbl_name, sql FROM main.sqlite_schema WHERE type = 'trigger' AND name = ?";
                let found = connection.ask(sql, &[trigger])?;
                let [Some(table), Some(sql)] = found.first().map_or(&[][..], Vec::as_slice) else {
                    return Ok(());
                };
                let columns = updated_columns(sql);
                if columns.is_empty() {
                    return Ok(());
                }
                let table = quote(table);
                let column = |column: &String| format!("{table}.{}", quote(column));
                let columns: Vec<String> = columns.iter().map(column).collect();
                format!("SELECT {} FROM main.{table}", columns.join(", "))
            }
            Self::View(view) => format!("SELECT * FROM main.{}", quote(view)),
            Self::Write("DELETE", table) => format!("DELETE FROM main.{}", quote(table)),
            Self::Write("INSERT", table) => {
                format!("INSERT INTO main.{} DEFAULT VALUES", quote(table))
            }
            Self::Write(_, table) => {
                let columns = columns(connection, table)?;
                let set: Vec<String> =
                    columns.iter().map(|column| format!("{0} = {0}", quote(column))).collect();
                format!("UPDATE main.{} SET {}", quote(table), set.join(", "))
            }
        };
        connection.ask(&format!("EXPLAIN {sql}"), &[]).map(drop)
    }
}

fn checks(objects: &[Object]) -> Vec<Check> {
    let mut checks = Vec::new();
    for object in objects {
        match object.kind.as_str() {
            "view" => checks.push(Check::View(object.name.clone())),
            "trigger" => {
                checks.push(Check::Fires(object.name.clone()));
                for verb in ["INSERT", "UPDATE", "DELETE"] {
                    let check = Check::Write(verb, object.table.clone());
                    if !checks.contains(&check) {
                        checks.push(check);
                    }
                }
            }
            _ => {}
        }
    }
    checks
}

/// Returns the indexes, views and triggers, in an order in which they can be created. Indexes of constraints have no
/// SQL.
fn objects(connection: &mut AnyConnection) -> Result<Vec<Object>> {
    let sql = "SELECT type, name, tbl_name, sql FROM main.sqlite_schema \
               WHERE sql IS NOT NULL AND type IN ('index', 'view', 'trigger') \
               ORDER BY type = 'trigger', type = 'view', rowid";
    let object = |row: Vec<Option<String>>| {
        let mut row = row.into_iter().flatten();
        let mut next = || row.next();
        Some(Object { kind: next()?, name: next()?, table: next()?, sql: next()? })
    };
    Ok(connection.ask(sql, &[])?.into_iter().filter_map(object).collect())
}

/// Returns the SQL of a table, if it exists.
fn table_sql(connection: &mut AnyConnection, table: &str) -> Result<Option<String>> {
    let sql = "SELECT sql FROM main.sqlite_schema WHERE type IN ('table', 'view') AND lower(name) = lower(?)";
    scalar(connection, sql, &[table])
}

/// Returns the columns of a table that hold values.
fn columns(connection: &mut AnyConnection, table: &str) -> Result<Vec<String>> {
    column(connection, "SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0", &[table])
}

/// Returns the AUTOINCREMENT mark of a table, if it has one.
fn mark(connection: &mut AnyConnection, table: &str) -> Result<Option<i64>> {
    if table_sql(connection, "sqlite_sequence")?.is_none() {
        return Ok(None);
    }
    let sql = "SELECT seq FROM main.sqlite_sequence WHERE lower(name) = lower(?)";
    Ok(scalar(connection, sql, &[table])?.and_then(|mark| mark.parse().ok()))
}

/// Returns the columns of a trigger's `UPDATE OF`.
fn updated_columns(trigger: &str) -> Vec<String> {
    let mut tokens = Lexer::new(trigger, Dialect::Sqlite)
        .filter(|token| token.kind != TokenKind::Comment)
        .skip_while(|token| !token.is("update") && !token.is("on"));
    let is_of = tokens.next().is_some_and(|token| token.is("update"))
        && tokens.next().is_some_and(|token| token.is("of"));
    if !is_of {
        return Vec::new();
    }
    let columns = tokens.take_while(|token| !token.is("on")).filter(|token| !token.is_symbol(","));
    columns.filter_map(|token| token.name().map(Cow::into_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::updated_columns;

    #[test]
    fn columns_of_triggers_are_seen() {
        for (sql, columns) in [
            (
                "CREATE TRIGGER \"on\" AFTER UPDATE OF a, \"b c\" ON t BEGIN SELECT 1; END",
                &["a", "b c"][..],
            ),
            ("CREATE TRIGGER t AFTER UPDATE ON t BEGIN UPDATE t SET a = 1; END", &[]),
            ("CREATE TRIGGER t AFTER INSERT ON t BEGIN SELECT 1; END", &[]),
        ] {
            assert_eq!(updated_columns(sql), columns, "{sql}");
        }
    }
}

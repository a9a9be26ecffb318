//! Finds out which constraint was violated if SQLite's message doesn't say.
//!
//! SQLite names columns but no unique constraint, a check but no table, and says nothing about a foreign key. The rest
//! is in the schema. What can't be found out stays unknown: an error in this module never replaces the original one.

use super::Sqlite;
use crate::backend::{AnyRow, Flow, Source};
use crate::dialect::Dialect;
use crate::error::{Constraint, ConstraintKind, Error, Result};
use crate::schema::names;
use orm_lexer::{Token, qualified_name, tokens};

/// A database that answers questions about its schema.
pub(in crate::backend) trait Asked {
    /// Runs a query whose parameters and results are texts.
    fn ask(&mut self, sql: &str, values: &[&str]) -> Result<Vec<Vec<Option<String>>>>;

    /// Finds out which of these keys a statement violates.
    fn violated(
        &mut self,
        candidates: &[ForeignKey],
        target: (Verb, &str),
        source: &dyn Source,
    ) -> Result<Option<ForeignKey>>;
}

impl Asked for Sqlite {
    fn ask(&mut self, sql: &str, values: &[&str]) -> Result<Vec<Vec<Option<String>>>> {
        Self::ask(self, sql, values)
    }

    fn violated(
        &mut self,
        candidates: &[ForeignKey],
        target: (Verb, &str),
        source: &dyn Source,
    ) -> Result<Option<ForeignKey>> {
        violated(self, candidates, target, source)
    }
}

pub(in crate::backend) fn describe(
    connection: &mut impl Asked,
    error: &mut Error,
    source: Option<&dyn Source>,
) {
    let sql = error.sql().unwrap_or_default().to_owned();
    let Some(constraint) = error.constraint_mut() else {
        return;
    };
    let found = match constraint.kind {
        ConstraintKind::Unique => describe_unique(connection, constraint),
        ConstraintKind::Check => describe_check(connection, constraint),
        ConstraintKind::ForeignKey => describe_foreign_key(connection, constraint, &sql, source),
        ConstraintKind::NotNull | ConstraintKind::Exclusion => Ok(()),
    };
    if let Err(problem) = found {
        tracing::debug!(target: "mizzle::connection", %problem, "the constraint could not be looked up");
    }
    error.refresh_message();
}

/// Returns whether these words of an error are a text in a trigger.
pub(in crate::backend) fn are_literal(connection: &mut impl Asked, words: &str) -> bool {
    let sql = "SELECT 1 FROM (SELECT type, sql FROM sqlite_schema \
                UNION ALL SELECT type, sql FROM sqlite_temp_schema) \
               WHERE type = 'trigger' AND (instr(sql, ?1) OR instr(sql, ?2)) LIMIT 1";
    let quoted = |quote: &str| format!("{quote}{}{quote}", words.replace(quote, &quote.repeat(2)));
    connection.ask(sql, &[&quoted("'"), &quoted("\"")]).is_ok_and(|rows| !rows.is_empty())
}

/// Returns the texts in one column of a query's result.
fn column(connection: &mut impl Asked, sql: &str, values: &[&str]) -> Result<Vec<String>> {
    let rows = connection.ask(sql, values)?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}

fn table_sql(connection: &mut impl Asked, table: &str) -> Result<String> {
    let sql = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE";
    Ok(column(connection, sql, &[table])?.pop().unwrap_or_default())
}

/// Returns the columns of an index; none if it is over an expression, as PostgreSQL reports it.
fn index_columns(connection: &mut impl Asked, index: &str) -> Result<Vec<String>> {
    let sql = "SELECT name FROM pragma_index_info(?1) ORDER BY seqno";
    let parts = connection.ask(sql, &[index])?;
    let columns: Option<Vec<String>> =
        parts.into_iter().map(|row| row.into_iter().next().flatten()).collect();
    Ok(columns.unwrap_or_default())
}

fn describe_unique(connection: &mut impl Asked, constraint: &mut Constraint) -> Result<()> {
    // An index over an expression is identified only by its name.
    if let Some(index) = &constraint.name {
        let sql = "SELECT tbl_name FROM sqlite_schema WHERE type = 'index' AND name = ?1";
        constraint.table = column(connection, sql, &[index])?.pop();
        constraint.columns = index_columns(connection, index)?;
        return Ok(());
    }
    let Some(table) = constraint.table.clone() else {
        return Ok(());
    };
    let columns: Vec<&str> = constraint.columns.iter().map(String::as_str).collect();
    let primary_key = column(
        connection,
        "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk",
        &[&table],
    )?;
    if same(&primary_key, &columns) {
        let name = declared_name(&table_sql(connection, &table)?, &["PRIMARY", "KEY"], &columns);
        constraint.name = Some(name.unwrap_or_else(|| names::primary_key(&table)));
        return Ok(());
    }
    let sql = "SELECT name, origin FROM pragma_index_list(?1) WHERE \"unique\" = 1";
    for row in connection.ask(sql, &[&table])? {
        let [Some(index), Some(origin)] = row.as_slice() else {
            continue;
        };
        if !same(&index_columns(connection, index)?, &columns) {
            continue;
        }
        constraint.name = Some(if origin == "c" {
            index.clone()
        } else {
            declared_name(&table_sql(connection, &table)?, &["UNIQUE"], &columns)
                .unwrap_or_else(|| names::unique(&table, &columns))
        });
        break;
    }
    Ok(())
}

fn describe_check(connection: &mut impl Asked, constraint: &mut Constraint) -> Result<()> {
    let Some(name) = &constraint.name else {
        return Ok(());
    };
    let declared = format!("CONSTRAINT \"{}\" CHECK", name.replace('"', "\"\""));
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND instr(sql, ?1) > 0";
    let mut tables = column(connection, sql, &[&declared])?;
    let (Some(table), true) = (tables.pop(), tables.is_empty()) else {
        return Ok(());
    };
    let columns = column(connection, "SELECT name FROM pragma_table_xinfo(?1)", &[&table])?;
    constraint.columns =
        columns.into_iter().filter(|column| names::check(&table, column) == *name).collect();
    constraint.table = Some(table);
    Ok(())
}

/// A foreign key as SQLite lists it.
#[derive(Debug, Clone)]
pub(in crate::backend) struct ForeignKey {
    table: String,
    id: String,
    columns: Vec<String>,
    /// The parent's columns; `None` for its primary key.
    references: Option<Vec<String>>,
    /// What happens if the parent changes or is deleted.
    on_update: String,
    on_delete: String,
}

fn foreign_keys(
    connection: &mut impl Asked,
    table: &str,
    parent: Option<&str>,
) -> Result<Vec<ForeignKey>> {
    let sql = "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete \
               FROM pragma_foreign_key_list(?1) ORDER BY id, seq";
    let mut keys: Vec<ForeignKey> = Vec::new();
    for row in connection.ask(sql, &[table])? {
        let [Some(id), Some(to_table), Some(from), to, Some(on_update), Some(on_delete)] =
            row.as_slice()
        else {
            continue;
        };
        if parent.is_some_and(|parent| !parent.eq_ignore_ascii_case(to_table)) {
            continue;
        }
        match keys.last_mut().filter(|key| key.id == *id) {
            Some(key) => {
                key.columns.push(from.clone());
                if let Some((references, to)) = key.references.as_mut().zip(to.as_ref()) {
                    references.push(to.clone());
                }
            }
            None => keys.push(ForeignKey {
                table: table.into(),
                id: id.clone(),
                columns: vec![from.clone()],
                references: to.as_ref().map(|to| vec![to.clone()]),
                on_update: on_update.clone(),
                on_delete: on_delete.clone(),
            }),
        }
    }
    Ok(keys)
}

/// Returns the keys that a statement on `target` can violate: those of the table, if it writes values to them, and
/// those that refer to it, if it removes values.
fn describe_foreign_key(
    connection: &mut impl Asked,
    constraint: &mut Constraint,
    sql: &str,
    source: Option<&dyn Source>,
) -> Result<()> {
    let Some((verb, target)) = statement_target(sql) else {
        return Ok(());
    };
    // If there are several statements, any may be the one.
    if source.is_none() && sql.trim_end().trim_end_matches(';').contains(';') {
        return Ok(());
    }
    let mut candidates = Vec::new();
    if verb != Verb::Delete {
        candidates.extend(foreign_keys(connection, &target, None)?);
    }
    if verb != Verb::Insert {
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        for table in column(connection, tables, &[])? {
            candidates.extend(foreign_keys(connection, &table, Some(&target))?);
        }
        candidates.dedup_by(|a, b| a.table == b.table && a.id == b.id);
    }
    let key = match (candidates.as_slice(), source) {
        ([only], _) => Some(only.clone()),
        (_, Some(source)) => connection.violated(&candidates, (verb, &target), source)?,
        _ => None,
    };
    let Some(key) = key else {
        return Ok(());
    };
    let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
    let name = declared_name(&table_sql(connection, &key.table)?, &["FOREIGN", "KEY"], &columns);
    constraint.name = Some(name.unwrap_or_else(|| names::foreign_key(&key.table, &columns)));
    constraint.table = Some(key.table);
    constraint.columns = key.columns;
    Ok(())
}

/// Runs the statement again with deferred foreign keys, asks SQLite which are violated then, and rolls everything back.
/// The first run changed nothing, so this one sees the same rows.
fn violated(
    connection: &mut Sqlite,
    candidates: &[ForeignKey],
    target: (Verb, &str),
    source: &dyn Source,
) -> Result<Option<ForeignKey>> {
    connection.batch("SAVEPOINT mizzle_violation; PRAGMA defer_foreign_keys = ON")?;
    let mut ignore = |_: &AnyRow<'_>| Ok(Flow::Continue);
    let mut find = || -> Result<Option<ForeignKey>> {
        connection.run(source, &mut ignore)?;
        let mut tables: Vec<&str> = candidates.iter().map(|key| key.table.as_str()).collect();
        tables.sort_unstable();
        tables.dedup();
        for table in tables {
            let sql = "SELECT fkid FROM pragma_foreign_key_check(?1) LIMIT 1";
            if let Some(id) = column(connection, sql, &[table])?.pop() {
                let key = candidates.iter().find(|key| key.table == table && key.id == id);
                return Ok(key.cloned());
            }
        }
        Ok(None)
    };
    // RESTRICT can't be deferred: the statement fails again.
    let found = find().or_else(|_| restricting(connection, candidates, target, source));
    connection.batch("ROLLBACK TO mizzle_violation; RELEASE mizzle_violation")?;
    // In a transaction, the keys would stay deferred until its end.
    connection.batch("PRAGMA defer_foreign_keys = OFF")?;
    found
}

/// Returns the key whose RESTRICT refuses the statement. Triggers that fire before it report it; the caller rolls them
/// back.
fn restricting(
    connection: &mut Sqlite,
    candidates: &[ForeignKey],
    (verb, target): (Verb, &str),
    source: &dyn Source,
) -> Result<Option<ForeignKey>> {
    const NAME: &str = "mizzle_restricted_by_";
    let primary_key = column(
        connection,
        "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk",
        &[target],
    )?;
    let quote = |name: &str| Dialect::Sqlite.quote_ident(name);
    for (place, key) in candidates.iter().enumerate() {
        let (event, action) = match verb {
            Verb::Delete => ("DELETE", &key.on_delete),
            _ => ("UPDATE", &key.on_update),
        };
        if action != "RESTRICT" {
            continue;
        }
        let parent = key.references.as_ref().unwrap_or(&primary_key);
        let pairs = || key.columns.iter().zip(parent).map(|(own, to)| (quote(own), quote(to)));
        let same: Vec<String> = pairs().map(|(own, to)| format!("{own} = OLD.{to}")).collect();
        let changed: Vec<String> =
            pairs().map(|(_, to)| format!("OLD.{to} IS NOT NEW.{to}")).collect();
        let changed = if event == "UPDATE" {
            format!("({}) AND ", changed.join(" OR "))
        } else {
            String::new()
        };
        connection.batch(&format!(
            "CREATE TEMP TRIGGER {NAME}{place} BEFORE {event} ON {} \
             WHEN {changed}EXISTS (SELECT 1 FROM {} WHERE {}) \
             BEGIN SELECT RAISE(ABORT, '{NAME}{place}'); END",
            quote(target),
            quote(&key.table),
            same.join(" AND "),
        ))?;
    }
    let Err(error) = connection.run(source, &mut |_| Ok(Flow::Continue)) else {
        return Ok(None);
    };
    let place = error.to_string().strip_prefix(NAME).and_then(|place| place.parse().ok());
    Ok(place.and_then(|place: usize| candidates.get(place).cloned()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend) enum Verb {
    Insert,
    Update,
    Delete,
}

/// What a statement does, and to which table.
fn statement_target(sql: &str) -> Option<(Verb, String)> {
    let mut tokens = tokens(sql, Dialect::Sqlite).into_iter().peekable();
    let verb = tokens.next()?;
    if tokens.next_if(|word| word.is("or")).is_some() {
        tokens.next();
    }
    let verb = if verb.is("update") {
        Verb::Update
    } else if verb.is("insert") || verb.is("replace") {
        tokens.next_if(|word| word.is("into"))?;
        Verb::Insert
    } else if verb.is("delete") {
        tokens.next_if(|word| word.is("from"))?;
        Verb::Delete
    } else {
        return None;
    };
    Some((verb, qualified_name(&mut tokens)?.into_owned()))
}

/// Returns the name that a table's SQL gives a constraint of this kind (its keywords) over these columns.
fn declared_name(table_sql: &str, kind: &[&str], columns: &[&str]) -> Option<String> {
    let all = tokens(table_sql, Dialect::Sqlite);
    let constraints = all.iter().enumerate().filter(|(_, token)| token.is("constraint"));
    constraints.into_iter().find_map(|(place, _)| {
        let mut rest = all[place + 1..].iter();
        let name = rest.next()?.name()?;
        let is_kind = kind.iter().all(|word| rest.next().is_some_and(|token| token.is(word)));
        rest.next().filter(|token| is_kind && token.is_symbol("("))?;
        let list: Vec<&Token<'_>> = rest.take_while(|token| !token.is_symbol(")")).collect();
        let mut names = list.split(|token| token.is_symbol(",")).map(|item| match item {
            [one] => one.name(),
            _ => None,
        });
        let same =
            columns.iter().all(|column| names.next().flatten().is_some_and(|name| name == *column));
        (same && names.next().is_none()).then(|| name.into_owned())
    })
}

fn same(names: &[String], others: &[&str]) -> bool {
    names.len() == others.len() && names.iter().zip(others).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_table_of_a_statement() {
        for (sql, verb, table) in [
            ("INSERT INTO \"my table\" (\"a\") VALUES (?)", Verb::Insert, "my table"),
            ("INSERT OR REPLACE INTO t(a) VALUES (1)", Verb::Insert, "t"),
            ("UPDATE OR IGNORE main.[my t] SET x = 1", Verb::Update, "my t"),
            ("/* a */ delete from 't'", Verb::Delete, "t"),
            ("UPDATE \"a\"\"b\" SET x = 1", Verb::Update, "a\"b"),
            ("delete from `t` where 1", Verb::Delete, "t"),
        ] {
            assert_eq!(statement_target(sql), Some((verb, table.to_owned())), "{sql}");
        }
        assert_eq!(statement_target("SELECT 1"), None);
    }

    #[test]
    fn finds_a_declared_name() {
        let sql = "CREATE TABLE t (a, b, CONSTRAINT \"one\" UNIQUE (\"a\"), \
                   CONSTRAINT \"two\" UNIQUE (\"a\", \"b\"), CONSTRAINT \"fk\" FOREIGN KEY (\"b\") REFERENCES u (b))";
        assert_eq!(declared_name(sql, &["UNIQUE"], &["a", "b"]).as_deref(), Some("two"));
        assert_eq!(declared_name(sql, &["UNIQUE"], &["a"]).as_deref(), Some("one"));
        assert_eq!(declared_name(sql, &["FOREIGN", "KEY"], &["b"]).as_deref(), Some("fk"));
        assert_eq!(declared_name(sql, &["FOREIGN", "KEY"], &["a"]), None);
    }
}

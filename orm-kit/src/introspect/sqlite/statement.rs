//! The statements that SQLite stores: `CREATE TABLE` and `CREATE INDEX`, as they were written.
//!
//! SQLite reports most of a schema by pragmas, but not the names of constraints, checks, collations and the expressions
//! of computed columns. It has accepted these texts, so reading them needs no errors: what isn't understood is skipped.

use orm_core::Dialect;
use orm_core::schema::Action;
use orm_lexer::{Cursor, without_parentheses};

/// What `CREATE TABLE` contains beyond the pragmas.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TableSql {
    pub(super) columns: Vec<ColumnSql>,
    pub(super) constraints: Vec<ConstraintSql>,
    /// Clauses that a constraint can't express: `UNIQUE (a) ON CONFLICT REPLACE`, `PRIMARY KEY (a COLLATE NOCASE)`.
    pub(super) unsaid: Vec<String>,
}

/// What it contains about a column.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ColumnSql {
    pub(super) name: String,
    pub(super) collation: Option<String>,
    pub(super) generated: Option<String>,
    /// `INTEGER PRIMARY KEY DESC` isn't an alias of the rowid.
    pub(super) descending_key: bool,
}

/// A constraint of a column or of the table, with its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ConstraintSql {
    pub(super) name: Option<String>,
    pub(super) kind: ConstraintKind,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum ConstraintKind {
    Unique(Vec<String>),
    Check {
        /// The column that it follows.
        column: Option<String>,
        condition: String,
    },
    ForeignKey {
        columns: Vec<String>,
        table: String,
        /// None for the primary key of the table.
        references: Vec<String>,
        on_delete: Action,
        on_update: Action,
        /// Whether it may be checked at the end of the transaction.
        deferrable: bool,
    },
}

/// The contents of `CREATE INDEX`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct IndexSql {
    pub(super) parts: Vec<PartSql>,
    pub(super) condition: Option<String>,
}

/// One part of an index.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PartSql {
    /// The expression as written, without parentheses around it.
    pub(super) expression: String,
    /// The column, if it is only a name.
    pub(super) name: Option<String>,
    pub(super) descending: bool,
}

/// Reads `CREATE TABLE`.
pub(super) fn table(sql: &str) -> TableSql {
    let mut cursor = Cursor::new(sql, Dialect::Sqlite);
    let mut table = TableSql::default();
    if !skip_to_parenthesis(&mut cursor) {
        return table;
    }
    while !cursor.is_at_end() && !cursor.takes_symbol(")") {
        if cursor.takes_symbol(",") {
            continue;
        }
        if cursor.is_table_part() {
            table_constraint(&mut cursor, &mut table);
        } else {
            column(&mut cursor, &mut table);
        }
    }
    table
}

/// Reads `CREATE INDEX`.
pub(super) fn index(sql: &str) -> IndexSql {
    let mut cursor = Cursor::new(sql, Dialect::Sqlite);
    let mut parts = Vec::new();
    if skip_to_parenthesis(&mut cursor) {
        loop {
            let start = cursor.at;
            while !cursor.is_at_end() && !cursor.is_symbol(",") && !cursor.is_symbol(")") {
                cursor.skip();
            }
            parts.extend(part(&cursor, start, cursor.at));
            if !cursor.takes_symbol(",") {
                break;
            }
        }
        cursor.takes_symbol(")");
    }
    let condition = cursor.takes("WHERE").then(|| sql[cursor.start()..].trim().to_owned());
    IndexSql { parts, condition }
}

/// Moves after the first parenthesis.
fn skip_to_parenthesis(cursor: &mut Cursor<'_>) -> bool {
    while !cursor.is_at_end() {
        if cursor.takes_symbol("(") {
            return true;
        }
        cursor.at += 1;
    }
    false
}

/// Returns the part of an index between two tokens.
fn part(cursor: &Cursor<'_>, start: usize, mut end: usize) -> Option<PartSql> {
    let mut descending = false;
    let last = cursor.tokens.get(end.checked_sub(1)?)?;
    if end > start + 1 && (last.is("DESC") || last.is("ASC")) {
        descending = last.is("DESC");
        end -= 1;
    }
    let part = cursor.tokens.get(start..end)?;
    let name = match part {
        [one] => one.name().map(Into::into),
        _ => None,
    };
    let written = &cursor.sql[part.first()?.start..part.last()?.end()];
    let expression = without_parentheses(written, Dialect::Sqlite).to_owned();
    Some(PartSql { expression, name, descending })
}

fn column(cursor: &mut Cursor<'_>, table: &mut TableSql) {
    let Some(name) = cursor.takes_name() else {
        cursor.at += 1;
        return;
    };
    let mut column = ColumnSql { name, ..ColumnSql::default() };
    // The type.
    while !cursor.is_item_end() && !cursor.is_column_part() {
        cursor.skip();
    }
    let mut constraint_name = None;
    let mut clause = cursor.at;
    while !cursor.is_item_end() {
        if cursor.is("ON") && cursor.is_next("CONFLICT") {
            cursor.at += 3;
            table.unsaid.push(format!("{} {}", column.name, written(cursor, clause)));
            continue;
        }
        if !cursor.is("AUTOINCREMENT") && !cursor.is("NULL") {
            clause = cursor.at;
        }
        if cursor.takes("CONSTRAINT") {
            constraint_name = cursor.takes_name();
            continue;
        }
        let name = constraint_name.take();
        if cursor.takes("PRIMARY") {
            cursor.takes("KEY");
            column.descending_key = cursor.takes("DESC");
        } else if cursor.takes("UNIQUE") {
            let kind = ConstraintKind::Unique(vec![column.name.clone()]);
            table.constraints.push(ConstraintSql { name, kind });
        } else if cursor.takes("CHECK") {
            let condition = cursor.parenthesized().unwrap_or_default().to_owned();
            let kind = ConstraintKind::Check { column: Some(column.name.clone()), condition };
            table.constraints.push(ConstraintSql { name, kind });
        } else if cursor.takes("REFERENCES") {
            let columns = vec![column.name.clone()];
            let kind = references(cursor, columns);
            table.constraints.extend(kind.map(|kind| ConstraintSql { name, kind }));
        } else if cursor.takes("COLLATE") {
            column.collation = cursor.takes_name();
        } else if cursor.takes("AS") {
            column.generated = cursor.parenthesized().map(Into::into);
        } else if cursor.takes("DEFAULT") {
            cursor.skip_default();
        } else {
            // NOT NULL, GENERATED ALWAYS, ON CONFLICT …, AUTOINCREMENT, STORED.
            cursor.skip();
        }
    }
    table.columns.push(column);
}

fn table_constraint(cursor: &mut Cursor<'_>, table: &mut TableSql) {
    let name = if cursor.takes("CONSTRAINT") { cursor.takes_name() } else { None };
    let start = cursor.at;
    let kind = if cursor.takes("UNIQUE") {
        Some(ConstraintKind::Unique(cursor.names()))
    } else if cursor.takes("CHECK") {
        let condition = cursor.parenthesized().unwrap_or_default().to_owned();
        Some(ConstraintKind::Check { column: None, condition })
    } else if cursor.takes("FOREIGN") {
        cursor.takes("KEY");
        let columns = cursor.names();
        cursor.takes("REFERENCES").then(|| references(cursor, columns)).flatten()
    } else {
        None
    };
    table.constraints.extend(kind.map(|kind| ConstraintSql { name, kind }));
    // PRIMARY KEY (…), ON CONFLICT …: up to the next, with or without a comma.
    while !cursor.is_item_end() && (!cursor.is_table_part() || cursor.is("PRIMARY")) {
        cursor.skip();
    }
    let part = cursor.tokens.get(start..cursor.at).unwrap_or_default();
    let is_key = part.first().is_some_and(|token| token.is("PRIMARY") || token.is("UNIQUE"));
    let has = |word: &str| part.iter().any(|token| token.is(word));
    if is_key && (has("CONFLICT") || has("COLLATE")) {
        table.unsaid.push(written(cursor, start));
    }
}

/// Returns everything since this token, on one line.
fn written(cursor: &Cursor<'_>, start: usize) -> String {
    let tokens = cursor.tokens.get(start..cursor.at).unwrap_or_default();
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
        return String::new();
    };
    let text = &cursor.sql[first.start..last.end()];
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn references(cursor: &mut Cursor<'_>, columns: Vec<String>) -> Option<ConstraintKind> {
    let table = cursor.takes_name()?;
    let references = cursor.names();
    let (mut on_delete, mut on_update) = (Action::NoAction, Action::NoAction);
    let mut deferrable = false;
    loop {
        if cursor.takes("ON") {
            let of_delete = cursor.is("DELETE");
            if !of_delete && !cursor.is("UPDATE") {
                // ON CONFLICT belongs to the clause before it.
                continue;
            }
            cursor.at += 1;
            let action = action(cursor);
            if of_delete {
                on_delete = action;
            } else {
                on_update = action;
            }
        } else if cursor.takes("MATCH") {
            cursor.at += 1;
        } else if cursor.takes("DEFERRABLE") {
            deferrable = true;
            if cursor.takes("INITIALLY") {
                cursor.at += 1;
            }
        } else if cursor.is("NOT") && cursor.is_next("DEFERRABLE") {
            cursor.at += 2;
            if cursor.takes("INITIALLY") {
                cursor.at += 1;
            }
        } else {
            break;
        }
    }
    let kind =
        ConstraintKind::ForeignKey { columns, table, references, on_delete, on_update, deferrable };
    Some(kind)
}

fn action(cursor: &mut Cursor<'_>) -> Action {
    if cursor.takes("CASCADE") {
        Action::Cascade
    } else if cursor.takes("RESTRICT") {
        Action::Restrict
    } else if cursor.takes("SET") {
        let null = cursor.is("NULL");
        cursor.at += 1;
        if null { Action::SetNull } else { Action::SetDefault }
    } else {
        cursor.takes("NO");
        cursor.takes("ACTION");
        Action::NoAction
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sql: &str) -> Vec<String> {
        let table = table(sql);
        let columns = table
            .columns
            .iter()
            .map(|column| format!("{} {:?} {:?}", column.name, column.collation, column.generated));
        let constraints = table.constraints.iter().map(|constraint| format!("{constraint:?}"));
        columns.chain(constraints).collect()
    }

    #[test]
    fn what_mizzle_writes() {
        let sql = r#"CREATE TABLE "a b" (
  "id" INTEGER NOT NULL CONSTRAINT "a b_pkey" PRIMARY KEY AUTOINCREMENT,
  "pr""ice" DECIMAL_TEXT COLLATE decimal NOT NULL DEFAULT '1,5)',
  "low" TEXT GENERATED ALWAYS AS (lower("x") || ')') STORED,
  CONSTRAINT "u" UNIQUE ("id", "pr""ice"),
  CONSTRAINT "c" CHECK ("id" > 0),
  CONSTRAINT "f" FOREIGN KEY ("id") REFERENCES "b" ("id") ON DELETE SET NULL ON UPDATE CASCADE
)"#;
        let expected = [
            "id None None",
            "pr\"ice Some(\"decimal\") None",
            "low None Some(\"lower(\\\"x\\\") || ')'\")",
            "ConstraintSql { name: Some(\"u\"), kind: Unique([\"id\", \"pr\\\"ice\"]) }",
            "ConstraintSql { name: Some(\"c\"), kind: Check { column: None, condition: \"\\\"id\\\" > 0\" } }",
            "ConstraintSql { name: Some(\"f\"), kind: ForeignKey { columns: [\"id\"], table: \"b\", \
             references: [\"id\"], on_delete: SetNull, on_update: Cascade, deferrable: false } }",
        ];
        assert_eq!(shown(sql), expected);
    }

    #[test]
    fn what_others_write() {
        let sql = "create table if not exists main.t -- (a comment
            ([key] integer primary key desc on conflict replace not null,
             b varchar(10, 2) default -1.5e-3 unique on conflict ignore check (b > 0 /* ) */)
               constraint x references u on delete no action deferrable initially deferred
               not null collate nocase,
             c as (b + 1), d default (1 + (2)),
             primary key (a asc, b) on conflict fail check ( c <> ')' )
             foreign key (b) references u(k) match full on update set default unique(c))
            strict, without rowid";
        let expected = [
            "key None None",
            "b Some(\"nocase\") None",
            "c None Some(\"b + 1\")",
            "d None None",
            "ConstraintSql { name: None, kind: Unique([\"b\"]) }",
            "ConstraintSql { name: None, kind: Check { column: Some(\"b\"), condition: \"b > 0 /* ) */\" } }",
            "ConstraintSql { name: Some(\"x\"), kind: ForeignKey { columns: [\"b\"], table: \"u\", \
             references: [], on_delete: NoAction, on_update: NoAction, deferrable: true } }",
            "ConstraintSql { name: None, kind: Check { column: None, condition: \"c <> ')'\" } }",
            "ConstraintSql { name: None, kind: ForeignKey { columns: [\"b\"], table: \"u\", \
             references: [\"k\"], on_delete: NoAction, on_update: SetDefault, deferrable: false } }",
            "ConstraintSql { name: None, kind: Unique([\"c\"]) }",
        ];
        assert_eq!(shown(sql), expected);
        assert!(table(sql).columns[0].descending_key);
    }

    #[test]
    fn indexes() {
        let read = index(
            "CREATE UNIQUE INDEX \"i (x)\" ON t (a, \"b c\" DESC, (lower(d)) desc, e COLLATE nocase \
             ASC, substr(f, 1, 2)) WHERE a > 0 AND b IN (1, 2)",
        );
        let parts: Vec<String> = read
            .parts
            .iter()
            .map(|part| format!("{} {:?} {}", part.expression, part.name, part.descending))
            .collect();
        assert_eq!(
            parts,
            [
                "a Some(\"a\") false",
                "\"b c\" Some(\"b c\") true",
                "lower(d) None true",
                "e COLLATE nocase None false",
                "substr(f, 1, 2) None false",
            ]
        );
        assert_eq!(read.condition.as_deref(), Some("a > 0 AND b IN (1, 2)"));
    }

    #[test]
    fn what_is_no_table_has_nothing() {
        assert_eq!(table(""), TableSql::default());
        assert_eq!(table("CREATE TABLE t (").columns, []);
        assert_eq!(table("CREATE TABLE t (a, ((").columns.len(), 1);
    }
}

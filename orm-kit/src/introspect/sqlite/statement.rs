//! The statements that SQLite keeps: `CREATE TABLE` and `CREATE INDEX`, as they were written.
//!
//! SQLite tells most of a schema by pragmas, but neither the names of constraints nor checks, collations
//! and the expressions of computed columns. It has accepted these texts, so reading them needs no errors:
//! what is not understood is skipped.

use orm_core::Dialect;
use orm_core::lexer::{Token, tokens, without_parentheses};
use orm_core::schema::Action;

/// What `CREATE TABLE` says beyond the pragmas.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TableSql {
    pub(super) columns: Vec<ColumnSql>,
    pub(super) constraints: Vec<ConstraintSql>,
    /// Clauses that no constraint holds: `UNIQUE (a) ON CONFLICT REPLACE`, `PRIMARY KEY (a COLLATE NOCASE)`.
    pub(super) unsaid: Vec<String>,
}

/// What it says about a column.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ColumnSql {
    pub(super) name: String,
    pub(super) collation: Option<String>,
    pub(super) generated: Option<String>,
    /// `INTEGER PRIMARY KEY DESC` is no alias of the rowid.
    pub(super) descending_key: bool,
}

/// A constraint of a column or of the table, with the name that it was given.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ConstraintSql {
    pub(super) name: Option<String>,
    pub(super) kind: ConstraintKind,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum ConstraintKind {
    Unique(Vec<String>),
    Check {
        /// The column that it stands behind.
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

/// What `CREATE INDEX` says.
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
    /// What it names, if it is a name alone.
    pub(super) name: Option<String>,
    pub(super) descending: bool,
}

/// Reads `CREATE TABLE`.
pub(super) fn table(sql: &str) -> TableSql {
    let mut cursor = Cursor::new(sql);
    let mut table = TableSql::default();
    if !cursor.skip_to_parenthesis() {
        return table;
    }
    while !cursor.is_at_end() && !cursor.takes_symbol(")") {
        if cursor.takes_symbol(",") {
            continue;
        }
        if TABLE_CONSTRAINTS.iter().any(|keyword| cursor.is_at(keyword)) {
            cursor.table_constraint(&mut table);
        } else {
            cursor.column(&mut table);
        }
    }
    table
}

/// Reads `CREATE INDEX`.
pub(super) fn index(sql: &str) -> IndexSql {
    let mut cursor = Cursor::new(sql);
    let mut parts = Vec::new();
    if cursor.skip_to_parenthesis() {
        loop {
            let start = cursor.at;
            while !cursor.is_at_end() && !cursor.is_at_symbol(",") && !cursor.is_at_symbol(")") {
                cursor.skip_one();
            }
            parts.extend(cursor.part(start, cursor.at));
            if !cursor.takes_symbol(",") {
                break;
            }
        }
        cursor.takes_symbol(")");
    }
    let condition = cursor.takes("WHERE").then(|| cursor.rest().trim().to_owned());
    IndexSql { parts, condition }
}

/// What begins a constraint of a table. All are reserved, so no column has such a name without quotes.
const TABLE_CONSTRAINTS: &[&str] = &["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];

/// What may follow a column's type.
const COLUMN_CONSTRAINTS: &[&str] = &[
    "CONSTRAINT",
    "PRIMARY",
    "NOT",
    "NULL",
    "UNIQUE",
    "CHECK",
    "DEFAULT",
    "COLLATE",
    "REFERENCES",
    "GENERATED",
    "AS",
    "DEFERRABLE",
    "ON",
];

struct Cursor<'a> {
    sql: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(sql: &'a str) -> Self {
        Self { sql, tokens: tokens(sql, Dialect::Sqlite), at: 0 }
    }

    fn token(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.at)
    }

    fn is_at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    fn is_at(&self, keyword: &str) -> bool {
        self.token().is_some_and(|token| token.is(keyword))
    }

    fn takes(&mut self, keyword: &str) -> bool {
        let is = self.is_at(keyword);
        self.at += usize::from(is);
        is
    }

    fn is_at_symbol(&self, symbol: &str) -> bool {
        self.token().is_some_and(|token| token.is_symbol(symbol))
    }

    fn takes_symbol(&mut self, symbol: &str) -> bool {
        let is = self.is_at_symbol(symbol);
        self.at += usize::from(is);
        is
    }

    fn takes_name(&mut self) -> Option<String> {
        let name = self.token()?.name()?.into_owned();
        self.at += 1;
        Some(name)
    }

    /// Goes behind the first parenthesis.
    fn skip_to_parenthesis(&mut self) -> bool {
        while !self.is_at_end() {
            if self.takes_symbol("(") {
                return true;
            }
            self.at += 1;
        }
        false
    }

    /// Skips a token, or all between parentheses.
    fn skip_one(&mut self) {
        if self.parenthesized().is_none() {
            self.at += 1;
        }
    }

    /// What stands between parentheses, which it goes behind.
    fn parenthesized(&mut self) -> Option<&'a str> {
        if !self.is_at_symbol("(") {
            return None;
        }
        let start = self.tokens[self.at].end();
        let mut depth = 0_usize;
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth -= 1;
            }
            if depth == 0 {
                return Some(self.sql[start..token.start].trim());
            }
        }
        Some(self.sql[start..].trim())
    }

    fn rest(&self) -> &'a str {
        self.tokens.get(self.at).map_or("", |token| &self.sql[token.start..])
    }

    /// The part of an index between two tokens.
    fn part(&self, start: usize, mut end: usize) -> Option<PartSql> {
        let mut descending = false;
        let last = self.tokens.get(end.checked_sub(1)?)?;
        if end > start + 1 && (last.is("DESC") || last.is("ASC")) {
            descending = last.is("DESC");
            end -= 1;
        }
        let part = self.tokens.get(start..end)?;
        let name = match part {
            [one] => one.name().map(Into::into),
            _ => None,
        };
        let written = &self.sql[part.first()?.start..part.last()?.end()];
        let expression = without_parentheses(written, Dialect::Sqlite).to_owned();
        Some(PartSql { expression, name, descending })
    }

    fn column(&mut self, table: &mut TableSql) {
        let Some(name) = self.takes_name() else {
            self.at += 1;
            return;
        };
        let mut column = ColumnSql { name, ..ColumnSql::default() };
        // The type.
        while !self.is_at_item_end() && !COLUMN_CONSTRAINTS.iter().any(|word| self.is_at(word)) {
            self.skip_one();
        }
        let mut constraint_name = None;
        let mut clause = self.at;
        while !self.is_at_item_end() {
            if self.is_at("ON") && self.is_next("CONFLICT") {
                self.at += 3;
                table.unsaid.push(format!("{} {}", column.name, self.written(clause)));
                continue;
            }
            if !self.is_at("AUTOINCREMENT") && !self.is_at("NULL") {
                clause = self.at;
            }
            if self.takes("CONSTRAINT") {
                constraint_name = self.takes_name();
                continue;
            }
            let name = constraint_name.take();
            if self.takes("PRIMARY") {
                self.takes("KEY");
                column.descending_key = self.takes("DESC");
            } else if self.takes("UNIQUE") {
                let kind = ConstraintKind::Unique(vec![column.name.clone()]);
                table.constraints.push(ConstraintSql { name, kind });
            } else if self.takes("CHECK") {
                let condition = self.parenthesized().unwrap_or_default().to_owned();
                let kind = ConstraintKind::Check { column: Some(column.name.clone()), condition };
                table.constraints.push(ConstraintSql { name, kind });
            } else if self.takes("REFERENCES") {
                let columns = vec![column.name.clone()];
                let kind = self.references(columns);
                table.constraints.extend(kind.map(|kind| ConstraintSql { name, kind }));
            } else if self.takes("COLLATE") {
                column.collation = self.takes_name();
            } else if self.takes("AS") {
                column.generated = self.parenthesized().map(Into::into);
            } else if self.takes("DEFAULT") {
                self.default();
            } else {
                // NOT NULL, GENERATED ALWAYS, ON CONFLICT …, AUTOINCREMENT, STORED.
                self.skip_one();
            }
        }
        table.columns.push(column);
    }

    fn is_at_item_end(&self) -> bool {
        self.is_at_end() || self.is_at_symbol(",") || self.is_at_symbol(")")
    }

    /// A literal with its sign, a name, or an expression in parentheses.
    fn default(&mut self) {
        if self.is_at_symbol("-") || self.is_at_symbol("+") {
            self.at += 1;
        }
        self.skip_one();
    }

    fn table_constraint(&mut self, table: &mut TableSql) {
        let name = if self.takes("CONSTRAINT") { self.takes_name() } else { None };
        let start = self.at;
        let kind = if self.takes("UNIQUE") {
            Some(ConstraintKind::Unique(self.names()))
        } else if self.takes("CHECK") {
            let condition = self.parenthesized().unwrap_or_default().to_owned();
            Some(ConstraintKind::Check { column: None, condition })
        } else if self.takes("FOREIGN") {
            self.takes("KEY");
            let columns = self.names();
            self.takes("REFERENCES").then(|| self.references(columns)).flatten()
        } else {
            None
        };
        table.constraints.extend(kind.map(|kind| ConstraintSql { name, kind }));
        // PRIMARY KEY (…), ON CONFLICT …: up to the next, which need not stand behind a comma.
        while !self.is_at_item_end()
            && !TABLE_CONSTRAINTS.iter().any(|keyword| self.is_at(keyword) && *keyword != "PRIMARY")
        {
            self.skip_one();
        }
        let part = self.tokens.get(start..self.at).unwrap_or_default();
        let is_key = part.first().is_some_and(|token| token.is("PRIMARY") || token.is("UNIQUE"));
        let has = |word: &str| part.iter().any(|token| token.is(word));
        if is_key && (has("CONFLICT") || has("COLLATE")) {
            table.unsaid.push(self.written(start));
        }
    }

    /// All since this token, on one line.
    fn written(&self, start: usize) -> String {
        let tokens = self.tokens.get(start..self.at).unwrap_or_default();
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
            return String::new();
        };
        let text = &self.sql[first.start..last.end()];
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// `(a, b COLLATE x DESC)`: the first word of each.
    fn names(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        if !self.takes_symbol("(") {
            return names;
        }
        while !self.is_at_end() && !self.takes_symbol(")") {
            names.extend(self.takes_name());
            while !self.is_at_item_end() {
                self.skip_one();
            }
            self.takes_symbol(",");
        }
        names
    }

    fn references(&mut self, columns: Vec<String>) -> Option<ConstraintKind> {
        let table = self.takes_name()?;
        let references = self.names();
        let (mut on_delete, mut on_update) = (Action::NoAction, Action::NoAction);
        let mut deferrable = false;
        loop {
            if self.takes("ON") {
                let of_delete = self.is_at("DELETE");
                if !of_delete && !self.is_at("UPDATE") {
                    // ON CONFLICT belongs to what stands before.
                    continue;
                }
                self.at += 1;
                let action = self.action();
                if of_delete {
                    on_delete = action;
                } else {
                    on_update = action;
                }
            } else if self.takes("MATCH") {
                self.at += 1;
            } else if self.takes("DEFERRABLE") {
                deferrable = true;
                if self.takes("INITIALLY") {
                    self.at += 1;
                }
            } else if self.is_at("NOT") && self.is_next("DEFERRABLE") {
                self.at += 2;
                if self.takes("INITIALLY") {
                    self.at += 1;
                }
            } else {
                break;
            }
        }
        let kind = ConstraintKind::ForeignKey {
            columns,
            table,
            references,
            on_delete,
            on_update,
            deferrable,
        };
        Some(kind)
    }

    fn is_next(&self, keyword: &str) -> bool {
        self.tokens.get(self.at + 1).is_some_and(|token| token.is(keyword))
    }

    fn action(&mut self) -> Action {
        if self.takes("CASCADE") {
            Action::Cascade
        } else if self.takes("RESTRICT") {
            Action::Restrict
        } else if self.takes("SET") {
            let null = self.is_at("NULL");
            self.at += 1;
            if null { Action::SetNull } else { Action::SetDefault }
        } else {
            self.takes("NO");
            self.takes("ACTION");
            Action::NoAction
        }
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

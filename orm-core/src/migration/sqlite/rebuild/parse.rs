//! SQLite's `CREATE TABLE` as its parts, each with its place in the text. A part can be replaced while everything else
//! stays as it was written.

use std::ops::{Deref, DerefMut, Range};

use crate::dialect::Dialect;
use orm_lexer::{Cursor, TokenKind, tokens};

/// The statement of a table.
#[derive(Debug)]
pub(super) struct Create<'s> {
    pub(super) sql: &'s str,
    /// The place of the table's name.
    pub(super) name_at: Range<usize>,
    pub(super) columns: Vec<Column>,
    pub(super) constraints: Vec<Part>,
    /// What follows the parentheses, such as `STRICT`, without white space and in capitals.
    pub(super) options: Vec<String>,
}

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) at: Range<usize>,
    /// Its declared type; empty and right after the name if it has none.
    pub(super) type_at: Range<usize>,
    pub(super) parts: Vec<Part>,
}

/// A constraint, or another clause of a column.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) kind: PartKind,
    /// Its place, including its name.
    pub(super) at: Range<usize>,
    /// Its place, without `CONSTRAINT name`.
    pub(super) body: Range<usize>,
    /// The columns of a key, in the table's own names.
    pub(super) columns: Vec<String>,
    /// What a foreign key refers to.
    pub(super) parent: Option<String>,
    /// The condition of a check, in parentheses.
    pub(super) condition: Option<Range<usize>>,
    /// What comes last and a struct can't express: `ON CONFLICT …`, `DEFERRABLE …`.
    pub(super) tail: Option<Range<usize>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartKind {
    PrimaryKey,
    NotNull,
    Unique,
    Check,
    Default,
    Collate,
    References,
    Generated,
    Other,
}

impl<'s> Create<'s> {
    /// Reads a statement that SQLite has accepted; returns `None` for one without columns in parentheses.
    pub(super) fn parse(sql: &'s str) -> Option<Self> {
        Clauses(Cursor::new(sql, Dialect::Sqlite)).create()
    }

    pub(super) fn name(&self) -> String {
        let mut tokens = tokens(&self.sql[self.name_at.clone()], Dialect::Sqlite).into_iter();
        tokens.next().and_then(|token| token.name().map(Into::into)).unwrap_or_default()
    }

    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Whether a column may be the number that SQLite gives to each row: only a key of this type can.
    pub(super) fn may_alias_rowid(&self) -> bool {
        let of_columns = self.columns.iter().flat_map(|column| &column.parts);
        let keys = of_columns.chain(&self.constraints);
        let mut keys = keys.filter(|part| part.kind == PartKind::PrimaryKey);
        keys.any(|key| {
            let columns = key.columns.iter().filter_map(|name| self.column(name));
            columns
                .into_iter()
                .any(|column| self.text(&column.type_at).eq_ignore_ascii_case("integer"))
        })
    }

    pub(super) fn text(&self, at: &Range<usize>) -> &'s str {
        &self.sql[at.clone()]
    }

    /// Returns a piece of the statement in a form that is equal for two pieces that differ only in how they are
    /// written.
    pub(super) fn normal(&self, at: &Range<usize>) -> String {
        let mut normal = String::new();
        for token in tokens(self.text(at), Dialect::Sqlite) {
            match token.kind {
                TokenKind::Text => normal.push_str(token.text),
                _ => match token.name() {
                    Some(name) => normal.push_str(&name.to_ascii_lowercase()),
                    None => normal.push_str(&token.text.to_ascii_lowercase()),
                },
            }
            normal.push('\u{1}');
        }
        normal
    }
}

impl Column {
    pub(super) fn part(&self, kind: PartKind) -> Option<&Part> {
        self.parts.iter().find(|part| part.kind == kind)
    }

    /// Returns the constraints that are written into its declaration, except those that any column has.
    pub(super) fn constraints(&self) -> impl Iterator<Item = &Part> {
        let kinds = [PartKind::Unique, PartKind::Check, PartKind::References];
        self.parts.iter().filter(move |part| kinds.contains(&part.kind))
    }
}

/// Reads the clauses of `CREATE TABLE`.
struct Clauses<'s>(Cursor<'s>);

impl<'s> Deref for Clauses<'s> {
    type Target = Cursor<'s>;

    fn deref(&self) -> &Cursor<'s> {
        &self.0
    }
}

impl DerefMut for Clauses<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<'s> Clauses<'s> {
    fn create(mut self) -> Option<Create<'s>> {
        if !(self.takes("create")
            && (self.takes("table") || self.takes("temp") && self.takes("table")))
        {
            return None;
        }
        if self.takes("if") {
            self.at += 2;
        }
        let mut name_at = self.start()..self.token()?.end();
        self.at += 1;
        if self.takes_symbol(".") {
            name_at = self.start()..self.token()?.end();
            self.at += 1;
        }
        if !self.takes_symbol("(") {
            return None;
        }
        let (mut columns, mut constraints) = (Vec::new(), Vec::new());
        while self.token().is_some() && !self.takes_symbol(")") {
            if self.takes_symbol(",") {
                continue;
            }
            if self.is_table_part() {
                constraints.push(self.table_part());
            } else {
                columns.push(self.column()?);
            }
        }
        let options = self.tokens.get(self.at..).unwrap_or_default().iter();
        let options = options.map(|token| token.text.to_ascii_uppercase()).collect();
        Some(Create { sql: self.sql, name_at, columns, constraints, options })
    }

    fn column(&mut self) -> Option<Column> {
        let start = self.start();
        let name = self.takes_name()?;
        let name_end = self.end();
        let type_start = if self.is_item_end() { name_end } else { self.start() };
        let before = self.at;
        while !self.is_item_end() && !self.is_column_part() {
            self.skip();
        }
        let type_at = if self.at == before { name_end..name_end } else { type_start..self.end() };
        let mut parts = Vec::new();
        while !self.is_item_end() {
            let mut part = self.part(true);
            if part.columns.is_empty() {
                part.columns.push(name.clone());
            }
            parts.push(part);
        }
        Some(Column { name, at: start..self.end(), type_at, parts })
    }

    fn table_part(&mut self) -> Part {
        let part = self.part(false);
        // A part that isn't understood ends where the next begins, with or without a comma.
        while !self.is_item_end() && !self.is_table_part() {
            self.skip();
        }
        Part { at: part.at.start..self.end(), body: part.body.start..self.end(), ..part }
    }

    fn part(&mut self, of_column: bool) -> Part {
        let start = self.start();
        let mut body = start;
        while self.takes("constraint") {
            self.takes_name();
            body = self.start();
        }
        let mut part = Part {
            kind: PartKind::Other,
            at: start..start,
            body: body..body,
            columns: Vec::new(),
            parent: None,
            condition: None,
            tail: None,
        };
        if self.takes("primary") {
            part.kind = PartKind::PrimaryKey;
            self.takes("key");
            if !of_column {
                part.columns = self.names();
            }
            let _ = self.takes("asc") || self.takes("desc");
            part.tail = self.conflict();
            self.takes("autoincrement");
        } else if self.is("not") && !self.is_next("deferrable") {
            part.kind = PartKind::NotNull;
            self.at += 1;
            self.takes("null");
            part.tail = self.conflict();
        } else if self.takes("null") {
            part.tail = self.conflict();
        } else if self.takes("unique") {
            part.kind = PartKind::Unique;
            if !of_column {
                part.columns = self.names();
            }
            part.tail = self.conflict();
        } else if self.takes("check") {
            part.kind = PartKind::Check;
            let at = self.start();
            self.skip();
            part.condition = Some(at..self.end());
            part.tail = self.conflict();
        } else if self.takes("default") {
            part.kind = PartKind::Default;
            self.skip_default();
        } else if self.takes("collate") {
            part.kind = PartKind::Collate;
            self.at += 1;
        } else if self.is("references") {
            self.references(&mut part);
        } else if self.takes("foreign") {
            self.takes("key");
            part.columns = self.names();
            self.references(&mut part);
        } else if self.is("generated") || self.is("as") {
            part.kind = PartKind::Generated;
            while self.takes("generated") || self.takes("always") || self.takes("as") {}
            self.skip();
            let _ = self.takes("stored") || self.takes("virtual");
        } else if self.at_deferrable() {
            self.deferrable();
        } else if !self.is_item_end() {
            self.skip();
        }
        part.at.end = self.end();
        part.body.end = self.end();
        part
    }

    /// `ON CONFLICT …`
    fn conflict(&mut self) -> Option<Range<usize>> {
        if !(self.is("on") && self.is_next("conflict")) {
            return None;
        }
        let start = self.start();
        self.at += 3;
        Some(start..self.end())
    }

    fn references(&mut self, part: &mut Part) {
        part.kind = PartKind::References;
        self.takes("references");
        part.parent = self.takes_name();
        self.names();
        loop {
            let start = self.start();
            if self.is("on") && !self.is_next("conflict") {
                self.at += 2;
                let _ = self.takes("set") || self.takes("no");
                self.at += 1;
            } else if self.takes("match") {
                self.at += 1;
            } else if self.at_deferrable() {
                self.deferrable();
                part.tail = Some(start..self.end());
            } else {
                return;
            }
        }
    }

    fn at_deferrable(&self) -> bool {
        self.is("deferrable") || self.is("not") && self.is_next("deferrable")
    }

    fn deferrable(&mut self) {
        self.takes("not");
        self.takes("deferrable");
        if self.takes("initially") {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PartKind::*;
    use super::*;

    fn kinds(parts: &[Part]) -> Vec<PartKind> {
        parts.iter().map(|part| part.kind).collect()
    }

    #[test]
    fn columns_and_their_parts() {
        let sql = "CREATE TABLE [t] (id INTEGER PRIMARY KEY DESC ON CONFLICT ABORT AUTOINCREMENT, -- a, b\n\
            'x' VARCHAR(20, 3)DEFAULT -1.5e-3 NOT NULL ON CONFLICT IGNORE UNIQUE, y, \"z\"\"\" double  precision \
            CONSTRAINT c CHECK (z > ')') DEFAULT x'00' COLLATE nocase REFERENCES p (a) ON DELETE SET NULL ON UPDATE NO \
            ACTION NOT DEFERRABLE, g AS (id) STORED, UNIQUE (x COLLATE NOCASE, y DESC) ON CONFLICT FAIL CHECK (1), \
            CONSTRAINT k FOREIGN KEY (x) REFERENCES p DEFERRABLE INITIALLY DEFERRED) WITHOUT ROWID, STRICT";
        let create = Create::parse(sql).expect("a table");
        assert_eq!(create.name(), "t");
        let names: Vec<&str> = create.columns.iter().map(|column| &*column.name).collect();
        assert_eq!(names, ["id", "x", "y", "z\"", "g"]);
        let types: Vec<&str> =
            create.columns.iter().map(|column| create.text(&column.type_at)).collect();
        assert_eq!(types, ["INTEGER", "VARCHAR(20, 3)", "", "double  precision", ""]);
        assert_eq!(kinds(&create.columns[0].parts), [PrimaryKey]);
        assert_eq!(kinds(&create.columns[1].parts), [Default, NotNull, Unique]);
        assert_eq!(kinds(&create.columns[3].parts), [Check, Default, Collate, References]);
        assert_eq!(kinds(&create.columns[4].parts), [Generated]);
        assert_eq!(kinds(&create.constraints), [Unique, Check, References]);
        assert_eq!(create.constraints[0].columns, ["x", "y"]);
        assert_eq!(create.text(&create.constraints[1].at), "CHECK (1)");
        let tail = create.constraints[2].tail.clone().expect("a tail");
        assert_eq!(create.text(&tail), "DEFERRABLE INITIALLY DEFERRED");
        assert_eq!(create.options, ["WITHOUT", "ROWID", ",", "STRICT"]);
    }

    proptest::proptest! {
        /// Whatever the text, nothing panics.
        #[test]
        fn nothing_panics(sql in "CREATE TABLE a\\((a|b|,|\\(|\\)| |NOT|NULL|DEFAULT|x'0'|1.5e-|CHECK|ON|UNIQUE|FOREIGN|KEY|REFERENCES|CONSTRAINT|AS|\"|'){0,30}") {
            let _ = Create::parse(&sql);
        }
    }
}

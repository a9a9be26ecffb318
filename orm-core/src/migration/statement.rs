//! The statements of a file.

mod marks;

use crate::dialect::Dialect;
use orm_lexer::{Lexer, Token, TokenKind};

/// A statement of a migration's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement<'m> {
    dialect: Dialect,
    text: &'m str,
    /// The end of the comments before it.
    body: usize,
    line: usize,
}

/// What a statement does to transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    Begin,
    Commit,
    RollBack,
}

/// Returns the sentence on a view that somebody has changed.
pub(super) fn changed_by_hand(view: &str) -> String {
    format!(
        "the view \"{view}\" was changed by hand, and the migration would create it as it was before: write its SELECT into \
         the struct and generate the migration again, or restore the view"
    )
}

/// The maximum number of characters of a statement in messages.
const SHORT: usize = 120;

impl<'m> Statement<'m> {
    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns the comments before the statement, with the white space after them.
    pub(super) fn comments(&self) -> &'m str {
        &self.text[..self.body]
    }

    /// Returns the statement without its semicolon, with the comments before it.
    pub fn text(&self) -> &'m str {
        self.text
    }

    /// Returns the statement without the comments before it.
    pub fn sql(&self) -> &'m str {
        &self.text[self.body..]
    }

    /// Returns the line of the file on which it begins (after the comments before it), from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the statement on one line, cut to 120 characters, for messages.
    pub fn short(&self) -> String {
        let mut line = String::new();
        for word in self.sql().split_whitespace() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            if line.len() > SHORT * 4 {
                break;
            }
        }
        match line.char_indices().nth(SHORT) {
            Some((end, _)) => format!("{}…", line[..end].trim_end()),
            None => line,
        }
    }

    /// Returns the message of a guard: what follows `-- guard:` in the comments before the statement. `{rows}` in it is
    /// replaced by the number of rows. A guard is a statement that fails if the migration must not run.
    pub fn guard(&self) -> Option<String> {
        let mut message: Option<String> = None;
        for comment in Lexer::new(&self.text[..self.body], self.dialect) {
            let line = comment.text.strip_prefix("--").map(str::trim);
            match (line, &mut message) {
                (Some(line), Some(message)) => {
                    message.push(' ');
                    message.push_str(line);
                }
                (Some(line), None) => {
                    message = line.strip_prefix("guard:").map(|text| text.trim().to_owned());
                }
                (None, _) => {}
            }
        }
        message
    }

    /// Returns the query that counts the rows of a guard on SQLite: what `INSERT INTO temp.mizzle_guard` inserts. It
    /// only reads.
    pub(super) fn guard_query(&self) -> Option<&'m str> {
        let mut tokens = self.tokens();
        let begins = tokens.next()?.is("insert")
            && tokens.next()?.is("into")
            && tokens.next()?.is("temp")
            && tokens.next()?.is_symbol(".")
            && tokens.next()?.is("mizzle_guard");
        let query = tokens.next().filter(|token| begins && token.is("select"))?;
        Some(&self.sql()[query.start..])
    }

    /// Returns what no database runs as intended, if the statement contains such a thing: a comment that is never
    /// closed hides what follows it, and only psql knows its own commands and has the rows of a COPY.
    pub fn unusable(&self) -> Option<String> {
        let is_copy = self.begins_with(&["copy"])
            && self.tokens().zip(self.tokens().skip(1)).any(|(word, next)| {
                word.is("from") && next.is("stdin") || word.is("to") && next.is("stdout")
            });
        if is_copy && self.dialect == Dialect::Postgres {
            return Some(format!(
                "`{}` on line {} needs a client that sends or receives the rows, such as psql: write INSERTs",
                self.short(),
                self.line
            ));
        }
        let line = |token: &Token<'_>| self.line + count_lines(&self.sql()[..token.start]);
        self.tokens().find_map(|token| match token.kind {
            TokenKind::Unclosed => Some(format!(
                "the comment that begins on line {} is never closed: write `*/` at its end",
                line(&token)
            )),
            TokenKind::Symbol if token.text == "\\" && self.dialect == Dialect::Postgres => {
                let rest = &self.sql()[token.start..];
                let command = rest.split_whitespace().next().unwrap_or(rest);
                Some(format!(
                    "`{command}` on line {} is a psql command, which no server knows: remove the line",
                    line(&token)
                ))
            }
            _ => None,
        })
    }

    /// Returns its tokens, without comments and blanks.
    pub(super) fn tokens(&self) -> impl Iterator<Item = Token<'m>> + use<'m> {
        let means = |token: &Token<'_>| token.kind != TokenKind::Comment && !token.is_blank();
        Lexer::new(self.sql(), self.dialect).filter(means)
    }

    /// Whether it begins with these keywords.
    pub(super) fn begins_with(&self, keywords: &[&str]) -> bool {
        let mut tokens = self.tokens();
        keywords.iter().all(|keyword| tokens.next().is_some_and(|token| token.is(keyword)))
    }

    pub(super) fn control(&self) -> Option<Control> {
        let mut tokens = self.tokens();
        let first = tokens.next()?;
        let second = tokens.next();
        let starts = first.is("start") && second.is_some_and(|word| word.is("transaction"));
        if first.is("begin") || starts {
            Some(Control::Begin)
        } else if first.is("commit") || first.is("end") {
            Some(Control::Commit)
        } else if first.is("rollback") || first.is("abort") {
            // To a savepoint: the transaction stays open.
            let mut rest = second.into_iter().chain(tokens);
            (!rest.any(|word| word.is("to"))).then_some(Control::RollBack)
        } else {
            None
        }
    }
}

/// Returns the statements of `sql`, each a part of it.
#[cfg(feature = "studio")]
pub fn statements(sql: &str, dialect: Dialect) -> Vec<Statement<'_>> {
    split(sql, dialect)
}

/// Returns the statements of `sql`. Comments before a statement belong to it. Comments after the last statement are
/// left out, and so is white space that the databases don't know, before and after a statement.
pub(super) fn split(sql: &str, dialect: Dialect) -> Vec<Statement<'_>> {
    let mut statements = Vec::new();
    let mut pending: Option<Pending> = None;
    let shift = sql.len() - sql.trim_start_matches('\u{feff}').len();
    // The lines up to a place are counted once.
    let (mut counted, mut line) = (shift, 1);
    let mut finish = |pending: Pending| {
        let body = pending.body?;
        line += count_lines(&sql[counted..body]);
        counted = body;
        let text = &sql[pending.start..pending.end];
        Some(Statement { dialect, text, body: body - pending.start, line })
    };
    for mut token in Lexer::new(&sql[shift..], dialect) {
        token.start += shift;
        let current = pending.get_or_insert_with(|| Pending::new(token.start));
        if token.is_blank() {
            continue;
        }
        if token.kind == TokenKind::Comment {
            current.comments_end = token.end();
            continue;
        }
        if token.is_symbol(";") && current.ends_here(dialect) {
            if let Some(mut done) = pending.take() {
                done.end = done.end.max(done.comments_end);
                statements.extend(finish(done));
            }
            continue;
        }
        current.push(&token, dialect);
    }
    statements.extend(pending.and_then(finish));
    statements
}

fn count_lines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

/// A statement whose end isn't found yet.
struct Pending {
    start: usize,
    /// The place of its first token; `None` if it has only comments so far.
    body: Option<usize>,
    end: usize,
    /// The end of the last comment.
    comments_end: usize,
    /// The first keywords, which say whether it can contain semicolons.
    head: Vec<String>,
    kind: Body,
    /// The number of open parentheses and blocks (`BEGIN ATOMIC … END`, `CASE … END`).
    parentheses: usize,
    blocks: usize,
    after_begin: bool,
    /// What shows the end of a trigger: a semicolon, then END.
    after_semicolon: bool,
    after_end: bool,
}

#[derive(PartialEq, Eq)]
enum Body {
    Plain,
    /// `CREATE TRIGGER … BEGIN …; END` on SQLite.
    Trigger,
    /// `CREATE FUNCTION … BEGIN ATOMIC …; END` on PostgreSQL.
    Routine,
}

impl Pending {
    fn new(start: usize) -> Self {
        Self {
            start,
            body: None,
            end: start,
            comments_end: start,
            head: Vec::new(),
            kind: Body::Plain,
            parentheses: 0,
            blocks: 0,
            after_begin: false,
            after_semicolon: false,
            after_end: false,
        }
    }

    /// Whether a semicolon ends it.
    fn ends_here(&self, dialect: Dialect) -> bool {
        match dialect {
            Dialect::Sqlite | Dialect::D1 => self.kind != Body::Trigger || self.after_end,
            Dialect::Postgres => self.parentheses == 0 && self.blocks == 0,
        }
    }

    fn push(&mut self, token: &Token<'_>, dialect: Dialect) {
        self.body.get_or_insert(token.start);
        self.end = token.end();
        if self.head.len() < 5 {
            self.head.push(token.text.to_ascii_lowercase());
            self.kind = kind(&self.head, dialect);
        }
        match self.kind {
            Body::Trigger => {
                self.after_end = self.after_semicolon && token.is("end");
                self.after_semicolon = token.is_symbol(";");
            }
            Body::Routine => {
                let opens = match self.blocks {
                    0 => self.after_begin && token.is("atomic"),
                    _ => token.is("case"),
                };
                if opens {
                    self.blocks += 1;
                } else if token.is("end") {
                    self.blocks = self.blocks.saturating_sub(1);
                }
                self.after_begin = token.is("begin");
            }
            Body::Plain => {}
        }
        if token.is_symbol("(") {
            self.parentheses += 1;
        } else if token.is_symbol(")") {
            self.parentheses = self.parentheses.saturating_sub(1);
        }
    }
}

fn kind(head: &[String], dialect: Dialect) -> Body {
    let mut words = head.iter().map(String::as_str).peekable();
    match dialect {
        Dialect::Sqlite | Dialect::D1 => {
            if words.next_if_eq(&"explain").is_some() && words.next_if_eq(&"query").is_some() {
                words.next();
            }
            if words.next() != Some("create") {
                return Body::Plain;
            }
            let _ = words.next_if(|word| matches!(*word, "temp" | "temporary"));
            if words.next() == Some("trigger") { Body::Trigger } else { Body::Plain }
        }
        Dialect::Postgres => {
            if words.next() != Some("create") {
                return Body::Plain;
            }
            if words.next_if_eq(&"or").is_some() {
                words.next();
            }
            match words.next() {
                Some("function" | "procedure") => Body::Routine,
                _ => Body::Plain,
            }
        }
    }
}

#[cfg(test)]
mod tests;

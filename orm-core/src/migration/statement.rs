//! The statements of a file.

use super::lexer::{Lexer, Token, TokenKind};
use crate::dialect::Dialect;

/// One statement of a migration's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement<'m> {
    dialect: Dialect,
    text: &'m str,
    /// Where the comments before it end.
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

/// The most characters of a statement in messages.
const SHORT: usize = 120;

impl<'m> Statement<'m> {
    /// The statement without its semicolon, with the comments that stand before it.
    pub fn text(&self) -> &'m str {
        self.text
    }

    /// The statement without the comments that stand before it.
    pub fn sql(&self) -> &'m str {
        &self.text[self.body..]
    }

    /// The line of the file on which it begins (behind the comments before it), from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The statement on one line, cut to 120 characters: for messages.
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

    /// The message of a guard, in which `{rows}` stands for the number of rows: what follows `-- guard:` in the
    /// comments before the statement. A guard is a statement that fails where the migration must not run.
    pub fn guard(&self) -> Option<String> {
        let mut message: Option<String> = None;
        for line in self.text[..self.body].lines() {
            let line = line.trim().strip_prefix("--").map(str::trim);
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

    /// What to look for when the file fails: each `-- refused:` of the comments before the statement, with the query
    /// behind the `-- counted:` that follows it. The first whose query finds rows is why.
    pub fn refusals(&self) -> Vec<(&'m str, &'m str)> {
        let mut refusals = Vec::new();
        let mut message = None;
        for line in self.text[..self.body].lines() {
            let Some(line) = line.trim().strip_prefix("--").map(str::trim) else { continue };
            if let Some(text) = line.strip_prefix("refused:") {
                message = Some(text.trim());
            } else if let Some(query) = line.strip_prefix("counted:") {
                refusals.extend(message.take().map(|message| (message, query.trim())));
            }
        }
        refusals
    }

    /// How the file knows a table that it builds again: what follows `-- was:` in the lines before the statement.
    pub(super) fn was(&self) -> Option<String> {
        let line =
            |line: &'m str| line.trim_start().strip_prefix("--")?.trim_start().strip_prefix("was:");
        let lines: Vec<&str> = self.text[..self.body].split('\n').filter_map(line).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// Whether it creates an index again that went with its table.
    pub(super) fn is_unchanged_index(&self) -> bool {
        let says = |line: &str| line.trim_start_matches(['-', ' ']).starts_with("unchanged:");
        self.text[..self.body].lines().any(says)
    }

    /// Its tokens, without comments.
    pub(super) fn tokens(&self) -> impl Iterator<Item = Token<'m>> + use<'m> {
        Lexer::new(self.sql(), self.dialect).filter(|token| token.kind != TokenKind::Comment)
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
            // To a savepoint: the transaction goes on.
            let mut rest = second.into_iter().chain(tokens);
            (!rest.any(|word| word.is("to"))).then_some(Control::RollBack)
        } else {
            None
        }
    }
}

/// The statements of `sql`. Comments before a statement belong to it; those behind the last are left out.
pub(super) fn split(sql: &str, dialect: Dialect) -> Vec<Statement<'_>> {
    let mut statements = Vec::new();
    let mut pending: Option<Pending> = None;
    // The lines up to a place are counted once.
    let (mut counted, mut line) = (sql.len() - sql.trim_start_matches('\u{feff}').len(), 1);
    let begins = counted;
    let shift = begins;
    let finish = |pending: Pending, end: usize, counted: &mut usize, line: &mut usize| {
        let body = pending.body?;
        *line += sql[*counted..body].bytes().filter(|byte| *byte == b'\n').count();
        *counted = body;
        let text = sql[pending.start..end].trim_end();
        Some(Statement { dialect, text, body: body - pending.start, line: *line })
    };
    for mut token in Lexer::new(&sql[begins..], dialect) {
        token.start += shift;
        let current = pending.get_or_insert_with(|| Pending::new(token.start));
        if token.kind == TokenKind::Comment {
            continue;
        }
        if token.is_symbol(";") && current.ends_here(dialect) {
            if let Some(done) = pending.take() {
                statements.extend(finish(done, token.start, &mut counted, &mut line));
            }
            continue;
        }
        current.push(&token, dialect);
    }
    if let Some(done) = pending {
        let end = done.end;
        statements.extend(finish(done, end, &mut counted, &mut line));
    }
    statements
}

/// A statement whose end is not found yet.
struct Pending {
    start: usize,
    /// Where its first token is; `None` while there are comments alone.
    body: Option<usize>,
    end: usize,
    /// The first keywords, which say whether semicolons can stand inside.
    head: Vec<String>,
    kind: Body,
    /// Parentheses that are open, and blocks (`BEGIN ATOMIC … END`, `CASE … END`).
    parentheses: usize,
    blocks: usize,
    /// What a trigger's end is seen by: a semicolon, then END.
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
            head: Vec::new(),
            kind: Body::Plain,
            parentheses: 0,
            blocks: 0,
            after_semicolon: false,
            after_end: false,
        }
    }

    /// Whether a semicolon ends it.
    fn ends_here(&self, dialect: Dialect) -> bool {
        match dialect {
            Dialect::Sqlite => self.kind != Body::Trigger || self.after_end,
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
            Body::Routine if token.is("begin") => self.blocks += 1,
            Body::Routine if token.is("case") && self.blocks > 0 => self.blocks += 1,
            Body::Routine if token.is("end") => self.blocks = self.blocks.saturating_sub(1),
            Body::Routine | Body::Plain => {}
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
        Dialect::Sqlite => {
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
mod tests {
    use super::*;

    fn texts(sql: &str, dialect: Dialect) -> Vec<&str> {
        split(sql, dialect).iter().map(Statement::text).collect()
    }

    #[test]
    fn semicolons_end_statements() {
        for dialect in Dialect::ALL {
            assert_eq!(texts("", dialect), [""; 0]);
            assert_eq!(texts(" ; ;\n-- nothing\n/* at all */", dialect), [""; 0]);
            assert_eq!(texts("a; b c ;d", dialect), ["a", "b c", "d"]);
            assert_eq!(texts("\u{feff}a;b", dialect), ["a", "b"]);
            assert_eq!(texts("a -- x;\n;b /* ; */ c", dialect), ["a -- x;", "b /* ; */ c"]);
            assert_eq!(
                texts("a 'x;''y;' \"q;\"\"\" ü;b", dialect),
                ["a 'x;''y;' \"q;\"\"\" ü", "b"]
            );
            assert_eq!(texts("a 'never closed; b", dialect), ["a 'never closed; b"]);
        }
    }

    #[test]
    fn comments_lead_a_statement() {
        let sql =
            "-- first\nSELECT 1;\n\n-- guard: 1 of\n--  {rows}\n/* x */ SELECT\n 2; -- after\n";
        let statements = split(sql, Dialect::Sqlite);
        assert_eq!(statements.len(), 2);
        assert_eq!(statements[0].sql(), "SELECT 1");
        assert_eq!(statements[0].line(), 2);
        assert_eq!(statements[0].guard(), None);
        assert_eq!(statements[1].sql(), "SELECT\n 2");
        assert_eq!(statements[1].short(), "SELECT 2");
        assert_eq!(statements[1].line(), 6);
        assert_eq!(statements[1].guard().as_deref(), Some("1 of {rows}"));
    }

    #[test]
    fn triggers_hold_statements() {
        let trigger = "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN\n\
                       UPDATE a SET x = CASE WHEN 1 THEN 2 END; -- ;\n SELECT 'END;'; END";
        let sql = format!("{trigger};SELECT 1; create trigger u BEGIN SELECT 1; end; x");
        let statements = texts(&sql, Dialect::Sqlite);
        assert_eq!(statements, [trigger, "SELECT 1", "create trigger u BEGIN SELECT 1; end", "x"]);
        let names = "CREATE TABLE [a;b] (`c;d`); x";
        assert_eq!(texts(names, Dialect::Sqlite), ["CREATE TABLE [a;b] (`c;d`)", "x"]);
    }

    #[test]
    fn postgres_quotes_by_dollars_and_more() {
        for statement in [
            "DO $$ BEGIN PERFORM 1; END $$",
            "DO $a$ x; $$ y; $b$ $a$",
            "SELECT E'it\\'s;', e'\\\\', 'back\\'",
            "SELECT a$b; ",
            "/* a /* b; */ c; */ SELECT 1",
            "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
            "create or replace procedure p() begin atomic select 1; end",
            "SELECT $1",
        ] {
            let statement = statement.trim_end_matches("; ");
            let sql = format!("{statement};SELECT 'next'");
            assert_eq!(texts(&sql, Dialect::Postgres), [statement, "SELECT 'next'"]);
        }
    }

    #[test]
    fn transactions_are_seen() {
        for (sql, control) in [
            ("begin immediate", Some(Control::Begin)),
            ("/* x */ START TRANSACTION", Some(Control::Begin)),
            ("COMMIT", Some(Control::Commit)),
            ("END TRANSACTION", Some(Control::Commit)),
            ("ROLLBACK", Some(Control::RollBack)),
            ("ROLLBACK TO SAVEPOINT a", None),
            ("SELECT 'BEGIN'", None),
        ] {
            assert_eq!(split(sql, Dialect::Postgres)[0].control(), control, "{sql}");
        }
    }

    proptest::proptest! {
        /// Whatever the text, nothing is lost but semicolons, and nothing panics.
        #[test]
        fn nothing_is_lost(sql in "[a-zE$'\"`;\\-/*()\\[\\]\\n\\\\ ü]{0,60}") {
            for dialect in Dialect::ALL {
                let mut at = 0;
                for statement in split(&sql, dialect) {
                    let found = sql[at..].find(statement.text());
                    proptest::prop_assert!(found.is_some());
                    at += found.unwrap_or_default() + statement.text().len();
                    proptest::prop_assert!(!statement.sql().is_empty());
                }
            }
        }
    }
}

//! What a script does, as far as its words show.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::migration::statement::Statement;
use orm_lexer::{TokenKind, qualified_name};

/// The names that a script drops and creates, in lower case.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The indexes, triggers and views that it drops, each with its kind.
    pub(super) dropped: HashSet<(&'static str, String)>,
    /// The tables that it drops and doesn't create again, as far as its words show.
    pub(super) gone: HashSet<String>,
    /// The tables whose rows are copied into another one that ends up with another name, by their names.
    pub(super) heirs: HashMap<String, String>,
    /// The names before of tables that are renamed, or built again under another name, by their names after.
    origins: HashMap<String, String>,
    /// Whether it checks foreign keys itself.
    pub(super) checks_foreign_keys: bool,
}

const KINDS: [&str; 3] = ["index", "trigger", "view"];

impl Names {
    pub(super) fn of(statements: &[Statement<'_>]) -> Self {
        let mut names = Self::default();
        for statement in statements {
            if let Some((kind, name)) = drops(statement) {
                let name = name.to_lowercase();
                if kind == "table" {
                    names.gone.insert(name);
                } else {
                    names.dropped.insert((kind, name));
                }
            } else if let Some((old, new)) = renames(statement) {
                names.gone.remove(&new.to_lowercase());
                let origin = names.origins.remove(&old.to_lowercase());
                let origin = origin.unwrap_or_else(|| old.to_lowercase());
                names.origins.insert(new.to_lowercase(), origin);
                for heir in names.heirs.values_mut().filter(|heir| heir.eq_ignore_ascii_case(&old))
                {
                    *heir = new.clone().into_owned();
                }
            } else if let Some(name) = creates(statement, "table") {
                names.gone.remove(&name.to_lowercase());
            } else if let Some(Copy { into, from: Some(from) }) = copies(statement) {
                let origin = names.before(&from).into_owned();
                names.origins.insert(into.to_lowercase(), origin);
                names.heirs.insert(from.to_lowercase(), into.into_owned());
            }
            let checks =
                |text: &str| text.contains("foreign_key_check") || text == "mizzle_orphans";
            names.checks_foreign_keys |= statement.tokens().any(|token| checks(token.text));
        }
        names
    }

    /// Returns the name that a table had before the script, in lower case.
    pub(super) fn before(&self, name: &str) -> Cow<'_, str> {
        let name = name.to_lowercase();
        match self.origins.get(&name) {
            Some(origin) => origin.into(),
            None => name.into(),
        }
    }
}

/// Returns what a DROP drops: `table`, `index`, `trigger` or `view`, and its name.
pub(super) fn drops<'m>(statement: &Statement<'m>) -> Option<(&'static str, Cow<'m, str>)> {
    let mut tokens = statement.tokens().peekable();
    tokens.next_if(|token| token.is("drop"))?;
    tokens.next_if(|token| token.is("materialized"));
    let kind = tokens.next()?;
    let kind = KINDS.into_iter().chain(["table"]).find(|name| kind.is(name))?;
    if tokens.next_if(|token| token.is("if")).is_some() {
        tokens.next_if(|token| token.is("exists"))?;
    }
    Some((kind, qualified_name(&mut tokens)?))
}

/// Returns the old and the new name of an ALTER TABLE … RENAME TO.
pub(super) fn renames<'m>(statement: &Statement<'m>) -> Option<(Cow<'m, str>, Cow<'m, str>)> {
    let mut tokens = statement.tokens().peekable();
    tokens.next_if(|token| token.is("alter"))?;
    tokens.next_if(|token| token.is("table"))?;
    let old = qualified_name(&mut tokens)?;
    tokens.next_if(|token| token.is("rename"))?;
    tokens.next_if(|token| token.is("to"))?;
    Some((old, tokens.next()?.name()?))
}

/// Returns the name of the `table`, `index`, `view` or `type` that a statement creates.
pub(super) fn creates<'m>(statement: &Statement<'m>, kind: &str) -> Option<Cow<'m, str>> {
    let mut tokens = statement.tokens().peekable();
    tokens.next_if(|token| token.is("create"))?;
    tokens.next_if(|token| token.is("unique"));
    tokens.next_if(|token| token.is(kind))?;
    if tokens.next_if(|token| token.is("if")).is_some() {
        tokens.next_if(|token| token.is("not"))?;
        tokens.next_if(|token| token.is("exists"))?;
    }
    qualified_name(&mut tokens)
}

/// A copy of rows from one table to another: `INSERT INTO new (…) SELECT … FROM old`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Copy<'m> {
    pub(super) into: Cow<'m, str>,
    /// The source of the rows, if all rows of one table are copied.
    pub(super) from: Option<Cow<'m, str>>,
}

/// Returns the copy that a statement makes.
pub(super) fn copies<'m>(statement: &Statement<'m>) -> Option<Copy<'m>> {
    let mut tokens = statement.tokens().peekable();
    tokens.next_if(|token| token.is("insert"))?;
    if tokens.next_if(|token| token.is("or")).is_some() {
        tokens.next();
    }
    tokens.next_if(|token| token.is("into"))?;
    let into = qualified_name(&mut tokens)?;
    let mut depth = 0_usize;
    let mut at_top = tokens.filter(move |token| {
        if token.is_symbol("(") {
            depth += 1;
        }
        let top = depth == 0;
        if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
        }
        top
    });
    at_top.find(|token| token.is("select"))?;
    at_top.find(|token| token.is("from"))?;
    let mut rest = at_top.peekable();
    let from = match rest.peek() {
        Some(token) if matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) => {
            qualified_name(&mut rest)
        }
        _ => None,
    };
    let all = rest.peek().is_none_or(|token| token.is("order"));
    Some(Copy { into, from: from.filter(|_| all) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::migration::statement::split;

    #[test]
    fn drops_are_seen() {
        let script = "DROP INDEX IF EXISTS main.\"My \"\"index\"; drop trigger t; DROP VIEW [v w]; DROP TABLE a;\
                      DROP TABLE users; ALTER TABLE __new RENAME TO Users; ALTER TABLE x DROP COLUMN y";
        let names = Names::of(&split(script, Dialect::Sqlite));
        let mut dropped: Vec<_> = names.dropped.into_iter().collect();
        dropped.sort();
        let expected = [("index", "my \"index"), ("trigger", "t"), ("view", "v w")];
        assert_eq!(dropped, expected.map(|(kind, name)| (kind, name.to_owned())));
        assert_eq!(names.gone, HashSet::from(["a".to_owned()]));
        assert!(!names.checks_foreign_keys);
    }

    #[test]
    fn heirs_are_seen() {
        let script = "INSERT INTO __new SELECT * FROM Users; DROP TABLE Users; ALTER TABLE __new RENAME TO \"People\"";
        let names = Names::of(&split(script, Dialect::Sqlite));
        assert_eq!(names.heirs, HashMap::from([("users".to_owned(), "People".to_owned())]));
        assert_eq!(names.gone, HashSet::from(["users".to_owned()]));
        assert_eq!(names.before("people"), "users");
        let script = "ALTER TABLE a RENAME TO B; INSERT INTO __new SELECT * FROM b; DROP TABLE b; \
                      ALTER TABLE __new RENAME TO b; ALTER TABLE c RENAME TO a";
        let names = Names::of(&split(script, Dialect::Sqlite));
        assert_eq!(["B", "a", "other"].map(|name| names.before(name)), ["a", "c", "other"]);
    }

    #[test]
    fn copies_are_seen() {
        for (sql, into, from) in [
            ("INSERT INTO \"n\" (\"a\") SELECT \"a\" FROM \"o\"", "n", Some("o")),
            ("INSERT INTO n SELECT (SELECT 1 FROM x), a FROM main.o ORDER BY a", "n", Some("o")),
            ("INSERT OR IGNORE INTO n SELECT a FROM o WHERE a > 1", "n", None),
            ("INSERT INTO n SELECT a FROM (SELECT 1)", "n", None),
            ("INSERT INTO n SELECT a FROM o, p", "n", None),
        ] {
            let statements = split(sql, Dialect::Sqlite);
            let copy = copies(&statements[0]).expect(sql);
            assert_eq!((&*copy.into, copy.from.as_deref()), (into, from), "{sql}");
        }
        for sql in ["INSERT INTO n VALUES (1)", "INSERT INTO n SELECT 1", "UPDATE n SET a = 1"] {
            assert_eq!(copies(&split(sql, Dialect::Sqlite)[0]), None, "{sql}");
        }
    }
}

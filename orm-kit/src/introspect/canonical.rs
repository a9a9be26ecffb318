//! The common form of both databases' schemas after they are read: one order, and the checks that stand for a type.

use orm_core::Dialect;
use orm_core::schema::fragments::{default_sql, type_checks};
use orm_core::schema::{ColumnType, TableDef, validate};
use orm_lexer::{Token, TokenKind, tokens, without_parentheses};

use super::{Introspected, Note};

/// Sorts everything except the columns, and leaves out what a [`TableDef`] can't contain.
pub(super) fn finish(mut found: Introspected, dialect: Dialect) -> Introspected {
    valid_foreign_keys(&mut found, dialect);
    for table in &mut found.tables {
        table.uniques.sort_by(|one, other| one.name.cmp(&other.name));
        table.checks.sort_by(|one, other| one.name.cmp(&other.name));
        table.foreign_keys.sort_by(|one, other| one.name.cmp(&other.name));
        table.indexes.sort_by(|one, other| one.name.cmp(&other.name));
    }
    for view in &mut found.views {
        view.indexes.sort_by(|one, other| one.name.cmp(&other.name));
    }
    found.tables.sort_by(|one, other| one.name.cmp(&other.name));
    found.views.sort_by(|one, other| one.name.cmp(&other.name));
    found.notes.sort();
    found.notes.dedup();
    found
}

/// SQLite accepts foreign keys to anything, and fails only when rows are written.
fn valid_foreign_keys(found: &mut Introspected, dialect: Dialect) {
    let all = found.tables.clone();
    for table in &mut found.tables {
        let bare = TableDef { uniques: Vec::new(), checks: Vec::new(), ..table.clone() };
        let bare = TableDef { foreign_keys: Vec::new(), indexes: Vec::new(), ..bare };
        let mut left_out = Vec::new();
        table.foreign_keys.retain(|key| {
            let mut pair: Vec<TableDef> = all
                .iter()
                .filter(|parent| parent.name == key.table)
                .map(|parent| TableDef {
                    foreign_keys: Vec::new(),
                    checks: Vec::new(),
                    ..parent.clone()
                })
                .collect();
            match pair.iter_mut().find(|parent| parent.name == table.name) {
                Some(itself) => itself.foreign_keys.push(key.clone()),
                None => pair.push(TableDef { foreign_keys: vec![key.clone()], ..bare.clone() }),
            }
            let problem = validate(&pair, dialect).err();
            left_out.extend(
                problem
                    .iter()
                    .map(|problem| format!("the foreign key {} is left out: {problem}", key.name)),
            );
            problem.is_none()
        });
        found.notes.extend(left_out.into_iter().map(|what| Note::table(&table.name, what)));
    }
}

/// A check that restricts a column to a type.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TypeCheck {
    /// `role IN ('user', 'assistant')`
    Labels(Vec<String>),
    /// `length(title) <= 160`
    Length(u32),
}

/// Returns the column and the type if a condition is such a check, as mizzle writes it or as PostgreSQL prints it.
pub(super) fn type_check(condition: &str, dialect: Dialect) -> Option<(String, TypeCheck)> {
    use TokenKind::{Number, Symbol, Text, Word};

    let condition = without_parentheses(condition, dialect);
    let tokens = tokens(condition, dialect);
    let (first, behind) = tokens.split_first()?;
    let parts: Vec<_> = behind.iter().map(Token::parts).collect();
    match parts.as_slice() {
        [(Symbol, "("), _, (Symbol, ")"), (Symbol, "<"), (Symbol, "="), (Number, at_most)]
            if first.is("length") =>
        {
            Some((name(&behind[1])?, TypeCheck::Length(at_most.parse().ok()?)))
        }
        [(Word, _), (Symbol, "("), .., (Symbol, ")")] if behind[0].is("IN") => {
            let labels = labels(&behind[2..behind.len() - 1])?;
            Some((name(first)?, TypeCheck::Labels(labels)))
        }
        [
            (Symbol, "="),
            (Word, "ANY"),
            (Symbol, "("),
            (Word, "ARRAY"),
            (Symbol, "["),
            ..,
            (Symbol, "]"),
            (Symbol, ")"),
        ] => {
            let labels = labels(&behind[5..behind.len() - 2])?;
            Some((name(first)?, TypeCheck::Labels(labels)))
        }
        // An enum of one label.
        [(Symbol, "="), (Text, _), (Symbol, ":"), (Symbol, ":"), (Word, "text")] => {
            Some((name(first)?, TypeCheck::Labels(labels(&behind[1..])?)))
        }
        _ => None,
    }
}

fn name(token: &Token<'_>) -> Option<String> {
    let is_name = matches!(token.kind, TokenKind::Word | TokenKind::QuotedName);
    token.name().filter(|_| is_name).map(Into::into)
}

/// Reads `'a', 'b'` or `'a'::text, 'b'::text`, each label once.
fn labels(tokens: &[Token<'_>]) -> Option<Vec<String>> {
    let mut labels: Vec<String> = Vec::new();
    for item in tokens.split(|token| token.is_symbol(",")) {
        let parts: Vec<_> = item.iter().map(Token::parts).collect();
        let label = match parts.as_slice() {
            [(TokenKind::Text, _)] => item[0].value()?.into_owned(),
            [(TokenKind::Text, _), (_, ":"), (_, ":"), (_, "text")] => {
                item[0].value()?.into_owned()
            }
            _ => return None,
        };
        if labels.contains(&label) {
            return None;
        }
        labels.push(label);
    }
    Some(labels)
}

/// A check of a table that may stand for the type of a column.
pub(super) struct Candidate {
    /// The check's name.
    pub(super) check: String,
    /// The column, by the table's name for it.
    pub(super) column: String,
    /// The type that the column would have.
    pub(super) ty: ColumnType,
}

/// Gives columns the types that their checks stand for. Only a check with the name that creating the table would give
/// it stands for a type. Any other stays a check, and so does one that the column's default violates: structs can't
/// express such an enum.
pub(super) fn adopt_type_checks(
    table: TableDef,
    mut candidates: Vec<Candidate>,
    dialect: Dialect,
) -> TableDef {
    candidates.retain(|candidate| {
        let column = table.columns.iter().find(|column| column.name == candidate.column);
        let default = column.and_then(|column| column.default.as_ref());
        default.is_none_or(|default| default_sql(default, &candidate.ty, dialect).is_ok())
    });
    candidates.sort_by(|one, other| one.check.cmp(&other.check));
    loop {
        let mut trial = table.clone();
        let mut adopted: Vec<usize> = Vec::new();
        for (place, candidate) in candidates.iter().enumerate() {
            if adopted.iter().any(|other| candidates[*other].column == candidate.column) {
                continue;
            }
            trial.checks.retain(|check| check.name != candidate.check);
            for column in trial.columns.iter_mut().filter(|c| c.name == candidate.column) {
                column.ty = candidate.ty.clone();
            }
            adopted.push(place);
        }
        let made = type_checks(&trial, dialect);
        let misnamed = adopted.into_iter().find(|place| {
            let candidate = &candidates[*place];
            !made.iter().any(|(column, check)| {
                *column == candidate.column && dialect.is_same_name(&check.name, &candidate.check)
            })
        });
        match misnamed {
            Some(place) => drop(candidates.remove(place)),
            None => return trial,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use orm_core::schema::{ColumnDef, DefaultValue};

    fn labels_of(condition: &str) -> Option<(String, Vec<String>)> {
        let dialect = if condition.contains("::") { Dialect::Postgres } else { Dialect::Sqlite };
        match type_check(condition, dialect)? {
            (column, TypeCheck::Labels(labels)) => Some((column, labels)),
            _ => None,
        }
    }

    #[test]
    fn checks_that_stand_for_an_enum() {
        let expected = |column: &str| Some((column.to_owned(), vec!["user".into(), "it's".into()]));
        assert_eq!(labels_of("\"my role\" IN ('user', 'it''s')"), expected("my role"));
        assert_eq!(labels_of("(role in ('user','it''s'))"), expected("role"));
        let told = "(role = ANY (ARRAY['user'::text, 'it''s'::text]))";
        assert_eq!(labels_of(told), expected("role"));
        assert_eq!(labels_of("(role = 'a'::text)"), Some(("role".into(), vec!["a".into()])));
        for other in [
            "role IN ('a', 'a')",
            "role IN (1, 2)",
            "role IN (SELECT 'a')",
            "role IN ('a') OR role IN ('b')",
            "role NOT IN ('a')",
            "lower(role) IN ('a')",
            "role = 'a'",
            "role IN ()",
        ] {
            assert_eq!(labels_of(other), None, "{other}");
        }
    }

    #[test]
    fn checks_that_stand_for_a_length() {
        let length = type_check("length(\"title\") <= 160", Dialect::Sqlite);
        assert_eq!(length, Some(("title".into(), TypeCheck::Length(160))));
        assert_eq!(type_check("length(title) < 160", Dialect::Sqlite), None);
        assert_eq!(type_check("length(title) <= 160 OR 1", Dialect::Sqlite), None);
    }

    fn role(check: &str) -> Candidate {
        let ty = ColumnType::Enum { labels: vec!["a".into()], native: None };
        Candidate { check: check.into(), column: "role".into(), ty }
    }

    fn adopted(names: &[&str]) -> Vec<String> {
        let mut table = TableDef::new("t").column(ColumnDef::new("role", ColumnType::Text));
        for name in names {
            table = table.check(name, "role IN ('a')");
        }
        let candidates = names.iter().map(|name| role(name)).collect();
        let table = adopt_type_checks(table, candidates, Dialect::Sqlite);
        let is_enum = matches!(table.columns[0].ty, ColumnType::Enum { .. });
        let left = table.checks.into_iter().map(|check| check.name);
        std::iter::once(is_enum.to_string()).chain(left).collect()
    }

    #[test]
    fn a_default_that_is_no_label_leaves_the_check_a_check() {
        let with = |default: &str| {
            let mut column = ColumnDef::new("role", ColumnType::Text);
            column.default = Some(DefaultValue::Text(default.into()));
            let table = TableDef::new("t").column(column).check("t_role_check", "role IN ('a')");
            adopt_type_checks(table, vec![role("t_role_check")], Dialect::Sqlite)
        };
        assert!(matches!(with("a").columns[0].ty, ColumnType::Enum { .. }));
        assert_eq!(with("null").columns[0].ty, ColumnType::Text);
        assert_eq!(with("null").checks.len(), 1);
    }

    #[test]
    fn only_the_check_with_the_right_name_is_the_types() {
        assert_eq!(adopted(&["t_role_check"]), ["true"]);
        assert_eq!(adopted(&["mine"]), ["false", "mine"]);
        assert_eq!(adopted(&["a", "t_role_check"]), ["true", "a"]);
    }
}

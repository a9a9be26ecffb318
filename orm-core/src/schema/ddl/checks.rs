//! The checks that a table needs in addition to those of its struct.

use crate::dialect::Dialect;
use crate::schema::{CheckDef, TableDef, names};

/// Returns the checks that restrict columns to their type, each with its column, in the order of the columns: an enum
/// to its labels, a text to its length.
///
/// They aren't among [`TableDef::checks`], because a database that has such a type needs no check. A check has its
/// conventional name, such as `messages_role_check`, with a number if the table uses that name for something else. If
/// the table already has the same check, none is added.
pub fn type_checks(table: &TableDef, dialect: Dialect) -> Vec<(&str, CheckDef)> {
    let mut checks: Vec<(&str, CheckDef)> = Vec::new();
    for column in &table.columns {
        let ty = &column.ty;
        let has_type = ty.native().is_some() || ty.max_length().is_some();
        let condition = match (ty.labels(), ty.max_length()) {
            _ if has_type && dialect == Dialect::Postgres => continue,
            (Some(labels), _) => one_of(&column.name, labels, dialect),
            (None, Some(length)) => {
                format!("length({}) <= {length}", dialect.quote_ident(&column.name))
            }
            (None, None) => continue,
        };
        if table.checks.iter().any(|check| check.condition == condition) {
            continue;
        }
        let name = names::free(names::check(&table.name, &column.name), |name| {
            table.has_constraint(name) || checks.iter().any(|(_, check)| check.name == name)
        });
        checks.push((&column.name, CheckDef { name, condition }));
    }
    checks
}

/// Returns the name of the check that restricts a column to its type, if the database needs one.
pub(crate) fn type_check_name(table: &TableDef, column: &str) -> Option<String> {
    let checks = type_checks(table, Dialect::Sqlite);
    checks.into_iter().find(|(checked, _)| *checked == column).map(|(_, check)| check.name)
}

fn one_of(column: &str, labels: &[String], dialect: Dialect) -> String {
    let labels: Vec<String> = labels.iter().map(|label| dialect.quote_literal(label)).collect();
    format!("{} IN ({})", dialect.quote_ident(column), labels.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::ColumnDef;
    use crate::schema::ColumnType;

    fn role(native: Option<&str>) -> ColumnDef {
        let labels = vec!["user".into(), "it's".into()];
        ColumnDef::new("role", ColumnType::Enum { labels, native: native.map(Into::into) })
    }

    fn checks(table: &TableDef, dialect: Dialect) -> Vec<String> {
        type_checks(table, dialect)
            .into_iter()
            .map(|(column, check)| format!("{column}: {} {}", check.name, check.condition))
            .collect()
    }

    #[test]
    fn an_enum_of_text_has_a_check() {
        let table = TableDef::new("messages").column(role(None));
        for dialect in Dialect::ALL {
            assert_eq!(
                checks(&table, dialect),
                [r#"role: messages_role_check "role" IN ('user', 'it''s')"#]
            );
        }
    }

    #[test]
    fn a_length_is_checked_where_the_type_has_none() {
        let title = ColumnDef::new("title", ColumnType::Varchar(160));
        let table = TableDef::new("posts").column(title);
        assert_eq!(
            checks(&table, Dialect::Sqlite),
            [r#"title: posts_title_check length("title") <= 160"#]
        );
        assert_eq!(checks(&table, Dialect::Postgres), [""; 0]);
    }

    #[test]
    fn a_native_type_needs_none() {
        let table = TableDef::new("messages").column(role(Some("role")));
        assert_eq!(checks(&table, Dialect::Sqlite).len(), 1);
        assert_eq!(checks(&table, Dialect::Postgres), [""; 0]);
    }

    #[test]
    fn the_name_stays_when_the_column_has_a_check_of_its_own() {
        let table = TableDef::new("messages").column(role(None)).column_check("role", "role > ''");
        assert_eq!(table.checks[0].name, "messages_role_check1");
        assert_eq!(
            checks(&table, Dialect::Sqlite),
            [r#"role: messages_role_check "role" IN ('user', 'it''s')"#]
        );
    }

    #[test]
    fn the_name_gives_way_to_one_that_the_user_gave() {
        let table = TableDef::new("messages").column(role(None)).check("messages_role_check", "1");
        assert_eq!(
            checks(&table, Dialect::Sqlite),
            [r#"role: messages_role_check1 "role" IN ('user', 'it''s')"#]
        );
    }

    #[test]
    fn a_check_that_is_there_is_not_added() {
        let condition = r#""role" IN ('user', 'it''s')"#;
        let table = TableDef::new("messages").column(role(None)).check("mine", condition);
        assert_eq!(checks(&table, Dialect::Postgres), [""; 0]);
    }
}

//! Whether a SELECT may have NULL in place of a value that its tables require.

use orm_core::Dialect;
use orm_lexer::tokens;

/// The words of outer joins, of several SELECTs in one, and of groups for which a column is NULL.
const WORDS: [&str; 9] =
    ["left", "right", "full", "union", "intersect", "except", "rollup", "cube", "grouping"];

/// Returns whether a column that comes from a column NOT NULL may nevertheless be NULL. If in doubt, it may.
/// `aggregates` are the database's aggregate functions.
pub(in crate::introspect) fn may_add_nulls(
    select: &str,
    dialect: Dialect,
    aggregates: &[String],
) -> bool {
    let tokens = tokens(select, dialect);
    if tokens.iter().any(|token| WORDS.iter().any(|word| token.is(word))) {
        return true;
    }
    if !dialect.is_sqlite() {
        return false;
    }
    // SQLite says where the column of a subquery in parentheses comes from, although it may have no row. And an aggregate
    // without groups has a row where there is none.
    let pairs =
        || tokens.windows(2).filter(|pair| pair[1].is_symbol("(") || pair[0].is_symbol("("));
    let is_aggregate = |name: &str| aggregates.iter().any(|known| known.eq_ignore_ascii_case(name));
    pairs().any(|pair| pair[0].is_symbol("(") && (pair[1].is("select") || pair[1].is("with")))
        || !tokens.iter().any(|token| token.is("group"))
            && pairs().any(|pair| {
                pair[1].is_symbol("(") && pair[0].name().is_some_and(|name| is_aggregate(&name))
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outer_joins_subqueries_and_aggregates() {
        let sqlite = |select: &str| may_add_nulls(select, Dialect::Sqlite, &["max".into()]);
        let postgres = |select: &str| may_add_nulls(select, Dialect::Postgres, &[]);
        for select in ["SELECT a FROM t LEFT JOIN u USING (b)", "SELECT a FROM t UNION SELECT 1"] {
            assert!(sqlite(select) && postgres(select), "{select}");
        }
        for select in ["SELECT (SELECT a FROM t) FROM u", "SELECT a, max(b) FROM t"] {
            assert!(sqlite(select) && !postgres(select), "{select}");
        }
        for select in
            ["SELECT a FROM t JOIN u", "SELECT a, max(b) FROM t GROUP BY a", "SELECT f(a) FROM t"]
        {
            assert!(!sqlite(select) && !postgres(select), "{select}");
        }
    }
}

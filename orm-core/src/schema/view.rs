//! Views: what they read, and the order in which they can be created.

use orm_lexer::{Token, tokens};

use super::error::SchemaError;
use super::model::{ColumnDef, TableDef};
use crate::dialect::{Dialect, PerDialect};

/// The words before the names of relations.
const BEFORE: [&str; 3] = ["from", "join", "table"];

/// The words that may stand between them.
const BETWEEN: [&str; 2] = ["only", "lateral"];

/// The words that end a list of relations.
const AFTER: [&str; 13] = [
    "select",
    "where",
    "group",
    "having",
    "window",
    "order",
    "limit",
    "offset",
    "fetch",
    "for",
    "union",
    "intersect",
    "except",
];

/// Returns the names of the tables and views that a SELECT reads, as the database knows them, without their schemas.
/// Each name appears once, in the order of the text. The names that the SELECT's WITH defines are included.
pub fn relations(select: &str, dialect: Dialect) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let tokens = tokens(select, dialect);
    // For each open parenthesis: whether the tokens are a list of relations, and whether a name comes next.
    let mut open = vec![(false, false)];
    let mut place = 0;
    while let Some(token) = tokens.get(place) {
        let after = tokens.get(place + 1);
        place += 1;
        let Some((in_list, expects)) = open.last_mut() else { break };
        if token.is_symbol("(") {
            let inner = (*expects, *expects);
            *expects = false;
            open.push(inner);
        } else if token.is_symbol(")") {
            if open.len() > 1 {
                open.pop();
            }
        } else if token.is_symbol(",") {
            *expects = *in_list;
        } else if BEFORE.iter().any(|word| token.is(word)) && !is_distinct_from(&tokens, place - 1)
        {
            (*in_list, *expects) = (true, true);
        } else if AFTER.iter().any(|word| token.is(word)) {
            (*in_list, *expects) = (false, false);
        } else if *expects && !BETWEEN.iter().any(|word| token.is(word)) {
            if after.is_some_and(|after| after.is_symbol(".")) {
                place += 1;
                continue;
            }
            *expects = false;
            let is_call = after.is_some_and(|after| after.is_symbol("("));
            if let Some(name) = known_as(token, dialect).filter(|_| !is_call)
                && !found.contains(&name)
            {
                found.push(name);
            }
        }
    }
    found
}

/// `IS DISTINCT FROM`, `IS NOT DISTINCT FROM`
fn is_distinct_from(tokens: &[Token<'_>], place: usize) -> bool {
    place > 1
        && tokens[place - 1].is("distinct")
        && ["is", "not"].iter().any(|word| tokens[place - 2].is(word))
}

/// Returns a name as the database reads it: PostgreSQL writes one without quotes in lower case.
fn known_as(token: &Token<'_>, dialect: Dialect) -> Option<String> {
    let name = token.name()?;
    let is_folded = dialect.capabilities().tells_case_of_names && !token.text.starts_with('"');
    Some(if is_folded { name.to_lowercase() } else { name.into_owned() })
}

impl TableDef {
    /// Returns the SELECT of a view on this database.
    pub fn select(&self, dialect: Dialect) -> Option<&str> {
        self.view.as_ref()?.sql.get(dialect)
    }

    /// Returns the table, or the view without its words for other databases.
    #[must_use]
    pub fn of_dialect(&self, dialect: Dialect) -> Self {
        let mut table = self.clone();
        if let Some(view) = &mut table.view {
            let sql = view.sql.get(dialect).map(str::to_owned);
            view.sql = PerDialect::default();
            view.sql.set(dialect, sql);
        }
        table
    }

    /// Returns a SELECT of all columns that a view should have, and of no rows. SQLite looks at the SQL of a view only when
    /// the view is read.
    pub fn read_none(&self, dialect: Dialect) -> Option<String> {
        self.view.as_ref()?;
        let name = dialect.quote_ident(&self.name);
        // SQLite takes an unknown name in quotes for a text, unless it is qualified.
        let column = |column: &ColumnDef| format!("{name}.{}", dialect.quote_ident(&column.name));
        let columns: Vec<String> = self.columns.iter().map(column).collect();
        Some(format!("SELECT {} FROM {name} LIMIT 0", columns.join(", ")))
    }

    /// Returns the tables and views that a view reads: see [`relations`].
    pub fn reads(&self, dialect: Dialect) -> Vec<String> {
        self.select(dialect).map(|select| relations(select, dialect)).unwrap_or_default()
    }
}

/// Returns views, each after those that it reads, and otherwise in their order.
///
/// # Errors
/// Views that read each other.
pub fn in_order<'t>(
    views: impl IntoIterator<Item = &'t TableDef>,
    dialect: Dialect,
) -> Result<Vec<&'t TableDef>, SchemaError> {
    let views: Vec<&TableDef> = views.into_iter().collect();
    let needs = |view: &TableDef| -> Vec<usize> {
        let read = view.reads(dialect);
        let is_read =
            |other: &TableDef| read.iter().any(|name| dialect.is_same_name(name, &other.name));
        (0..views.len()).filter(|place| is_read(views[*place])).collect()
    };
    let needs: Vec<Vec<usize>> = views.iter().map(|view| needs(view)).collect();
    let mut visit = Visit { views: &views, needs: &needs, path: Vec::new(), order: Vec::new() };
    for place in 0..views.len() {
        visit.view(place)?;
    }
    Ok(visit.order.into_iter().map(|place| views[place]).collect())
}

struct Visit<'v> {
    views: &'v [&'v TableDef],
    needs: &'v [Vec<usize>],
    /// The views that need the next one.
    path: Vec<usize>,
    order: Vec<usize>,
}

impl Visit<'_> {
    fn view(&mut self, place: usize) -> Result<(), SchemaError> {
        if self.order.contains(&place) {
            return Ok(());
        }
        if let Some(start) = self.path.iter().position(|on| *on == place) {
            let names = self.path[start..].iter().map(|on| format!("{:?}", self.views[*on].name));
            let views = names.collect::<Vec<_>>().join(", ");
            return Err(SchemaError::CircularViews { views: views.into() });
        }
        self.path.push(place);
        for &needed in &self.needs[place] {
            self.view(needed)?;
        }
        self.path.pop();
        self.order.push(place);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(select: &str, dialect: Dialect) -> String {
        relations(select, dialect).join(" ")
    }

    #[test]
    fn the_relations_of_a_select_are_found_and_nothing_else() {
        for (select, expected) in [
            ("SELECT a, b FROM t", "t"),
            (
                "SELECT c FROM t AS x, main.u y, v WHERE a IN (SELECT d, e FROM w) ORDER BY f, g",
                "t u v w",
            ),
            ("SELECT * FROM (a JOIN b ON a.x = b.y, c) LEFT JOIN d USING (e, f), g", "a b c d g"),
            ("SELECT f(a, b), extract(x, y) FROM series(1, 2), t", "t"),
            ("WITH q AS (SELECT 1 FROM a) SELECT * FROM q UNION ALL SELECT b, c FROM d", "a q d"),
            ("SELECT a IS DISTINCT FROM b, c IS NOT DISTINCT FROM d FROM e", "e"),
            ("SELECT 'FROM x', \"FROM\" /* FROM y */ FROM t -- , u", "t"),
            ("SELECT 1 FROM \"my \"\"t\"", "my \"t"),
            ("VALUES (1, 2), (3, 4)", ""),
            ("SELECT 1 FROM t GROUP BY a, b HAVING c > 1 WINDOW w AS (PARTITION BY d, e)", "t"),
        ] {
            for dialect in Dialect::ALL {
                assert_eq!(read(select, dialect), expected, "{select}");
            }
        }
        assert_eq!(read("SELECT 1 FROM Users, \"Posts\"", Dialect::Postgres), "users Posts");
        assert_eq!(read("SELECT 1 FROM LATERAL (SELECT 1 FROM ONLY a) x", Dialect::Postgres), "a");
        assert_eq!(read("SELECT 1 FROM [a b], `c`, 'd'", Dialect::Sqlite), "a b c d");
    }

    fn order(views: &[(&str, &str)]) -> Result<String, String> {
        let views: Vec<TableDef> = views
            .iter()
            .map(|(name, reads)| {
                let sql = format!("SELECT * FROM {reads}");
                TableDef::new(name).view(Dialect::Sqlite, &sql)
            })
            .collect();
        let ordered = in_order(&views, Dialect::Sqlite).map_err(|error| error.to_string())?;
        Ok(ordered.iter().map(|view| view.name.as_str()).collect())
    }

    #[test]
    fn views_come_after_what_they_read() {
        assert_eq!(order(&[("c", "t"), ("a", "t"), ("b", "t")]).unwrap(), "cab");
        assert_eq!(order(&[("a", "B, C"), ("b", "c"), ("c", "t"), ("d", "a")]).unwrap(), "cbad");
        let error = order(&[("d", "a"), ("a", "b"), ("b", "c"), ("c", "a")]).unwrap_err();
        assert!(error.starts_with("the views \"a\", \"b\", \"c\" read each other"), "{error}");
    }
}

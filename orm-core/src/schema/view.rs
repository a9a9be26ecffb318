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
const AFTER: [&str; 15] = [
    "select",
    "with",
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
    "values",
];

/// The functions whose arguments are divided by FROM.
const DIVIDED: [&str; 5] = ["extract", "substring", "trim", "overlay", "position"];

/// Returns the names of the tables and views that a SELECT reads, as the database knows them, without their schemas.
/// Each name appears once, in the order of the text. The names that the SELECT's WITH defines are included.
pub fn relations(select: &str, dialect: Dialect) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (_, name) in qualified_relations(select, dialect) {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// Returns the names as [`relations`], each with its schema if it is written.
pub fn qualified_relations(select: &str, dialect: Dialect) -> Vec<(Option<String>, String)> {
    let mut found: Vec<(Option<String>, String)> = Vec::new();
    let tokens = tokens(select, dialect);
    let mut schema: Option<String> = None;
    // For each open parenthesis: whether the tokens are a list of relations, and whether a name comes next.
    let mut open = vec![(false, false)];
    let mut divided: Vec<usize> = Vec::new();
    let mut place = 0;
    while let Some(token) = tokens.get(place) {
        let after = tokens.get(place + 1);
        place += 1;
        let divides = divided.last().is_some_and(|depth| depth + 1 == open.len());
        let Some((in_list, expects)) = open.last_mut() else { break };
        if token.is_symbol("(") {
            let inner = (*expects, *expects);
            *expects = false;
            if place > 1 && DIVIDED.iter().any(|word| is_word(&tokens[place - 2], word)) {
                divided.push(open.len());
            }
            open.push(inner);
        } else if token.is_symbol(")") {
            if open.len() > 1 {
                open.pop();
            }
            divided.retain(|depth| *depth < open.len());
        } else if token.is_symbol(",") {
            *expects = *in_list;
        } else if BEFORE.iter().any(|word| token.is(word))
            && !is_distinct_from(&tokens, place - 1)
            && !divides
        {
            (*in_list, *expects) = (true, true);
        } else if AFTER.iter().any(|word| token.is(word)) {
            (*in_list, *expects) = (false, false);
        } else if *expects && token.is("rows") && after.is_some_and(|after| after.is("from")) {
            // `ROWS FROM (function())`
            place += 1;
        } else if *expects && !BETWEEN.iter().any(|word| token.is(word)) {
            if after.is_some_and(|after| after.is_symbol(".")) {
                schema = known_as(token, dialect);
                place += 1;
                continue;
            }
            *expects = false;
            let is_call = after.is_some_and(|after| after.is_symbol("("));
            let schema = schema.take();
            if let Some(name) = known_as(token, dialect).filter(|_| !is_call)
                && !found.iter().any(|known| known.0 == schema && known.1 == name)
            {
                found.push((schema, name));
            }
        }
    }
    found
}

/// Returns the names that the WITH clauses of a SELECT define.
pub fn defined_by_with(select: &str, dialect: Dialect) -> Vec<String> {
    let tokens = tokens(select, dialect);
    let is = |place: usize, word: &str| tokens.get(place).is_some_and(|token| token.is(word));
    let symbol =
        |place: usize, symbol: &str| tokens.get(place).is_some_and(|token| token.is_symbol(symbol));
    let mut names = Vec::new();
    for place in 0..tokens.len() {
        let starts = ["with", "recursive"].iter().any(|word| is(place, word)) || symbol(place, ",");
        if !starts {
            continue;
        }
        // `name (columns) AS NOT MATERIALIZED (`
        let mut next = place + 2;
        if symbol(next, "(") {
            while next < tokens.len() && !symbol(next, ")") {
                next += 1;
            }
            next += 1;
        }
        if !is(next, "as") {
            continue;
        }
        next += 1 + usize::from(is(next + 1, "not"));
        next += usize::from(is(next, "materialized"));
        if symbol(next, "(") {
            names.extend(tokens.get(place + 1).and_then(|token| known_as(token, dialect)));
        }
    }
    names
}

/// Whether the token is this word, in quotes or not: PostgreSQL writes `"substring"('x' FROM 1)`.
fn is_word(token: &Token<'_>, word: &str) -> bool {
    token.name().is_some_and(|name| name.eq_ignore_ascii_case(word))
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
    let is_folded =
        dialect.capabilities().distinguishes_case_of_names && !token.text.starts_with('"');
    Some(if is_folded { name.to_lowercase() } else { name.into_owned() })
}

impl TableDef {
    /// Returns the SELECT of a view on this database.
    pub fn select(&self, dialect: Dialect) -> Option<&str> {
        self.view.as_ref()?.sql.get(dialect)
    }

    /// Returns the table or view with the indexes that this database has, and without words for other databases.
    #[must_use]
    pub fn of_dialect(&self, dialect: Dialect) -> Self {
        let indexes = self.indexes.iter().filter_map(|index| index.of_dialect(dialect)).collect();
        let mut table = Self { indexes, ..self.clone() };
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
            ("SELECT 1 FROM ( VALUES (1), (NULL)) AS x, t", "t"),
            ("SELECT extract(year FROM a), trim(both 'x' from b) FROM t, u", "t u"),
            (
                "SELECT substring((SELECT c FROM v) FROM 2) FROM (WITH q AS (SELECT 1) SELECT 2 FROM t) AS x",
                "v t",
            ),
            ("SELECT 1 FROM t GROUP BY a, b HAVING c > 1 WINDOW w AS (PARTITION BY d, e)", "t"),
        ] {
            for dialect in Dialect::ALL {
                assert_eq!(read(select, dialect), expected, "{select}");
            }
        }
        assert_eq!(read("SELECT 1 FROM ROWS FROM (f(), g()) AS x, t", Dialect::Postgres), "t");
        let names = "WITH RECURSIVE a AS (SELECT 1), b (x, y) AS NOT MATERIALIZED (SELECT f(1) AS z, 2 FROM (SELECT 3) AS q) \
                     SELECT c AS d FROM a, (WITH e AS (SELECT 1) SELECT 2) AS f";
        assert_eq!(defined_by_with(names, Dialect::Postgres), ["a", "b", "e"]);
        let qualified = qualified_relations("SELECT 1 FROM a.b, C.d, e", Dialect::Postgres);
        assert_eq!(
            qualified
                .iter()
                .map(|(schema, name)| (schema.as_deref(), name.as_str()))
                .collect::<Vec<_>>(),
            [(Some("a"), "b"), (Some("c"), "d"), (None, "e")]
        );
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

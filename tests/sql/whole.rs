//! Random parts of SQL: which of them `sql!` puts in parentheses inside other SQL, judged by what the database reads.
//!
//! `MIZZLE_TEST_CASES=100000` runs that many cases on each database.

use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use mizzle::Dialect;
use mizzle::prelude::*;
use orm_lexer::{is_expression, tokens};
use test_support::on_each_database;
use test_support::random::Random;

/// Columns that are called like parts of a statement, where the database allows it.
const SQLITE_NAMES: &[&str] = &[
    "offset",
    "desc",
    "asc",
    "left",
    "cross",
    "replace",
    "over",
    "filter",
    "window",
    "rows",
    "range",
    "groups",
    "partition",
    "do",
    "end",
    "for",
    "like",
    "glob",
    "with",
    "key",
    "no",
    "first",
    "nulls",
];
const POSTGRES_NAMES: &[&str] = &[
    "set",
    "values",
    "update",
    "insert",
    "delete",
    "merge",
    "over",
    "filter",
    "nulls",
    "between",
    "replace",
    "rows",
    "range",
    "groups",
    "partition",
    "escape",
    "key",
    "no",
    "share",
    "first",
    "by",
];

fn names(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Sqlite | Dialect::D1 => SQLITE_NAMES,
        Dialect::Postgres => POSTGRES_NAMES,
    }
}

struct Writer<'r> {
    random: &'r mut Random,
    dialect: Dialect,
}

impl Writer<'_> {
    fn pick(&mut self, parts: &[&str]) -> String {
        let part = (*self.random.pick(parts)).to_owned();
        // Keywords in any case.
        match self.random.below(6) {
            0 if !part.contains(['\'', '"']) => part.to_lowercase(),
            1 if !part.contains(['\'', '"']) => part.to_uppercase(),
            _ => part,
        }
    }

    fn space(&mut self) -> String {
        (*self.random.pick(&[" ", " ", " ", " ", "\n", "  ", "\t", " /* OR ( */ ", " -- '\n "]))
            .into()
    }

    fn joined(&mut self, parts: &[String]) -> String {
        let mut joined = String::new();
        for (place, part) in parts.iter().enumerate() {
            if place > 0 {
                joined += &self.space();
            }
            joined += part;
        }
        joined
    }

    fn column(&mut self) -> String {
        match self.random.below(6) {
            0 | 1 => {
                let names = names(self.dialect);
                self.pick(names)
            }
            2 => "\"and, or\"".into(),
            3 => "t.a".into(),
            _ => self.pick(&["a", "b"]),
        }
    }

    fn number(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.random.below(3) {
                0 => self.pick(&["1", "0", "7", "NULL"]),
                _ => self.column(),
            };
        }
        let depth = depth - 1;
        let one = self.number(depth);
        let other = self.number(depth);
        let parts = match self.random.below(11) {
            0 => vec![one, self.pick(&["+", "-", "*"]), other],
            1 => vec!["-".into(), one],
            2 => vec![format!("({one})")],
            3 => vec![format!("coalesce({one}, {other})")],
            4 => vec![format!("CAST({one} AS integer)")],
            5 => {
                let condition = self.condition(depth);
                vec![
                    "CASE WHEN".into(),
                    condition,
                    "THEN".into(),
                    one,
                    "ELSE".into(),
                    other,
                    "END".into(),
                ]
            }
            6 => vec![format!("length({})", self.text(depth))],
            7 => vec![format!("(SELECT count(*) FROM t u WHERE u.a = {one})")],
            8 => vec![format!("abs({one})")],
            _ => vec![one],
        };
        self.joined(&parts)
    }

    fn text(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.pick(&[
                "c",
                "t.c",
                "'a OR b'",
                "'it''s -- x'",
                "'x, y AS z'",
                "''",
                "'ORDER BY'",
            ]);
        }
        let depth = depth - 1;
        let one = self.text(depth);
        let parts = match self.random.below(6) {
            0 => vec![one, "||".into(), self.text(depth)],
            1 => vec![format!("replace({one}, 'a', 'b')")],
            2 => vec![format!("lower({one})")],
            3 => vec![format!("CAST({} AS text)", self.number(depth))],
            4 if self.dialect == Dialect::Postgres => vec![format!("left({one}, 2)")],
            _ => vec![one],
        };
        self.joined(&parts)
    }

    fn condition(&mut self, depth: usize) -> String {
        let inner = depth.saturating_sub(1);
        let parts = match self.random.below(if depth == 0 { 6 } else { 14 }) {
            0 | 1 => {
                let operator = self.pick(&["=", "<", ">", "<>", "<=", "!="]);
                vec![self.number(inner), operator, self.number(inner)]
            }
            2 => vec![
                self.number(inner),
                self.pick(&["IS NULL", "IS NOT NULL", "ISNULL", "NOTNULL"]),
            ],
            3 => {
                let like = self.pick(&["LIKE", "NOT LIKE"]);
                vec![self.text(inner), like, self.pick(&["'%a%'", "'x'", "c"])]
            }
            4 => {
                let within = self.pick(&["IN", "NOT IN"]);
                vec![self.number(inner), within, "(1, 2, 3)".into()]
            }
            5 => {
                let between = self.pick(&["BETWEEN", "NOT BETWEEN"]);
                vec![self.number(inner), between, self.number(0), "AND".into(), self.number(0)]
            }
            6 | 7 => vec![self.condition(inner), self.pick(&["OR", "AND"]), self.condition(inner)],
            8 => vec!["NOT".into(), self.condition(inner)],
            9 => vec![format!("({})", self.condition(inner))],
            10 => vec![format!("EXISTS (SELECT 1 FROM t u WHERE {})", self.condition(inner))],
            11 => {
                let distinct = self.pick(&["IS DISTINCT FROM", "IS NOT DISTINCT FROM"]);
                vec![self.number(inner), distinct, self.number(inner)]
            }
            12 => vec![self.text(inner), "=".into(), self.text(inner)],
            _ if self.dialect == Dialect::Sqlite => vec![
                format!("like('%a%', {})", self.text(inner)),
                "OR".into(),
                self.condition(inner),
            ],
            _ => {
                vec![self.pick(&["DATE '2020-01-01' < now()", "now() AT TIME ZONE 'UTC' > now()"])]
            }
        };
        self.joined(&parts)
    }

    /// A part of a statement that is no expression, and what is before and after it.
    fn part(&mut self) -> (String, String, String) {
        let (condition, number, other) = (self.condition(2), self.number(1), self.number(0));
        let direction = self.pick(&["", "DESC", "ASC", "DESC NULLS LAST"]);
        let list = self.joined(&[number.clone(), ",".into(), other.clone()]);
        let parts: [(&str, Vec<String>, &str); 24] = [
            ("SELECT count(*) FROM t", vec!["WHERE".into(), condition.clone()], ""),
            (
                "SELECT a FROM t",
                vec!["ORDER BY".into(), number.clone(), direction.clone()],
                "LIMIT 1",
            ),
            ("SELECT a FROM t ORDER BY", vec![list.clone(), "DESC".into()], "LIMIT 1"),
            ("SELECT", vec![list.clone()], "FROM t LIMIT 1"),
            ("SELECT", vec![number.clone(), "AS".into(), "x".into()], "FROM t LIMIT 1"),
            ("SELECT count(*) FROM", vec!["t".into(), "u".into()], ""),
            ("SELECT count(*) FROM", vec!["t".into(), "AS".into(), "u".into()], ""),
            (
                "SELECT count(*) FROM t",
                vec![
                    self.pick(&["LEFT JOIN", "JOIN", "INNER JOIN"]),
                    "t u ON u.a = t.b OR t.a".into(),
                    "= 1".into(),
                ],
                "",
            ),
            (
                "SELECT count(*) FROM",
                vec!["t".into(), self.pick(&["LEFT JOIN", "JOIN"]), "t u USING (a)".into()],
                "",
            ),
            ("SELECT count(*) FROM", vec!["t u".into(), "CROSS JOIN".into(), "t v".into()], ""),
            ("SELECT a FROM t", vec!["LIMIT".into(), "1".into(), "OFFSET 0".into()], ""),
            ("SELECT a FROM t LIMIT 1", vec!["OFFSET".into(), "0".into()], ""),
            ("SELECT count(*) FROM t WHERE a", vec![self.pick(&["IS NULL", "IS NOT NULL"])], ""),
            (
                "SELECT count(*) FROM t WHERE a",
                vec![self.pick(&["IN", "NOT IN"]), "(1, 2)".into()],
                "",
            ),
            (
                "SELECT count(*) FROM t WHERE a",
                vec![self.pick(&["=", "<", "<>"]), number.clone()],
                "",
            ),
            (
                "SELECT count(*) FROM t WHERE a",
                vec!["BETWEEN".into(), "1".into(), "AND".into(), "2".into()],
                "",
            ),
            (
                "SELECT count(*) FROM t WHERE a = 1",
                vec![self.pick(&["AND", "OR"]), condition.clone()],
                "",
            ),
            (
                "SELECT",
                vec![
                    "count(*)".into(),
                    "FROM".into(),
                    "t".into(),
                    "WHERE".into(),
                    condition.clone(),
                ],
                "",
            ),
            ("SELECT count(*) FROM", vec!["t".into(), "WHERE".into(), condition.clone()], ""),
            ("", vec!["SELECT".into(), number.clone(), "FROM t".into()], "LIMIT 1"),
            ("SELECT", vec!["DISTINCT".into(), number.clone()], "FROM t LIMIT 1"),
            (
                "SELECT count(*) OVER (",
                vec!["PARTITION BY".into(), number.clone(), "ORDER BY a".into()],
                ") FROM t LIMIT 1",
            ),
            (
                "SELECT count(*) FROM (SELECT a FROM t",
                vec!["UNION".into(), "SELECT".into(), other],
                ") v",
            ),
            (
                "SELECT count(*) FROM t",
                vec![
                    "GROUP BY".into(),
                    "a".into(),
                    "HAVING".into(),
                    "count(*) > 0 OR a".into(),
                    "= 1".into(),
                ],
                "LIMIT 1",
            ),
        ];
        let (before, part, after) = &parts[self.random.below(parts.len())];
        let part: Vec<String> = part.iter().filter(|part| !part.is_empty()).cloned().collect();
        ((*before).into(), self.joined(&part), (*after).into())
    }
}

/// The SQL around a condition, and around a number.
const CONDITIONS: &[&str] = &[
    "SELECT count(*) FROM t WHERE @",
    "SELECT count(*) FROM t WHERE NOT @",
    "SELECT count(*) FROM t WHERE @ AND b = 1",
    "SELECT count(*) FROM t WHERE b = 1 AND @",
    "SELECT count(*) FROM t WHERE a IS NOT NULL AND @ AND c <> 'x'",
    "SELECT count(*) FROM t WHERE @ IS NULL",
    "SELECT count(*) FROM t WHERE (b = 1) = @",
    "SELECT count(*) FROM t WHERE @ = (b = 1)",
    "SELECT count(*) FROM t WHERE CASE WHEN @ THEN 1 ELSE 0 END = 1",
];
const NUMBERS: &[&str] = &[
    "SELECT coalesce(sum(CAST(@ AS bigint)), 0) FROM t",
    "SELECT coalesce(sum(CAST(2 * @ AS bigint)), 0) FROM t",
    "SELECT coalesce(sum(CAST(@ * 3 AS bigint)), 0) FROM t",
    "SELECT coalesce(sum(CAST(10 - @ AS bigint)), 0) FROM t",
    "SELECT coalesce(sum(CAST(- @ AS bigint)), 0) FROM t",
    "SELECT count(*) FROM t WHERE @ = 1",
    "SELECT count(*) FROM t WHERE 1 < @",
];

/// The number that a query finds, if it is one that the database accepts.
fn found(db: &Db, query: &str) -> Option<i64> {
    db.one(diesel::select(sql::<BigInt>(&format!("({query})")))).ok()
}

/// As `sql!` writes it inside other SQL.
fn written(part: &str, dialect: Dialect) -> String {
    match is_expression(&tokens(part, dialect)) {
        true => format!("({part})"),
        false => part.into(),
    }
}

on_each_database! {
    fn an_expression_stays_whole_and_other_parts_stay_as_they_are(db: &Db) {
        let dialect = db.dialect();
        let columns: Vec<String> =
            names(dialect).iter().map(|name| format!("\"{name}\" integer DEFAULT 1")).collect();
        db.execute_sql(&format!(
            "CREATE TABLE t (a integer, b integer, c text, \"and, or\" integer DEFAULT 2, {});
             INSERT INTO t (a, b, c) VALUES (1, 1, 'a'), (2, NULL, 'x'), (NULL, 1, 'bab'), (7, 0, '');",
            columns.join(", ")
        )).unwrap();
        let cases = std::env::var("MIZZLE_TEST_CASES").map_or(800, |cases| cases.parse().unwrap());
        let (mut expressions, mut parts) = (0, 0);
        for seed in 0..cases {
            let random = &mut Random::new(seed);
            let mut writer = Writer { random, dialect };
            let depth = writer.random.below(4);
            let (part, contexts) = match writer.random.below(3) {
                0 => (writer.number(depth), NUMBERS),
                _ => (writer.condition(depth), CONDITIONS),
            };
            let shown = written(&part, dialect);
            for context in contexts {
                let whole = found(db, &context.replace('@', &format!("({part})")));
                if whole.is_some() {
                    expressions += 1;
                    let read = found(db, &context.replace('@', &shown));
                    assert_eq!(read, whole, "seed {seed}: {part}\nin {context}");
                }
            }
            let (before, part, after) = writer.part();
            let is_accepted = found(db, &format!("SELECT count(*) FROM ({before} {part} {after}) z"));
            if is_accepted.is_some() && found(db, &format!("SELECT ({part}) FROM t LIMIT 1")).is_none() {
                parts += 1;
                assert_eq!(written(&part, dialect), part, "seed {seed}: {before} … {after}");
            }
        }
        println!("{expressions} uses of expressions, {parts} other parts");
        assert!(expressions > cases && parts > cases / 4, "{expressions}, {parts}");
    }
}

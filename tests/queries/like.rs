//! LIKE: mizzle's respects case on both databases, and what a database itself says by it stays what it was.

use diesel::dsl::sql;
use diesel::sql_types::{Bool, Text};
use mizzle::prelude::*;
use test_support::on_each_database;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "words")]
pub struct Word {
    #[column(primary_key)]
    pub id: i32,
    pub text: String,
    pub other: Option<String>,
}

mizzle::schema!(pub Words = [Word]);

const TEXTS: [&str; 16] = [
    "", "a", "A", "abc", "aBc", "ABC", "a%c", "a_c", "a\\c", "a*c", "a?c", "a[b]c", "äöü", "ÄÖÜ",
    "100%", "a\nc",
];

fn seed(db: &Db) {
    db.create_all::<Words>().expect("the table");
    let row = |(id, text): (i32, &str)| Word {
        id,
        text: text.into(),
        other: (id % 3 != 0).then(|| text.to_uppercase()),
    };
    db.insert_all((0..).zip(TEXTS).map(row).collect::<Vec<_>>()).expect("the rows");
}

/// LIKE as PostgreSQL defines it.
fn matches(text: &[char], pattern: &[char], escape: char) -> bool {
    match pattern {
        [] => text.is_empty(),
        [first, literal, rest @ ..] if *first == escape => {
            text.first() == Some(literal) && matches(&text[1..], rest, escape)
        }
        ['%', rest @ ..] => (0..=text.len()).any(|start| matches(&text[start..], rest, escape)),
        ['_', rest @ ..] => !text.is_empty() && matches(&text[1..], rest, escape),
        [letter, rest @ ..] => text.first() == Some(letter) && matches(&text[1..], rest, escape),
    }
}

fn expected(pattern: &str, escape: char) -> Vec<i32> {
    let characters = |text: &str| text.chars().collect::<Vec<_>>();
    let pattern = characters(pattern);
    (0..)
        .zip(TEXTS)
        .filter(|(_, text)| matches(&characters(text), &pattern, escape))
        .map(|(id, _)| id)
        .collect()
}

const PATTERNS: [&str; 22] = [
    "", "%", "_", "a%", "A%", "%c", "a_c", "%B%", "a\\%c", "a\\_c", "a\\\\c", "a*c", "a?c",
    "a[b]c", "[a]%", "ä__", "Ä%", "100\\%", "100%", "%\\%%", "a%c", "!%",
];

on_each_database! {
    /// Matchers that try each wildcard at each place would need longer than the universe has.
    fn many_wildcards_take_no_time(db: &Db) {
        db.create_all::<Words>().expect("the table");
        db.insert_all(vec![Word { id: 1, text: "a".repeat(2_000), other: None }]).expect("a row");
        let found = |pattern: String| {
            Word::query().filter(words::text.like(pattern)).count(db).expect("a count")
        };
        for part in ["%a", "%_a", "%a_", "%[", "%*a", "%?"] {
            for end in ["%b", "b", "_b", "[b]%"] {
                assert_eq!(found(part.repeat(400) + end), 0, "{part} {end}");
            }
        }
        assert_eq!(found("%a".repeat(400)), 1);
    }

    fn case_is_respected_and_a_backslash_escapes(db: &Db) {
        seed(db);
        for pattern in PATTERNS {
            let found: Vec<i32> = Word::query()
                .filter(words::text.like(pattern))
                .order_by(words::id)
                .all(db)
                .expect("the rows")
                .iter()
                .map(|word| word.id)
                .collect();
            assert_eq!(found, expected(pattern, '\\'), "{pattern:?}");
            let others: Vec<i32> = db
                .load(
                    words::table
                        .select(words::id)
                        .filter(words::text.not_like(pattern))
                        .order(words::id),
                )
                .expect("the rows");
            let wanted: Vec<i32> = (0..16).filter(|id| !found.contains(id)).collect();
            assert_eq!(others, wanted, "not {pattern:?}");
        }
    }

    fn another_character_escapes(db: &Db) {
        seed(db);
        for pattern in ["a!%c", "a!_c", "a\\c", "!a%", "100!%", "%!%%", "a%"] {
            let found: Vec<i32> = db
                .load(
                    words::table
                        .select(words::id)
                        .filter(words::text.like(pattern).escape('!'))
                        .order(words::id),
                )
                .expect("the rows");
            assert_eq!(found, expected(pattern, '!'), "{pattern:?}");
        }
    }

    fn the_pattern_is_any_expression(db: &Db) {
        seed(db);
        let of = |condition: Box<
            dyn diesel::BoxableExpression<words::table, mizzle::backend::Any, SqlType = Bool>,
        >| {
            db.load::<i32, _>(words::table.select(words::id).filter(condition).order(words::id))
                .expect("the rows")
        };
        let all: Vec<i32> = (0..16).filter(|id| ![8].contains(id)).collect();
        // A backslash escapes itself away.
        assert_eq!(of(Box::new(words::text.like(words::text))), all);
        assert_eq!(
            of(Box::new(words::text.like("a".into_sql::<Text>().concat("%")))),
            expected("a%", '\\')
        );
        assert_eq!(
            of(Box::new(
                words::text.like("a%").and(words::text.not_like("%c").or(words::text.like("a_c")))
            )),
            [1, 3, 4, 6, 7, 8, 9, 10, 11, 15].into_iter().filter(|id| ![11].contains(id)).collect::<Vec<i32>>()
        );
        assert_eq!(of(Box::new(words::other.like("A%").true_or_null())), [1, 2, 4, 5, 7, 8, 10, 11]);
        let inner = diesel::alias!(words as inner);
        let pattern = inner
            .filter(inner.field(words::text).like("100\\%"))
            .select(inner.field(words::text))
            .single_value()
            .assume_not_null();
        assert_eq!(of(Box::new(words::text.like(pattern))), [14]);
        assert_eq!(of(Box::new(words::text.like("a_c").eq(true))), expected("a_c", '\\'));
    }

    fn text_of_the_programs_own_means_what_the_database_says(db: &Db) {
        seed(db);
        let found: Vec<i32> = db
            .load(
                words::table
                    .select(words::id)
                    .filter(sql::<Bool>("text LIKE ").bind::<Text, _>("ab%"))
                    .order(words::id),
            )
            .expect("the rows");
        match db.dialect() {
            mizzle::Dialect::Sqlite | mizzle::Dialect::D1 => assert_eq!(found, [3, 4, 5]),
            mizzle::Dialect::Postgres => assert_eq!(found, [3]),
        }
    }
}

trait IsTrueOrNull {
    type Output;
    fn true_or_null(self) -> Self::Output;
}

impl<E: NullableExpressionMethods> IsTrueOrNull for E
where
    E: diesel::Expression<SqlType = diesel::sql_types::Nullable<Bool>>,
{
    type Output = diesel::dsl::AssumeNotNull<E>;
    fn true_or_null(self) -> Self::Output {
        self.assume_not_null()
    }
}

#[cfg(feature = "sqlite")]
mod on_sqlite {
    use super::*;
    use test_support::with_sqlite;

    /// `/work` has no such file: it is written here as it would come from another program.
    const OTHERS: &str = "
        CREATE TABLE t (id INTEGER PRIMARY KEY, email TEXT,
            is_org INTEGER GENERATED ALWAYS AS (email LIKE '%@X.org') STORED,
            CHECK (email LIKE '%@%'));
        CREATE INDEX t_partial ON t (email) WHERE email LIKE '%@x.org';
        CREATE INDEX t_expression ON t ((email LIKE 'a%'));
        CREATE VIEW organisations AS SELECT id FROM t WHERE email LIKE '%.ORG';
        CREATE TABLE log (id INTEGER);
        CREATE TRIGGER logged AFTER INSERT ON t WHEN new.email LIKE 'B%'
            BEGIN INSERT INTO log VALUES (new.id); END;
        INSERT INTO t (email) VALUES ('a@x.org'), ('B@Y.ORG');";

    #[test]
    fn a_database_of_others_opens_and_keeps_its_meaning() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("others.db").display());
        Db::connect(&url).expect("a file").execute_sql(OTHERS).expect("the schema");
        let db = Db::connect(&url).expect("the file opens again");
        db.execute_sql("INSERT INTO t (email) VALUES ('b@x.ORG'), ('c@x.com')").expect("rows");
        let rows = |text: &str| -> Vec<i64> {
            #[derive(diesel::QueryableByName)]
            struct Id {
                #[diesel(sql_type = diesel::sql_types::BigInt)]
                id: i64,
            }
            db.load::<Id, _>(diesel::sql_query(text))
                .expect("the rows")
                .into_iter()
                .map(|row| row.id)
                .collect()
        };
        assert_eq!(rows("SELECT id FROM t WHERE is_org ORDER BY id"), [1, 3]);
        assert_eq!(rows("SELECT id FROM organisations ORDER BY id"), [1, 2, 3]);
        assert_eq!(rows("SELECT id FROM log ORDER BY id"), [2, 3]);
        assert_eq!(rows("SELECT id FROM t WHERE email LIKE '%@x.org' ORDER BY id"), [1, 3]);
        assert_eq!(rows("SELECT id FROM t WHERE email LIKE 'A%'"), [1]);
        // Checks the indexes against the rows.
        db.execute_sql("REINDEX").expect("the indexes");
        assert_eq!(
            rows("SELECT count(*) AS id FROM pragma_integrity_check WHERE integrity_check = 'ok'"),
            [1]
        );
    }

    #[test]
    fn an_index_serves_a_prefix() {
        with_sqlite(|db| {
            db.create_all::<Words>().expect("the table");
            db.execute_sql(
                "CREATE INDEX words_text ON words (text);
                 WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
                 INSERT INTO words SELECT i, printf('word %05d', i), NULL FROM n",
            )
            .expect("rows");
            // Where SQLite reads the text of each row, it calls this once for each.
            db.execute_sql("ANALYZE").expect("statistics");
            let query = words::table.select(words::id).filter(words::text.like("word 0001%"));
            let text = db.sql(&query).expect("the SQL");
            assert!(text.contains("GLOB :mizzle_like_1"), "{text}");
            assert_eq!(db.load::<i32, _>(query).expect("the rows").len(), 10);
            #[derive(diesel::QueryableByName)]
            struct Plan {
                #[diesel(sql_type = Text)]
                detail: String,
            }
            let plan: Vec<Plan> = db
                .load(
                    diesel::sql_query(format!("EXPLAIN QUERY PLAN {text}"))
                        .bind::<Text, _>("word 0001%"),
                )
                .expect("the plan");
            assert!(plan[0].detail.contains("SEARCH words USING"), "{}", plan[0].detail);
        });
    }
}

/// A long text of one letter, in which a pattern almost matches at each place.
#[cfg(feature = "sqlite")]
mod long {
    use std::time::Duration;

    use mizzle::prelude::*;

    #[derive(Table)]
    pub struct Note {
        #[column(primary_key)]
        pub id: i64,
        pub text: String,
    }

    mizzle::schema!(pub Notes = [Note]);

    fn count(pattern: &str, limit: Option<Duration>) -> mizzle::Result<u64> {
        let db =
            Db::builder("sqlite::memory:").statement_timeout(limit).connect().expect("a database");
        db.create_all::<Notes>().expect("the table");
        db.insert(NewNote::builder().id(1).text("a".repeat(2_000_000)).build()).expect("a row");
        Note::query().filter(notes::text.ilike(pattern)).count(&db)
    }

    #[test]
    fn is_searched_in_one_pass() {
        // Takes minutes if each place is compared on its own.
        let almost = format!("%{}b%", "A".repeat(200_000));
        assert_eq!(count(&almost, None).expect("a count"), 0);
        let found = format!("%{}%{}%", "A".repeat(900_000), "a".repeat(900_000));
        assert_eq!(count(&found, None).expect("a count"), 1);
    }

    #[test]
    fn is_searched_no_longer_than_a_statement_may_take() {
        let wildcards = format!("%{}_b%", "a".repeat(200_000));
        let error = count(&wildcards, Some(Duration::from_millis(100))).expect_err("it takes long");
        assert!(error.is_timeout(), "{error:?}");
    }
}

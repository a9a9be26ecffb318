//! PostgreSQL types that mizzle has a Rust type for, and those that only a program can know.

use orm_core::{Dialect, Executor};
use orm_kit::introspect::{introspect, normal_form};
use orm_kit::pull::pull;
use test_support::with_postgres;

#[test]
fn ranges_and_vectors_are_written() {
    with_postgres(|db| {
        for sql in [
            // A stand-in for pgvector's, which the server may lack.
            "CREATE TYPE vector AS (number real)",
            "CREATE TABLE spans (id bigint PRIMARY KEY, days daterange NOT NULL DEFAULT '[2024-01-01,2024-02-01)', \
               whole int4range, big int8range, number numrange, moment tsrange, instant tstzrange, near vector, \
               many int4range[], card macaddr)",
            "CREATE INDEX spans_days_idx ON spans USING gist (days)",
        ] {
            db.execute_sql(sql).expect(sql);
        }
        let found = introspect(db).expect("the schema");
        assert_eq!(normal_form(db, &found.tables).expect("the normal form"), found.tables);
        let pulled = pull(&found, Dialect::Postgres);
        for line in [
            "#[table(index(days, using = gist))]",
            "#[column(default = \"[2024-01-01,2024-02-01)\")]",
            "pub days: Range<NaiveDate>,",
            "pub whole: Option<Range<i32>>,",
            "pub big: Option<Range<i64>>,",
            "pub number: Option<Range<Decimal>>,",
            "pub moment: Option<Range<NaiveDateTime>>,",
            "pub instant: Option<Range<DateTime<Utc>>>,",
            "pub near: Option<Vector>,",
        ] {
            assert!(pulled.source.contains(line), "{line}\n{}", pulled.source);
        }
        let warnings: Vec<String> = pulled.warnings.iter().map(ToString::to_string).collect();
        let expected = [
            "spans.card: mizzle doesn't know the type macaddr; it is left out",
            "spans.many: mizzle doesn't know the type int4range[]; it is left out",
        ];
        assert_eq!(warnings, expected);
    });
}

//! What others have over a column of a PostgreSQL table that gets another type: it is all there afterwards, or the change
//! is refused, with its name, before anything has changed.

use std::slice::from_ref;

use diesel::dsl::sql;
use orm_core::Executor;
use orm_core::migration::run_script;
use orm_core::schema::ColumnType::{self, *};
use orm_core::schema::{ColumnDef, TableDef};
use orm_kit::diff::diff;
use orm_kit::render::render;

use crate::harness::{Base, none};

fn table(a: ColumnType, b: ColumnType, mood: &[&str]) -> TableDef {
    let labels = mood.iter().map(|label| (*label).to_owned()).collect();
    TableDef::new("t")
        .column(ColumnDef::new("id", BigInt).auto())
        .column(ColumnDef::new("a", a))
        .column(ColumnDef::new("b", b))
        .column(ColumnDef::new("m", Enum { labels, native: Some("mood".into()) }))
        .primary_key(&["id"])
        .check("a_positive", "a > 0")
        .unique(None, &["b"])
}

fn before() -> TableDef {
    table(Integer, Text, &["x", "y", "z"])
}

/// The changes: of a number, of a text, and of a native enum that loses a label.
fn changes() -> [(&'static str, TableDef); 3] {
    [
        ("a", table(BigInt, Text, &["x", "y", "z"])),
        ("b", table(Integer, Varchar(40), &["x", "y", "z"])),
        ("m", table(Integer, Text, &["x", "y"])),
    ]
}

/// What stays, `{c}` being the column.
const KEPT: &[&str] = &[
    "CREATE FUNCTION f(t) RETURNS text LANGUAGE sql AS 'SELECT $1.{c}::text'",
    "CREATE FUNCTION f() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t'",
    "CREATE PUBLICATION {p} FOR TABLE t",
    "CREATE INDEX ix ON t (id) WHERE {c} IS NOT NULL",
    "CREATE INDEX ix ON t (({c} IS NULL), id); COMMENT ON INDEX ix IS 'mine'; ALTER INDEX ix ALTER COLUMN 1 SET STATISTICS 77",
    "CREATE UNIQUE INDEX ix ON t ({c} DESC NULLS LAST, id) INCLUDE (id) WITH (fillfactor = 70); ALTER TABLE t CLUSTER ON ix",
    "CREATE INDEX ix ON t USING hash ({c})",
    "CREATE STATISTICS st (ndistinct, mcv) ON {c}, id FROM t; COMMENT ON STATISTICS st IS 'mine'; ALTER STATISTICS st SET STATISTICS 55",
    "CREATE TABLE child (extra int) INHERITS (t); CREATE INDEX ON child ({c}); ALTER TABLE child ADD CHECK ({c} IS NOT NULL); \
     ALTER TABLE child ALTER b SET STORAGE MAIN",
    "ALTER TABLE t ADD CONSTRAINT hand CHECK ({c} IS NOT NULL) NOT VALID; COMMENT ON CONSTRAINT hand ON t IS 'mine'",
    "ALTER TABLE t ADD CONSTRAINT ex EXCLUDE USING btree ({c} WITH =, id WITH =) DEFERRABLE",
    "ALTER TABLE t ADD CONSTRAINT un UNIQUE ({c}, id) DEFERRABLE INITIALLY DEFERRED",
    "ALTER TABLE t ALTER {c} SET STATISTICS 66, ALTER {c} SET (n_distinct = 5)",
    "ALTER TABLE t ALTER b SET STORAGE EXTERNAL, ALTER b SET COMPRESSION pglz",
    "COMMENT ON COLUMN t.{c} IS 'mine'; GRANT SELECT ({c}) ON t TO PUBLIC; GRANT UPDATE ON t TO PUBLIC",
];

/// What PostgreSQL can't change along, and what an error must name.
const REFUSED: &[(&str, &str)] = &[
    ("CREATE VIEW w AS SELECT {c} FROM t", "view w"),
    ("CREATE MATERIALIZED VIEW w AS SELECT {c} FROM t", "view w"),
    ("CREATE TABLE child () INHERITS (t); CREATE VIEW w AS SELECT {c} FROM child", "view w"),
    (
        "CREATE TRIGGER tr BEFORE UPDATE OF {c} ON t FOR EACH ROW EXECUTE FUNCTION touched()",
        "trigger tr on table t",
    ),
    (
        "CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.{c} IS NULL) EXECUTE FUNCTION touched()",
        "trigger tr on table t",
    ),
    ("CREATE POLICY po ON t USING ({c} IS NOT NULL)", "policy po on table t"),
    (
        "CREATE TABLE u (id int); CREATE POLICY po ON u USING (EXISTS (SELECT FROM t WHERE {c} IS NOT NULL))",
        "policy po on table u",
    ),
    (
        "CREATE RULE ru AS ON UPDATE TO t WHERE OLD.{c} IS NULL DO ALSO NOTHING",
        "rule ru on table t",
    ),
    (
        "ALTER TABLE t ADD g boolean GENERATED ALWAYS AS ({c} IS NULL) STORED",
        "generated column \"g\"",
    ),
    (
        "CREATE FUNCTION f() RETURNS bigint BEGIN ATOMIC SELECT count({c}) FROM t; END",
        "function f()",
    ),
    ("CREATE TABLE u (x t)", "u.x"),
    ("CREATE TABLE u (x t[])", "u.x"),
    (
        "ALTER TABLE t REPLICA IDENTITY FULL; CREATE PUBLICATION {p} FOR TABLE t (id, {c})",
        "publication {p}",
    ),
];

/// Objects of the catalog that would be lost or be different.
fn everything(base: &Base) -> Vec<String> {
    let queries = [
        "SELECT concat_ws(' ', 'index', c.oid::regclass, replace(pg_get_indexdef(c.oid), '::text', ''), obj_description(c.oid, 'pg_class'), \
           n.indisclustered, n.indisreplident, c.reloptions::text, (SELECT string_agg(a.attname || a.attstattarget, ',' ORDER BY a.attnum) \
           FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attstattarget >= 0)) \
         FROM pg_class AS c JOIN pg_index AS n ON n.indexrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace",
        "SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, replace(replace(pg_get_constraintdef(oid), '::text', ''), '::bigint', ''), \
           convalidated, obj_description(oid, 'pg_constraint')) FROM pg_constraint WHERE conrelid <> 0 AND connamespace = 'public'::regnamespace",
        "SELECT concat_ws(' ', 'column', attrelid::regclass, attname, attnotnull, attstorage, attcompression, attstattarget, attoptions::text, \
           attacl::text, col_description(attrelid, attnum), attinhcount) FROM pg_attribute \
         WHERE attnum > 0 AND NOT attisdropped AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r')",
        "SELECT concat_ws(' ', 'statistics', stxname, pg_get_statisticsobjdef(oid), stxstattarget, obj_description(oid, 'pg_statistic_ext')) \
         FROM pg_statistic_ext",
        "SELECT concat_ws(' ', 'object', classid::regclass, pg_describe_object(classid, objid, 0)) FROM pg_depend \
         WHERE classid::regclass::text IN ('pg_trigger', 'pg_policy', 'pg_rewrite', 'pg_proc', 'pg_publication_rel') \
           AND pg_describe_object(classid, objid, 0) NOT LIKE '%ConstraintTrigger%'",
        "SELECT concat_ws(' ', 'table', oid::regclass, relacl::text, relrowsecurity) FROM pg_class \
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm')",
        "SELECT concat_ws(' ', 'row', tableoid::regclass, id, a, b, m) FROM t",
    ];
    let mut all: Vec<String> = queries
        .iter()
        .flat_map(|query| base.db.load(sql::<diesel::sql_types::Text>(query)).expect("the catalog"))
        .collect();
    all.sort();
    all.dedup();
    all
}

/// Creates the table with what somebody has over a column, and calls `f` with each change of the column's type.
fn each(
    base: &Base,
    over: &str,
    mut f: impl FnMut(&str, Result<(), String>, &[String], &[String]),
) {
    for (place, (column, after)) in changes().into_iter().enumerate() {
        base.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        let publication = format!("mine_{place}");
        base.sql(&format!("DROP PUBLICATION IF EXISTS {publication}"));
        base.create(from_ref(&before()));
        base.sql(
            "CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
             INSERT INTO t (a, b, m) VALUES (1, 'one', 'x'), (2, 'two', 'y')",
        );
        base.sql(&over.replace("{c}", column).replace("{p}", &publication));
        let was = everything(base);
        let change = diff(&[before()], &[after], &none()).expect("no question");
        let script = render(&change, base.dialect()).expect("a schema");
        let ran = run_script(&base.db, &script.text(), script.runs_in_transaction());
        let ran = ran.map_err(|error| format!("{error} {:?}", error.troubleshooting()));
        f(&publication, ran, &was, &everything(base));
    }
}

#[test]
fn what_others_have_over_a_column_stays() {
    Base::postgres(|base| {
        for over in KEPT {
            each(base, over, |_, ran, was, is| {
                ran.unwrap_or_else(|error| panic!("{over}: {error}"));
                let lost: Vec<_> = was.iter().filter(|line| !is.contains(line)).collect();
                let came: Vec<_> = is.iter().filter(|line| !was.contains(line)).collect();
                assert!(lost.is_empty() && came.is_empty(), "{over}: {lost:#?} {came:#?}");
            });
        }
    });
}

#[test]
fn what_cannot_stay_is_named_and_nothing_changes() {
    Base::postgres(|base| {
        for (over, named) in REFUSED {
            each(base, over, |publication, ran, was, is| {
                let error = ran.expect_err(over);
                assert!(error.contains(&named.replace("{p}", publication)), "{over}: {error}");
                assert_eq!(was, is, "{over}");
            });
        }
    });
}

/// PostgreSQL says which operator or which constraint it lacks, and not what needs it.
#[test]
fn what_does_not_fit_the_new_type_is_named() {
    Base::postgres(|base| {
        let of = |ty| {
            let column = ColumnDef::new("a", ty);
            TableDef::new("t")
                .column(ColumnDef::new("id", BigInt).auto())
                .column(column)
                .primary_key(&["id"])
        };
        for (over, named) in [
            ("ALTER TABLE t ADD CONSTRAINT hand CHECK (a % 2 < 5)", "constraint hand on table t"),
            (
                "ALTER TABLE t ADD UNIQUE (a); CREATE TABLE u (r int REFERENCES t (a))",
                "constraint u_r_fkey on table u",
            ),
            ("CREATE INDEX ix ON t ((a + 1))", "index ix"),
        ] {
            base.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
            base.create(&[of(Integer)]);
            base.sql(over);
            let change = diff(&[of(Integer)], &[of(Text)], &none()).expect("no question");
            let script = render(&change, base.dialect()).expect("a schema");
            let error = run_script(&base.db, &script.text(), true).expect_err(over);
            let advice = error.troubleshooting().join(" ");
            assert!(
                advice.contains(named) && advice.contains("dropped before"),
                "{over}: {error:?}"
            );
        }
    });
}

/// A column that is computed otherwise is dropped and created again, also in the tables that inherit it.
#[test]
fn what_a_child_has_over_a_computed_column_is_not_lost() {
    Base::postgres(|base| {
        let of = |sql: &str| {
            let mut computed = ColumnDef::new("c", Text);
            computed.generated = Some(sql.into());
            TableDef::new("t")
                .column(ColumnDef::new("id", BigInt).auto())
                .column(ColumnDef::new("b", Text))
                .column(computed)
                .primary_key(&["id"])
        };
        base.create(&[of("b || 'x'")]);
        base.sql("CREATE TABLE child () INHERITS (t); CREATE INDEX of_child ON child (c)");
        let change = diff(&[of("b || 'x'")], &[of("b || 'y'")], &none()).expect("no question");
        let script = render(&change, base.dialect()).expect("a schema");
        let error = run_script(&base.db, &script.text(), true).expect_err("an index is in the way");
        assert!(error.to_string().contains("index of_child"), "{error}");
        base.holds("SELECT count(*) FROM pg_indexes WHERE indexname = 'of_child'", &["1"]);
    });
}

//! Objects that somebody made on and beside a table, of every kind, under every change: they are as they were after the change
//! and its way back, or the change was refused and nothing of it remains.

use orm_core::Dialect;
use orm_core::migration::run_script;
use orm_core::schema::{
    Action, ColumnDef, ColumnType, DefaultValue, IndexPart, TableDef, create_schema,
};
use orm_kit::diff::{Hints, LabelHint, diff};
use orm_kit::render::render;

use crate::harness::{Base, none};

fn mood(labels: &[&str]) -> ColumnType {
    let labels = labels.iter().map(|label| (*label).to_owned()).collect();
    ColumnType::Enum { labels, native: Some("mood".into()) }
}

/// The table that structs have. PostgreSQL's partitioned tables have no unique constraint without the partition's key.
fn table(is_partitioned: bool) -> TableDef {
    let table = TableDef::new("t")
        .column(ColumnDef::new("id", ColumnType::BigInt).default(DefaultValue::Integer(1)))
        .column(ColumnDef::new("a", ColumnType::Integer))
        .column(ColumnDef::new("b", ColumnType::Text).default(DefaultValue::Text("x".into())))
        .column(ColumnDef::new("c", ColumnType::Text).nullable())
        .column(ColumnDef::new("m", mood(&["p", "q", "r"])).default(DefaultValue::Text("p".into())))
        .column(ColumnDef::new("d", ColumnType::Integer).default(DefaultValue::Integer(5)))
        .column(ColumnDef::new("e", ColumnType::Integer).nullable())
        .primary_key(&["id"])
        .check("positive", "a > 0")
        .index(Some("by_a"), vec![IndexPart::column("a")], false, None)
        .index(Some("by_lower"), vec![IndexPart::expression("lower(b)")], false, None)
        .foreign_key(Some("parent"), &["e"], "p", &["id"], Action::NoAction, Action::NoAction);
    if is_partitioned { table } else { table.unique(Some("one_b"), &["b"]) }
}

fn parent() -> TableDef {
    TableDef::new("p").column(ColumnDef::new("id", ColumnType::Integer)).primary_key(&["id"])
}

type Change = (&'static str, fn(&mut TableDef), Hints);

fn column<'t>(table: &'t mut TableDef, name: &str) -> &'t mut ColumnDef {
    table.columns.iter_mut().find(|column| column.name == name).expect("a column")
}

fn change(name: &'static str, change: fn(&mut TableDef), hints: Hints) -> Change {
    (name, change, hints)
}

fn changes() -> Vec<Change> {
    let renamed = |old: &str, new: &str| Hints {
        columns: vec![("t".into(), old.into(), new.into())],
        ..none()
    };
    vec![
        change(
            "another name",
            |t| t.name = "t2".into(),
            Hints { tables: vec![("t".into(), "t2".into())], ..none() },
        ),
        change(
            "another name of b",
            |t| {
                column(t, "b").name = "b2".into();
                t.uniques.iter_mut().for_each(|unique| unique.columns = vec!["b2".into()]);
                t.indexes[1].parts = vec![IndexPart::expression("lower(b2)")];
            },
            renamed("b", "b2"),
        ),
        change(
            "a column more",
            |t| t.columns.push(ColumnDef::new("more", ColumnType::Text).nullable()),
            none(),
        ),
        change(
            "a column with a default more",
            |t| {
                t.columns.push(
                    ColumnDef::new("more", ColumnType::Integer).default(DefaultValue::Integer(7)),
                )
            },
            none(),
        ),
        change(
            "a computed column more",
            |t| {
                let mut more = ColumnDef::new("more", ColumnType::Integer).nullable();
                more.generated = Some("a * 2".into());
                t.columns.push(more);
            },
            none(),
        ),
        change("without d", |t| t.columns.retain(|column| column.name != "d"), none()),
        change("a wider a", |t| column(t, "a").ty = ColumnType::BigInt, none()),
        change("a shorter b", |t| column(t, "b").ty = ColumnType::Varchar(40), none()),
        change("c not null", |t| column(t, "c").nullable = false, none()),
        change("b nullable", |t| column(t, "b").nullable = true, none()),
        change(
            "another default",
            |t| column(t, "d").default = Some(DefaultValue::Integer(6)),
            none(),
        ),
        change("no default", |t| column(t, "d").default = None, none()),
        change("no unique", |t| t.uniques.clear(), none()),
        change("a check more", |t| *t = t.clone().check("more", "a < 1000"), none()),
        change("no check", |t| t.checks.clear(), none()),
        change(
            "an index more",
            |t| *t = t.clone().index(Some("more"), vec![IndexPart::column("c")], false, None),
            none(),
        ),
        change("no index", |t| drop(t.indexes.remove(0)), none()),
        change("another name of an index", |t| t.indexes[0].name = "by_a2".into(), none()),
        change("no foreign key", |t| t.foreign_keys.clear(), none()),
        change("another foreign key", |t| t.foreign_keys[0].on_delete = Action::Cascade, none()),
        change("a label more", |t| column(t, "m").ty = mood(&["p", "q", "r", "s"]), none()),
        change("a label less", |t| column(t, "m").ty = mood(&["p", "q"]), none()),
        change(
            "another label",
            |t| column(t, "m").ty = mood(&["p", "q", "z"]),
            Hints {
                labels: vec![LabelHint {
                    table: "t".into(),
                    column: "m".into(),
                    old: "r".into(),
                    new: "z".into(),
                }],
                ..none()
            },
        ),
        change("another key", |t| t.primary_key = vec!["id".into(), "a".into()], none()),
        change(
            "c like any case",
            |t| {
                column(t, "c").collate.postgres = Some("C".into());
                column(t, "c").collate.sqlite = Some("NOCASE".into());
            },
            none(),
        ),
        change(
            "all at once",
            |t| {
                column(t, "a").ty = ColumnType::BigInt;
                column(t, "b").ty = ColumnType::Varchar(50);
                column(t, "d").default = None;
                t.columns.retain(|column| column.name != "e");
                t.foreign_keys.clear();
                *t = t.clone().check("more", "a < 1000");
            },
            none(),
        ),
    ]
}

/// Made by hand before rows come: all on PostgreSQL, where a second element says that the table is partitioned.
#[cfg(feature = "postgres")]
const POSTGRES: &[(&str, bool)] = &[
    (
        "CREATE TABLE child (extra int DEFAULT 3) INHERITS (t); ALTER TABLE child ALTER d SET DEFAULT 99, ALTER b SET DEFAULT 'of child'; \
      INSERT INTO child (id, a, b, c) VALUES (9, 1, 'i', 'c')",
        false,
    ),
    (
        "CREATE TABLE child () INHERITS (t); CREATE INDEX of_child ON child (a); ALTER TABLE child ADD CONSTRAINT hand CHECK (a < 5000); \
      ALTER TABLE child ADD CONSTRAINT key PRIMARY KEY (id); COMMENT ON COLUMN child.a IS 'mine'; GRANT SELECT (a) ON child TO PUBLIC; \
      ALTER TABLE child ALTER c SET NOT NULL, ALTER b SET STATISTICS 44, ALTER b SET STORAGE EXTERNAL",
        false,
    ),
    (
        "CREATE TABLE other (a int NOT NULL, y text); CREATE TABLE child () INHERITS (t, other); CREATE TABLE grandchild (z int) INHERITS (child)",
        false,
    ),
    ("CREATE TABLE part PARTITION OF t FOR VALUES FROM (0) TO (100)", true),
    (
        "CREATE TABLE part PARTITION OF t FOR VALUES FROM (0) TO (100); ALTER TABLE part ALTER d SET DEFAULT 99, ALTER b SET DEFAULT 'of part'; \
      CREATE INDEX of_part ON part (d, a) WHERE b <> 'z'; ALTER TABLE part ADD CONSTRAINT hand CHECK (a < 5000)",
        true,
    ),
    (
        "CREATE TABLE part (LIKE t INCLUDING DEFAULTS); CREATE INDEX named_by_hand ON part (a) WITH (fillfactor = 70); \
      CREATE INDEX lower_by_hand ON part (lower(b)); COMMENT ON INDEX lower_by_hand IS 'mine'; ALTER INDEX lower_by_hand ALTER COLUMN 1 SET STATISTICS 77; \
      ALTER TABLE part ADD CONSTRAINT key_by_hand PRIMARY KEY (id); ALTER TABLE part ADD CONSTRAINT positive CHECK (a > 0); \
      ALTER TABLE t ATTACH PARTITION part FOR VALUES FROM (0) TO (100); ALTER TABLE part REPLICA IDENTITY FULL",
        true,
    ),
    (
        "CREATE TABLE part PARTITION OF t FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (id); CREATE TABLE sub PARTITION OF part DEFAULT; \
      COMMENT ON TABLE sub IS 'sub'; ALTER TABLE sub SET (fillfactor = 50); \
      CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touched(); ALTER TABLE sub DISABLE TRIGGER tr",
        true,
    ),
    (
        "CREATE TABLE part PARTITION OF t DEFAULT; CREATE TABLE u (id int PRIMARY KEY, t bigint REFERENCES t); \
      CREATE PUBLICATION {p} FOR TABLE t WITH (publish_via_partition_root = true)",
        true,
    ),
    (
        "CREATE INDEX ix ON t (c DESC NULLS LAST, a) INCLUDE (d) WHERE c IS NOT NULL; COMMENT ON INDEX ix IS 'mine'",
        false,
    ),
    (
        "CREATE UNIQUE INDEX ix ON t (lower(c), d) NULLS NOT DISTINCT WITH (fillfactor = 60); ALTER TABLE t CLUSTER ON ix",
        false,
    ),
    ("CREATE INDEX ix ON t USING brin (a) WITH (pages_per_range = 4)", false),
    (
        "CREATE STATISTICS st (mcv) ON a, c FROM t; ALTER STATISTICS st SET STATISTICS 33; COMMENT ON STATISTICS st IS 'mine'",
        false,
    ),
    ("CREATE STATISTICS st ON (a + 1), lower(b) FROM t", false),
    (
        "ALTER TABLE t ADD CONSTRAINT ex EXCLUDE USING btree (c WITH =, d WITH =) DEFERRABLE INITIALLY DEFERRED",
        false,
    ),
    (
        "ALTER TABLE t ADD CONSTRAINT hand CHECK (a < d + 100000) NOT VALID; COMMENT ON CONSTRAINT hand ON t IS 'mine'",
        false,
    ),
    ("ALTER TABLE t ADD CONSTRAINT hand UNIQUE NULLS NOT DISTINCT (c, d) INCLUDE (b)", false),
    (
        "CREATE TABLE u (id int, b text REFERENCES t (b) ON UPDATE CASCADE DEFERRABLE); COMMENT ON TABLE u IS 'u'",
        false,
    ),
    ("CREATE TABLE u (id int, t bigint REFERENCES t ON DELETE CASCADE)", false),
    (
        "CREATE TABLE u (m mood DEFAULT 'q', ms mood[]); CREATE DOMAIN happy AS mood CHECK (VALUE <> 'r'); CREATE TABLE v (h happy)",
        false,
    ),
    ("CREATE FUNCTION of_mood(mood) RETURNS mood LANGUAGE sql AS 'SELECT $1'", false),
    ("CREATE TABLE u OF row_type; CREATE TABLE w (x t)", false),
    (
        "CREATE VIEW w AS SELECT id, a, b, c FROM t; COMMENT ON VIEW w IS 'w'; GRANT SELECT ON w TO PUBLIC",
        false,
    ),
    (
        "CREATE MATERIALIZED VIEW w AS SELECT a, count(*) AS n FROM t GROUP BY a; CREATE UNIQUE INDEX ON w (a)",
        false,
    ),
    (
        "CREATE FUNCTION f() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t'; CREATE FUNCTION g(t) RETURNS text LANGUAGE sql AS 'SELECT $1.b'",
        false,
    ),
    (
        "CREATE TRIGGER tr BEFORE UPDATE OF b ON t FOR EACH ROW WHEN (NEW.a > 3) EXECUTE FUNCTION touched(); ALTER TABLE t DISABLE TRIGGER tr; \
      COMMENT ON TRIGGER tr ON t IS 'mine'",
        false,
    ),
    (
        "CREATE CONSTRAINT TRIGGER tr AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION touched(); ALTER TABLE t ENABLE ALWAYS TRIGGER tr",
        false,
    ),
    (
        "CREATE TRIGGER tr AFTER UPDATE ON t REFERENCING OLD TABLE AS o FOR EACH STATEMENT EXECUTE FUNCTION touched()",
        false,
    ),
    (
        "CREATE RULE ru AS ON DELETE TO t WHERE OLD.a > 3 DO ALSO NOTHING; ALTER TABLE t DISABLE RULE ru",
        false,
    ),
    (
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY po ON t AS RESTRICTIVE FOR SELECT USING (d > 1 AND c IS NOT NULL); \
      COMMENT ON POLICY po ON t IS 'mine'",
        false,
    ),
    ("CREATE PUBLICATION {p} FOR TABLE t (id, a) WHERE (id > 3)", false),
    (
        "ALTER TABLE t REPLICA IDENTITY FULL; ALTER TABLE t SET (fillfactor = 77, autovacuum_enabled = false, toast.autovacuum_enabled = false); ALTER TABLE t SET UNLOGGED",
        false,
    ),
    ("ALTER TABLE t REPLICA IDENTITY USING INDEX one_b", false),
    (
        "ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey; ALTER TABLE t CLUSTER ON t_pkey; COMMENT ON CONSTRAINT t_pkey ON t IS 'the key'",
        false,
    ),
    (
        "GRANT SELECT, INSERT ON t TO PUBLIC; GRANT UPDATE (a, c) ON t TO PUBLIC; REVOKE DELETE ON t FROM CURRENT_USER",
        false,
    ),
    (
        "COMMENT ON TABLE t IS 'the table'; COMMENT ON COLUMN t.a IS 'its a'; COMMENT ON COLUMN t.b IS 'its b'; COMMENT ON CONSTRAINT positive ON t IS 'positive'; \
      COMMENT ON INDEX by_a IS 'by a'; COMMENT ON INDEX by_lower IS 'by lower'; COMMENT ON CONSTRAINT one_b ON t IS 'one b'; COMMENT ON CONSTRAINT parent ON t IS 'parent'; \
      COMMENT ON TYPE mood IS 'a mood'",
        false,
    ),
    (
        "ALTER TABLE t ALTER b SET STATISTICS 55, ALTER b SET STORAGE EXTERNAL, ALTER c SET COMPRESSION lz4, ALTER a SET (n_distinct = -0.5)",
        false,
    ),
    (
        "ALTER TABLE t ADD by_hand numeric(10,2) DEFAULT 1.50 NOT NULL, ADD computed text GENERATED ALWAYS AS (upper(c)) STORED, ADD counted bigint GENERATED ALWAYS AS IDENTITY (START 50 INCREMENT 5)",
        false,
    ),
    (
        "CREATE SEQUENCE numbers INCREMENT 7; ALTER TABLE t ADD own bigint DEFAULT nextval('numbers'); ALTER SEQUENCE numbers OWNED BY t.own; CREATE SEQUENCE sq OWNED BY t.a",
        false,
    ),
    (
        "ALTER TABLE t ALTER CONSTRAINT parent DEFERRABLE INITIALLY DEFERRED; ALTER TABLE t DISABLE TRIGGER ALL",
        false,
    ),
    (
        "ALTER TABLE t DROP CONSTRAINT positive; ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0) NO INHERIT NOT VALID",
        false,
    ),
    (
        "ALTER TABLE t DROP CONSTRAINT one_b; ALTER TABLE t ADD CONSTRAINT one_b UNIQUE (b) INCLUDE (d) WITH (fillfactor = 66) DEFERRABLE",
        false,
    ),
    (
        "CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw; \
      CREATE FOREIGN TABLE far (x int) INHERITS (t) SERVER files OPTIONS (filename '/dev/null', format 'csv'); ALTER FOREIGN TABLE far ALTER b OPTIONS (force_not_null 'true')",
        false,
    ),
];

/// What SQLite has: by hand after the table is made.
#[cfg(feature = "sqlite")]
const SQLITE: &[&str] = &[
    "CREATE INDEX ix ON t (c COLLATE NOCASE DESC, a) WHERE c IS NOT NULL",
    "CREATE UNIQUE INDEX ix ON t (lower(c), a + d, \"b\")",
    "CREATE INDEX ix ON t (d) WHERE \"b\" <> \"a text\"",
    "CREATE VIEW w AS SELECT id, a, b, c, d, e FROM t; CREATE TRIGGER tr INSTEAD OF INSERT ON w BEGIN INSERT INTO t (id, a, b) VALUES (NEW.id, NEW.a, \"hi\"); END",
    "CREATE VIEW w AS SELECT \"a\", \"b\", t.c AS \"d\" FROM t AS t WHERE \"d\" > 0",
    "CREATE TRIGGER tr AFTER UPDATE OF a, b ON t WHEN NEW.a > OLD.\"d\" BEGIN UPDATE t SET c = \"text\" WHERE id = NEW.id; END",
    "CREATE TRIGGER tr BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, \"no\") WHERE OLD.d > 100000; END",
    "CREATE TABLE u (x, t INTEGER REFERENCES t ON DELETE CASCADE); INSERT INTO u VALUES (1, 1); CREATE TRIGGER tr AFTER INSERT ON u BEGIN UPDATE t SET d = d + 1, c = (SELECT \"b\" FROM t) WHERE id = NEW.t; END",
    "CREATE TABLE u (x TEXT REFERENCES t (b) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED); INSERT INTO u VALUES ('one')",
    "ALTER TABLE t ADD COLUMN by_hand NUMERIC DEFAULT 1.50 CHECK (by_hand <> a) COLLATE NOCASE; UPDATE t SET by_hand = 9007199254740993",
    "ALTER TABLE t ADD COLUMN computed TEXT AS (upper(c) || d); CREATE INDEX of_computed ON t (computed)",
    "ALTER TABLE t ADD COLUMN far INTEGER REFERENCES p ON DELETE SET NULL; UPDATE t SET far = 1",
    "CREATE VIRTUAL TABLE words USING fts5(b, content='t', content_rowid='id'); INSERT INTO words (words) VALUES ('rebuild')",
    "DROP INDEX by_a; CREATE INDEX by_a ON t (a DESC, b COLLATE NOCASE) WHERE a > 0",
    "CREATE TABLE log (what); CREATE TRIGGER one AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (OLD.b || NEW.b); END; CREATE TRIGGER two AFTER INSERT ON t BEGIN INSERT INTO log VALUES ('in'); END",
    "ANALYZE",
];

/// What replaces text in the statement that makes the table, on SQLite.
#[cfg(feature = "sqlite")]
const SQLITE_TABLES: &[(&str, &str)] = &[
    ("\n)", "\n) STRICT"),
    ("\n)", "\n) WITHOUT ROWID"),
    ("\"c\" TEXT", "\"c\" TEXT COLLATE NOCASE"),
    ("\"c\" TEXT", "\"c\" CLOB"),
    ("\"b\" TEXT NOT NULL", "\"b\" TEXT NOT NULL ON CONFLICT REPLACE"),
    ("UNIQUE (\"b\")", "UNIQUE (\"b\" COLLATE NOCASE) ON CONFLICT IGNORE"),
    ("PRIMARY KEY (\"id\")", "PRIMARY KEY (\"id\" DESC) ON CONFLICT FAIL"),
    ("REFERENCES \"p\" (\"id\")", "REFERENCES \"p\" (\"id\") DEFERRABLE INITIALLY DEFERRED"),
    ("\n)", ",\n  CHECK (a < d + 100000), UNIQUE (a, c, d)\n)"),
    ("\"c\" TEXT", "by_hand NUMERIC(10,2) DEFAULT \"x\", \"c\" TEXT"),
];

/// Changes of the very thing that was made by hand, by a part of its statement: it goes with what the structs drop.
const OWN: &[(&str, &[&str])] = &[
    ("CREATE INDEX by_a ON t (a DESC", &["no index", "another name of an index"]),
    ("TEXT COLLATE NOCASE", &["c like any case"]),
    ("NOT NULL ON CONFLICT REPLACE", &["b nullable"]),
    ("ON CONFLICT IGNORE", &["no unique"]),
    ("DESC) ON CONFLICT FAIL", &["another key"]),
    ("(\"id\") DEFERRABLE INITIALLY", &["no foreign key", "all at once"]),
    // PostgreSQL has one NOT NULL for a table and those that inherit from it.
    ("ALTER c SET NOT NULL", &["c not null"]),
    // It makes a partition's part of an index when the index is made again.
    (
        "CREATE INDEX named_by_hand",
        &["no index", "another key", "a wider a", "a shorter b", "all at once"],
    ),
    ("REPLICA IDENTITY USING INDEX one_b", &["no unique"]),
    (
        "COMMENT ON TABLE t IS",
        &["no unique", "no check", "no index", "no foreign key", "all at once"],
    ),
    ("DISABLE TRIGGER ALL", &["no foreign key", "another foreign key", "all at once"]),
    ("NO INHERIT NOT VALID", &["no check"]),
    ("WITH (fillfactor = 66)", &["no unique"]),
];

/// All of the catalog that a change could touch.
fn everything(base: &Base) -> Vec<String> {
    let queries: &[&str] = match base.dialect() {
        Dialect::Sqlite | Dialect::D1 => &[
            "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' AND name NOT LIKE 'words\\_%' ESCAPE '\\'",
            "SELECT 'row ' || id || quote({a}) || quote({b}) || quote({c}) || quote({m}) || quote({e}) FROM {t}",
        ],
        Dialect::Postgres => &[
            "SELECT concat_ws(' ', 'relation', oid::regclass, relkind, reloptions::text, relacl::text, relowner, reltablespace, relrowsecurity, relforcerowsecurity, \
               relreplident, relpersistence, relispartition, pg_get_expr(relpartbound, oid), obj_description(oid, 'pg_class'), \
               (SELECT reloptions::text FROM pg_class AS o WHERE o.oid = c.reltoastrelid)) FROM pg_class AS c WHERE relnamespace = 'public'::regnamespace",
            "SELECT concat_ws(' ', 'column', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid), attidentity, attgenerated, \
               attcollation::regcollation, attstorage, attcompression, attstattarget, attoptions::text, attfdwoptions::text, attacl::text, col_description(attrelid, attnum), \
               attinhcount, attislocal) FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum \
             WHERE attnum > 0 AND NOT attisdropped AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'f', 'v', 'm'))",
            "SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated, obj_description(oid, 'pg_constraint'), coninhcount, conislocal) \
             FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
            "SELECT concat_ws(' ', 'index', indexrelid::regclass, pg_get_indexdef(indexrelid), indisclustered, indisreplident, \
               (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = indexrelid), \
               (SELECT string_agg(attnum || ':' || attstattarget, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = indexrelid AND attstattarget >= 0)) \
             FROM pg_index WHERE indexrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)",
            "SELECT concat_ws(' ', 'statistics', pg_get_statisticsobjdef(oid), stxstattarget, obj_description(oid, 'pg_statistic_ext')) FROM pg_statistic_ext",
            "SELECT concat_ws(' ', 'trigger', pg_get_triggerdef(oid), tgenabled, obj_description(oid, 'pg_trigger')) FROM pg_trigger WHERE NOT tgisinternal",
            "SELECT concat_ws(' ', 'of key', tgrelid::regclass, tgfoid::regproc, tgenabled) FROM pg_trigger WHERE tgisinternal",
            "SELECT concat_ws(' ', 'rule', pg_get_ruledef(oid), ev_enabled, obj_description(oid, 'pg_rewrite')) FROM pg_rewrite \
             WHERE ev_class IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)",
            "SELECT concat_ws(' ', 'policy', polrelid::regclass, polname, polcmd, polpermissive, polroles::text, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid), obj_description(oid, 'pg_policy')) FROM pg_policy",
            "SELECT concat_ws(' ', 'sequence', seqrelid::regclass, seqtypid::regtype, seqstart, seqincrement, seqcycle, \
               (SELECT refobjid::regclass || '.' || refobjsubid FROM pg_depend WHERE objid = seqrelid AND deptype = 'a')) FROM pg_sequence",
            "SELECT concat_ws(' ', 'publication', p.pubname, r.prrelid::regclass, r.prattrs::text, pg_get_expr(r.prqual, r.prrelid)) FROM pg_publication_rel AS r JOIN pg_publication AS p ON p.oid = r.prpubid",
            "SELECT concat_ws(' ', 'type', t.oid::regtype, typtype, typacl::text, obj_description(t.oid, 'pg_type'), (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid)) \
             FROM pg_type AS t WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')",
            "SELECT concat_ws(' ', 'function', oid::regprocedure, prorettype::regtype) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
            "SELECT concat_ws(' ', 'row', tableoid::regclass, id, {a}, {b}, {c}, {m}, {e}) FROM {t}",
        ],
    };
    let exists = base.texts(base.either(
        "SELECT name FROM sqlite_schema WHERE name IN ('t', 't2')",
        "SELECT relname FROM pg_class WHERE relname IN ('t', 't2')",
    ));
    let name = exists.into_iter().flatten().next().expect("a table");
    let columns = base.texts(&base.either(
        "SELECT name FROM pragma_table_xinfo('{t}')",
        "SELECT attname FROM pg_attribute WHERE attrelid = '{t}'::regclass AND NOT attisdropped",
    ).replace("{t}", &name));
    // A column may have another name, or be dropped.
    let value = |column: &str| {
        let names = [column.to_owned(), format!("{column}2")];
        names
            .into_iter()
            .find(|name| columns.contains(&Some(name.clone())))
            .unwrap_or("NULL".into())
    };
    let mut all: Vec<String> = queries
        .iter()
        .flat_map(|query| {
            let values =
                ["a", "b", "c", "m", "e"].map(|column| (format!("{{{column}}}"), value(column)));
            let query = query.replace("{t}", &name);
            base.texts(
                &values.iter().fold(query, |query, (place, value)| query.replace(place, value)),
            )
        })
        .flatten()
        // What is written again is written in another way, and other columns are last.
        .map(|line| {
            let line = line.replace(['"', '\''], "").replace(['(', ')'], " ");
            let mut words: Vec<&str> =
                line.split([' ', '\n', ',']).filter(|word| !word.is_empty()).collect();
            if line.starts_with("table ") {
                words.sort_unstable();
            }
            words.join(" ")
        })
        .collect();
    all.sort();
    all
}

/// Whether a pair of an object and a change is tried. `MIZZLE_TEST_KINDS=all` tries all; otherwise it is one of sixteen,
/// and others with another `MIZZLE_TEST_SEED`.
fn is_tried(object: usize, change: usize) -> bool {
    let number = |name: &str| std::env::var(name).ok();
    if number("MIZZLE_TEST_KINDS").is_some() {
        return true;
    }
    let seed = number("MIZZLE_TEST_SEED").and_then(|seed| seed.parse().ok()).unwrap_or(0_usize);
    (object * 7 + change * 3 + seed).is_multiple_of(16)
}

/// Makes a change and takes it back. Returns what is wrong.
fn wrong(
    base: &Base,
    make: &dyn Fn() -> bool,
    what: &str,
    is_partitioned: bool,
    place: usize,
) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, change, hints) in changes().into_iter().skip(place).take(1) {
        if OWN.iter().any(|(part, names)| what.contains(part) && names.contains(&name)) {
            continue;
        }
        base.sql(base.either("SELECT 1", "DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP EXTENSION IF EXISTS file_fdw CASCADE"));
        if !make() {
            lines.push(format!("{what}: not made"));
            return lines;
        }
        let (before, mut after) = (table(is_partitioned), table(is_partitioned));
        change(&mut after);
        let (from, to) = (vec![parent(), before.clone()], vec![parent(), after.clone()]);
        let was = everything(base);
        let change = diff(&from, &to, &hints).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut step = "there";
        let mut told = String::new();
        for change in [change.clone(), change.inverse()] {
            let script = match render(&change, base.dialect()) {
                Ok(script) => script,
                Err(error) => {
                    told = error.to_string();
                    break;
                }
            };
            let before = everything(base);
            if let Err(error) = run_script(&base.db, &script.text(), script.runs_in_transaction()) {
                told = format!("{error} {:?}", error.troubleshooting());
                if everything(base) != before {
                    lines.push(format!("{what} / {name}: half done: {error}"));
                }
                break;
            }
            step = "and back";
        }
        if std::env::var("MIZZLE_KINDS_TOLD").is_ok() && !told.is_empty() {
            eprintln!("{what} / {name} ({step}): {told}");
        }
        if step == "there" || !told.is_empty() {
            continue;
        }
        let is = everything(base);
        // What is dropped has none of what it had.
        let gone = |line: &&String| match name {
            "without d" => !line.contains(" d ") && !line.contains("-d-"),
            // The rows' values of e.
            "all at once" => !line.starts_with("row "),
            _ => true,
        };
        let lost: Vec<&String> =
            was.iter().filter(|line| !is.contains(line)).filter(gone).collect();
        let came: Vec<&String> =
            is.iter().filter(|line| !was.contains(line)).filter(gone).collect();
        if !lost.is_empty() || !came.is_empty() {
            lines.push(format!("{what} / {name}:\n  - {lost:?}\n  + {came:?}"));
        }
    }
    lines
}

#[cfg(feature = "postgres")]
#[test]
fn on_postgres() {
    let mut lines = Vec::new();
    Base::postgres(|base| {
        for (place, (over, is_partitioned)) in POSTGRES.iter().enumerate() {
            let publication = format!("of_{place}");
            let make = || {
                base.sql(&format!("DROP PUBLICATION IF EXISTS {publication}"));
                base.sql(
                    "CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
                     CREATE TYPE row_type AS (x int)",
                );
                if *is_partitioned {
                    let mut tables = vec![parent(), table(true)];
                    let parts = std::mem::take(&mut tables[1].indexes);
                    let statements = create_schema(&tables, Dialect::Postgres).expect("statements");
                    for sql in statements {
                        let sql = if sql.contains("CREATE TABLE \"t\"") {
                            sql + " PARTITION BY RANGE (id)"
                        } else {
                            sql
                        };
                        base.sql(&sql);
                    }
                    for index in parts {
                        base.sql(&orm_core::schema::fragments::create_index(
                            "t",
                            &index,
                            Dialect::Postgres,
                        ));
                    }
                } else {
                    base.create(&[parent(), table(false)]);
                }
                let made =
                    orm_core::Executor::execute_sql(&base.db, &over.replace("{p}", &publication));
                if let Err(error) = &made {
                    eprintln!("{over}: {error:?}");
                }
                let _ = orm_core::Executor::execute_sql(&base.db, "INSERT INTO p VALUES (1)");
                let rows = "INSERT INTO t (id, a, b, c, m, e) VALUES (1, 1, 'one', 'c', 'p', 1), (2, 2, 'two', 'cc', 'q', NULL)";
                let _ = orm_core::Executor::execute_sql(&base.db, rows);
                made.is_ok()
            };
            for change in (0..changes().len()).filter(|change| is_tried(place, *change)) {
                lines.extend(wrong(base, &make, over, *is_partitioned, change));
            }
        }
    });
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

/// What is made, and what makes it.
#[cfg(feature = "sqlite")]
type Case = (String, Box<dyn Fn(&Base) -> bool>);

#[cfg(feature = "sqlite")]
#[test]
fn on_sqlite() {
    let mut lines = Vec::new();
    let rows = "INSERT INTO p VALUES (1); INSERT INTO t (id, a, b, c, m, e) VALUES (1, 1, 'one', 'c', 'p', 1), (2, 2, 'two', 'cc', 'q', NULL)";
    let mut cases: Vec<Case> = Vec::new();
    for over in SQLITE {
        cases.push((
            (*over).to_owned(),
            Box::new(move |base| {
                base.create(&[parent(), table(false)]);
                base.sql(rows);
                orm_core::Executor::execute_sql(&base.db, over)
                    .map_err(|error| eprintln!("{over}: {error:?}"))
                    .is_ok()
            }),
        ));
    }
    for (old, new) in SQLITE_TABLES {
        cases.push((
            format!("{old} -> {new}"),
            Box::new(move |base| {
                for sql in
                    create_schema(&[parent(), table(false)], Dialect::Sqlite).expect("statements")
                {
                    let changed = if sql.contains("CREATE TABLE \"t\"") {
                        let sql = sql.replacen(old, new, 1);
                        let is_strict = new.ends_with("STRICT");
                        if is_strict { sql.replace("BIGINT", "INTEGER") } else { sql }
                    } else {
                        sql.clone()
                    };
                    if sql.contains("CREATE TABLE \"t\"") && changed == sql {
                        eprintln!("{old} is not in {sql}");
                        return false;
                    }
                    if let Err(error) = orm_core::Executor::execute_sql(&base.db, &changed) {
                        eprintln!("{changed}: {error:?}");
                        return false;
                    }
                }
                base.sql(rows);
                true
            }),
        ));
    }
    for (object, (what, make)) in cases.into_iter().enumerate() {
        for change in (0..changes().len()).filter(|change| is_tried(object, *change)) {
            Base::sqlite(|base| lines.extend(wrong(base, &|| make(base), &what, false, change)));
        }
    }
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

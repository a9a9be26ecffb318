//! Sequences of PostgreSQL that columns take numbers from.

use orm_core::schema::TableDef;
use orm_kit::introspect::introspect;

use crate::harness::{Base, none};

/// The sequences, with their types and their owners.
const SEQUENCES: &str = "SELECT format('%s %s %s', s.seqrelid::regclass, format_type(s.seqtypid, NULL), \
       (SELECT format('%s.%s', d.refobjid::regclass, a.attname) FROM pg_depend AS d \
        JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
        WHERE d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.deptype IN ('a', 'i'))) \
     FROM pg_sequence AS s ORDER BY 1";

fn with_sequences(body: impl FnOnce(&Base, &[TableDef])) {
    Base::postgres(|base| {
        base.sql(
            "CREATE SEQUENCE shared; CREATE SEQUENCE \"Own one\" AS integer;
             CREATE TABLE docs (id bigint PRIMARY KEY, number serial, place smallserial, \
               odd integer DEFAULT nextval('\"Own one\"'), other bigint NOT NULL DEFAULT nextval('shared'));
             ALTER SEQUENCE \"Own one\" OWNED BY docs.odd;
             CREATE TABLE rest (id bigint PRIMARY KEY, other bigint DEFAULT nextval('shared'));
             INSERT INTO docs (id) VALUES (1), (2)",
        );
        let tables = introspect(&base.db).expect("the schema").tables;
        body(base, &tables);
    });
}

const ALL: [&str; 4] = [
    "\"Own one\" integer docs.odd",
    "docs_number_seq integer docs.number",
    "docs_place_seq smallint docs.place",
    "shared bigint ",
];

#[test]
fn a_table_comes_back_with_its_sequences() {
    with_sequences(|base, tables| {
        base.holds(SEQUENCES, &ALL);
        let rest: Vec<TableDef> =
            tables.iter().filter(|table| table.name == "rest").cloned().collect();
        base.there_and_back(tables, &rest, &none());
        base.holds(SEQUENCES, &ALL);
        base.sql("INSERT INTO docs (id) VALUES (1)");
        base.holds(
            "SELECT concat(number, ' ', place, ' ', odd, ' ', other) FROM docs",
            &["1 1 1 3"],
        );
        base.sql("DROP TABLE docs");
        base.holds(SEQUENCES, &ALL[3..]);
    });
}

#[test]
fn a_column_comes_back_with_its_sequence() {
    with_sequences(|base, tables| {
        let mut without = tables.to_vec();
        let docs = without.iter_mut().find(|table| table.name == "docs").expect("docs");
        docs.columns.retain(|column| column.name == "id");
        base.there_and_back(tables, &without, &none());
        base.holds(SEQUENCES, &ALL);
        base.holds("SELECT concat(number, ' ', place, ' ', odd) FROM docs", &["1 1 1", "2 2 2"]);
    });
}

//! Enums: of text with a check, and PostgreSQL's own.

use orm_core::schema::{ColumnDef, ColumnType, DefaultValue, TableDef};

use crate::harness::none;
use crate::on_each_base;

fn of(native: bool, labels: &[&str], default: Option<&str>) -> TableDef {
    let labels = labels.iter().map(|label| (*label).to_owned()).collect();
    let ty = ColumnType::Enum { labels, native: native.then(|| "its state".into()) };
    let mut column = ColumnDef::new("state", ty);
    column.default = default.map(|label| DefaultValue::Text(label.into()));
    TableDef::new("jobs")
        .column(ColumnDef::new("id", ColumnType::BigInt))
        .column(column)
        .primary_key(&["id"])
        .check("not_idle", "state <> 'idle'")
}

const ROWS: &str = "INSERT INTO jobs (id, state) VALUES (1, 'new'), (2, 'done'), (3, 'new')";
const STATES: &str = "SELECT state FROM jobs ORDER BY id";

fn change(base: &crate::harness::Base, native: bool) {
    let start = of(native, &["new", "done", "idle"], None);
    base.create(std::slice::from_ref(&start));
    base.sql(ROWS);
    // At the end, in the middle, at the start.
    let more = of(native, &["first", "new", "it's", "done", "idle", "last"], None);
    base.there_and_back(std::slice::from_ref(&start), std::slice::from_ref(&more), &none());
    base.evolve(std::slice::from_ref(&start), std::slice::from_ref(&more), &none());
    // A new one that is used at once.
    let used = of(native, &["first", "new", "it's", "done", "idle", "last", "now"], Some("now"));
    base.there_and_back(std::slice::from_ref(&more), std::slice::from_ref(&used), &none());
    base.evolve(std::slice::from_ref(&more), std::slice::from_ref(&used), &none());
    // In another order.
    let order = of(native, &["now", "new", "last", "done", "idle"], Some("now"));
    base.evolve(std::slice::from_ref(&used), std::slice::from_ref(&order), &none());
    base.holds(STATES, &["new", "done", "new"]);
    let less = of(native, &["now", "done", "idle"], None);
    base.refuses(
        std::slice::from_ref(&order),
        &[less],
        &none(),
        2,
        &["jobs", "state", "\"new\"", "{rows}"],
    );
    base.holds(STATES, &["new", "done", "new"]);
}

on_each_base! {
    fn labels_of_text(base: &Base) {
        change(base, false);
    }

    fn labels_of_a_type(base: &Base) {
        change(base, true);
    }

    fn text_becomes_an_enum_and_back(base: &Base) {
        let text = TableDef::new("jobs")
            .column(ColumnDef::new("id", ColumnType::BigInt))
            .column(ColumnDef::new("state", ColumnType::Text))
            .primary_key(&["id"])
            .check("not_idle", "state <> 'idle'");
        base.create(std::slice::from_ref(&text));
        base.sql(ROWS);
        for native in [false, true] {
            let all = of(native, &["new", "done", "idle"], None);
            base.there_and_back(std::slice::from_ref(&text), &[all], &none());
            let few = of(native, &["new", "idle"], None);
            base.refuses(std::slice::from_ref(&text), &[few], &none(), 1, &["jobs", "state", "none of the labels"]);
        }
        let own = of(true, &["new", "done", "idle"], Some("new"));
        let plain = of(false, &["new", "done", "idle"], Some("new"));
        base.evolve(&[text], std::slice::from_ref(&own), &none());
        base.there_and_back(&[own], &[plain], &none());
        base.holds(STATES, &["new", "done", "new"]);
    }
}

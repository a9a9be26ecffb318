//! The warnings before a change, without a database.

use orm_core::Dialect;
use orm_core::schema::{Action, ColumnDef, ColumnType, DefaultValue, TableDef};
use orm_kit::diff::diff;
use orm_kit::rows::{Hazard, HazardKind, hazards};

use crate::harness::none;

fn things(ty: ColumnType) -> TableDef {
    TableDef::new("things")
        .column(ColumnDef::new("id", ColumnType::BigInt))
        .column(ColumnDef::new("x", ty))
        .primary_key(&["id"])
}

fn nullable(mut table: TableDef) -> TableDef {
    table.columns[1].nullable = true;
    table
}

fn told(from: &TableDef, to: &TableDef, dialect: Dialect, kind: HazardKind) -> Vec<Hazard> {
    let change =
        diff(std::slice::from_ref(from), std::slice::from_ref(to), &none()).expect("a diff");
    let mut found = hazards(&change, dialect).expect("hazards");
    found.retain(|hazard| hazard.kind == kind);
    found
}

#[test]
fn a_new_column_without_values_refers_to_nothing() {
    let from = things(ColumnType::Text);
    let up = ColumnDef::new("up", ColumnType::BigInt);
    let refers = |column: ColumnDef| {
        from.clone().column(column).foreign_key(
            None,
            &["up"],
            "things",
            &["id"],
            Action::Cascade,
            Action::NoAction,
        )
    };
    for dialect in Dialect::ALL {
        let found = told(&from, &refers(up.clone().nullable()), dialect, HazardKind::MayFail);
        assert_eq!(found, []);
        let filled = refers(up.clone().nullable().default(DefaultValue::Integer(1)));
        assert_eq!(told(&from, &filled, dialect, HazardKind::MayFail).len(), 1);
    }
}

#[test]
fn an_enum_becomes_no_enum() {
    let labels = |labels: &[&str]| ColumnType::Enum {
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        native: None,
    };
    let (from, to) = (things(labels(&["a", "b"])), things(labels(&["a"])));
    for dialect in Dialect::ALL {
        let found = told(&from, &to, dialect, HazardKind::MayFail);
        assert_eq!(found.len(), 1);
        assert!(
            found[0]
                .what
                .contains("change those rows first, or keep the label; if it was renamed, write"),
            "{found:?}"
        );
        assert!(!found[0].what.contains("becomes"), "{found:?}");
    }
}

#[test]
fn what_no_rule_converts_is_said_step_by_step() {
    for (dialect, how) in [
        (Dialect::Sqlite, "`strftime('%Y-%m-%d %H:%M:%f000+00:00', \"x\", 'unixepoch')`"),
        (Dialect::Postgres, "`to_timestamp(\"x\")`"),
    ] {
        let (from, to) = (things(ColumnType::BigInt), things(ColumnType::Timestamptz));
        let found = told(&from, &to, dialect, HazardKind::MayFail);
        for words in ["add a second field", "`generate --custom`", how, "then drop the first"] {
            assert!(found[0].what.contains(words), "{words} is not in {found:?}");
        }
        let other = told(&from, &things(ColumnType::Bytes), dialect, HazardKind::MayFail);
        assert!(other[0].what.contains("`generate --custom`"), "{other:?}");
        assert!(!other[0].what.contains("seconds"), "{other:?}");
    }
}

#[test]
fn filled_nulls_do_not_come_back() {
    let from = nullable(things(ColumnType::Integer));
    let mut to = things(ColumnType::Integer);
    to.columns[1].default = Some(DefaultValue::Integer(7));
    for dialect in Dialect::ALL {
        let found = told(&from, &to, dialect, HazardKind::Irreversible);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].column.as_deref(), Some("x"));
        let count = found[0].count.as_deref().unwrap_or_default();
        assert_eq!(count, "SELECT count(*) FROM \"things\" WHERE \"x\" IS NULL");
    }
}

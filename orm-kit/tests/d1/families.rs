//! Tables that are rebuilt together keep every row, whatever their foreign keys say.

use orm_core::Dialect;
use orm_core::schema::{
    Action, ColumnDef, ColumnType, DefaultValue, IndexPart, MomentForm, TableDef,
};
use orm_kit::diff::{Hints, diff};
use orm_kit::render::render;

use crate::database::D1;

fn keyed(name: &str) -> TableDef {
    TableDef::new(name).column(ColumnDef::new("id", ColumnType::BigInt).auto()).primary_key(&["id"])
}

fn refers(table: TableDef, column: &str, parent: &str, action: Action) -> TableDef {
    let nullable = ColumnDef::new(column, ColumnType::BigInt).nullable();
    table.column(nullable).foreign_key(None, &[column], parent, &["id"], action, Action::NoAction)
}

fn named(table: TableDef) -> TableDef {
    table.column(ColumnDef::new("name", ColumnType::Text))
}

/// A parent with a child of each kind, a grandchild, and a row that refers to its own table.
fn family() -> Vec<TableDef> {
    vec![
        refers(named(keyed("parents")), "elder_id", "parents", Action::Restrict),
        refers(keyed("cascading"), "parent_id", "parents", Action::Cascade),
        refers(keyed("forgetting"), "parent_id", "parents", Action::SetNull),
        refers(keyed("holding"), "parent_id", "parents", Action::Restrict),
        refers(keyed("grandchildren"), "child_id", "cascading", Action::Cascade),
        named(keyed("strangers")),
    ]
}

const ROWS: &[&str] = &[
    "INSERT INTO parents (id, name, elder_id) VALUES (1, 'a', NULL), (2, 'b', 1), (3, 'c', 2)",
    "INSERT INTO cascading (id, parent_id) VALUES (10, 1), (11, 3), (12, NULL)",
    "INSERT INTO forgetting (id, parent_id) VALUES (20, 1), (21, 2)",
    "INSERT INTO holding (id, parent_id) VALUES (30, 1), (31, 3)",
    "INSERT INTO grandchildren (id, child_id) VALUES (40, 10), (41, 11)",
    "INSERT INTO strangers (id, name) VALUES (50, 'x')",
    "UPDATE sqlite_sequence SET seq = seq + 100",
];

fn check(d1: &D1) {
    d1.holds(
        "SELECT id || name || coalesce(elder_id, '-') FROM parents ORDER BY id",
        &["1a-", "2b1", "3c2"],
    );
    d1.holds(
        "SELECT id || ' ' || coalesce(parent_id, '-') FROM cascading ORDER BY id",
        &["10 1", "11 3", "12 -"],
    );
    d1.holds(
        "SELECT id || ' ' || coalesce(parent_id, '-') FROM forgetting ORDER BY id",
        &["20 1", "21 2"],
    );
    d1.holds(
        "SELECT id || ' ' || coalesce(parent_id, '-') FROM holding ORDER BY id",
        &["30 1", "31 3"],
    );
    d1.holds(
        "SELECT id || ' ' || coalesce(child_id, '-') FROM grandchildren ORDER BY id",
        &["40 10", "41 11"],
    );
    let marks = ["parents", "cascading", "forgetting", "holding", "grandchildren", "strangers"];
    let marks: Vec<Option<i64>> = marks.iter().map(|table| d1.mark(table)).collect();
    assert_eq!(marks, [103, 112, 121, 131, 141, 150].map(Some));
}

#[test]
fn children_of_every_kind_stay() {
    let Some(d1) = D1::fresh() else { return };
    let from = family();
    let mut to = family();
    to[0] = to[0].clone().unique(None, &["name"]);
    d1.create(&from);
    d1.sql(ROWS);
    d1.evolve(&from, &to, &Hints::default()).unwrap();
    check(&d1);
    assert_eq!(d1.differs_from(&to), None);
    d1.evolve(&to, &from, &Hints::default()).unwrap();
    check(&d1);
    assert_eq!(d1.differs_from(&from), None);
    // The foreign keys still do what they say.
    d1.sql(&["DELETE FROM holding", "DELETE FROM parents WHERE id = 3"]);
    d1.holds("SELECT id FROM cascading ORDER BY id", &["10", "12"]);
    d1.holds("SELECT id FROM grandchildren", &["40"]);
}

#[test]
fn tables_that_do_not_refer_to_it_are_left_alone() {
    let change = {
        let mut to = family();
        to[0] = to[0].clone().unique(None, &["name"]);
        diff(&family(), &to, &Hints::default()).unwrap()
    };
    let text = render(&change, Dialect::D1).unwrap().text();
    for name in ["parents", "cascading", "forgetting", "holding", "grandchildren"] {
        assert!(text.contains(&format!("DROP TABLE \"{name}\"")), "{text}");
    }
    assert!(!text.contains("strangers\""), "{text}");
    for word in
        ["BEGIN", "COMMIT", "TEMP", "foreign_keys = O", "legacy_alter_table", "COLLATE decimal"]
    {
        assert!(!text.replace("defer_foreign_keys = ON", "").contains(word), "{word} in\n{text}");
    }
}

#[test]
fn circles_stay() {
    for actions in [
        [Action::Cascade, Action::Cascade],
        [Action::Restrict, Action::Restrict],
        [Action::SetNull, Action::NoAction],
        [Action::Cascade, Action::Restrict],
    ] {
        let Some(d1) = D1::fresh() else { return };
        let circle = |unique: bool| {
            let one = refers(named(keyed("ones")), "other_id", "others", actions[0]);
            let other = refers(keyed("others"), "one_id", "ones", actions[1]);
            vec![if unique { one.unique(None, &["name"]) } else { one }, other]
        };
        d1.create(&circle(false));
        d1.sql(&[
            "PRAGMA defer_foreign_keys = ON",
            "INSERT INTO ones (id, name, other_id) VALUES (1, 'a', 1), (2, 'b', 2)",
            "INSERT INTO others (id, one_id) VALUES (1, 1), (2, 1)",
        ]);
        d1.evolve(&circle(false), &circle(true), &Hints::default()).unwrap();
        d1.holds("SELECT id || name || other_id FROM ones ORDER BY id", &["1a1", "2b2"]);
        d1.holds("SELECT id || ' ' || one_id FROM others ORDER BY id", &["1 1", "2 1"]);
        assert_eq!(d1.differs_from(&circle(true)), None, "{actions:?}");
    }
}

#[test]
fn a_parent_found_by_an_index_keeps_its_children() {
    let Some(d1) = D1::fresh() else { return };
    let tables = |checked: bool| {
        let code = ColumnDef::new("code", ColumnType::Text);
        let parents = named(keyed("parents").column(code)).index(
            None,
            vec![IndexPart::column("code")],
            true,
            None,
        );
        let children =
            keyed("children").column(ColumnDef::new("parent_code", ColumnType::Text)).foreign_key(
                None,
                &["parent_code"],
                "parents",
                &["code"],
                Action::Cascade,
                Action::Cascade,
            );
        let parents = if checked { parents.check("named", "name <> ''") } else { parents };
        vec![parents, children]
    };
    d1.create(&tables(false));
    d1.sql(&[
        "INSERT INTO parents (id, code, name) VALUES (1, 'x', 'a'), (2, 'y', 'b')",
        "INSERT INTO children (id, parent_code) VALUES (1, 'y'), (2, 'x')",
    ]);
    d1.evolve(&tables(false), &tables(true), &Hints::default()).unwrap();
    d1.holds("SELECT id || parent_code FROM children ORDER BY id", &["1y", "2x"]);
    assert_eq!(d1.differs_from(&tables(true)), None);
}

#[test]
fn a_dropped_parent_leaves_its_children() {
    let Some(d1) = D1::fresh() else { return };
    let from = family();
    let plain = |name: &str, column: &str| {
        keyed(name).column(ColumnDef::new(column, ColumnType::BigInt).nullable())
    };
    let mut to = from[1..].to_vec();
    to[0] = plain("cascading", "parent_id");
    to[1] = plain("forgetting", "parent_id");
    to[2] = plain("holding", "parent_id");
    d1.create(&from);
    d1.sql(ROWS);
    let hints = Hints { drops: vec!["parents".into()], ..Hints::default() };
    d1.evolve(&from, &to, &hints).unwrap();
    d1.holds("SELECT parent_id FROM cascading ORDER BY id", &["1", "3", "NULL"]);
    d1.holds("SELECT parent_id FROM forgetting ORDER BY id", &["1", "2"]);
    d1.holds("SELECT parent_id FROM holding ORDER BY id", &["1", "3"]);
    d1.holds("SELECT child_id FROM grandchildren ORDER BY id", &["10", "11"]);
    assert_eq!(d1.differs_from(&to), None);
}

#[test]
fn a_column_is_replaced_in_its_table() {
    let Some(d1) = D1::fresh() else { return };
    let tables = |ty: ColumnType, default: Option<i64>| {
        let mut family = family();
        let size = ColumnDef::new("size", ty);
        family[0] = family[0].clone().column(match default {
            Some(default) => size.default(DefaultValue::Integer(default)),
            None => size.nullable(),
        });
        family[0] = family[0].clone().index(None, vec![IndexPart::column("size")], false, None);
        family
    };
    let (from, to) = (tables(ColumnType::Text, None), tables(ColumnType::BigInt, Some(7)));
    d1.create(&from);
    d1.sql(ROWS);
    d1.sql(&[
        "UPDATE parents SET size = '12' WHERE id = 2",
        // What mizzle doesn't know stays.
        "CREATE TABLE log (what TEXT)",
        "CREATE TRIGGER told AFTER DELETE ON parents BEGIN INSERT INTO log VALUES (old.name); END",
    ]);
    let change = diff(&from, &to, &Hints::default()).unwrap();
    let text = render(&change, Dialect::D1).unwrap().text();
    assert!(!text.contains("DROP TABLE"), "{text}");
    d1.apply(&text).unwrap();
    check(&d1);
    d1.holds("SELECT size FROM parents ORDER BY id", &["7", "12", "7"]);
    d1.sql(&["DELETE FROM holding", "DELETE FROM parents WHERE id = 3"]);
    d1.holds("SELECT what FROM log", &["c"]);
    d1.sql(&["DROP TRIGGER told", "DROP TABLE log"]);
    assert_eq!(d1.differs_from(&to), None);
}

#[test]
fn moments_change_their_form() {
    for (form, written) in [
        (MomentForm::Iso8601, "'2024-01-31T18:30:00.123Z'"),
        (MomentForm::SqliteDatetime, "'2024-01-31 18:30:00'"),
        (MomentForm::UnixSeconds, "1706725800"),
        (MomentForm::UnixMillis, "1706725800123"),
    ] {
        let Some(d1) = D1::fresh() else { return };
        let at = ColumnDef::new("at", ColumnType::Timestamptz).nullable();
        let from = [keyed("events").column(at.clone().stored(form))];
        let to = [keyed("events").column(at)];
        d1.create(&from);
        d1.sql(&["INSERT INTO events (at) VALUES ('soon')"]);
        let refused = d1.evolve(&from, &to, &Hints::default()).unwrap_err();
        assert!(refused.contains("values that are not stored as"), "{refused}");
        d1.sql(&[&format!("UPDATE events SET at = {written}")]);
        d1.evolve(&from, &to, &Hints::default()).unwrap();
        d1.holds(
            "SELECT substr(at, 1, 20) || substr(at, 24) FROM events",
            &["2024-01-31 18:30:00.000+00:00"],
        );
        assert_eq!(d1.differs_from(&to), None);
    }
}

#[test]
fn a_new_reference_rebuilds_nothing() {
    let Some(d1) = D1::fresh() else { return };
    let from = family();
    let mut to = family();
    to[0] = refers(to[0].clone(), "stranger_id", "strangers", Action::SetNull);
    d1.create(&from);
    d1.sql(ROWS);
    let text = render(&diff(&from, &to, &Hints::default()).unwrap(), Dialect::D1).unwrap().text();
    assert!(text.contains("ADD COLUMN") && !text.contains("DROP TABLE"), "{text}");
    d1.apply(&text).unwrap();
    check(&d1);
    assert_eq!(d1.differs_from(&to), None);
}

#[test]
fn views_and_full_text_come_back() {
    let Some(d1) = D1::fresh() else { return };
    let tables = |unique: bool| {
        let mut all = family();
        all[0] = all[0].clone().full_text(&["name"], "simple");
        if unique {
            all[0] = all[0].clone().unique(None, &["name"]);
        }
        let view =
            TableDef::new("names").column(ColumnDef::new("name", ColumnType::Text).nullable());
        all.push(view.view(
            Dialect::Sqlite,
            "SELECT p.name FROM parents p JOIN holding h ON h.parent_id = p.id",
        ));
        all
    };
    d1.create(&tables(false));
    d1.sql(ROWS);
    d1.evolve(&tables(false), &tables(true), &Hints::default()).unwrap();
    check(&d1);
    d1.holds("SELECT name FROM names ORDER BY name", &["a", "c"]);
    let index = tables(true)[0].full_text_name();
    d1.holds(&format!("SELECT rowid FROM \"{index}\" WHERE \"{index}\" MATCH 'b'"), &["2"]);
    assert_eq!(d1.differs_from(&tables(true)), None);
}

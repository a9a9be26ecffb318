//! Columns: added, dropped, renamed, made NOT NULL, with other defaults.

use orm_core::schema::{
    Action, CheckDef, ColumnDef, ColumnType, DefaultValue, IndexPart, TableDef,
};
use orm_kit::diff::{DiffError, Hints, diff};

use crate::harness::{column, none};
use crate::on_each_base;

fn things() -> TableDef {
    TableDef::new("things")
        .column(ColumnDef::new("id", ColumnType::BigInt).auto())
        .column(ColumnDef::new("name", ColumnType::Text))
        .column(ColumnDef::new("size", ColumnType::Integer).nullable())
        .primary_key(&["id"])
}

const ROWS: &str = "INSERT INTO things (name, size) VALUES ('one', 1), ('two', NULL), ('three', 3)";
const NAMES: &[&str] = &["one", "two", "three"];
const ALL_NAMES: &str = "SELECT name FROM things ORDER BY id";

fn more(column: ColumnDef) -> TableDef {
    things().column(column)
}

fn with(change: impl FnOnce(&mut ColumnDef)) -> TableDef {
    let mut table = things();
    change(&mut table.columns[2]);
    table
}

/// `things` with other names of its columns.
fn renamed(names: &[(usize, &str)]) -> TableDef {
    let mut table = things();
    for (place, name) in names {
        table.columns[*place].name = (*name).into();
    }
    table
}

on_each_base! {
    fn a_column_is_added(base: &Base) {
        let int = || ColumnDef::new("extra", ColumnType::Integer);
        let text = || ColumnDef::new("extra", ColumnType::Text);
        let time = || ColumnDef::new("extra", ColumnType::Timestamptz);
        let labels = || ColumnType::Enum { labels: vec!["a".into(), "it's".into()], native: None };
        base.create(&[things()]);
        base.sql(ROWS);
        let tables = [
            (more(int().nullable()), "NULL"),
            (more(int().default(DefaultValue::Integer(7))), "7"),
            (more(text().default(DefaultValue::Text("it's".into()))), "it's"),
            (more(text().nullable()).unique(None, &["extra"]), "NULL"),
            (more(text().default(DefaultValue::Sql("lower('ABC')".into()))), "abc"),
            (more(ColumnDef::new("extra", labels()).default(DefaultValue::Text("it's".into()))), "it's"),
            (more(ColumnDef::new("extra", ColumnType::Varchar(4)).default(DefaultValue::Text("abcd".into()))), "abcd"),
            (more(ColumnDef::new("extra", ColumnType::BigInt).nullable().generated("size * 2")), "2"),
            (more(int().nullable()).index(None, vec![IndexPart::column("extra")], false, None), "NULL"),
            (more(int().nullable()).check("small", "extra < 10"), "NULL"),
        ];
        for (table, expected) in tables {
            base.evolve(&[things()], std::slice::from_ref(&table), &none());
            base.holds("SELECT extra FROM things WHERE id = 1", &[expected]);
            base.holds(ALL_NAMES, NAMES);
            base.evolve(&[table], &[things()], &none());
        }
        let table = more(time().default(DefaultValue::Now));
        base.there_and_back(&[things()], &[table], &none());
        base.holds(ALL_NAMES, NAMES);
    }

    fn a_column_that_refers_is_added(base: &Base) {
        base.create(&[things()]);
        base.sql(ROWS);
        let table = more(ColumnDef::new("parent_id", ColumnType::BigInt).nullable()).foreign_key(
            None, &["parent_id"], "things", &["id"], Action::Cascade, Action::SetNull,
        );
        base.there_and_back(&[things()], std::slice::from_ref(&table), &none());
        base.evolve(&[things()], &[table], &none());
        base.sql("UPDATE things SET parent_id = 1 WHERE id = 2; DELETE FROM things WHERE id = 1");
        base.holds(ALL_NAMES, &["three"]);
    }

    fn a_required_column_needs_a_default_where_there_are_rows(base: &Base) {
        base.create(&[things()]);
        let table = [more(ColumnDef::new("extra", ColumnType::Integer))];
        base.there_and_back(&[things()], &table, &none());
        base.sql(ROWS);
        base.refuses(&[things()], &table, &none(), 3, &["things", "extra", "{rows}", "default"]);
        base.holds(ALL_NAMES, NAMES);
    }

    fn a_column_is_dropped(base: &Base) {
        let before = things()
            .column(ColumnDef::new("extra", ColumnType::Text).nullable())
            .index(None, vec![IndexPart::column("extra")], false, None)
            .unique(None, &["extra", "name"])
            .check("extra_short", "length(extra) < 10");
        base.create(std::slice::from_ref(&before));
        base.sql(ROWS);
        base.there_and_back(&[before], &[things()], &none());
        base.holds(ALL_NAMES, NAMES);
        base.there_and_back(&[more(ColumnDef::new("extra", ColumnType::Text).nullable())
            .index(None, vec![IndexPart::column("extra")], false, None)
            .unique(None, &["extra", "name"])
            .check("extra_short", "length(extra) < 10")], &[renamed(&[])], &none());
    }

    fn columns_get_other_names(base: &Base) {
        base.create(&[things()]);
        base.sql(ROWS);
        let one = renamed(&[(1, "title")]);
        base.there_and_back(&[things()], &[one], &column("things", "name", "title"));
        // Two at once, which swap.
        let mut two = things();
        two.columns[1].ty = ColumnType::Text;
        let other = TableDef::new("things")
            .column(ColumnDef::new("id", ColumnType::BigInt).auto())
            .column(ColumnDef::new("size", ColumnType::Text))
            .column(ColumnDef::new("name", ColumnType::Integer).nullable())
            .primary_key(&["id"]);
        let hints = Hints {
            columns: vec![
                ("things".into(), "name".into(), "size".into()),
                ("things".into(), "size".into(), "name".into()),
            ],
            ..Hints::default()
        };
        base.there_and_back(&[things()], std::slice::from_ref(&other), &hints);
        base.evolve(&[things()], &[other], &hints);
        base.holds("SELECT size FROM things ORDER BY id", NAMES);
        base.holds("SELECT name FROM things ORDER BY id", &["1", "NULL", "3"]);
    }

    fn a_name_and_a_type_change_at_once(base: &Base) {
        base.create(&[things()]);
        base.sql(ROWS);
        let mut after = renamed(&[(2, "extent")]);
        after.columns[2].ty = ColumnType::Text;
        base.there_and_back(&[things()], std::slice::from_ref(&after), &column("things", "size", "extent"));
        base.evolve(&[things()], &[after], &column("things", "size", "extent"));
        base.holds("SELECT extent FROM things ORDER BY id", &["1", "NULL", "3"]);
    }

    fn a_column_takes_the_name_of_one_that_goes(base: &Base) {
        base.create(&[things()]);
        base.sql(ROWS);
        let after = TableDef::new("things")
            .column(ColumnDef::new("id", ColumnType::BigInt).auto())
            .column(ColumnDef::new("size", ColumnType::Text))
            .primary_key(&["id"]);
        base.evolve(&[things()], &[after], &column("things", "name", "size"));
        base.holds("SELECT size FROM things ORDER BY id", NAMES);
    }

    fn expressions_follow_a_new_name(base: &Base) {
        let parts = |name: &str| {
            renamed(&[(1, name)])
                .check("short", &format!("length({name}) < 100"))
                .index(Some("lowered"), vec![IndexPart::expression(&format!("lower({name})"))], false, None)
                .index(Some("long"), vec![IndexPart::column("size")], false, Some(&format!("length({name}) > 3")))
                .column(ColumnDef::new("upper", ColumnType::Text).nullable().generated(&format!("upper({name})")))
        };
        base.create(&[parts("name")]);
        base.sql(ROWS);
        base.there_and_back(&[parts("name")], &[parts("title")], &column("things", "name", "title"));
        base.evolve(&[parts("name")], &[parts("title")], &column("things", "name", "title"));
        base.holds("SELECT upper FROM things ORDER BY id", &["ONE", "TWO", "THREE"]);
    }

    fn null_is_allowed_and_forbidden(base: &Base) {
        base.create(&[things()]);
        base.sql(ROWS);
        let required = with(|size| size.nullable = false);
        base.refuses(&[things()], std::slice::from_ref(&required), &none(), 1, &["things", "size", "NULL", "default"]);
        base.holds("SELECT size FROM things ORDER BY id", &["1", "NULL", "3"]);
        let filled = with(|size| {
            size.nullable = false;
            size.default = Some(DefaultValue::Integer(9));
        });
        base.evolve(&[things()], std::slice::from_ref(&filled), &none());
        base.holds("SELECT size FROM things ORDER BY id", &["1", "9", "3"]);
        base.evolve(&[filled], std::slice::from_ref(&required), &none());
        base.evolve(&[required], &[things()], &none());
    }

    fn defaults_change(base: &Base) {
        let default = |value: Option<DefaultValue>| with(|size| size.default = value);
        base.create(&[things()]);
        base.sql(ROWS);
        let steps = [
            default(Some(DefaultValue::Integer(1))),
            default(Some(DefaultValue::Integer(2))),
            default(Some(DefaultValue::Sql("1 + 1".into()))),
            default(None),
        ];
        let mut before = things();
        for after in steps {
            base.there_and_back(std::slice::from_ref(&before), std::slice::from_ref(&after), &none());
            base.evolve(&[before], std::slice::from_ref(&after), &none());
            before = after;
        }
        base.holds("SELECT size FROM things ORDER BY id", &["1", "NULL", "3"]);
    }

    fn computed_columns_change(base: &Base) {
        let computed = |sql: &str| more(ColumnDef::new("twice", ColumnType::BigInt).nullable().generated(sql));
        let plain = more(ColumnDef::new("twice", ColumnType::BigInt).nullable());
        base.create(&[computed("size * 2")]);
        base.sql(ROWS);
        base.there_and_back(&[computed("size * 2")], &[computed("size * 3")], &none());
        base.evolve(&[computed("size * 2")], std::slice::from_ref(&plain), &none());
        base.holds("SELECT twice FROM things ORDER BY id", &["2", "NULL", "6"]);
        base.evolve(&[plain], &[computed("size * 3")], &none());
        base.holds("SELECT twice FROM things ORDER BY id", &["3", "NULL", "9"]);
        // What stands on it stays, under another name as well.
        let with = |table: TableDef, index: &str| {
            table
                .index(Some(index), vec![IndexPart::column("twice"), IndexPart::column("name")], false, None)
                .unique(Some("a unique one"), &["name", "twice"])
                .check("small", "twice < 100")
        };
        let before = with(computed("size * 3"), "by_twice");
        base.evolve(&[computed("size * 3")], std::slice::from_ref(&before), &none());
        for sql in ["size * 3", "size * 4"] {
            base.there_and_back(std::slice::from_ref(&before), &[with(computed(sql), "renamed")], &none());
        }
        let filled = ColumnDef::new("twice", ColumnType::BigInt).generated("size * 3");
        let refused = with(more(filled), "by_twice");
        base.refuses(std::slice::from_ref(&before), &[refused], &none(), 1, &["things", "twice", "NULL"]);
        base.evolve(&[before], &[computed("size * 3")], &none());
        // What it is computed from changes.
        let mut wider = computed("size * 3");
        wider.columns[2].ty = ColumnType::BigInt;
        base.there_and_back(&[computed("size * 3")], &[wider], &none());
    }

    fn counting_begins_and_ends(base: &Base) {
        let plain = {
            let mut table = things();
            table.columns[0].auto = false;
            table
        };
        base.create(std::slice::from_ref(&plain));
        base.sql("INSERT INTO things (id, name) VALUES (5, 'five')");
        base.there_and_back(std::slice::from_ref(&plain), &[things()], &none());
        base.evolve(&[plain], &[things()], &none());
        base.sql("INSERT INTO things (name) VALUES ('six')");
        base.holds("SELECT id FROM things ORDER BY id", &["5", "6"]);
    }
}

#[test]
fn what_could_be_a_rename_is_asked_about() {
    let after = renamed(&[(1, "title")]);
    let Err(DiffError::Ambiguous(questions)) =
        diff(&[things()], std::slice::from_ref(&after), &none())
    else {
        panic!("no question");
    };
    assert_eq!(questions.len(), 1);
    assert_eq!(
        questions[0].to_string(),
        "column \"name\" of table \"things\" is gone, and \"title\" is new: if it was renamed, pass `--rename \
         things.name=things.title`, or write `renamed_from = \"name\"` in the struct; to drop it with its contents, \
         pass `--drop things.name`"
    );
    let drop = Hints { drops: vec!["things.name".into()], ..Hints::default() };
    assert_eq!(
        diff(&[things()], &[after], &drop).expect("it is possible").summary(),
        ["- column things.name", "+ column things.title: text NOT NULL"]
    );
}

#[test]
fn a_declared_rename_answers_and_leads_nowhere_once_followed() {
    let mut after = renamed(&[(1, "title")]);
    after.columns[1].renamed_from = Some("name".into());
    let change = diff(&[things()], std::slice::from_ref(&after), &none()).expect("it is possible");
    assert_eq!(change.summary(), ["~ column things.name -> title"]);
    assert!(diff(&change.to, &[after], &none()).expect("it is possible").is_empty());
}

#[test]
fn a_chain_of_declared_renames() {
    let mut after = renamed(&[(1, "a"), (2, "name")]);
    after.columns[1].renamed_from = Some("name".into());
    after.columns[2].renamed_from = Some("size".into());
    let change = diff(&[things()], std::slice::from_ref(&after), &none()).expect("it is possible");
    assert_eq!(change.summary(), ["~ column things.name -> a", "~ column things.size -> name"]);
    assert!(diff(&change.to, &[after], &none()).expect("it is possible").is_empty());
}

#[test]
fn a_hint_that_fits_nothing_is_an_error() {
    let unknown = |hints: &Hints| match diff(&[things()], &[things()], hints) {
        Err(DiffError::UnknownHint(message)) => message,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        unknown(&column("things", "nick", "name")),
        "`--rename things.nick=things.name`: there is no \"things.nick\" in the schema before; use the names in the \
         database"
    );
    assert!(unknown(&column("nothing", "a", "b")).contains("there is no table \"nothing\""));
    let drop = Hints { drops: vec!["things.nick".into()], ..Hints::default() };
    assert!(unknown(&drop).starts_with("`--drop things.nick`: there is no such table or column"));
}

#[test]
fn order_makes_no_difference() {
    let mut after = things();
    after.columns.swap(1, 2);
    after.checks = vec![
        CheckDef { name: "a".into(), condition: "true".into() },
        CheckDef { name: "b".into(), condition: "true".into() },
    ];
    let mut before = after.clone();
    before.checks.reverse();
    assert!(diff(&[before], &[after], &none()).expect("it is possible").is_empty());
}

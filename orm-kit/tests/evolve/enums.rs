//! Enums: of text with a check, and PostgreSQL's own.

use orm_core::schema::{Action, ColumnDef, ColumnType, DefaultValue, IndexPart, TableDef};

use orm_kit::diff::{Hints, LabelHint, diff};

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

fn renamed(table: TableDef, labels: &[(&str, &str)]) -> TableDef {
    let mut table = table;
    for column in table.columns.iter_mut().filter(|column| column.name == "state") {
        *column = column.clone().renamed_labels(labels);
    }
    table
}

fn remembered() -> Hints {
    Hints { remembers: true, ..Hints::default() }
}

/// A second table with two columns of the same type, one of them a part of its key.
fn other(of: &TableDef) -> TableDef {
    let state = of.find_column("state").expect("a state").clone();
    let mut last = state.clone().nullable();
    last.name = "last".into();
    last.default = None;
    TableDef::new("runs")
        .column(ColumnDef::new("id", ColumnType::BigInt))
        .column(state)
        .column(last)
        .primary_key(&["id", "state"])
        .unique(None, &["state", "id"])
}

fn rename(base: &crate::harness::Base, native: bool) {
    let both = |jobs: TableDef| [other(&jobs), jobs];
    let from = both(of(native, &["new", "done", "idle"], Some("new")));
    base.create(&from);
    base.sql(ROWS);
    base.sql("INSERT INTO runs (id, state, last) VALUES (1, 'new', 'done'), (1, 'done', NULL), (2, 'idle', 'new')");
    let runs = "SELECT concat(id, state, last) FROM runs ORDER BY id, last";
    let runs =
        base.either("SELECT id || state || coalesce(last, '') FROM runs ORDER BY id, last", runs);
    let before = base.texts(runs);

    // One label, which is the default, beside a new one.
    let to = of(native, &["it's fresh", "done", "more", "idle"], Some("it's fresh"));
    let mut to = both(renamed(to, &[("new", "it's fresh")]));
    to[0].columns[2].renamed_labels = vec![("new".into(), "it's fresh".into())];
    for hints in [none(), remembered()] {
        let change = base.evolve(&from, &to, &hints);
        base.holds(STATES, &["it's fresh", "done", "it's fresh"]);
        base.sql("INSERT INTO jobs (id) VALUES (4)");
        base.holds("SELECT state FROM jobs WHERE id = 4", &["it's fresh"]);
        base.holds("SELECT state FROM runs WHERE last = 'done'", &["it's fresh"]);
        base.holds("SELECT last FROM runs WHERE id = 2", &["it's fresh"]);
        base.apply(&change.inverse());
        base.sql("DELETE FROM jobs WHERE id = 4");
        base.holds(STATES, &["new", "done", "new"]);
        assert_eq!(base.texts(runs), before);
        // It has been followed.
        assert!(diff(&to, &to, &hints).expect("a diff").is_empty());
        let summary = change.summary().join("\n");
        let told = if native { "new -> it's fresh" } else { "label \"new\" -> \"it's fresh\"" };
        assert!(summary.contains(told), "{summary}");
    }

    // Two change places, whatever the order in which the enum has them.
    let circle = [("new", "done"), ("done", "new")];
    for labels in [["done", "new", "idle"], ["new", "done", "idle"]] {
        let mut to = both(renamed(of(native, &labels, Some("done")), &circle));
        to[0].columns[2] = to[0].columns[2].clone().renamed_labels(&circle);
        let change = base.evolve(&from, &to, &remembered());
        base.holds(STATES, &["done", "new", "done"]);
        base.holds("SELECT last FROM runs WHERE last IS NOT NULL ORDER BY id", &["new", "done"]);
        assert!(diff(&to, &to, &remembered()).expect("a diff").is_empty());
        base.apply(&change.inverse());
        base.holds(STATES, &["new", "done", "new"]);
        assert_eq!(base.texts(runs), before);
        // A database can't know whether it is done.
        let error = diff(&from, &to, &none()).expect_err("a question").to_string();
        assert!(
            error.contains("--rename runs.state:new=done --rename runs.state:done=new"),
            "{error}"
        );
        let labels = ["runs.state", "runs.last", "jobs.state"].iter().flat_map(|place| {
            let (table, column) = place.split_once('.').expect("a place");
            circle.map(|(old, new)| LabelHint {
                table: table.into(),
                column: column.into(),
                old: old.into(),
                new: new.into(),
            })
        });
        let answered = Hints { labels: labels.collect(), ..Hints::default() };
        assert_eq!(diff(&from, &to, &answered).expect("a diff").tables, change.tables);
    }

    // One after another, while one goes and the check follows.
    let chain = [("new", "done"), ("done", "over")];
    let mut to = both(renamed(of(native, &["done", "over", "idle"], Some("done")), &chain));
    to[0].columns[2] = to[0].columns[2].clone().renamed_labels(&chain);
    let change = base.evolve(&from, &to, &none());
    base.holds(STATES, &["done", "over", "done"]);
    assert!(diff(&to, &to, &none()).expect("a diff").is_empty());
    base.apply(&change.inverse());
    base.holds(STATES, &["new", "done", "new"]);

    // A label takes the name of one that goes: rows that hold that are in the way.
    let one = std::slice::from_ref;
    base.sql("DROP TABLE runs");
    let (_, jobs) = (&from[0], &from[1]);
    let taken = [("new", "done")];
    let to = renamed(of(native, &["done", "idle"], Some("done")), &taken);
    let says = ["jobs", "state", "\"done\"", "{rows}"];
    base.refuses(one(jobs), one(&to), &remembered(), 1, &says);
    base.sql("DELETE FROM jobs WHERE state = 'done'");
    let change = base.evolve(one(jobs), one(&to), &remembered());
    base.holds(STATES, &["done", "done"]);
    base.apply(&change.inverse());
    base.holds(STATES, &["new", "new"]);

    // Without a word it is one that goes and one that is new.
    let to = of(native, &["fresh", "done", "idle"], None);
    base.refuses(one(jobs), one(&to), &none(), 2, &["jobs", "state", "\"new\"", "{rows}"]);

    // While the enum becomes one of the other kind.
    let to = renamed(of(!native, &["fresh", "done", "idle"], Some("fresh")), &[("new", "fresh")]);
    let change = base.evolve(one(jobs), one(&to), &none());
    base.holds(STATES, &["fresh", "fresh"]);
    base.apply(&change.inverse());
    base.holds(STATES, &["new", "new"]);
}

on_each_base! {
    fn labels_of_text(base: &Base) {
        change(base, false);
    }

    fn labels_of_a_type(base: &Base) {
        change(base, true);
    }

    fn labels_of_text_get_other_names(base: &Base) {
        rename(base, false);
    }

    fn labels_of_a_type_get_other_names(base: &Base) {
        rename(base, true);
    }

    /// Table, column and label at once, with a check, an index and a unique index that name the label.
    fn all_names_change_at_once(base: &Base) {
        for native in [false, true] {
            let schema = |table: &str, column: &str, labels: &[&str], busy: &str| {
                let labels = labels.iter().map(|label| (*label).to_owned()).collect();
                let ty = ColumnType::Enum { labels, native: native.then(|| "mood".into()) };
                TableDef::new(table)
                    .column(ColumnDef::new("id", ColumnType::BigInt))
                    .column(ColumnDef::new(column, ty).nullable().default(DefaultValue::Text(busy.into())))
                    .primary_key(&["id"])
                    .check("few", &format!("id < 3 OR {column} <> '{busy}'"))
                    .index(Some("busy"), vec![IndexPart::column("id")], false, Some(&format!("{column} = '{busy}'")))
                    .index(Some("one_busy"), vec![IndexPart::column(column)], true, Some(&format!("{column} = '{busy}'")))
            };
            let from = [schema("jobs", "state", &["busy", "idle"], "busy")];
            let circle = [("busy", "idle"), ("idle", "busy")];
            let mut to = [schema("tasks", "mood", &["idle", "busy"], "idle").renamed_from("jobs")];
            to[0].columns[1] = to[0].columns[1].clone().renamed_from("state").renamed_labels(&circle);
            base.create(&from);
            base.sql("INSERT INTO jobs (id, state) VALUES (1, 'busy'), (2, 'idle'), (3, 'idle'), (4, NULL)");
            let change = base.evolve(&from, &to, &remembered());
            base.holds("SELECT mood FROM tasks ORDER BY id", &["idle", "busy", "busy", "NULL"]);
            base.apply(&change.inverse());
            base.holds(STATES, &["busy", "idle", "idle", "NULL"]);
            let change = diff(&from, &[], &Hints { drops: vec!["jobs".into()], ..none() });
            base.apply(&change.expect("a diff"));
        }
    }

    /// A key of labels, what refers to it, and what is computed from it.
    fn labels_that_others_refer_to_get_other_names(base: &Base) {
        let labels = |labels: &[&str]| {
            let labels = labels.iter().map(|label| (*label).to_owned()).collect();
            ColumnDef::new("state", ColumnType::Enum { labels, native: None })
        };
        let schema = |state: ColumnDef, hot: &str| {
            [
                TableDef::new("states")
                    .column(state.clone())
                    .column(ColumnDef::new("hot", ColumnType::Bool).nullable().generated(hot))
                    .primary_key(&["state"]),
                TableDef::new("jobs")
                    .column(ColumnDef::new("id", ColumnType::BigInt))
                    .column(state)
                    .primary_key(&["id"])
                    .check("short", "length(state) < 5")
                    .index(None, vec![IndexPart::expression("upper(state)")], false, Some("state <> 'x'"))
                    .foreign_key(None, &["state"], "states", &["state"], Action::NoAction, Action::NoAction),
            ]
        };
        let from = schema(labels(&["a", "b"]), "state = 'a'");
        let circle = [("a", "b"), ("b", "a")];
        let to = schema(labels(&["b", "a"]).renamed_labels(&circle), "state = 'b'");
        base.create(&from);
        base.sql("INSERT INTO states (state) VALUES ('a'), ('b')");
        base.sql("INSERT INTO jobs (id, state) VALUES (1, 'a'), (2, 'b'), (3, 'a')");
        let change = base.evolve(&from, &to, &remembered());
        base.holds(STATES, &["b", "a", "b"]);
        base.holds("SELECT state FROM states WHERE hot", &["b"]);
        base.apply(&change.inverse());
        base.holds(STATES, &["a", "b", "a"]);
        base.holds("SELECT state FROM states WHERE hot", &["a"]);
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
            base.refuses(std::slice::from_ref(&text), &[few], &none(), 1, &["jobs", "state", "not one of the labels"]);
        }
        let own = of(true, &["new", "done", "idle"], Some("new"));
        let plain = of(false, &["new", "done", "idle"], Some("new"));
        base.evolve(&[text], std::slice::from_ref(&own), &none());
        base.there_and_back(&[own], &[plain], &none());
        base.holds(STATES, &["new", "done", "new"]);
    }
}

/// A trigger that keeps rows as they are would leave them with a label that means something else.
#[cfg(feature = "postgres")]
#[test]
fn rows_that_a_trigger_keeps_are_found() {
    crate::harness::Base::postgres(|base| {
        let from = [of(false, &["new", "done", "idle"], None)];
        let to =
            renamed(of(false, &["done", "new", "idle"], None), &[("new", "done"), ("done", "new")]);
        base.create(&from);
        base.sql(ROWS);
        base.sql(
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
             CREATE TRIGGER keep BEFORE UPDATE ON jobs FOR EACH ROW WHEN (old.id = 3) EXECUTE FUNCTION keep()",
        );
        let change = diff(&from, &[to], &remembered()).expect("a diff");
        let script = orm_kit::render::render(&change, base.dialect()).expect("a valid schema");
        let error = base.run(&script).expect_err("a row that stays");
        assert!(error.contains("__mizzle_moved_0"), "{error}");
        base.holds(STATES, &["new", "done", "new"]);
    });
}

#[cfg(feature = "postgres")]
#[test]
fn what_a_struct_does_not_know_of_a_type_stays() {
    const EXTRAS: &str = "SELECT concat_ws('|', pg_get_userbyid(typowner), typacl, obj_description(oid, 'pg_type')) \
                          FROM pg_type WHERE typtype = 'e'";
    crate::harness::Base::postgres(|base| {
        let (from, to) = (
            [of(true, &["new", "done", "idle"], None)],
            [of(true, &["idle", "new", "done"], None)],
        );
        base.create(&from);
        let name: String = base
            .texts("SELECT quote_ident(typname) FROM pg_type WHERE typtype = 'e'")
            .remove(0)
            .expect("a type");
        base.sql(&format!(
            "COMMENT ON TYPE {name} IS 'its state'; REVOKE ALL ON TYPE {name} FROM PUBLIC; \
             GRANT USAGE ON TYPE {name} TO pg_monitor; GRANT USAGE ON TYPE {name} TO pg_read_all_data WITH GRANT OPTION; \
             ALTER TYPE {name} OWNER TO pg_database_owner",
        ));
        let before = base.texts(EXTRAS);
        base.there_and_back(&from, &to, &none());
        assert_eq!(base.texts(EXTRAS), before);
        // What new types get isn't for one that comes back.
        base.sql("ALTER DEFAULT PRIVILEGES GRANT USAGE ON TYPES TO pg_monitor, pg_signal_backend");
        base.there_and_back(&from, &to, &none());
        base.sql(
            "ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM pg_monitor, pg_signal_backend",
        );
        assert_eq!(base.texts(EXTRAS), before);
    });
}

/// A table with arrays of a native type, which are texts on SQLite, beside a column of the type.
fn arrays(labels: &[&str], default: Option<DefaultValue>) -> TableDef {
    let labels = labels.iter().map(|label| (*label).to_owned()).collect();
    let ty = ColumnType::Enum { labels, native: Some("its state".into()) };
    let mut states = ColumnDef::new("states", ty.clone().array()).nullable();
    states.default = default;
    TableDef::new("jobs")
        .column(ColumnDef::new("id", ColumnType::BigInt))
        .column(states)
        .column(ColumnDef::new("state", ty).nullable())
        .primary_key(&["id"])
}

on_each_base! {
    fn labels_of_arrays(base: &Base) {
        let one = std::slice::from_ref;
        let states = |base: &crate::harness::Base| {
            base.texts(base.either(
                "SELECT coalesce(replace(replace(states, '\"', ''), 'null', 'NULL'), '-') FROM jobs ORDER BY id",
                "SELECT coalesce(translate(states::text, '{}\"', '[]'), '-') FROM jobs ORDER BY id",
            ))
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
        };
        let start = arrays(&["new", "done", "idle"], None);
        base.create(one(&start));
        base.sql(base.either(
            "INSERT INTO jobs (id, states, state) VALUES (1, '[\"new\",null,\"done\",\"new\"]', 'new'), (2, '[]', 'idle'), (3, NULL, NULL)",
            "INSERT INTO jobs (id, states, state) VALUES (1, '{new,NULL,done,new}', 'new'), (2, '{}', 'idle'), (3, NULL, NULL)",
        ));
        let before = ["[new,NULL,done,new]", "[]", "-"];
        assert_eq!(states(base), before);

        // More labels, which a default uses at once, and in another order.
        let sql = base.either("'[\"now\"]'", "'{now}'::\"its state\"[]");
        let more = arrays(&["it's", "done", "new", "now", "idle"], Some(DefaultValue::Sql(sql.into())));
        base.there_and_back(one(&start), one(&more), &none());
        assert_eq!(states(base), before);
        base.evolve(one(&start), one(&more), &none());
        base.sql("INSERT INTO jobs (id) VALUES (4)");
        assert_eq!(states(base)[3], "[now]");
        base.sql("DELETE FROM jobs WHERE id = 4");

        // Two change places, and one gets another name.
        let circle = [("new", "done"), ("done", "new"), ("it's", "its")];
        let mut turned = arrays(&["its", "done", "new", "now", "idle"], None);
        for column in &mut turned.columns[1..] {
            *column = column.clone().renamed_labels(&circle);
        }
        let change = base.evolve(one(&more), one(&turned), &remembered());
        assert_eq!(states(base), ["[done,NULL,new,done]", "[]", "-"]);
        base.holds("SELECT state FROM jobs WHERE id < 3 ORDER BY id", &["done", "idle"]);
        base.apply(&change.inverse());
        assert_eq!(states(base), before);

        // One goes that rows hold, in the array alone.
        base.sql("UPDATE jobs SET state = NULL");
        let less = arrays(&["it's", "new", "now", "idle"], None);
        base.refuses(one(&more), one(&less), &none(), 1, &["jobs", "states", "\"done\"", "{rows}"]);
        assert_eq!(states(base), before);
        base.sql(base.either("UPDATE jobs SET states = '[\"new\"]' WHERE id = 1", "UPDATE jobs SET states = '{new}' WHERE id = 1"));
        base.evolve(one(&more), one(&less), &none());

        // Arrays of texts and back, and of another type whose labels have other names.
        let mut texts = less.clone();
        texts.columns[1].ty = ColumnType::Text.array();
        base.there_and_back(one(&less), one(&texts), &none());
        let mut other = less.clone();
        let labels = vec!["fresh".into(), "new".into(), "idle".into()];
        other.columns[1].ty = ColumnType::Enum { labels, native: Some("other".into()) }.array();
        other.columns[1] = other.columns[1].clone().renamed_labels(&[("new", "fresh"), ("now", "new")]);
        let change = base.evolve(one(&less), one(&other), &remembered());
        assert_eq!(states(base), ["[fresh]", "[]", "-"]);
        base.apply(&change.inverse());
        assert_eq!(states(base), ["[new]", "[]", "-"]);
        base.evolve(one(&less), one(&texts), &none());
        base.sql(base.either("UPDATE jobs SET states = '[\"odd\",null]' WHERE id = 1", "UPDATE jobs SET states = '{odd,NULL}' WHERE id = 1"));
        base.refuses(one(&texts), one(&less), &none(), 1, &["jobs", "states", "not one of the labels"]);
    }
}

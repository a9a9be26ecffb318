//! Names that the structs declare to have changed.

use orm_core::schema::ColumnType::{BigInt, Text};
use orm_core::schema::{Action, ColumnDef, TableDef};
use orm_kit::diff::{Hints, diff};

use crate::harness::none;
use crate::on_each_base;

fn id() -> ColumnDef {
    ColumnDef::new("id", BigInt)
}

fn remembered() -> Hints {
    Hints { remembers: true, ..Hints::default() }
}

on_each_base! {
    /// Both names stay, so only the declarations show it.
    fn names_change_places(base: &Base) {
        let pair = |one: ColumnDef, other: ColumnDef| {
            [TableDef::new("pair").column(id()).primary_key(&["id"]).column(one).column(other)]
        };
        let from = pair(ColumnDef::new("a", Text), ColumnDef::new("b", Text).nullable());
        let to = pair(
            ColumnDef::new("a", Text).nullable().renamed_from("b"),
            ColumnDef::new("b", Text).renamed_from("a"),
        );
        base.create(&from);
        base.sql("INSERT INTO pair (id, a, b) VALUES (1, 'x', NULL), (2, 'y', 'z')");
        let change = base.evolve(&from, &to, &remembered());
        base.holds("SELECT coalesce(a, '-') || b FROM pair ORDER BY id", &["-x", "zy"]);
        // It has been followed.
        assert!(diff(&to, &to, &remembered()).expect("a diff").is_empty());
        // A database can't know whether it has.
        let error = diff(&from, &to, &none()).expect_err("a question").to_string();
        assert!(error.contains("--rename pair.b=pair.a --rename pair.a=pair.b"), "{error}");
        base.apply(&change.inverse());
        base.holds("SELECT a || coalesce(b, '-') FROM pair ORDER BY id", &["x-", "yz"]);
    }

    fn a_new_column_takes_the_old_name(base: &Base) {
        let from = [TableDef::new("t").column(id()).primary_key(&["id"]).column(ColumnDef::new("b", Text))];
        let to = [TableDef::new("t")
            .column(id())
            .primary_key(&["id"])
            .column(ColumnDef::new("a", Text).renamed_from("b"))
            .column(ColumnDef::new("b", Text).nullable())];
        base.create(&from);
        base.sql("INSERT INTO t (id, b) VALUES (1, 'x')");
        for hints in [none(), remembered()] {
            let change = base.evolve(&from, &to, &hints);
            base.holds("SELECT a || coalesce(b, '-') FROM t", &["x-"]);
            base.apply(&change.inverse());
        }
        assert!(diff(&to, &to, &remembered()).expect("a diff").is_empty());
        assert!(diff(&to, &to, &none()).expect("a diff").is_empty());
    }

    fn tables_change_places(base: &Base) {
        let table = |name: &str, column: &str| {
            TableDef::new(name).column(id()).primary_key(&["id"]).column(ColumnDef::new(column, Text))
        };
        let from = [table("one", "x"), table("two", "y")];
        let to = [table("one", "y").renamed_from("two"), table("two", "x").renamed_from("one")];
        base.create(&from);
        base.sql("INSERT INTO one (id, x) VALUES (1, 'a')");
        base.sql("INSERT INTO two (id, y) VALUES (2, 'b')");
        let change = base.evolve(&from, &to, &remembered());
        base.holds("SELECT y FROM one UNION ALL SELECT x FROM two ORDER BY 1", &["a", "b"]);
        base.holds("SELECT y FROM one", &["b"]);
        assert!(diff(&to, &to, &remembered()).expect("a diff").is_empty());
        base.apply(&change.inverse());
        base.holds("SELECT x FROM one", &["a"]);
    }

    /// Constraints keep their names if their table gets another, also beside new ones that are equal to them.
    fn constraints_that_differ_by_name(base: &Base) {
        let keyed = |table: TableDef, key: Option<&str>| {
            let name = table.name.clone();
            table.foreign_key(key, &["posts"], &name, &["id"], Action::NoAction, Action::NoAction)
        };
        let table = |name: &str| {
            let table = TableDef::new(name)
                .column(id())
                .column(ColumnDef::new("users", BigInt))
                .column(ColumnDef::new("posts", BigInt))
                .primary_key(&["id"])
                .unique(Some("users_users_key"), &["users"])
                .check("positive", "users > 0");
            keyed(table, Some("users_posts_fkey"))
        };
        let from = [table("users")];
        let to = [keyed(table("new users"), None).unique(None, &["users"]).check("above zero", "users > 0")];
        base.create(&from);
        base.sql("INSERT INTO users (id, users, posts) VALUES (1, 2, 1)");
        let hints = Hints { tables: vec![("users".into(), "new users".into())], ..none() };
        let change = base.evolve(&from, &to, &hints);
        base.apply(&change.inverse());
        base.holds("SELECT users FROM users", &["2"]);
    }
}

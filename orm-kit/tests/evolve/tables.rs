//! Tables: created, dropped, renamed.

use orm_core::schema::{Action, ColumnDef, ColumnType, DefaultValue, IndexPart, TableDef};

use crate::harness::{none, table};
use crate::on_each_base;

pub fn users() -> TableDef {
    TableDef::new("users")
        .column(ColumnDef::new("id", ColumnType::BigInt).auto())
        .column(ColumnDef::new("email", ColumnType::Text))
        .column(ColumnDef::new("name", ColumnType::Text).nullable())
        .primary_key(&["id"])
        .unique(None, &["email"])
        .index(None, vec![IndexPart::column("name").desc()], false, None)
}

pub fn posts(on_delete: Action) -> TableDef {
    let author = ColumnDef::new("author_id", ColumnType::BigInt);
    let author = if on_delete == Action::SetNull { author.nullable() } else { author };
    TableDef::new("posts")
        .column(ColumnDef::new("id", ColumnType::BigInt).auto())
        .column(author)
        .column(ColumnDef::new("title", ColumnType::Text))
        .column(ColumnDef::new("stars", ColumnType::Integer).default(DefaultValue::Integer(0)))
        .primary_key(&["id"])
        .check("title_not_empty", "length(title) > 0")
        .foreign_key(None, &["author_id"], "users", &["id"], on_delete, Action::NoAction)
        .index(None, vec![IndexPart::column("author_id")], false, None)
}

const ROWS: &str = "INSERT INTO users (email, name) VALUES ('ada', 'Ada'), ('bob', NULL);
    INSERT INTO posts (author_id, title, stars) VALUES (1, 'one', 5), (1, 'two', 3), (2, 'three', 0);";

fn pair(one: &str, other: &str) -> TableDef {
    TableDef::new(one)
        .column(ColumnDef::new("a", ColumnType::BigInt))
        .column(ColumnDef::new("b", ColumnType::BigInt))
        .column(ColumnDef::new("c", ColumnType::BigInt).nullable())
        .column(ColumnDef::new("d", ColumnType::BigInt).nullable())
        .primary_key(&["a", "b"])
        .foreign_key(None, &["c", "d"], other, &["a", "b"], Action::Cascade, Action::Cascade)
}

on_each_base! {
    fn tables_come_and_go(base: &Base) {
        base.create(&[users()]);
        base.sql("INSERT INTO users (email) VALUES ('ada')");
        base.there_and_back(&[users()], &[users(), posts(Action::Cascade)], &none());
        base.holds("SELECT email FROM users", &["ada"]);
    }

    fn a_parent_goes_with_its_child(base: &Base) {
        let both = [users(), posts(Action::Cascade)];
        base.create(&both);
        base.sql(ROWS);
        let lonely = TableDef {
            foreign_keys: Vec::new(),
            ..posts(Action::Cascade)
        };
        base.evolve(&both, std::slice::from_ref(&lonely), &none());
        base.holds("SELECT title FROM posts ORDER BY id", &["one", "two", "three"]);
        base.evolve(&[lonely], &[], &none());
    }

    fn a_circle_comes_and_goes(base: &Base) {
        let circle = [pair("left", "right"), pair("right", "left")];
        base.there_and_back(&[], &circle, &none());
    }

    fn a_circle_of_rows_is_kept(base: &Base) {
        let circle = [pair("left", "right"), pair("right", "left")];
        base.create(&circle);
        base.sql(
            "INSERT INTO \"left\" (a, b) VALUES (1, 1);
             INSERT INTO \"right\" (a, b, c, d) VALUES (2, 2, 1, 1);
             UPDATE \"left\" SET c = 2, d = 2;",
        );
        let mut changed = circle.clone();
        for table in &mut changed {
            *table = table.clone().check("positive", "a > 0");
        }
        base.there_and_back(&circle, &changed, &none());
        base.holds("SELECT c FROM \"left\"", &["2"]);
        base.holds("SELECT c FROM \"right\"", &["1"]);
    }

    fn a_table_gets_another_name(base: &Base) {
        let before = [users(), posts(Action::Cascade)];
        base.create(&before);
        base.sql(ROWS);
        let mut people = users();
        people = TableDef {
            name: "people".into(),
            uniques: Vec::new(),
            indexes: Vec::new(),
            ..people
        }
        .unique(None, &["email"])
        .index(None, vec![IndexPart::column("name").desc()], false, None);
        let mut child = posts(Action::Cascade);
        child.foreign_keys[0].table = "people".into();
        let after = [people, child];
        base.there_and_back(&before, &after, &table("users", "people"));
        base.evolve(&before, &after, &table("users", "people"));
        base.holds("SELECT email FROM people ORDER BY id", &["ada", "bob"]);
        base.holds("SELECT title FROM posts ORDER BY id", &["one", "two", "three"]);
        base.sql("DELETE FROM people WHERE id = 1");
        base.holds("SELECT title FROM posts ORDER BY id", &["three"]);
    }

    fn two_tables_swap_names(base: &Base) {
        let one = |name: &str, column: &str| {
            TableDef::new(name)
                .column(ColumnDef::new("id", ColumnType::BigInt))
                .column(ColumnDef::new(column, ColumnType::Text))
                .primary_key(&["id"])
        };
        let before = [one("a", "x"), one("b", "y")];
        base.create(&before);
        base.sql("INSERT INTO a VALUES (1, 'from a'); INSERT INTO b VALUES (1, 'from b')");
        let after = [one("b", "x"), one("a", "y")];
        let mut hints = table("a", "b");
        hints.tables.extend(table("b", "a").tables);
        base.there_and_back(&before, &after, &hints);
        base.evolve(&before, &after, &hints);
        base.holds("SELECT x FROM b", &["from a"]);
        base.holds("SELECT y FROM a", &["from b"]);
    }

    fn long_and_odd_names(base: &Base) {
        let long = "a_table_whose_name_goes_on_and_on_and_on_until_it_is_too_long_";
        let table = |name: &str| {
            TableDef::new(name)
                .column(ColumnDef::new("the \"key\"", ColumnType::BigInt))
                .column(ColumnDef::new("select", ColumnType::Text).default(
                    DefaultValue::Text("it's; \"quoted\" -- \\ %s $mizzle$".into()),
                ))
                .primary_key(&["the \"key\""])
                .unique(None, &["select", "the \"key\""])
                .index(None, vec![IndexPart::column("select")], false, None)
        };
        base.create(&[table(long)]);
        let name = base.dialect().quote_ident(long);
        base.sql(&format!("INSERT INTO {name} (\"the \"\"key\"\"\") VALUES (1)"));
        let other = "it's a \"table\"; 100%";
        let hints = crate::harness::table(long, other);
        base.there_and_back(&[table(long)], &[table(other)], &hints);
        base.holds(&format!("SELECT \"select\" FROM {name}"), &["it's; \"quoted\" -- \\ %s $mizzle$"]);
    }

    fn what_is_not_managed_is_left_alone(base: &Base) {
        base.create(&[users()]);
        base.sql(
            "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL \
             DEFAULT CURRENT_TIMESTAMP)",
        );
        if base.dialect() == orm_core::Dialect::Postgres {
            base.sql("CREATE SCHEMA other; CREATE TABLE other.things (id int)");
        }
        base.there_and_back(&[users()], &[users(), posts(Action::Cascade)], &none());
        base.holds("SELECT count(*) FROM __diesel_schema_migrations", &["0"]);
    }
}

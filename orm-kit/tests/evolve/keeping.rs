//! What a rebuild on SQLite keeps; on PostgreSQL the same changes are made in place.

use orm_core::schema::{Action, ColumnDef, ColumnType, TableDef};

use crate::harness::none;
use crate::on_each_base;
use crate::tables::{posts, users};

fn comments() -> TableDef {
    TableDef::new("comments")
        .column(ColumnDef::new("id", ColumnType::BigInt).auto())
        .column(ColumnDef::new("post_id", ColumnType::BigInt))
        .column(ColumnDef::new("answers", ColumnType::BigInt).nullable())
        .primary_key(&["id"])
        .foreign_key(None, &["post_id"], "posts", &["id"], Action::Cascade, Action::NoAction)
        .foreign_key(None, &["answers"], "comments", &["id"], Action::Cascade, Action::NoAction)
}

const ROWS: &str = "INSERT INTO users (email) VALUES ('ada'), ('bob'), ('gone');
    DELETE FROM users WHERE email = 'gone';
    INSERT INTO posts (author_id, title) VALUES (1, 'one'), (2, 'two');
    INSERT INTO comments (post_id, answers) VALUES (1, NULL), (1, 1), (2, NULL), (1, 2);";

/// The same with checks, which SQLite can't add to a table.
fn checked(table: TableDef) -> TableDef {
    let name = format!("{}_checked", table.name);
    table.check(&name, "id > 0")
}

on_each_base! {
    fn children_and_grandchildren(base: &Base) {
        for action in [Action::Cascade, Action::Restrict, Action::SetNull, Action::NoAction] {
            let all = [users(), posts(action), comments()];
            base.create(&all);
            base.sql(ROWS);
            let changes = [
                [checked(users()), posts(action), comments()],
                [checked(users()), checked(posts(action)), comments()],
                [users(), checked(posts(action)), checked(comments())],
                [checked(users()), checked(posts(action)), checked(comments())],
            ];
            for after in changes {
                base.there_and_back(&all, &after, &none());
                base.holds("SELECT email FROM users ORDER BY id", &["ada", "bob"]);
                base.holds("SELECT author_id FROM posts ORDER BY id", &["1", "2"]);
                base.holds("SELECT answers FROM comments ORDER BY id", &["NULL", "1", "NULL", "2"]);
            }
            base.evolve(&all, &[], &none());
        }
    }

    fn numbers_are_not_given_again(base: &Base) {
        base.create(&[users()]);
        base.sql("INSERT INTO users (email) VALUES ('ada'), ('gone'); DELETE FROM users WHERE email = 'gone'");
        base.there_and_back(&[users()], &[checked(users())], &none());
        base.sql("INSERT INTO users (email) VALUES ('new')");
        base.holds("SELECT id FROM users ORDER BY id", &["1", "3"]);
        base.sql("DELETE FROM users");
        base.evolve(&[users()], &[checked(users())], &none());
        base.sql("INSERT INTO users (email) VALUES ('newer')");
        base.holds("SELECT id FROM users ORDER BY id", &["4"]);
    }

    fn rows_stay_when_a_step_fails(base: &Base) {
        let all = [users(), posts(Action::Cascade), comments()];
        base.create(&all);
        base.sql(ROWS);
        // A check that the copied rows break, of a column that is new, so that no guard sees it.
        let broken = users()
            .column(ColumnDef::new("extra", ColumnType::Integer).default(
                orm_core::schema::DefaultValue::Integer(5),
            ))
            .check("broken", "extra > 10");
        let change = orm_kit::diff::diff(&all, &[broken, checked(posts(Action::Cascade)), comments()], &none()).expect("it is possible");
        let script = orm_kit::render::render(&change, base.dialect()).expect("it is possible");
        assert!(base.run(&script).is_err());
        base.is(&all, &script);
        base.holds("SELECT email FROM users ORDER BY id", &["ada", "bob"]);
        base.holds("SELECT count(*) FROM comments", &["4"]);
        base.sql("DELETE FROM users WHERE email = 'ada'");
        base.holds("SELECT count(*) FROM comments", &["1"]);
    }
}

#[cfg(feature = "sqlite")]
mod on_sqlite {
    use diesel::connection::SimpleConnection;

    use super::*;
    use crate::harness::Base;

    const OBJECTS: &str = "CREATE VIEW titles AS SELECT title, email FROM posts JOIN users ON users.id = author_id;
        CREATE INDEX by_hand ON posts (stars, title);
        CREATE TABLE log (what TEXT);
        CREATE TRIGGER logged AFTER INSERT ON posts BEGIN INSERT INTO log VALUES (NEW.title); END;
        CREATE TRIGGER from_elsewhere AFTER DELETE ON users BEGIN UPDATE posts SET stars = 0 WHERE author_id = OLD.id; END;";
    const NAMES: &str = "SELECT name FROM sqlite_schema WHERE name IN ('titles', 'by_hand', 'logged', 'from_elsewhere') ORDER BY name";

    /// A schema with what mizzle doesn't manage around it, and the same with every table rebuilt.
    fn prepared(base: &Base) -> [Vec<TableDef>; 2] {
        let all = [users(), posts(Action::SetNull)];
        base.create(&all);
        base.sql(ROWS.split("INSERT INTO comments").next().expect("rows"));
        base.sql(OBJECTS);
        [all.to_vec(), all.map(checked).to_vec()]
    }

    #[test]
    fn triggers_views_and_indexes_by_hand_are_kept() {
        Base::sqlite(|base| {
            let [before, after] = prepared(base);
            let run = |from: &[TableDef], to: &[TableDef]| {
                let change = orm_kit::diff::diff(from, to, &none()).expect("no question");
                let script = orm_kit::render::render(&change, base.dialect()).expect("a schema");
                base.run(&script).unwrap_or_else(|error| panic!("{error}"));
            };
            for (from, to) in [(&before, &after), (&after, &before)] {
                run(from, to);
                base.holds(NAMES, &["by_hand", "from_elsewhere", "logged", "titles"]);
                base.holds("SELECT title FROM titles ORDER BY title", &["one", "two"]);
            }
            base.sql("INSERT INTO posts (author_id, title) VALUES (1, 'three')");
            base.holds("SELECT what FROM log", &["three"]);
            base.sql("DELETE FROM users WHERE id = 2");
            base.holds("SELECT stars FROM posts WHERE title = 'two'", &["0"]);
        });
    }

    /// diesel's own tool runs the same file, and can't keep what the file doesn't know.
    #[test]
    fn another_tool_refuses_where_it_would_lose_a_trigger() {
        Base::sqlite(|base| {
            let [before, after] = prepared(base);
            let change = orm_kit::diff::diff(&before, &after, &none()).expect("no question");
            let script = orm_kit::render::render(&change, base.dialect()).expect("a schema");
            let run = base.db.with_connection(|connection| {
                Ok(connection.batch_execute(&script.text()).map_err(|error| error.to_string()))
            });
            assert!(run.expect("a connection").is_err());
            base.holds(NAMES, &["by_hand", "from_elsewhere", "logged", "titles"]);
            base.holds("SELECT count(*) FROM posts", &["2"]);
            base.sql("DROP TRIGGER logged; DROP INDEX by_hand; DROP TRIGGER from_elsewhere; DROP VIEW titles");
            let run = base.db.with_connection(|connection| {
                Ok(connection.batch_execute(&script.text()).map_err(|error| error.to_string()))
            });
            assert_eq!(run.expect("a connection"), Ok(()));
            base.holds("SELECT count(*) FROM posts", &["2"]);
        });
    }
}

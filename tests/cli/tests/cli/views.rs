//! Views, by migrations and by `push`.

use mizzle::prelude::*;
use test_support::each_url;

use crate::project::Project;

fn count(db: &Db, sql: &str) -> i64 {
    sql_of(db, sql).expect("a count")
}

fn sql_of(db: &Db, sql: &str) -> mizzle::Result<i64> {
    let sql = format!("({sql})");
    db.one(diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>(&sql)))
}

fn in_order(project: &Project, schema: &str) {
    let run = project.db(schema, "check").ended(0);
    assert!(run.starts_with("Nothing is wrong\n"), "{run}");
}

const USERS: &str =
    "INSERT INTO users (email, nick) VALUES ('a', 'Ada'), ('b', 'Ada'), ('c', NULL)";

#[test]
fn migrations_make_change_and_drop_them() {
    each_url!(|url| {
        let project = Project::with_url(url);
        project.db("views", "generate").done();
        project.db("views", "migrate").done();
        let db = Db::connect(url).expect("the database");
        db.execute_sql(USERS).expect("rows");
        assert_eq!(count(&db, "SELECT users FROM nicks"), 2);
        in_order(&project, "views");
        assert_eq!(project.db("views", "generate --json").json(0)["changed"], false);
        project.db("other_views", "generate").ended(0);
        project.db("other_views", "migrate").done();
        assert_eq!(count(&db, "SELECT count(*) FROM named WHERE age IS NULL"), 2);
        assert!(sql_of(&db, "SELECT users FROM nicks").is_err());
        in_order(&project, "other_views");
        project.db("other_views", "rollback").done();
        assert_eq!(count(&db, "SELECT users FROM nicks"), 2);
        project.db("views", "rollback --force").ended(0);
        assert!(sql_of(&db, "SELECT count(*) FROM named").is_err());
    });
}

#[test]
fn push_makes_changes_and_drops_them_and_leaves_others_alone() {
    each_url!(|url| {
        let project = Project::with_url(url);
        project.db("first", "push").done();
        let db = Db::connect(url).expect("the database");
        db.execute_sql(USERS).expect("rows");
        db.execute_sql("CREATE VIEW theirs AS SELECT email FROM users").expect("a view");
        insta::allow_duplicates! {
            insta::assert_snapshot!(project.told("views", "push"), @"
            Changed <database>
              + view nicks
              + view named
            ");
        }
        assert_eq!(count(&db, "SELECT users FROM nicks"), 2);
        assert_eq!(project.db("views", "push --json").json(0)["changed"], false);
        in_order(&project, "views");

        // By hand: the database is not what the structs say, and `push` only replaces it if it is told to.
        db.execute_sql("DROP VIEW nicks").expect("dropped");
        db.execute_sql("CREATE VIEW nicks AS SELECT 1 AS users, 'x' AS nick").expect("another");
        let drift = project.db("views", "check").ended(1);
        assert!(drift.contains("~ view nicks"), "{drift}");
        for push in ["push", "push --dry-run"] {
            let run = project.db("views", push).ended(1);
            assert!(run.contains("the view \"nicks\" was changed by hand"), "{run}");
        }
        assert_eq!(count(&db, "SELECT users FROM nicks"), 1);
        project.db("views", "push --force").done();
        assert_eq!(count(&db, "SELECT users FROM nicks"), 2);

        db.execute_sql("DROP VIEW theirs").expect("dropped");
        project.db("other_views", "push").done();
        assert_eq!(count(&db, "SELECT count(*) FROM named WHERE age IS NULL"), 2);
        db.execute_sql("CREATE VIEW theirs AS SELECT email FROM users").expect("a view");
        assert!(sql_of(&db, "SELECT users FROM nicks").is_err());
        project.db("first", "push --force").done();
        assert!(sql_of(&db, "SELECT count(*) FROM named").is_err());
        assert_eq!(count(&db, "SELECT count(*) FROM theirs"), 3);
    });
}

#[test]
fn check_reports_what_does_not_fit_the_struct() {
    each_url!(|url| {
        let project = Project::with_url(url);
        project.db("unfit_view", "generate").done();
        let run = project.db("unfit_view", "check").ended(1);
        let run = run.split("note:").next().unwrap_or_default();
        for said in [
            "named.id is",
            "named.email is",
            "users.nick may be NULL: make named.nick an `Option`",
            "the SQL has no column for named.age; its columns are id, email, nick",
        ] {
            assert!(run.contains(said), "{said}: {run}");
        }
    });
}

//! Commands through a pooler, whose sessions other clients have changed.

use diesel::sql_types::BigInt;
use mizzle::prelude::*;
use test_support::FreshPostgres;
use test_support::pgbouncer::PgBouncer;

use crate::project::Project;

#[test]
fn what_others_set_in_a_session_leads_nowhere() {
    let fresh = FreshPostgres::new();
    let (_, database) = fresh.url.rsplit_once('/').expect("a URL with a database");
    let Some(pooler) = PgBouncer::start(&fresh.url, 1) else { return };
    let url = pooler.url(database);
    let direct = Db::connect(&fresh.url).expect("the database");
    // Another schema with a table of the same name, which a command would read or change in its place.
    direct
        .execute_sql(
            "CREATE SCHEMA other; CREATE TABLE other.users (id bigint PRIMARY KEY, email text, extra text)",
        )
        .expect("a schema");
    let leave = || {
        let other = Db::builder(&url).pool_size(1).connect().expect("the pooler");
        other.execute_sql("SET search_path = other").expect("a setting");
    };
    let count = |what: &str| -> i64 {
        let sql = format!("(SELECT count(*) FROM information_schema.{what})");
        direct.one(diesel::select(diesel::dsl::sql::<BigInt>(&sql))).expect("a count")
    };

    let pushed = Project::with_url(&url);
    leave();
    pushed.db("first", "push").done();
    leave();
    let again = pushed.db("first", "push --json").json(0);
    assert_eq!(again["changed"], false);
    leave();
    let pulled = pushed.db("first", "pull").ended(0);
    assert!(pulled.contains("nick") && !pulled.contains("extra"), "{pulled}");
    assert!(pulled.contains("other.*: 1 table is left out"), "{pulled}");
    assert_eq!(count("columns WHERE table_schema = 'other'"), 3);
    assert_eq!(count("tables WHERE table_schema = 'public' AND table_name = 'users'"), 1);

    direct.execute_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public").expect("no tables");
    let migrated = Project::with_url(&url);
    migrated.db("first", "generate").done();
    leave();
    migrated.db("first", "migrate").done();
    for command in ["check", "status"] {
        leave();
        migrated.db("first", command).done();
    }
    migrated.db("posts", "generate").done();
    leave();
    migrated.db("posts", "migrate").done();
    leave();
    migrated.db("posts", "rollback --force").done();
    assert_eq!(count("columns WHERE table_schema = 'other'"), 3);
    assert_eq!(count("tables WHERE table_schema = 'public' AND table_name LIKE '%s'"), 3);
}

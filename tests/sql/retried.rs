//! What is run again after a lost connection: what reads, by its words.

use mizzle::Sql;
use mizzle::prelude::*;
use test_support::FreshPostgres;

use crate::schema::*;

#[test]
fn only_what_reads_is_run_again() {
    let fresh = FreshPostgres::new();
    let db = Db::builder(&fresh.url).pool_size(1).connect().unwrap();
    let other = Db::connect(&fresh.url).unwrap();
    fill(&db);
    let lose_connection = || {
        let pid: i32 = sql!("SELECT pg_backend_pid()").one(&db).unwrap();
        sql!("SELECT pg_terminate_backend({pid}, 5000)").one::<bool>(&other).unwrap();
    };
    let (id, ids) = (UserId(1), [UserId(1)]);
    let (read, write) =
        (sql!("id = {id}"), sql!("DELETE FROM users WHERE id = {UserId(9)} RETURNING id"));
    let reads: [Sql<'_>; 6] = [
        sql!("SELECT id FROM users WHERE {read}"),
        sql!(
            "/* a hint */ SELECT id FROM users WHERE replace(email, 'a', 'b') <> 'update' AND {read}"
        ),
        sql!("WITH one AS (SELECT * FROM users WHERE id IN ({..ids})) SELECT id FROM one"),
        sql!("SELECT id FROM users WHERE \"email\" <> 'insert into' AND {read} -- delete"),
        sql!("VALUES ({1_i64})"),
        sql!("select id from users where id = 1;"),
    ];
    for sql in reads {
        lose_connection();
        assert_eq!(sql.all::<i64>(&db).unwrap(), [1], "{sql:?}");
    }
    let writes = [
        sql!("UPDATE users SET age = age WHERE {read} RETURNING id"),
        sql!(
            "WITH changed AS (UPDATE users SET age = age RETURNING id) SELECT id FROM changed WHERE {read}"
        ),
        sql!("WITH changed AS ({write}) SELECT id FROM changed"),
        sql!("SELECT id FROM users WHERE {read} FOR UPDATE"),
        sql!("SELECT id FROM users WHERE {read} FOR SHARE"),
        sql!("SELECT {1_i64} AS id INTO other"),
        sql!("EXPLAIN (ANALYZE) SELECT id FROM users"),
    ];
    for sql in writes {
        lose_connection();
        let error = sql.all::<i64>(&db).unwrap_err();
        assert!(error.is_connection_lost(), "{sql:?}: {error:?}");
    }
}

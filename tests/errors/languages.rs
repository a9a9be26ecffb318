//! A server that speaks another language shows no value either, and is understood as well.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use diesel::sql_types::Text;
use mizzle::ErrorCode;
use mizzle::prelude::*;

use crate::calls::{fail_by_copy, fail_by_migrations};
use crate::secrets::{fail_by_violations, fail_on_postgres};
use crate::server::{Server, programs};

/// How each language says that `nowhere` is not there: its quotation marks, or its words, differ.
const LANGUAGES: [(&str, &str); 6] = [
    ("de", "Relation »nowhere« existiert nicht"),
    ("fr", "la relation « nowhere » n'existe pas"),
    ("ja", "リレーション\"nowhere\"は存在しません"),
    ("ru", "отношение \"nowhere\" не существует"),
    ("sv", "relationen \"nowhere\" existerar inte"),
    ("ko", "\"nowhere\" 이름의 릴레이션(relation)이 없습니다"),
];

fn understood(db: &Db) {
    // A plan that is no longer right is made again.
    let count = || db.execute(diesel::sql_query("SELECT * FROM vaults"));
    count().unwrap();
    db.execute_sql("ALTER TABLE vaults ADD COLUMN more int").unwrap();
    count().unwrap();
    for (sql, code, database_code) in [
        ("SELECT * FROM nowhere", ErrorCode::SchemaError, "42P01"),
        ("SELECT nothing FROM vaults", ErrorCode::SchemaError, "42703"),
        ("SELECT 'x'::int", ErrorCode::ValueError, "22P02"),
        ("INSERT INTO vaults DEFAULT VALUES", ErrorCode::ConstraintError, "23502"),
        ("SELEKT", ErrorCode::QueryError, "42601"),
    ] {
        let error = db.execute(diesel::sql_query(sql)).unwrap_err();
        assert_eq!((error.code(), error.database_code()), (code, Some(database_code)), "{error:?}");
    }
    let number = diesel::sql_query("SELECT $1::int").bind::<Text, _>("m4rk3r");
    let error = db.execute(number).unwrap_err();
    assert_eq!(error.to_string(), "a text is not in the form of its type (integer)");
    let relation = diesel::sql_query("SELECT $1::regclass").bind::<Text, _>("M4rk3r.\"S3cret\"");
    let error = db.execute(relation).unwrap_err();
    assert!(!error.to_string().to_lowercase().contains("rk3r"), "{error}");
}

/// A pg_hba.conf that takes `careful` only by an encrypted connection.
fn rules_that_refuse() -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"host all careful all reject\nhost all all all scram-sha-256\n").unwrap();
    // The server is another user.
    file.as_file().set_permissions(Permissions::from_mode(0o644)).unwrap();
    file
}

fn refused(server: &Server, db: &Db) {
    db.execute_sql("DROP ROLE IF EXISTS absent; CREATE ROLE absent PASSWORD 'p'").unwrap();
    let url = server.url();
    let (_, place) = url.rsplit_once('@').unwrap();
    for (user, code, database_code) in [
        ("careful", ErrorCode::SslError, "28000"),
        ("absent", ErrorCode::AuthFailed, "28000"),
        ("nobody", ErrorCode::AuthFailed, "28P01"),
    ] {
        let error = Db::connect(&format!("postgres://{user}:p@{place}")).unwrap_err();
        assert_eq!((error.code(), error.database_code()), (code, Some(database_code)), "{error:?}");
        assert!(!error.is_temporary(), "{error:?}");
    }
}

#[test]
fn of_other_peoples_servers() {
    if programs().is_none() {
        assert!(
            std::env::var_os("MIZZLE_TEST_OWN_SERVERS").is_none(),
            "PostgreSQL's server (initdb, pg_ctl, postgres) is not installed"
        );
        eprintln!("skipped: PostgreSQL's server (initdb, pg_ctl, postgres) is not installed");
        return;
    }
    let rules = rules_that_refuse();
    let settings = format!("max_connections = 10\nhba_file = '{}'", rules.path().display());
    let server = Server::prepare(&settings).unwrap();
    let mut spoken = 0;
    for (language, not_there) in LANGUAGES {
        server.up_speaking(language).unwrap();
        let db = Db::connect(&server.url()).unwrap();
        db.execute_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public").unwrap();
        let error = db.execute_sql("SELECT * FROM nowhere").unwrap_err();
        assert!(error.to_string().contains("nowhere"), "{error}");
        spoken += u32::from(error.to_string() == not_there);
        fail_by_violations(&db);
        understood(&db);
        refused(&server, &db);
        fail_on_postgres(&db);
        fail_by_copy(&db);
        fail_by_migrations(&db);
        drop(db);
        server.stop().unwrap();
    }
    // Debian's package has them all; elsewhere some may be left out.
    assert!(
        spoken > 0 || !std::path::Path::new("/usr/share/locale/de/LC_MESSAGES").exists(),
        "English only"
    );
    println!("{spoken} of {} languages", LANGUAGES.len());
}

//! Servers, databases and roles with settings of their own.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use diesel::sql_types::Text;
use mizzle::prelude::*;
use mizzle::{ErrorCode, Json, Migrations, TransactionRetry};

use crate::Mood;
use test_support::{FreshPostgres, postgres_url, with_database};

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "things")]
struct Thing {
    #[column(primary_key)]
    id: i64,
    flag: bool,
    small: i16,
    number: i32,
    #[column(unique)]
    text: String,
    #[column(default = r"back\slash 'quoted'")]
    with_default: String,
    bytes: Vec<u8>,
    real: f32,
    double: f64,
    decimal: Decimal,
    date: NaiveDate,
    time: NaiveTime,
    timestamp: NaiveDateTime,
    moment: DateTime<Utc>,
    #[column(default = now)]
    made: DateTime<Utc>,
    uuid: Uuid,
    json: Json<serde_json::Value>,
    mood: Mood,
    nothing: Option<NaiveDate>,
}

mizzle::schema!(Things = [Thing]);

fn thing(id: i64, text: &str) -> NewThing {
    let day = NaiveDate::from_ymd_opt(1999, 2, 3).unwrap();
    let time = NaiveTime::from_hms_micro_opt(23, 59, 58, 123_456).unwrap();
    NewThing::builder()
        .id(id)
        .flag(true)
        .small(i16::MIN)
        .number(i32::MAX)
        .text(text)
        .bytes(vec![0, 92, 39, 255, id as u8])
        .real(0.1)
        .double(f64::MAX - id as f64)
        .decimal("-12345678901234567890.000100".parse::<Decimal>().unwrap())
        .date(day)
        .time(time)
        .timestamp(day.and_time(time))
        .moment(day.and_time(time).and_utc())
        .uuid(Uuid::from_u128(id as u128))
        .json(Json(serde_json::json!({ "a\\b": ["'", 1.5e300, null] })))
        .mood(Mood::Sad)
        .build()
}

/// Values go there and back, are found by themselves, and compare as elsewhere; so do migrations and errors.
fn works(url: &str, texts: &[&str]) {
    let db = Db::connect(url).unwrap();
    let retry = TransactionRetry::new(5);
    db.execute_sql("DROP TABLE IF EXISTS things; DROP TYPE IF EXISTS mood").unwrap();
    db.create_all::<Things>().unwrap();
    let mut all = Vec::new();
    for (id, text) in (1..).zip(texts) {
        let row = db.insert(thing(id, text)).unwrap();
        let NewThing { timestamp, moment, .. } = thing(id, text);
        assert_eq!((&*row.text, row.timestamp, row.moment), (*text, timestamp, moment));
        assert_eq!(row.with_default, r"back\slash 'quoted'");
        let age = Utc::now() - row.made;
        assert!(age.num_hours().abs() < 1, "{age}");
        assert_eq!(db.get::<Thing>(id).unwrap(), row);
        let found = Thing::query()
            .filter(things::text.eq(&row.text))
            .filter(things::bytes.eq(&row.bytes))
            .filter(things::real.eq(row.real))
            .filter(things::double.eq(row.double))
            .filter(things::decimal.eq(&row.decimal))
            .filter(things::date.eq(row.date))
            .filter(things::time.eq(row.time))
            .filter(things::timestamp.eq(row.timestamp))
            .filter(things::moment.eq(row.moment))
            .filter(things::uuid.eq(row.uuid))
            .filter(things::mood.eq_any([Mood::Sad]))
            .filter(things::nothing.is_null());
        assert_eq!(found.all(&db).unwrap(), std::slice::from_ref(&row));
        let changed = Thing { flag: false, nothing: Some(row.date), ..row.clone() };
        db.transaction_builder().retry(retry).run(|tx| tx.update(&changed)).unwrap();
        assert_eq!(db.get::<Thing>(id).unwrap(), changed);
        all.push(changed);
    }
    assert_eq!(Thing::query().order_by(things::id).all(&db).unwrap(), all);
    let like =
        |pattern: &str| Thing::query().filter(things::text.like(pattern)).count(&db).unwrap();
    assert_eq!(like(r"back\\%"), 1);
    assert_eq!(like(r"100\%"), 1);
    assert_eq!(like("%"), texts.len() as u64);
    assert_eq!(Thing::query().filter(things::text.ilike(r"BACK\\%")).count(&db).unwrap(), 1);
    let error = db.insert(thing(100, texts[0])).unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    assert_eq!(error.constraint().unwrap().columns, ["text"]);
    assert!(!format!("{error:?}").contains(texts[0]), "{error:?}");

    let files = tempfile::tempdir().unwrap();
    for (name, up) in [
        (
            "2026-01-01-000000_first",
            r"CREATE TABLE parts (a text DEFAULT 'a\nb', d date DEFAULT '2026-03-04')",
        ),
        (
            "2026-01-01-000001_second",
            r"INSERT INTO parts (a) VALUES ('c:\new'); INSERT INTO parts DEFAULT VALUES",
        ),
    ] {
        let path = files.path().join("postgres").join(name);
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("up.sql"), up).unwrap();
        fs::write(path.join("down.sql"), "DROP TABLE IF EXISTS parts").unwrap();
    }
    let migrations = Migrations::from_path(files.path()).unwrap();
    let _guard = crate::may_migrate();
    assert_eq!(db.migrate(&migrations).unwrap().migrations.len(), 2);
    let status = db.migrator(&migrations).status().unwrap();
    for migration in &status {
        let age = Utc::now() - migration.applied_at.unwrap();
        assert!(age.num_hours().abs() < 1, "{age}");
    }
    let parts: String = db
        .one(diesel::dsl::sql::<Text>(
            "SELECT string_agg(a || to_char(d, ' YYYY-MM-DD'), ';' ORDER BY a) FROM parts",
        ))
        .unwrap();
    assert_eq!(parts, "a\\nb 2026-03-04;c:\\new 2026-03-04");
    assert_eq!(db.migrate(&migrations).unwrap().migrations.len(), 0);
    db.migrator(&migrations).allow_data_loss(true).rollback(2).unwrap();
    db.execute_sql("DROP TABLE things; DROP TYPE mood").unwrap();
}

const TEXTS: [&str; 4] = ["plain", r"back\slash", "100%", "it's"];

#[test]
fn of_a_database() {
    let fresh = FreshPostgres::new();
    let admin = Db::connect(&fresh.url).unwrap();
    let (_, database) = fresh.url.rsplit_once('/').unwrap();
    admin.execute_sql("CREATE SCHEMA app").unwrap();
    for settings in [
        "standard_conforming_strings = off; backslash_quote = on; escape_string_warning = off",
        "DateStyle = 'German, DMY'; IntervalStyle = sql_standard; TimeZone = 'Asia/Kathmandu'",
        "DateStyle = 'SQL, MDY'; TimeZone = 'America/St_Johns'; bytea_output = escape; extra_float_digits = '-15'",
        "client_encoding = LATIN1; lc_messages = 'de_DE.UTF-8'",
        "search_path = 'app'; default_transaction_isolation = serializable; default_transaction_deferrable = on",
        "statement_timeout = '60s'; lock_timeout = '60s'; idle_in_transaction_session_timeout = '60s'",
        "quote_all_identifiers = on; transform_null_equals = on; array_nulls = off; xmloption = document",
        "plan_cache_mode = force_generic_plan; enable_seqscan = off; row_security = off; check_function_bodies = off",
    ] {
        admin.execute_sql(&format!("ALTER DATABASE {database} RESET ALL")).unwrap();
        for setting in settings.split("; ") {
            // A language may not be installed.
            let _ = admin.execute_sql(&format!("ALTER DATABASE {database} SET {setting}"));
        }
        eprintln!("{settings}");
        works(&fresh.url, &TEXTS);
    }
}

/// A database that keeps texts in another encoding, or in none.
#[test]
fn of_another_encoding() {
    let server = Db::builder(&postgres_url()).pool_size(1).connect().unwrap();
    for (encoding, more) in [("LATIN1", "Grüße"), ("SQL_ASCII", "日本"), ("EUC_JP", "日本")] {
        let name = format!("mizzle_{}", Uuid::new_v4().simple());
        let sql = format!(
            "CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        );
        server.execute_sql(&sql).unwrap();
        let url = with_database(&postgres_url(), &name);
        let worked = catch_unwind(AssertUnwindSafe(|| {
            works(&url, &[&TEXTS[..], &[more]].concat());
            let db = Db::connect(&url).unwrap();
            let echo = |text: &str| -> mizzle::Result<String> {
                db.one(
                    diesel::dsl::sql::<Text>("SELECT ''::text || ")
                        .bind::<Text, _>(text.to_owned()),
                )
            };
            // What the database can't keep is an error, never another text.
            match echo("✓") {
                Ok(text) => assert_eq!(text, "✓"),
                Err(error) => assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}"),
            }
            if encoding == "SQL_ASCII" {
                let broken = diesel::dsl::sql::<Text>(r"SELECT convert_from('\xff', 'SQL_ASCII')");
                let error = db.one::<String, _>(broken).unwrap_err();
                assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}");
            }
        }));
        server.execute_sql(&format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
        worked.unwrap();
    }
}

/// Roles with settings of their own, and with few rights.
#[test]
fn of_a_role() {
    let fresh = FreshPostgres::new();
    let admin = Db::connect(&fresh.url).unwrap();
    let role = format!("mizzle_{}", Uuid::new_v4().simple());
    admin.execute_sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'none'")).unwrap();
    let (start, rest) = fresh.url.split_once("://").unwrap();
    let (_, place) = rest.split_once('@').unwrap();
    let url = format!("{start}://{role}:none@{place}");
    let worked = catch_unwind(AssertUnwindSafe(|| {
        let (_, database) = fresh.url.rsplit_once('/').unwrap();
        admin.execute_sql(&format!("GRANT CREATE ON DATABASE {database} TO {role}")).unwrap();
        admin.execute_sql(&format!("GRANT CREATE ON SCHEMA public TO {role}")).unwrap();
        admin
            .execute_sql(&format!(
                "ALTER ROLE {role} SET standard_conforming_strings = off; ALTER ROLE {role} SET DateStyle = 'German'"
            ))
            .unwrap();
        works(&url, &TEXTS);

        // Reads only.
        admin.create_all::<Things>().unwrap();
        admin.insert(thing(1, "x")).unwrap();
        admin.execute_sql(&format!("GRANT SELECT ON things TO {role}")).unwrap();
        let db = Db::connect(&url).unwrap();
        assert_eq!(db.get::<Thing>(1).unwrap().text, "x");
        let error = db.insert(thing(2, "s3cret")).unwrap_err();
        assert_eq!(error.database_code(), Some("42501"), "{error:?}");
        assert!(!error.is_temporary() && !format!("{error:?}").contains("s3cret"));
        admin
            .execute_sql(&format!("ALTER ROLE {role} SET default_transaction_read_only = on"))
            .unwrap();
        let db = Db::connect(&url).unwrap();
        assert_eq!(db.get::<Thing>(1).unwrap().text, "x");
        let read = db.transaction(|tx| Ok(tx.get::<Thing>(1)?.text)).unwrap();
        assert_eq!(read, "x");
        admin.execute_sql(&format!("GRANT ALL ON things TO {role}")).unwrap();
        let error = db.insert(thing(2, "y")).unwrap_err();
        assert!(error.is_read_only(), "{error:?}");
        // By the role's timeout, which the builder's own replaces.
        admin.execute_sql(&format!("ALTER ROLE {role} SET statement_timeout = '100ms'")).unwrap();
        let slow = || diesel::sql_query("SELECT pg_sleep(0.5)");
        let error = Db::connect(&url).unwrap().execute(slow()).unwrap_err();
        assert!(error.is_timeout(), "{error:?}");
        let patient = std::time::Duration::from_secs(60);
        let db = Db::builder(&url).statement_timeout(Some(patient)).connect().unwrap();
        db.execute(slow()).unwrap();
        // A session that waits too long in its transaction is ended: the error says so, and the pool goes on.
        admin
            .execute_sql(&format!(
                "ALTER ROLE {role} RESET statement_timeout; \
                 ALTER ROLE {role} SET idle_in_transaction_session_timeout = '50ms'"
            ))
            .unwrap();
        let db = Db::builder(&url).pool_size(1).connect().unwrap();
        let error = db
            .transaction(|tx| {
                tx.get::<Thing>(1)?;
                std::thread::sleep(std::time::Duration::from_millis(500));
                tx.get::<Thing>(1)
            })
            .unwrap_err();
        assert!(error.is_connection_lost(), "{error:?}");
        assert_eq!(db.get::<Thing>(1).unwrap().text, "x");
    }));
    admin.execute_sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).unwrap();
    worked.unwrap();
}

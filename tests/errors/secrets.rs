//! No error, log or Debug output shows a bound value or the URL's password.

use std::error::Error as _;
use std::fmt::Debug;
use test_support::on_each_database;

use diesel::sql_types::{Binary, Text};
use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode};
use serde::{Deserialize, Serialize};

use crate::log::{self, Log};

/// Stands in each text that is bound.
pub(crate) const MARKER: &str = "m4rk3r";
/// Is each number that is bound.
pub(crate) const NUMBER: i64 = 77_123_457;

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Open,
    Closed,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    body: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(unique(name, number), check(is_short = "length(name) < 50"))]
pub struct Vault {
    #[column(primary_key)]
    pub id: String,
    pub name: String,
    #[column(unique)]
    pub number: i64,
    pub amount: Decimal,
    pub bytes: Vec<u8>,
    pub letter: Option<Json<Letter>>,
    #[column(default = Kind::Open)]
    pub kind: Kind,
    #[column(references(Self, as = parent))]
    pub parent_id: Option<String>,
    pub ratio: Option<f64>,
}

mizzle::schema!(pub Vaults = [Vault]);

pub(crate) fn vault(id: &str) -> NewVault {
    NewVault::builder()
        .id(format!("{MARKER}-{id}"))
        .name(format!("name of {MARKER} {id}"))
        .number(NUMBER + i64::try_from(id.len()).unwrap())
        .amount(Decimal::from(NUMBER))
        .bytes(MARKER)
        .letter(Json(Letter { body: format!("{MARKER} {NUMBER}") }))
        .build()
}

/// All that can be shown of an error.
pub(crate) fn shown(error: &mizzle::Error) -> String {
    let mut text = format!("{error}\n{error:?}\n{error:#?}\n{:?}", error.troubleshooting());
    text.push_str(&format!("\n{:?}\n{:?}", error.constraint(), error.sql()));
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(&format!("\n{inner}\n{inner:?}\n{inner:#?}"));
        source = inner.source();
    }
    text
}

#[track_caller]
pub(crate) fn assert_hidden(text: &str) {
    let number = NUMBER.to_string();
    // In hexadecimal and as a list of bytes as well.
    for secret in [MARKER, "6d34726b3372", "109, 52, 114", &number[..6]] {
        assert!(!text.contains(secret), "{secret} is shown: {text}");
    }
}

/// Runs `f`, which must fail, and looks at the error and at what was logged.
#[track_caller]
pub(crate) fn fails<T: Debug>(f: impl FnOnce() -> mizzle::Result<T>) -> mizzle::Error {
    let (result, events) = Log::of(f);
    let error = result.expect_err("the call must fail");
    assert_hidden(&shown(&error));
    let logged = log::text(&events);
    assert_hidden(&logged);
    assert!(logged.contains("statement"), "nothing was logged for {error:?}");
    let error_of_diesels = diesel::result::Error::from(error);
    assert_hidden(&format!("{error_of_diesels} {error_of_diesels:?} {error_of_diesels:#?}"));
    mizzle::Error::from(error_of_diesels)
}

/// Violates constraints with values that must not show.
pub(crate) fn fail_by_violations(db: &Db) {
    db.create_all::<Vaults>().unwrap();
    let row = db.insert(vault("a")).unwrap();
    let other = db.insert(vault("bb")).unwrap();
    fails(|| db.insert(vault("a")));
    fails(|| db.insert_all([vault("ccc"), vault("ccc")]));
    fails(|| db.insert_all_returning([vault("ccc"), vault("a")]));
    fails(|| db.insert(NewVault { number: row.number, ..vault("ccc") }));
    fails(|| db.insert(NewVault { name: MARKER.repeat(10), ..vault("ccc") }));
    fails(|| db.insert(NewVault { parent_id: Some(format!("{MARKER}?")), ..vault("ccc") }));
    fails(|| db.upsert(NewVault { number: row.number, ..vault("bb") }));
    fails(|| db.upsert_on(vaults::number, NewVault { number: 1, ..vault("bb") }));
    fails(|| db.update(&Vault { name: row.name.clone(), number: row.number, ..other.clone() }));
    fails(|| {
        db.update_by_key::<Vault>(other.id.clone(), VaultChanges::default().number(row.number))
    });
    fails(|| db.transaction(|tx| tx.insert(vault("a"))));
    let child = NewVault { parent_id: Some(row.id.clone()), ..vault("ccc") };
    db.insert(child).unwrap();
    fails(|| db.delete(&row));
    fails(|| db.get::<Vault>(format!("{MARKER}-none")));
    fails(|| db.delete(&Vault { id: format!("{MARKER}-none"), ..row.clone() }));
    fails(|| Vault::query().filter(vaults::name.eq(format!("{MARKER}?"))).one(db));
    let null = "UPDATE vaults SET name = NULL";
    fails(|| db.execute(diesel::sql_query(null)));
}

on_each_database! {
    fn in_violations(db: &Db) {
        fail_by_violations(db);
    }

    fn in_values_that_do_not_fit(db: &Db) {
        db.create_all::<Vaults>().unwrap();
        let huge: Decimal = format!("{NUMBER}e131000").parse().unwrap();
        let error = fails(|| db.insert(NewVault { amount: &huge * &huge, ..vault("a") }));
        assert_eq!(error.code(), ErrorCode::ValueError);
        if db.dialect() == Dialect::Sqlite {
            fails(|| db.insert(NewVault { ratio: Some(f64::NAN), ..vault("a") }));
        } else {
            fails(|| db.insert(NewVault { name: format!("{MARKER}\0"), ..vault("a") }));
            let letter = Json(Letter { body: format!("{MARKER}\0") });
            fails(|| db.insert(NewVault { letter: Some(letter), ..vault("a") }));
        }
        // What can't be read.
        db.insert(NewVault { kind: None, ..vault("a") }).unwrap();
        let damage = match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => "PRAGMA ignore_check_constraints = ON; UPDATE vaults SET kind = 'm4rk3r'; \
                                PRAGMA ignore_check_constraints = OFF",
            _ => "ALTER TABLE vaults DROP CONSTRAINT vaults_kind_check; UPDATE vaults SET kind = 'm4rk3r'",
        };
        db.execute_sql(damage).unwrap();
        let error = fails(|| Vault::query().all(db));
        assert_eq!(error.code(), ErrorCode::ValueError);
        assert!(error.to_string().contains("vaults.kind"), "{error}");
        db.execute_sql("UPDATE vaults SET kind = 'open', letter = '{\"m4rk3r\": [\"m4rk3r\"]}'").unwrap();
        let error = fails(|| db.find::<Vault>(format!("{MARKER}-a")));
        assert!(error.to_string().contains("vaults.letter"), "{error}");
    }

    fn in_what_a_trigger_says(db: &Db) {
        db.create_all::<Vaults>().unwrap();
        db.execute_sql(match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => "CREATE TRIGGER spy BEFORE INSERT ON vaults BEGIN \
                SELECT RAISE(ABORT, 'no ' || NEW.id || ' with ' || NEW.number || ', ' || NEW.letter); END",
            _ => "CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                RAISE WARNING 'see %', NEW; \
                RAISE EXCEPTION 'no % with %, %', NEW.id, NEW.number, NEW.letter->>'body' \
                USING DETAIL = NEW.id, HINT = NEW.id; END $$; \
                CREATE TRIGGER spy BEFORE INSERT ON vaults FOR EACH ROW EXECUTE FUNCTION spy()",
        })
        .unwrap();
        let error = fails(|| db.insert(vault("a")));
        assert!(error.to_string().starts_with("no … with …"), "{error}");
        fails(|| db.insert_all([vault("a"), vault("bb")]));
        fails(|| db.execute(diesel::insert_into(vaults::table).values(vault("a"))));
        fails(|| db.with_connection(|connection| {
            use diesel::RunQueryDsl;
            let failed = diesel::insert_into(vaults::table).values(vault("a")).execute(connection);
            let error = failed.unwrap_err();
            assert_hidden(&format!("{error} {error:?} {error:#?} {connection:?} {connection:#?}"));
            Err::<(), _>(error.into())
        }));
    }

    fn in_debug_output(db: &Db) {
        db.create_all::<Vaults>().unwrap();
        let row = db.insert(vault("a")).unwrap();
        let query = Vault::query()
            .filter(vaults::name.eq(&row.name))
            .filter(vaults::number.eq_any([NUMBER]))
            .or_filter(vaults::bytes.eq(MARKER.as_bytes()));
        assert_hidden(&format!("{query:?} {query:#?} {db:?} {db:#?}"));
        assert_hidden(&query.to_sql(db.dialect()).unwrap());
        db.transaction(|tx| {
            tx.find::<Vault>(row.id.clone())?;
            assert_hidden(&format!("{tx:?} {tx:#?}"));
            tx.with_connection(|connection| {
                assert_hidden(&format!("{connection:?} {connection:#?}"));
                Ok(())
            })
        })
        .unwrap();
    }

    fn in_the_log_of_what_works(db: &Db) {
        let ((), events) = Log::of(|| {
            db.create_all::<Vaults>().unwrap();
            let row = db.insert(vault("a")).unwrap();
            db.update(&row).unwrap();
            db.upsert(vault("a")).unwrap();
            let found = Vault::query().filter(vaults::name.eq(&row.name)).one(db).unwrap();
            assert_eq!(found, row);
            db.transaction(|tx| tx.update_by_key::<Vault>(row.id.clone(), VaultChanges::default().number(NUMBER)))
                .unwrap();
            db.delete_by_key::<Vault>(row.id).unwrap();
        });
        assert!(events.len() > 8, "{events:?}");
        assert_hidden(&log::text(&events));
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn in_failures_of_functions_on_sqlite() {
    test_support::with_sqlite(|db| {
        for sql in [
            "SELECT json(?)",
            "SELECT json_extract('{}', ?)",
            "SELECT json_set('{}', ?, 1)",
            "SELECT decimal_add(?, 1)",
            "SELECT 1 WHERE 'a' LIKE 'b' ESCAPE ?",
            "SELECT load_extension(?)",
            "INSERT INTO nowhere VALUES (?)",
        ] {
            let text = || diesel::sql_query(sql).bind::<Text, _>(MARKER);
            let bytes = || diesel::sql_query(sql).bind::<Binary, _>(MARKER.as_bytes());
            let error = fails(|| db.execute(text()));
            assert!(!error.to_string().is_empty());
            let _ =
                Log::of(|| db.execute(bytes())).0.map_err(|error| assert_hidden(&shown(&error)));
        }
    });
}

#[cfg(feature = "postgres")]
#[test]
fn in_failures_of_functions_on_postgres() {
    test_support::with_postgres(fail_on_postgres);
}

/// Fails in many ways, by values that must not show.
#[cfg(feature = "postgres")]
pub(crate) fn fail_on_postgres(db: &Db) {
    use diesel::sql_types::{BigInt, Double};

    {
        db.execute_sql(
            "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE short (name varchar(3), n smallint); \
            CREATE TABLE parts (n bigint) PARTITION BY RANGE (n); \
            CREATE TABLE apart (n bigint, EXCLUDE USING btree (n WITH =))",
        )
        .unwrap();
        for sql in [
            "SELECT CAST($1 AS int)",
            "SELECT $1::numeric",
            "SELECT $1::float8",
            "SELECT $1::bool",
            "SELECT $1::date",
            "SELECT $1::timestamptz",
            "SELECT $1::interval",
            "SELECT $1::uuid",
            "SELECT $1::json",
            "SELECT ('{\"a\": ' || $1)::jsonb",
            "SELECT $1::jsonpath",
            "SELECT $1::int[]",
            "SELECT $1::int4range",
            "SELECT $1::inet",
            "SELECT $1::xml::text::point",
            "SELECT $1::mood",
            "SELECT $1::regclass",
            "SELECT $1::regtype",
            "SELECT $1::regprocedure",
            "SELECT nextval($1)",
            "SELECT current_setting($1)",
            "SELECT set_config('work_mem', $1, false)",
            "SELECT set_config($1, 'x', false)",
            "SELECT to_tsquery('a ' || $1 || ' & &')",
            "SELECT to_timestamp($1, 'YYYY')",
            "SELECT to_char(now(), 'YYYY') ~ ('(' || $1)",
            "SELECT now() AT TIME ZONE $1",
            "SELECT date_trunc($1, now())",
            "SELECT extract(year FROM $1::date)",
            "SELECT pg_read_file($1)",
            "SELECT pg_stat_file('/nowhere/' || $1)",
            "SELECT has_table_privilege($1, 'select')",
            "SELECT pg_get_serial_sequence($1, 'x')",
            "SELECT encode('x', $1)",
            "SELECT decode($1, 'hex')",
            "SELECT convert_to('x', $1)",
            "SELECT * FROM json_to_record($1::json) AS x(a int)",
            "INSERT INTO short (name) VALUES ($1)",
            "INSERT INTO nowhere VALUES ($1)",
            "SELECT query_to_xml($1, true, true, '')",
        ] {
            fails(|| db.execute(diesel::sql_query(sql).bind::<Text, _>(MARKER)));
        }
        for sql in [
            "SELECT CAST($1 AS smallint)",
            "SELECT $1 / 0",
            "SELECT $1 * 9223372036854775807",
            "SELECT sqrt(-$1)",
            "SELECT chr($1::int)",
            "SELECT make_date($1::int, 1, 1)",
            "SELECT make_time($1::int, 1, 1)",
            "SELECT ($1)::numeric(3, 1)",
            "INSERT INTO short (n) VALUES ($1)",
            "INSERT INTO parts VALUES ($1)",
            "INSERT INTO apart SELECT $1 FROM generate_series(1, 2)",
            "SELECT lo_open($1::oid, 131072)",
            "SELECT ('[1]'::jsonb ->> 0)::int FROM generate_series(1, 2, $1 - $1)",
        ] {
            fails(|| db.execute(diesel::sql_query(sql).bind::<BigInt, _>(NUMBER)));
        }
        fails(|| {
            db.execute(
                diesel::sql_query("SELECT CAST($1 AS int)").bind::<Double, _>(7.712_345_7e30),
            )
        });
        fails(|| {
            db.execute(
                diesel::sql_query("SELECT convert_from($1 || '\\xff', 'UTF8')")
                    .bind::<Binary, _>(MARKER.as_bytes()),
            )
        });
        // A notice that is no error.
        let (result, events) = Log::of(|| {
            db.execute_sql(
                "CREATE FUNCTION tell(x text) RETURNS text LANGUAGE plpgsql AS \
                $$ BEGIN RAISE NOTICE 'see %', x; RETURN x; END $$",
            )?;
            db.execute(diesel::sql_query("SELECT tell($1)").bind::<Text, _>(MARKER))
        });
        result.unwrap();
        assert_hidden(&log::text(&events));
    }
}

#[cfg(feature = "postgres")]
#[test]
fn the_password_is_not_shown() {
    let url = test_support::postgres_url();
    let (user, rest) = url.strip_prefix("postgres://").unwrap().split_once(':').unwrap();
    let (password, server) = rest.split_once('@').unwrap();
    let hidden = |text: &str, secret: &str| assert!(!text.contains(secret), "{text}");
    let db = Db::connect(&url).unwrap();
    hidden(&format!("{db:?} {db:#?}"), password);
    let builder = Db::builder(&url).pool_size(3);
    hidden(&format!("{builder:?} {builder:#?}"), password);
    db.with_connection(|connection| {
        hidden(&format!("{connection:?} {connection:#?}"), password);
        Ok(())
    })
    .unwrap();
    for url in [
        format!("postgres://{user}:{MARKER}@{server}"),
        format!("postgres://{MARKER}:{MARKER}@{server}"),
        format!("postgres://{user}:{MARKER}@{MARKER}@{server}"),
        format!("postgres://{user}:{MARKER}/x@{server}"),
        format!("postgres://{user}:{MARKER}#x@{server}"),
        format!("postgres://{user}:{MARKER}%@{server}"),
        format!("postgres://{user}:{MARKER}%zz@{server}"),
        format!("postgres://{user}:{MARKER} x@{server}"),
        format!("postgres://{user}:[{MARKER}@{server}"),
        format!("postgres://{user}:a@[{MARKER}@{server}"),
        format!("postgres://{user}:a@{MARKER}@{server}"),
        format!("postgres://{server}?password={MARKER}"),
        format!("postgres://{server}?user={user}&password={MARKER}&what={MARKER}"),
        format!("postgres://{user}:{MARKER}@{server}?sslmode={MARKER}"),
        format!("postgres://{user}:{MARKER}@localhost:port/x"),
        format!("mysql://{user}:{MARKER}@{server}"),
        format!("{user}:{MARKER}@{server}"),
        MARKER.to_owned(),
    ] {
        let (result, events) = Log::of(|| Db::connect(&url));
        let error = result.expect_err(&url);
        let user_is_told = url.starts_with(&format!("postgres://{MARKER}:"));
        if !user_is_told {
            hidden(&shown(&error), MARKER);
        }
        hidden(&log::text(&events), MARKER);
        assert!(
            !error.troubleshooting().is_empty() || error.code() == ErrorCode::ConfigError,
            "{error:?}"
        );
    }
}

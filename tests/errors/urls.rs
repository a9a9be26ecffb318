//! URLs: checking one and connecting agree, in the same words, and no part of a password is shown.
//!
//! `MIZZLE_TEST_CASES` sets the number of random URLs.

use std::error::Error as _;

#[cfg(feature = "postgres")]
use mizzle::prelude::Executor as _;
use mizzle::{Db, ErrorCode, sanitize_url, validate_url};
use proptest::prelude::*;

use crate::log::{self, Log};

fn cases() -> ProptestConfig {
    let set = std::env::var("MIZZLE_TEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig::with_cases(set.unwrap_or(500))
}

/// A password: eight capital letters, which no other part has, with what people forget to escape between them.
fn password() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[Q-Z]{1,3}",
        Just("@".to_owned()),
        Just("/".to_owned()),
        Just("#".to_owned()),
        Just("?".to_owned()),
        Just("%".to_owned()),
        Just(":".to_owned()),
        Just("&".to_owned()),
        Just("=".to_owned()),
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just(" ".to_owned()),
        Just("'".to_owned()),
        Just("\\".to_owned()),
        Just("\"".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just(",".to_owned()),
        Just("+".to_owned()),
        Just("$".to_owned()),
        Just("é".to_owned()),
        Just("»".to_owned()),
        Just("\u{202e}".to_owned()),
        Just("\u{1b}[31m".to_owned()),
    ];
    (prop::collection::vec(piece, 0..8), "[Q-Z]{3}", prop::collection::vec("[Q-Z@/?#%]{0,3}", 0..3))
        .prop_map(|(before, core, after)| format!("{}{core}{}", before.concat(), after.concat()))
}

fn urls() -> impl Strategy<Value = (String, String)> {
    // Nobody listens on port 1, so that what is accepted fails at once.
    let forms = prop_oneof![
        Just("postgres://app:{}@127.0.0.1:1/blog"),
        Just("postgresql://app:{}@127.0.0.1:1/blog"),
        Just("POSTGRES://app:{}@127.0.0.1:1/blog?sslmode=disable"),
        Just("postgres://app:{}@127.0.0.1:1/blog\n"),
        Just("postgres://app:{}@127.0.0.1:1"),
        Just("postgres://app:{}@127.0.0.1:x/blog"),
        Just("postgres://app:{}@[::1]:1,127.0.0.1:1/blog"),
        Just("postgres://app:{}@%2Fnowhere/blog"),
        Just("postgres://app:{}@/blog"),
        Just("postgres://:{}@127.0.0.1:1/blog"),
        Just("postgres://127.0.0.1:1/blog?user=app&password={}"),
        Just("postgresql://127.0.0.1:1/blog?password={}&sslmode=disable"),
        Just("postgres://app@127.0.0.1:1/blog?sslpassword={}"),
        Just("postgres://app@127.0.0.1:1/blog?options={}"),
        Just("postgres://app@127.0.0.1:1/blog?nonsense={}"),
        Just("postgres://app@127.0.0.1:1/blog?connect_timeout={}"),
        Just("postgres://app@127.0.0.1:1/blog?servicefile=/nowhere&service=x&password={}"),
        Just("postgres://app@127.0.0.1:1/blog?sslmode={}"),
        Just("host=127.0.0.1 port=1 password={}"),
        Just("host=127.0.0.1 port=1 user=app password='{}' dbname=blog"),
        Just("sqlite:/nowhere/blog.db?key={}"),
        Just("sqlite:/nowhere/blog.db?mode={}"),
        Just("file:/nowhere/blog.db?vfs={}"),
        Just("mysql://app:{}@127.0.0.1:1/blog"),
        Just("{}"),
    ];
    (forms, password()).prop_map(|(form, password)| (form.replace("{}", &password), password))
}

/// The letters of the password, three at a time, as they stand in it.
fn parts(password: &str) -> Vec<String> {
    let letters: Vec<char> = password.chars().collect();
    letters
        .windows(3)
        .map(|window| window.iter().collect::<String>())
        .filter(|window| window.bytes().all(|byte| byte.is_ascii_uppercase()))
        .collect()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn are_read_alike_and_show_no_password((url, password) in urls()) {
        let verdict = validate_url(&url);
        let builder = Db::builder(&url);
        let mut shown = format!("{builder:?} {builder:#?} {}", sanitize_url(&url));
        let (connected, events) = Log::of(|| builder.connect());
        shown.push_str(&log::text(&events));
        let error = connected.expect_err("nobody listens there");
        shown.push_str(&format!("{error} {error:?} {error:#?} {:?}", error.troubleshooting()));
        let mut source = error.source();
        while let Some(inner) = source {
            shown.push_str(&format!("{inner} {inner:?}"));
            source = inner.source();
        }
        match verdict {
            Ok(()) => {
                // Nobody tries to connect to a database that is not in the program.
                let has_both = cfg!(all(feature = "sqlite", feature = "postgres"));
                let is_told = !has_both || url.contains("service=");
                prop_assert!(error.code() != ErrorCode::ConfigError || is_told, "{url:?}: {error:?}");
            }
            Err(verdict) => {
                prop_assert_eq!(error.code(), ErrorCode::ConfigError);
                prop_assert_eq!(error.to_string(), verdict.to_string());
                shown.push_str(&format!("{verdict} {verdict:?}"));
            }
        }
        for part in parts(&password) {
            prop_assert!(!shown.contains(&part), "{part} of {url:?} is shown: {shown}");
        }
    }
}

#[test]
fn a_password_with_each_character_connects_when_it_is_escaped() {
    #[cfg(feature = "postgres")]
    test_support::with_postgres(|db| {
        let url = test_support::postgres_url();
        let (_, place) = url.rsplit_once('@').unwrap();
        let (server, _) = place.split_once('/').unwrap();
        let role = format!("mizzle_{}", std::process::id());
        let password = "p@s's/w\\o:r?d#%20 »é« &=[],\n+";
        db.execute_sql(&format!(
            "CREATE ROLE \"{role}\" LOGIN PASSWORD E'{}'",
            password.replace('\\', "\\\\").replace('\'', "\\'")
        ))
        .unwrap();
        let escaped: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for url in [
            format!("postgres://{role}:{escaped}@{server}/postgres"),
            format!("POSTGRESQL://{role}@{server}/postgres?password={escaped}"),
            format!(
                "postgres://{server}/postgres?user={role}&password={escaped}&options=-c geqo=off"
            ),
        ] {
            assert_eq!(validate_url(&url), Ok(()));
            Db::connect(&url).unwrap().execute_sql("SELECT 1").unwrap();
        }
        // As libpq reads it.
        db.execute_sql(&format!("ALTER ROLE \"{role}\" PASSWORD 'p#w?x:y z'")).unwrap();
        Db::connect(&format!("postgres://{role}:p#w?x:y z@{server}/postgres")).unwrap();
        db.execute_sql(&format!("DROP ROLE \"{role}\"")).unwrap();
    });
}

#[cfg(feature = "sqlite")]
#[test]
fn an_unknown_parameter_of_sqlite_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blog.db");
    let error = Db::connect(&format!("sqlite:{}?mdoe=ro", path.display())).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigError);
    assert!(error.to_string().contains("mode, cache"), "{error}");
    assert!(!path.exists());
    // What SQLite would take for the end of the path is a part of it.
    let odd = folder.path().join("a#b?c%.db");
    let name =
        odd.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    Db::connect(&format!("file:{name}?mode=rwc")).unwrap();
    assert!(odd.exists());
}

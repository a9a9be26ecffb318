//! Settings from the environment.

use std::ffi::OsString;

use mizzle::ErrorCode;
use mizzle::manager::ManagerConfig;
use proptest::prelude::*;

fn read(variables: &[(&str, &str)]) -> mizzle::Result<String> {
    let look_up = |name: &str| {
        variables.iter().find(|variable| variable.0 == name).map(|variable| variable.1.into())
    };
    ManagerConfig::from_variables(look_up).map(|config| format!("{config:?}"))
}

#[test]
fn defaults() {
    let shown = read(&[("DATABASE_URL", "sqlite:blog.db")]).unwrap();
    for part in [
        "pool_size: 10",
        "connect_timeout: 10s",
        "checkout_timeout: 10s",
        "max_retries: 5",
        "base: 1s",
        "reconnect_interval: 30s",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn values_are_used() {
    let shown = read(&[
        ("DATABASE_URL", "sqlite:blog.db"),
        ("DB_MAX_RETRIES", "0"),
        ("DB_RETRY_BASE_DELAY", " 250 "),
        ("DB_POOL_SIZE", "3"),
        ("DB_CONNECTION_TIMEOUT", "1500"),
    ])
    .unwrap();
    for part in [
        "pool_size: 3",
        "connect_timeout: 1.5s",
        "checkout_timeout: 1.5s",
        "max_retries: 0",
        "base: 250ms",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let error = read(&[
        ("DATABASE_URL", "postgres://app:s3cret@:0/"),
        ("DB_MAX_RETRIES", "-1"),
        ("DB_RETRY_BASE_DELAY", "1s"),
        ("DB_POOL_SIZE", "0"),
        ("DB_CONNECTION_TIMEOUT", ""),
    ])
    .unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigError);
    assert_eq!(
        error.to_string(),
        "the environment's settings are not valid: \
         DATABASE_URL is not valid: host: it is empty; port: it is not a number from 1 to 65535; \
         database: its name is missing after the host's `/`; \
         DB_POOL_SIZE is wrong: it must be a whole number from 1 to 4294967295; \
         DB_CONNECTION_TIMEOUT is empty: it must be a whole number of milliseconds from 1 to 4294967295; \
         DB_MAX_RETRIES is wrong: it must be a whole number from 0 to 4294967295; \
         DB_RETRY_BASE_DELAY is wrong: it must be a whole number of milliseconds from 0 to 4294967295"
    );
    assert!(error.troubleshooting()[0].contains("DATABASE_URL"), "{error:?}");
    let error = read(&[]).unwrap_err();
    assert!(error.to_string().contains("DATABASE_URL is not set"), "{error}");
}

#[cfg(unix)]
#[test]
fn text_that_is_none() {
    use std::os::unix::ffi::OsStringExt;
    let error =
        ManagerConfig::from_variables(|_| Some(OsString::from_vec(vec![0xff]))).unwrap_err();
    assert!(error.to_string().contains("DATABASE_URL is not UTF-8 text"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_value_is_used_or_refused(value in "\\PC{0,12}", size in any::<u32>()) {
        let size = size.to_string();
        for name in ["DB_MAX_RETRIES", "DB_RETRY_BASE_DELAY", "DB_POOL_SIZE", "DB_CONNECTION_TIMEOUT"] {
            for value in [&value, &size] {
                let result = read(&[("DATABASE_URL", "sqlite:x.db"), (name, value)]);
                match (value.trim().parse::<u32>(), result) {
                    (Ok(_), Ok(_)) => {}
                    (Ok(0), Err(error)) | (Err(_), Err(error)) => {
                        prop_assert!(error.to_string().contains(name), "{}", error);
                    }
                    (number, result) => prop_assert!(false, "{} {:?}: {:?} {:?}", name, value, number, result),
                }
            }
        }
    }
}

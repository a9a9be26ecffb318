//! URLs: any string gets a verdict, and no secret is shown.

#[cfg(feature = "sqlite")]
use mizzle::Db;
use mizzle::{ErrorCode, UrlPart, sanitize_url, validate_url};
use proptest::prelude::*;

/// Anything, and things that look like URLs.
fn urls() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![
        Just("postgres://"),
        Just("postgresql://"),
        Just("POSTGRES://"),
        Just("postgres:"),
        Just("sqlite:"),
        Just("sqlite://"),
        Just("file:"),
        Just("mysql://"),
        Just(""),
        Just(":memory:"),
        Just("://"),
    ];
    let piece = prop_oneof![
        "[a-z]{1,6}",
        "\\PC{0,4}",
        Just("@".to_owned()),
        Just(":".to_owned()),
        Just("/".to_owned()),
        Just("?".to_owned()),
        Just("&".to_owned()),
        Just("=".to_owned()),
        Just("#".to_owned()),
        Just("%".to_owned()),
        Just("%41".to_owned()),
        Just("%00".to_owned()),
        Just("%ff".to_owned()),
        Just("[::1]".to_owned()),
        Just("[".to_owned()),
        Just("5432".to_owned()),
        Just("99999".to_owned()),
        Just("sslmode=require".to_owned()),
        Just("mode=ro".to_owned()),
        Just("\0".to_owned()),
        Just(",".to_owned()),
    ];
    let built = (scheme, prop::collection::vec(piece, 0..12))
        .prop_map(|(scheme, pieces)| format!("{scheme}{}", pieces.concat()));
    prop_oneof![1 => any::<String>(), 4 => built]
}

/// How a secret may be written in a URL.
fn encoded(secret: &str, how: usize) -> String {
    match how {
        0 => secret.to_owned(),
        1 => secret.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        2 => secret.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        _ => {
            secret
                .bytes()
                .enumerate()
                .map(|(place, byte)| {
                    if place % 2 == 0 {
                        format!("%{byte:02x}")
                    } else {
                        char::from(byte).to_string()
                    }
                })
                .collect()
        }
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) if byte == b'%' => {
                bytes.push(value);
                rest = &after[2..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Property 3 and 10: Every string has a verdict, always the same; none panics.
    #[test]
    fn any_string_has_a_verdict(url in urls()) {
        let verdict = validate_url(&url);
        prop_assert_eq!(&verdict, &validate_url(&url));
        if let Err(error) = &verdict {
            prop_assert!(!error.problems.is_empty());
            prop_assert!(error.problems.iter().all(|problem| !problem.message.is_empty()));
            let parts: Vec<UrlPart> = error.problems.iter().map(|problem| problem.part).collect();
            prop_assert!(parts.is_sorted(), "{:?}", parts);
            let told = mizzle::Error::from(error.clone());
            prop_assert_eq!(told.code(), ErrorCode::ConfigError);
            prop_assert!(!told.troubleshooting().is_empty());
        }
    }

    /// Property 10: What is shown is always the same, and has nothing left to hide.
    #[test]
    fn sanitizing_is_pure(url in urls()) {
        let shown = sanitize_url(&url);
        prop_assert_eq!(&shown, &sanitize_url(&url));
        prop_assert_eq!(&shown, &sanitize_url(&shown));
    }

    /// No secret survives, wherever it stands and however it is written.
    #[test]
    fn no_secret_survives(
        secret in "[a-zA-Z0-9/?#@:&=%+ ]{0,6}[a-zA-Z]{8}[a-zA-Z0-9/?#@:&=%+ ]{0,6}",
        how in 0_usize..4,
        place in 0_usize..12,
        scheme in prop_oneof![
            Just("postgres"), Just("postgresql"), Just("Postgres"), Just("mysql"), Just("libsql"), Just("sqlite"),
        ],
        name in prop_oneof![
            Just("password"), Just("PASSWORD"), Just("p%61ssword"), Just("sslpassword"), Just("authToken"),
            Just("token"), Just("key"), Just("api_key"), Just("options"), Just("passfile"), Just("x"),
        ],
    ) {
        let written = encoded(&secret, how);
        // `postgres://app:x@name` has a host, by all rules, and a password before it; `postgres://app:1/name` one with a port.
        let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let has_port = written.split_once('/').is_some_and(|(port, _)| is_port(port));
        prop_assume!(place != 6 || !written.contains('@') && !has_port);
        let url = match place {
            0 => format!("{scheme}://app:{written}@db.example.com:5432/blog"),
            1 => format!("{scheme}://{written}@db.example.com/blog"),
            2 => format!("{scheme}://{written}:x-oauth@db.example.com/blog"),
            3 => format!("{scheme}://:{written}@/blog?sslmode=require"),
            4 => format!("{scheme}://db.example.com/blog?{name}={written}"),
            5 => format!("{scheme}://app@db.example.com/blog?sslmode=require&{name}={written}&connect_timeout=3"),
            6 => format!("{scheme}://app:{written}"),
            7 => format!("host=db.example.com password={written}"),
            8 => format!("sqlite:blog.db?{name}={written}"),
            9 => format!("file:blog.db?mode=ro&{name}={written}"),
            10 => format!("{scheme}:app:{written}@db.example.com/blog"),
            _ => format!("{scheme}://app:{written}@db.example.com/blog?{name}={written}"),
        };
        // Eight letters in a row of the secret, which the rest of the URL has nowhere.
        let letters: Vec<char> = secret.chars().collect();
        let core = letters
            .windows(8)
            .map(|window| window.iter().collect::<String>())
            .find(|window| window.chars().all(|character| character.is_ascii_alphabetic()))
            .unwrap();
        let shown = sanitize_url(&url);
        prop_assert!(!decoded(&shown).contains(&core), "{} -> {}", url, shown);
        if place != 6 {
            prop_assert!(!shown.contains(&written), "{} -> {}", url, shown);
        }
    }

    /// A URL that is valid names a database here: connecting doesn't fail because of the URL.
    #[cfg(feature = "sqlite")]
    #[test]
    fn what_is_valid_can_be_opened(name in "[a-zA-Z0-9 _.-]{1,12}", memory in any::<bool>(), parameters in prop_oneof![
        Just(""), Just("?mode=rwc"), Just("?cache=private"), Just("?mode=rwc&psow=1"),
    ]) {
        let folder = tempfile::tempdir().unwrap();
        let url = if memory {
            "sqlite::memory:".to_owned()
        } else {
            format!("sqlite:{}{parameters}", folder.path().join(name.trim_matches('.').to_owned() + "x").display())
        };
        prop_assert_eq!(validate_url(&url), Ok(()));
        prop_assert!(Db::connect(&url).is_ok());
    }
}

//! D1 for tests: workerd, which runs D1, with a worker that answers as Cloudflare's API does.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use orm_core::{Db, DbBuilder};

use crate::left_out::LEFT_OUT;

/// The token that the worker takes.
pub const TOKEN: &str = "test-token";

/// Returns the reason why a body doesn't run on D1. `MIZZLE_TEST_D1=all` runs all of them.
pub fn left_out(name: &str) -> Option<&'static str> {
    if std::env::var("MIZZLE_TEST_D1").is_ok_and(|value| value == "all") {
        return None;
    }
    let is_of = |start: &&str| {
        name.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let (reason, _) = LEFT_OUT.iter().find(|(_, bodies)| bodies.iter().any(is_of))?;
    Some(reason)
}

/// The server, which ends when its standard input does: with this program.
struct Server {
    url: String,
    _child: Mutex<Child>,
}

/// Returns the folder of the worker, `tests/d1`.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../d1")
}

/// Returns the URL of the API.
pub fn api() -> &'static str {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let mut child = Command::new("node")
            .arg("serve.mjs")
            .current_dir(folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node, and the packages of tests/d1 (`npm ci` there)");
        let stdout = child.stdout.take().expect("the output of node");
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url).expect("the URL of the worker");
        assert!(url.starts_with("http"), "the worker doesn't start: run `npm ci` in tests/d1");
        Server { url: url.trim().to_owned(), _child: Mutex::new(child) }
    });
    &server.url
}

/// Takes a database that no other test uses, and returns its URL.
pub fn fresh_url() -> String {
    let answer = ureq::post(format!("{}/databases", api())).send_empty().expect("a database");
    let body = answer.into_body().read_to_string().expect("an answer");
    let (_, rest) = body.split_once("\"uuid\":\"").expect("an id");
    let id = rest.split('"').next().unwrap_or_default();
    format!("d1://account/{id}")
}

/// Returns how many requests the database of this URL got.
pub fn requests(url: &str) -> u32 {
    let id = url.rsplit('/').next().unwrap_or_default();
    let answer = ureq::post(format!("{}/requests/{id}", api())).send_empty().expect("a number");
    let body = answer.into_body().read_to_string().expect("an answer");
    let (_, rest) = body.split_once("\"count\":").expect("a number");
    rest.split('}').next().unwrap_or_default().parse().expect("a number")
}

/// Returns the settings for a database of this server.
pub fn builder(url: &str) -> DbBuilder {
    Db::builder(url).d1_api(api()).d1_token(TOKEN)
}

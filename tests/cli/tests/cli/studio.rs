//! `studio`, as a person starts it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::project::Project;

/// The command while it runs.
struct Studio {
    child: Child,
    port: u16,
    token: String,
}

impl Studio {
    fn start(project: &Project, url: &str, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_db"))
            .args(["--url", url, "studio", "--no-open", "--port", "0"])
            .args(args)
            .env("MIZZLE_TEST_SCHEMA", "first")
            .current_dir(project.folder())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("its output");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let (_, address) = line.trim().split_once("http://127.0.0.1:").expect("a URL");
        let (port, token) = address.split_once("/#token=").expect("a token");
        Self { port: port.parse().expect("a port"), token: token.into(), child }
    }

    fn call(&self, name: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let (port, token, length) = (self.port, &self.token, body.len());
        write!(
            stream,
            "POST /api/{name} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    /// Sends what Ctrl-C sends, and returns the exit code and what was printed to standard error.
    fn interrupt(mut self) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status().expect("kill runs");
        assert!(sent.success());
        let code = self.child.wait().expect("it ends").code();
        let mut errors = String::new();
        self.child.stderr.take().expect("its errors").read_to_string(&mut errors).expect("UTF-8");
        (code, errors)
    }
}

const COUNT: &str = r#"{"sql": "SELECT count(*) FROM t"}"#;
const INSERT: &str = r#"{"sql": "INSERT INTO t VALUES (1)", "write": true}"#;

fn file(project: &Project) -> std::path::PathBuf {
    let path = project.folder().join("a%20b#c.db");
    let url = format!("sqlite:{}", path.display());
    let db = test_support::Db::connect(&url).expect("a database");
    use_mizzle(&db, "PRAGMA journal_mode = DELETE; CREATE TABLE t (id int)");
    path
}

fn use_mizzle(db: &test_support::Db, sql: &str) {
    use mizzle::Executor as _;
    db.execute_sql(sql).expect("it runs");
}

#[test]
fn it_serves_until_it_is_interrupted() {
    let project = Project::new();
    let url = format!("sqlite:{}", file(&project).display());
    let studio = Studio::start(&project, &url, &[]);
    assert!(studio.call("info", "{}").contains("\"readOnly\":false"));
    assert!(studio.call("query", INSERT).contains("\"changed\":1"));
    assert!(studio.call("query", COUNT).contains(r#"[["i","1"]]"#));
    // Two have different tokens.
    let other = Studio::start(&project, &url, &[]);
    assert_ne!(studio.token, other.token);
    assert_eq!(studio.token.len(), 64);
    assert_eq!(other.interrupt(), (Some(0), String::new()));
    assert_eq!(studio.interrupt(), (Some(0), String::new()));
}

#[test]
fn read_only_leaves_the_file_as_it_is() {
    let project = Project::new();
    let path = file(&project);
    let before = fs::read(&path).expect("the file");
    let studio = Studio::start(&project, &format!("sqlite:{}", path.display()), &["--read-only"]);
    assert!(studio.call("info", "{}").contains("\"readOnly\":true"));
    assert!(studio.call("query", INSERT).starts_with("HTTP/1.1 403"));
    assert!(studio.call("query", COUNT).contains(r#"[["i","0"]]"#));
    assert!(studio.call("tables", "{}").contains("\"name\":\"t\""));
    assert_eq!(studio.interrupt(), (Some(0), String::new()));
    assert_eq!(fs::read(&path).expect("the file"), before);
}

#[test]
fn read_only_sees_what_others_write() {
    let project = Project::new();
    let path = file(&project);
    let url = format!("sqlite:{}", path.display());
    // With the write-ahead log of a program that runs.
    let db = test_support::Db::connect(&url).expect("a database");
    let studio = Studio::start(&project, &url, &["--read-only"]);
    use_mizzle(&db, "INSERT INTO t VALUES (1)");
    assert!(studio.call("query", COUNT).contains(r#"[["i","1"]]"#));
    assert_eq!(studio.interrupt().0, Some(0));
}

#[cfg(feature = "postgres")]
#[test]
fn read_only_holds_on_postgres() {
    let fresh = test_support::FreshPostgres::new();
    let project = Project::new();
    let db = test_support::Db::connect(&fresh.url).expect("a database");
    use_mizzle(&db, "CREATE TABLE t (id int)");
    let studio = Studio::start(&project, &fresh.url, &["--read-only"]);
    assert!(studio.call("query", INSERT).starts_with("HTTP/1.1 403"));
    let shown = studio.call("query", r#"{"sql": "SHOW default_transaction_read_only"}"#);
    assert!(shown.contains(r#"[["s","on"]]"#), "{shown}");
    let info = studio.call("info", "{}");
    let password = fresh.url.split([':', '@']).nth(2).expect("a password");
    assert!(!info.contains(password), "{info}");
    assert_eq!(studio.interrupt(), (Some(0), String::new()));
}

#[test]
fn what_it_cannot_open_is_said() {
    let project = Project::new();
    for (args, words) in [
        ("--url sqlite:gone.db studio --no-open", "does not exist"),
        ("--url d1://account/database studio --no-open", "the studio needs SQLite or PostgreSQL"),
        ("--url sqlite::memory: --json studio --no-open", "the studio has no output as JSON"),
        ("studio --no-open", "no database is set"),
    ] {
        let run = project.db("first", args);
        assert_eq!(run.code, 1, "{args}: {run:?}");
        assert!(format!("{}{}", run.stdout, run.stderr).contains(words), "{args}: {run:?}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port();
    let run = project.db("first", &format!("--url sqlite::memory: studio --no-open --port {port}"));
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains(&format!("can't listen on port {port}")), "{run:?}");
    assert!(run.stderr.contains("--port"), "{run:?}");
}

//! The process that serves local databases.

use std::io::{BufRead, BufReader, Write, stderr};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::{Value, json};

/// node with wrangler.
pub struct Server {
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    next: AtomicUsize,
    _child: Child,
}

static SERVER: LazyLock<Option<Server>> = LazyLock::new(|| {
    installed().map(|folder| {
        let mut child = Command::new("node")
            .arg("serve.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let pipes = Mutex::new((input, output));
        Server { pipes, next: AtomicUsize::new(0), _child: child }
    })
});

/// Returns the server; `None` if node is missing.
pub fn server() -> Option<&'static Server> {
    SERVER.as_ref()
}

/// Returns the folder with wrangler; installs it the first time. `None` if there is no node.
pub fn installed() -> Option<PathBuf> {
    static INSTALLED: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/d1");
        let is_there = folder.join("node_modules/wrangler/package.json").is_file();
        let runs = |program: &str| {
            let ran = Command::new(program).arg("--version").stdout(Stdio::null()).status();
            ran.is_ok_and(|status| status.success())
        };
        if !runs("node") || !is_there && !runs("npm") {
            return left_out("there is no node with npm on this machine");
        }
        if !is_there {
            let ci = Command::new("npm")
                .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
                .current_dir(&folder)
                .stdout(Stdio::null())
                .status();
            if !ci.is_ok_and(|status| status.success()) {
                return left_out("`npm ci` in orm-kit/tests/d1 failed");
            }
        }
        Some(folder)
    });
    INSTALLED.clone()
}

/// Says why the tests are left out. In CI that is a failure.
fn left_out(why: &str) -> Option<PathBuf> {
    assert!(std::env::var_os("CI").is_none(), "the tests of migrations for D1 can't run: {why}");
    // Not by a macro, whose text the test harness would keep.
    let _ = writeln!(stderr(), "the tests of migrations for D1 are left out: {why}");
    None
}

impl Server {
    /// Returns the number of an empty database.
    pub fn fresh(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends a request, and returns the first column of its rows, or the database's message.
    pub fn ask(&self, database: usize, request: &[(&str, Value)]) -> Result<Vec<Value>, String> {
        let mut document = json!({ "db": database });
        for (name, value) in request {
            document[*name] = value.clone();
        }
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let (input, output) = &mut *pipes;
        writeln!(input, "{document}").expect("the server runs");
        let mut line = String::new();
        output.read_line(&mut line).expect("the server runs");
        let mut answer: Value = serde_json::from_str(&line).expect("an answer");
        match answer["error"].take() {
            Value::String(error) => Err(error),
            _ => Ok(answer["rows"].as_array().cloned().unwrap_or_default()),
        }
    }
}

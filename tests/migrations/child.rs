//! Migrations in a process of their own: this test program, started again.

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use mizzle::Migrations;
use mizzle::prelude::*;

use crate::folder::shown;

/// What the started program runs: the test at the end of this file.
const TEST: &str = "child::runs_migrations";

/// A process that runs migrations; killed, by SIGKILL, when this is dropped.
pub struct Runner(Option<Child>);

impl Runner {
    /// Starts it. It stops forever at the event that begins with `stop_at`, if that is not empty.
    pub fn start(url: &str, folder: &Path, stop_at: &str) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", TEST, "--nocapture", "--test-threads=1"])
            .env("MIZZLE_CHILD_URL", url)
            .env("MIZZLE_CHILD_FOLDER", folder)
            .env("MIZZLE_CHILD_STOP_AT", stop_at)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self(Some(child))
    }

    /// Waits until it stands at the event; `false` where it ended without coming to it.
    pub fn wait_for_stop(&mut self) -> bool {
        let output = BufReader::new(self.0.as_mut().unwrap().stdout.as_mut().unwrap());
        output.lines().map_while(Result::ok).any(|line| line.contains("stopped at"))
    }

    /// Its end, and what it wrote.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let output = self.0.take().unwrap().wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status, String::from_utf8_lossy(&text).into_owned())
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

/// Does nothing unless it was started by [`Runner::start`].
#[test]
fn runs_migrations() {
    let Ok(url) = std::env::var("MIZZLE_CHILD_URL") else {
        return;
    };
    let folder = std::env::var_os("MIZZLE_CHILD_FOLDER").unwrap();
    let stop_at = std::env::var("MIZZLE_CHILD_STOP_AT").unwrap();
    let migrations = Migrations::from_path(folder).unwrap();
    let db = Db::connect(&url).unwrap();
    let progress = |event: &mizzle::migration::Event<'_>| {
        let event = shown(event);
        if !stop_at.is_empty() && event.starts_with(&stop_at) {
            println!("stopped at {event}");
            std::io::stdout().flush().unwrap();
            loop {
                std::thread::sleep(Duration::from_secs(60));
            }
        }
    };
    let report = db.migrator(&migrations).on_progress(progress).run().unwrap();
    println!("{report}");
}

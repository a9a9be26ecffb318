//! Mistakes that users make, and what the compiler says: each file of `tests/ui` is one.
//!
//! After a change of messages, run with `TRYBUILD=overwrite`, and read what changed as a user would.

use std::path::Path;
use std::process::Command;
use std::{env, fs, panic};

#[test]
fn mistakes_are_explained() {
    // `migrations!` looks beside the Cargo.toml of the crate that is compiled, which trybuild makes there.
    let folders = Path::new("tests/ui/migrations");
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../tests/trybuild/mizzle");
    copy(folders, &project.join(folders));
    let explained =
        panic::catch_unwind(|| trybuild::TestCases::new().compile_fail("tests/ui/*.rs"));
    if let Err(failure) = explained {
        if env::var_os("CI").is_some() && env::var_os("TRYBUILD").is_none() {
            print_differences();
        }
        panic::resume_unwind(failure);
    }
}

/// Prints how the messages differ, as the last thing of the test: logs of other machines keep only their end.
fn print_differences() {
    let this = env::current_exe().expect("the test's program");
    let overwritten = Command::new(this).env("TRYBUILD", "overwrite").output();
    let shown = Command::new("git").args(["diff", "-U0", "--", "tests/ui"]).output();
    match (overwritten, shown) {
        (Ok(_), Ok(diff)) => println!("{}", String::from_utf8_lossy(&diff.stdout)),
        (Err(error), _) | (_, Err(error)) => println!("the differences can't be shown: {error}"),
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder in target");
    for entry in fs::read_dir(from).expect("the folder of the cases") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a copy");
        }
    }
}

//! What becomes of the databases of tests that pass, fail and crash, and what happens without a server.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mizzle::prelude::*;
use tempfile::TempDir;

use crate::inner::MODE;
use crate::users;

const URL: &str = "MIZZLE_TEST_POSTGRES_URL";
const REQUIRED: &str = "MIZZLE_TEST_REQUIRE_POSTGRES";
const NOTHING: [PathBuf; 0] = [];

/// Runs a test of `inner` in another program.
fn run(
    test: &str,
    mode: &str,
    temporary: &Path,
    set: impl FnOnce(&mut Command) -> &mut Command,
) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", test]).env(MODE, mode);
    command.env("TMPDIR", temporary).env("TMP", temporary);
    set(&mut command);
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// Returns the database that the output says is kept.
fn kept(output: &Output) -> String {
    let text = text(output);
    let (_, rest) = text.split_once(" is kept: ").unwrap_or_else(|| panic!("{text}"));
    rest.lines().next().unwrap().to_owned()
}

/// Returns the databases of all runs.
fn databases(temporary: &Path) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(temporary).unwrap().map(|entry| entry.unwrap().path());
    let runs =
        folders.flat_map(|all| std::fs::read_dir(all).unwrap()).map(|entry| entry.unwrap().path());
    let files = runs.filter(|run| run.is_dir()).flat_map(|run| std::fs::read_dir(run).unwrap());
    let mut found: Vec<PathBuf> = files
        .map(|entry| entry.unwrap().path())
        .filter(|file| file.file_name().is_some_and(|name| name != "lock"))
        .collect();
    found.sort();
    found
}

#[test]
fn on_sqlite() {
    const TEST: &str = "inner::as_told::on_sqlite";
    let folder = TempDir::new().unwrap();
    let go = |mode: &str| run(TEST, mode, folder.path(), |command| command);
    let is_left = || databases(folder.path());

    let passed = go("pass");
    assert!(passed.status.success(), "{}", text(&passed));
    assert_eq!(is_left(), NOTHING);

    let failed = go("fail");
    assert!(!failed.status.success());
    let first = kept(&failed);
    assert!(first.contains("as_told.on_sqlite"), "{first}");
    // The rows are there.
    assert_eq!(Db::connect(&first).unwrap().count(users::table).unwrap(), 1);

    // A crash leaves something behind, which the next run removes, but not what is kept of other tests.
    assert!(!go("crash").status.success());
    let crashed = is_left();
    assert!(!crashed.is_empty());
    let other =
        run("inner::a_fixture_without_its_table::on_sqlite", "", folder.path(), |command| command);
    assert!(!other.status.success());
    assert_eq!(is_left(), NOTHING, "the crashed run had begun anew");

    // A failure is kept until the test runs again.
    let second = kept(&go("fail"));
    let unrelated =
        run("inner::a_fixture_without_its_table::on_sqlite", "", folder.path(), |command| command);
    assert!(!unrelated.status.success());
    assert!(is_left().iter().any(|file| second.ends_with(&*file.to_string_lossy())));
    let third = kept(&go("fail"));
    assert!(!Path::new(second.strip_prefix("sqlite:").unwrap()).exists());
    assert!(Path::new(third.strip_prefix("sqlite:").unwrap()).exists());
    assert!(go("pass").status.success());
    assert_eq!(is_left(), NOTHING);
}

#[test]
fn a_failed_fixture_is_named() {
    let folder = TempDir::new().unwrap();
    for database in ["sqlite", "postgres"] {
        let test = format!("inner::a_fixture_without_its_table::on_{database}");
        let failed = text(&run(&test, "", folder.path(), |command| command));
        assert!(failed.contains("the fixture `tests/testing/users.sql` failed"), "{failed}");
    }
}

/// Other users can write to the temporary folder.
#[cfg(unix)]
#[test]
fn a_folder_of_somebody_else_is_refused() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    let folder = TempDir::new().unwrap();
    let user = std::fs::metadata(folder.path()).unwrap().uid();
    let own = folder.path().join(format!("mizzle-tests-{user}"));
    let elsewhere = TempDir::new().unwrap();
    let refused = |what: &str| {
        let output =
            text(&run("inner::as_told::on_sqlite", "pass", folder.path(), |command| command));
        assert!(output.contains("is not a folder that only you can use"), "{what}: {output}");
    };
    symlink(elsewhere.path(), &own).unwrap();
    refused("a link");
    std::fs::remove_file(&own).unwrap();
    std::fs::create_dir(&own).unwrap();
    std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o777)).unwrap();
    refused("one that all can write to");
    std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o700)).unwrap();
    let output = run("inner::as_told::on_sqlite", "pass", folder.path(), |command| command);
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn without_a_server() {
    const TEST: &str = "inner::as_told::on_postgres";
    let folder = TempDir::new().unwrap();
    let without = run(TEST, "fail", folder.path(), |command| command.env_remove(URL));
    let shown = text(&without);
    assert!(without.status.success(), "{shown}");
    assert!(
        shown.contains("as_told::on_postgres did not run: set MIZZLE_TEST_POSTGRES_URL"),
        "{shown}"
    );
    let required =
        run(TEST, "pass", folder.path(), |command| command.env_remove(URL).env(REQUIRED, "1"));
    assert!(!required.status.success() && text(&required).contains("did not run"));
    // A server that isn't there is no missing server.
    let url = "postgres://app:secret@127.0.0.1:1/postgres";
    let gone = run(TEST, "pass", folder.path(), |command| command.env(URL, url));
    let shown = text(&gone);
    assert!(!gone.status.success() && shown.contains("NETWORK_ERROR"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
    let file = run(TEST, "pass", folder.path(), |command| command.env(URL, "sqlite::memory:"));
    assert!(text(&file).contains("is not that of a PostgreSQL server"), "{}", text(&file));
    let url = format!("{}&dbname=postgres", with_parameter(&test_support::postgres_url()));
    let other = run(TEST, "pass", folder.path(), |command| command.env(URL, url));
    assert!(text(&other).contains("has the parameter `dbname`"), "{}", text(&other));
}

fn with_parameter(url: &str) -> String {
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}application_name=runs")
}

#[test]
fn on_postgres() {
    const TEST: &str = "inner::as_told::on_postgres";
    // The tests of other programs run beside this one, so only what these runs have made counts.
    let server = Db::connect(&test_support::postgres_url()).unwrap();
    let folder = TempDir::new().unwrap();
    let go = |mode: &str| {
        let output = run(TEST, mode, folder.path(), |command| command);
        let place = text(&output).find("is kept: ").is_some();
        (output, place)
    };
    let exists = |name: &str| {
        let found =
            sql!("SELECT count(*) FROM pg_database WHERE datname = {name}").one::<i64>(&server);
        found.unwrap() == 1
    };
    let database = |output: &Output| kept(output).rsplit_once('/').unwrap().1.to_owned();

    let (failed, _) = go("fail");
    assert!(!failed.status.success());
    assert!(!kept(&failed).contains("mizzle:"), "it has no password");
    let first = database(&failed);
    assert!(first.starts_with("mizzle_test_") && exists(&first), "{first}");
    let url = test_support::with_database(&test_support::postgres_url(), &first);
    assert_eq!(Db::connect(&url).unwrap().count(users::table).unwrap(), 1);

    // What runs have left behind. The role's other databases have other names.
    let runs = || -> Vec<String> {
        let names = "SELECT datname::text FROM pg_database WHERE datname LIKE 'mizzle\\_test\\_%' \
                     AND shobj_description(oid, 'pg_database') IS NULL";
        server.load(diesel::dsl::sql::<diesel::sql_types::Text>(names)).unwrap()
    };
    let before = runs();
    let (crashed, _) = go("crash");
    assert!(!crashed.status.success());
    let left: Vec<String> = runs().into_iter().filter(|name| !before.contains(name)).collect();
    let (again, is_kept) = go("pass");
    assert!(again.status.success() && !is_kept, "{}", text(&again));
    // The kept one is gone, as its test has run again, and so is that of the crashed run; a template stays.
    assert!(!exists(&first));
    for name in left.iter().filter(|name| !name.contains("template")) {
        assert!(!exists(name), "{name} is left");
    }
}

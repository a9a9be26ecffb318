//! Tests that `runs` starts in separate programs.

use std::process::abort;

use mizzle::prelude::*;

use crate::{Blog, user};

/// Says what a test does.
pub const MODE: &str = "MIZZLE_INNER_TEST";

fn does(mode: &str) -> bool {
    std::env::var(MODE).is_ok_and(|given| given == mode)
}

#[mizzle::test(Blog)]
#[ignore = "`runs` runs it"]
fn as_told(db: Db) {
    db.insert(user("ada@example.com")).unwrap();
    if does("crash") {
        abort();
    }
    assert!(!does("fail"), "told to fail");
}

#[mizzle::test(fixtures = ["tests/testing/users.sql"])]
#[ignore = "`runs` runs it"]
fn a_fixture_without_its_table(db: Db) {
    drop(db);
}

use mizzle::prelude::*;

#[mizzle::test]
fn no_database() {}

#[mizzle::test]
async fn no_database_async() {}

#[mizzle::test]
fn two(db: Db, other: Db) {}

#[mizzle::test]
#[test]
fn a_test_already(db: Db) {}

#[mizzle::test]
unsafe fn generic<T>(db: Db) {}

#[mizzle::test]
struct NoFunction;

fn main() {}

use mizzle::prelude::*;

#[derive(Table)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
}

mizzle::schema!(Blog = [User]);

#[mizzle::test(Blog, Blog, migratoins = "migrations", only = mysql, fixtures = ["missing.sql"], setup = filled())]
fn every_mistake_is_named(db: Db) {}

#[mizzle::test(Blog, migrations = "missing")]
fn two_sources(db: Db) {}

#[mizzle::test(migrations = "missing")]
fn a_missing_folder(db: Db) {}

#[mizzle::test(Blog, worker_threads = 2)]
fn threads_of_no_runtime(db: Db) {}

#[mizzle::test(Blog, worker_threads = 0)]
async fn no_threads(db: AsyncDb) {}

#[mizzle::test("Blog", only = sqlite, only = postgres)]
fn a_text(db: Db) {}

fn main() {}

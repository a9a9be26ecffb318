//! Calls of async programs.

use mizzle::prelude::*;

#[derive(Table, Debug, Clone)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    pub email: String,
}

mizzle::schema!(pub Blog = [User]);

fn main() {}

/// The future instead of its result.
async fn not_awaited(db: &AsyncDb) -> mizzle::Result<()> {
    let _: Vec<User> = User::query().all(db)?;
    let _: Option<User> = db.find(1);
    for user in User::query().stream(db) {
        drop(user);
    }
    Ok(())
}

fn list(db: &impl Executor) -> mizzle::Result<Vec<User>> {
    User::query().all(db)
}

async fn list_async(db: &impl Executor<Async>) -> mizzle::Result<Vec<User>> {
    User::query().all(db).await
}

fn of_db(db: &Db) -> mizzle::Result<u64> {
    db.count(users::table)
}

/// The other kind of handle.
async fn other_handle(db: &Db, async_db: &AsyncDb) -> mizzle::Result<()> {
    list(async_db)?;
    list_async(db).await?;
    of_db(async_db)?;
    let _: Option<User> = db.find(1).await?;
    Ok(())
}

fn other_closure(db: &Db) -> mizzle::Result<u64> {
    db.transaction(async |tx| tx.count(users::table))
}

fn in_a_blocking_function(db: &AsyncDb) -> mizzle::Result<u64> {
    db.count(users::table).await
}

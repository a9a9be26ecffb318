//! Calls of async programs that nothing waits for.

#![deny(unused_must_use)]

use mizzle::prelude::*;

#[derive(Table, Debug, Clone)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    pub email: String,
}

mizzle::schema!(pub Blog = [User]);

fn main() {}

async fn forgotten(db: &AsyncDb, new: NewUser, migrations: &mizzle::Migrations) -> mizzle::Result<()> {
    db.insert(new);
    db.execute_sql("DELETE FROM users");
    db.begin();
    User::query().stream(db);
    db.transaction(async |tx| tx.count(users::table).await);
    db.migrator(migrations);
    db.migrate(migrations);
    mizzle::AsyncConnectionManager::global().disconnect();
    Ok(())
}

async fn dropped_at_once(db: &AsyncDb) -> mizzle::Result<()> {
    db.begin().await?;
    db.listen("users").await?;
    Ok(())
}

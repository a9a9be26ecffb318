//! What can't go to another thread, in tasks that may.

use std::rc::Rc;
use std::sync::Mutex;

use mizzle::prelude::*;

#[derive(Table, Debug, Clone)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    pub email: String,
}

mizzle::schema!(pub Blog = [User]);

fn main() {}

fn spawned(db: AsyncDb, cache: &'static Mutex<Vec<User>>) {
    let other = db.clone();
    tokio::spawn(async move {
        let shared = Rc::new(1);
        let user: Option<User> = other.find(*shared).await?;
        drop((user, shared));
        Ok::<_, mizzle::Error>(())
    });
    tokio::spawn(async move {
        let mut cache = cache.lock().expect("no panic");
        cache.push(db.get(1).await?);
        Ok::<_, mizzle::Error>(())
    });
}

async fn on_a_thread(db: &AsyncDb) -> mizzle::Result<u64> {
    let table = Rc::new("users");
    db.interact(move |db| sql!("SELECT count(*) FROM users WHERE email = {*table}").execute(db)).await
}

async fn with_progress(db: &AsyncDb, migrations: &mizzle::Migrations) -> mizzle::Result<()> {
    let seen = std::cell::Cell::new(0);
    db.migrator(migrations).on_progress(|_| seen.set(seen.get() + 1)).run().await.map(drop)
}

//! A stream is a part of its transaction.

use mizzle::prelude::*;

#[derive(Table, Debug, Clone)]
struct Song {
    #[column(primary_key, auto)]
    id: i64,
}

fn of_a_query(db: &Db) {
    let _ = db.transaction(|tx| Song::query().stream(tx));
}

fn of_sql(db: &Db) {
    let _ = db.transaction(|tx| sql!("SELECT id FROM songs").stream::<i64>(tx));
}

fn of_a_diesel_query(db: &Db) {
    let mut kept = None;
    let _ = db.transaction(|tx| {
        kept = Some(tx.stream::<i64, _>(songs::table.select(songs::id))?);
        Ok(())
    });
}

fn main() {}

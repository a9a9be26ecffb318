//! A row without a version is touched.

use mizzle::prelude::*;

#[derive(Table)]
pub struct Page {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(on_update = now)]
    pub changed_at: DateTime<Utc>,
}

fn touched(tx: &Tx<'_>, page: &Page) -> mizzle::Result<Page> {
    tx.touch(page)
}

fn main() {}

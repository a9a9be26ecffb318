use mizzle::prelude::*;

#[derive(Table)]
#[table(has_many(totals = Total))]
struct User {
    #[column(primary_key)]
    id: i64,
}

#[derive(View, Debug)]
#[view(sql = "SELECT id AS user_id, 1 AS total FROM users")]
struct Total {
    #[column(references(User))]
    user_id: i64,
    total: i64,
}

fn writes(db: &Db, user: &User, total: Total) -> mizzle::Result<()> {
    db.update(&total)?;
    db.delete(&total)?;
    Total::query().delete(db)?;
    User::totals().delete(db, user)?;
    diesel::insert_into(totals::table).values(&total);
    db.insert(total)?;
    Ok(())
}

fn finds(db: &Db) -> mizzle::Result<Option<Total>> {
    db.find::<Total>(1)
}

fn main() {}

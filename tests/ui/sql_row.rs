//! SQL by hand whose rows have a type that they can't have.

use mizzle::prelude::*;

struct Point;

#[derive(Row)]
struct Named {
    name: String,
}

fn of_any<T: mizzle::Row>(db: &Db) -> mizzle::Result<Vec<T>> {
    sql!(T, "SELECT 1").all(db)
}

fn main() -> mizzle::Result<()> {
    let db = Db::connect("sqlite::memory:")?;
    sql!(Point, "SELECT 1").all(&db)?;
    sql!(Missing, "SELECT 1").all(&db)?;
    sql!(Named,);
    sql!(Named, text);
    sql!(Named, "SELECT name FROM users", mysql: "SELECT 1");
    sql!(Named, "SELECT name FROM users").execute(&db)?;
    let _: Vec<String> = sql!(Named, "SELECT name FROM users").all(&db)?;
    Ok(())
}

//! Values in SQL by hand that have no type of a column.

use mizzle::prelude::*;

struct Point;

fn main() -> mizzle::Result<()> {
    let db = Db::connect("sqlite::memory:")?;
    let (point, count, name) = (Point, 1_usize, "name");
    let _ = sql!("SELECT {point}");
    let _ = sql!("SELECT {count}");
    let _ = sql!("SELECT * FROM users WHERE id IN ({..count})");
    let _ = sql!("SELECT * FROM users WHERE id IN ({..[point]})");
    let _ = sql!("SELECT * FROM users ORDER BY {#name}");
    let _ = sql!("SELECT {missing}");
    let _: Vec<Point> = sql!("SELECT 1").all(&db)?;
    Ok(())
}

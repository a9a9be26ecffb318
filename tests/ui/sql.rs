//! SQL by hand with mistakes, each found when the program is compiled.

use mizzle::prelude::*;

fn main() {
    let (id, name, kinds) = (1_i64, "Ada", [1, 2]);
    // Braces.
    let _ = sql!("SELECT * FROM users WHERE id = {id");
    let _ = sql!("SELECT * FROM users WHERE id = id}");
    let _ = sql!("SELECT {}");
    let _ = sql!("SELECT {id:?}");
    let _ = sql!("SELECT {id + }");
    // Quotes and comments.
    let _ = sql!("SELECT * FROM users WHERE name = 'Ada");
    let _ = sql!("SELECT * FROM \"users WHERE id = {id}");
    let _ = sql!("SELECT 1 /* one");
    let _ = sql!("SELECT * FROM users WHERE name = '{name}'");
    let _ = sql!("SELECT 1 -- {name}");
    // Placeholders.
    let _ = sql!("SELECT * FROM users WHERE id = ?");
    let _ = sql!("SELECT * FROM users WHERE id = $1 AND name = $2");
    let _ = sql!("SELECT * FROM users WHERE id = :id");
    let _ = sql!("SELECT {id}::text");
    // Statements.
    let _ = sql!("DELETE FROM users; DELETE FROM posts");
    let _ = sql!("");
    let _ = sql!(" -- nothing\n ; ");
    // Lists.
    let _ = sql!("SELECT * FROM users WHERE id = {..kinds}");
    let _ = sql!("SELECT * FROM users WHERE id IN {..kinds}");
    let _ = sql!("SELECT * FROM users WHERE id IN (0, {..kinds})");
    let _ = sql!(postgres: "SELECT * FROM users WHERE id IN {..kinds} AND id IN (abs(1), {..kinds})");
    let _ = sql!(sqlite: "SELECT json_array_length({..kinds})");
    // Several mistakes, in several lines.
    let _ = sql!("
        SELECT * FROM users
        WHERE id = ? AND name = '{name}'
        AND kind = {..kinds}");
    // What isn't a literal, and other words.
    let query = "SELECT 1";
    let _ = sql!(query);
    let _ = sql!(concat!("SELECT", " 1"));
    let _ = sql!();
    let _ = sql!(1);
    let _ = sql!("SELECT {}, {}", id, name);
    let _ = sql!(mysql: "SELECT 1");
    let _ = sql!(sqlite: "SELECT 1", sqlite: "SELECT 2");
    let _ = sql!(sqlite: "SELECT ?", postgres: "SELECT $1");
}

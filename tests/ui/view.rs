use mizzle::prelude::*;

#[derive(Table)]
struct User {
    #[column(primary_key)]
    id: i64,
}

#[derive(View)]
struct Nowhere {
    id: i64,
}

#[derive(View)]
#[view(sql = "SELECT id FROM users", sqlite = "SELECT id FROM users")]
struct Twice {
    id: i64,
}

#[derive(View)]
#[view(sql = "DELETE FROM users RETURNING id")]
struct Writes {
    id: i64,
}

#[derive(View)]
#[view(sql = "WITH gone AS (DELETE FROM users RETURNING id) SELECT id FROM gone")]
struct WritesInside {
    id: i64,
}

#[derive(View)]
#[view(sql = "SELECT id FROM users; DROP TABLE users")]
struct Second {
    id: i64,
}

#[derive(View)]
#[view(sqlite = "SELECT id FROM users WHERE id = ?", postgres = "SELECT id FROM users WHERE id = $1")]
struct Placeholder {
    id: i64,
}

#[derive(View)]
#[view(sql = "SELECT 'id FROM users")]
struct Unclosed {
    id: i64,
}

#[derive(View)]
#[view(sql = "-- nothing")]
struct Nothing {
    id: i64,
}

#[derive(View)]
#[view(sql = "SELECT id FROM users", index(id))]
struct Indexed {
    id: i64,
}

#[derive(View)]
#[view(sql = "SELECT id FROM users", unique(id))]
struct Unknown {
    #[column(primary_key, auto)]
    id: i64,
}

#[derive(View)]
#[view(sql = "SELECT id FROM users")]
struct Acts {
    #[column(references(User, on_delete = cascade))]
    id: i64,
}

#[derive(View)]
#[view(sql = "SELECT id, id AS other FROM users")]
struct TwoKeys {
    #[column(primary_key)]
    id: i64,
    #[column(primary_key)]
    other: i64,
}

fn main() {}

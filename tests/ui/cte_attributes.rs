//! Mistakes in the attributes of a CTE.

use mizzle::prelude::*;

#[derive(Cte)]
struct Generic<T> {
    id: T,
}

#[derive(Cte)]
enum Choice {
    One,
}

#[derive(Cte)]
struct Empty {}

#[derive(Cte)]
#[cte(primary_key(id))]
struct Keyed {
    #[column(primary_key)]
    id: i64,
}

#[derive(Cte)]
#[cte(name = "no name")]
struct Named {
    id: i64,
}

#[derive(Cte)]
struct Same {
    id: i64,
    #[column(name = "ID")]
    other: i64,
}

#[derive(Cte)]
struct ANameOfWhichPostgreSqlWouldCutTheEndBecauseItIsTooLong {
    id: i64,
}

#[derive(Table)]
#[table(name = "__cte_taken", module = taken)]
struct Taken {
    #[column(primary_key)]
    id: i64,
}

fn main() {}

//! The `db` program of a project whose structs change: MIZZLE_TEST_SCHEMA says which version it is compiled with.

mod schema;

use std::process::ExitCode;

use mizzle::kit;

fn main() -> ExitCode {
    let version = std::env::var("MIZZLE_TEST_SCHEMA").unwrap_or_default();
    match version.as_str() {
        "first" => kit::main::<schema::first::Blog>(),
        "posts" => kit::main::<schema::posts::Blog>(),
        "renamed" => kit::main::<schema::renamed::Blog>(),
        "declared" => kit::main::<schema::declared::Blog>(),
        "without_nick" => kit::main::<schema::without_nick::Blog>(),
        "without_posts" => kit::main::<schema::without_posts::Blog>(),
        "unique_nick" => kit::main::<schema::unique_nick::Blog>(),
        "merged" => kit::main::<schema::merged::Blog>(),
        "labels" => kit::main::<schema::labels::Blog>(),
        "relabelled" => kit::main::<schema::relabelled::Blog>(),
        "swapped" => kit::main::<schema::swapped::Blog>(),
        "before_swap" => kit::main::<schema::before_swap::Ground>(),
        "after_swap" => kit::main::<schema::after_swap::Ground>(),
        "expressions" => kit::main::<schema::expressions::All>(),
        "views" => kit::main::<schema::views::Blog>(),
        "other_views" => kit::main::<schema::other_views::Blog>(),
        "unfit_view" => kit::main::<schema::unfit_view::Blog>(),
        "configured" => {
            let kit = kit::Kit::new().dialects(&[mizzle::Dialect::Sqlite]).dir("db/steps");
            kit.run::<schema::first::Blog>()
        }
        other => {
            eprintln!("MIZZLE_TEST_SCHEMA is {other:?}");
            ExitCode::from(101)
        }
    }
}

//! The `db` program of a project with right and wrong `sql!`s.

mod right;
mod schema;
mod wrong;

use std::process::ExitCode;

fn main() -> ExitCode {
    mizzle::kit::main::<schema::Shop>()
}

//! The program that generates and runs the blog's migrations: `cargo run --example db --features kit -- help`.

#[allow(dead_code, reason = "`check` prepares them")]
mod queries;
#[allow(dead_code, reason = "the kit wants the tables alone")]
mod schema;

fn main() -> std::process::ExitCode {
    mizzle::kit::main::<schema::Blog>()
}

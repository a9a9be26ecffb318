//! The program that generates and runs the migrations: `cargo run --example desktop-db --features kit -- help`.

#[allow(dead_code, reason = "the kit wants the tables alone")]
mod schema;

fn main() -> std::process::ExitCode {
    mizzle::kit::Kit::new().dir("examples/desktop/migrations").run::<schema::Desktop>()
}

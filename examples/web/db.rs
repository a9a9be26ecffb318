//! The program that generates and runs the migrations: `cargo run --example web-db --features kit -- help`.

#[allow(dead_code, reason = "the kit wants the tables alone")]
mod schema;

fn main() -> std::process::ExitCode {
    mizzle::kit::Kit::new().dir("examples/web/migrations").run::<schema::Chat>()
}

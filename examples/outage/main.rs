//! A database that goes away and comes back: `cargo run --example outage`.

#[cfg(all(unix, feature = "postgres"))]
mod play;
#[cfg(all(unix, feature = "postgres"))]
mod server;

use std::process::ExitCode;

use clap::Parser;

/// Plays an outage, and prints what a program on mizzle sees of it, with the time since the start.
///
/// Starts a throwaway PostgreSQL server, lets some threads work on it, kills it, and starts it again:
///
///   cargo run --example outage
///
/// Where PostgreSQL's server is not installed, pass the URL of one, and stop and start it yourself:
///
///   cargo run --example outage -- postgres://user:password@localhost/database
///
/// The database must not have a table `visits`; it is dropped at the end.
#[derive(Parser)]
#[command(verbatim_doc_comment)]
struct Arguments {
    /// The URL of a PostgreSQL server that you take away yourself
    url: Option<String>,

    /// For how many seconds to watch a server that you take away yourself
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match play(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(all(unix, feature = "postgres"))]
fn play(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    use std::time::Duration;

    if let Some(url) = &arguments.url {
        return play::with_url(url, Duration::from_secs(arguments.seconds));
    }
    if server::programs().is_none() {
        println!(
            "PostgreSQL's server is not installed here (`apt-get install postgresql`, or what your system calls it).\n\
             Or pass the URL of a server that you can stop and start:\n\n  \
             cargo run --example outage -- postgres://user:password@localhost/database"
        );
        return Ok(());
    }
    play::with_own_server()
}

/// This program was built without PostgreSQL, which is no default: builds and runs the one that was.
#[cfg(all(unix, not(feature = "postgres")))]
fn play(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // Read again by the other one.
    let _ = (&arguments.url, arguments.seconds);
    let run = ["run", "--quiet", "--example", "outage", "--features", "postgres-bundled"];
    let Some(cargo) = std::env::var_os("CARGO") else {
        println!("This example needs PostgreSQL: cargo {}", run.join(" "));
        return Ok(());
    };
    println!("building with PostgreSQL: cargo {}", run.join(" "));
    let mut command = std::process::Command::new(cargo);
    let status = command.args(run).arg("--").args(std::env::args_os().skip(1)).status()?;
    if status.success() { Ok(()) } else { Err(format!("it ended with {status}").into()) }
}

#[cfg(not(unix))]
fn play(_: &Arguments) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    println!("This example starts and kills processes as Unix does, and so needs Unix.");
    Ok(())
}

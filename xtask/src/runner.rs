//! `cargo xtask test`: runs the steps one by one, and prints a summary.

use std::env;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZero;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::pooler::Pooler;
use crate::postgres::{Purpose, Server, URL_VARIABLE};
use crate::steps::{self, Action, Needs, Step};
use crate::{d1, examples, house, process, setup, studio};

/// What to run.
#[derive(Args)]
pub(crate) struct Options {
    /// Run only this step (may be given several times).
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,

    /// Run only the tests whose name contains this, and no step without tests.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    /// Run the other steps and test programs even if one fails.
    #[arg(long)]
    keep_going: bool,

    /// List the steps and run none.
    #[arg(long)]
    list: bool,

    /// Draw the random tests' inputs by this number, or by `random`: another one each time.
    #[arg(long, value_name = "NUMBER", default_value_t = Seed::USUAL)]
    seed: Seed,
}

/// What the property tests draw their inputs by. It is the same in each run unless another is asked for, so that a
/// failure is due to the change that is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seed(u64);

/// Read by proptest.
const SEED_VARIABLE: &str = "PROPTEST_RNG_SEED";

/// The number of tests that a test program runs at once.
const THREADS_VARIABLE: &str = "RUST_TEST_THREADS";

impl Seed {
    const USUAL: Self = Self(1);
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "random" {
            return Ok(Self(RandomState::new().hash_one(std::process::id())));
        }
        text.parse().map(Self).map_err(|_| "must be a whole number, or `random`".into())
    }
}

/// A finished step.
struct Done {
    name: &'static str,
    time: Duration,
    passed: bool,
}

pub(crate) fn test(options: &Options) -> Result<ExitCode> {
    let steps = pick(steps::all(), options)?;
    if options.list {
        for step in &steps {
            println!("{:24} {}", step.name, shown(step, options));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let start = Instant::now();
    let server = set_up(&steps)?;
    println!("property tests draw their inputs by {SEED_VARIABLE}={}", options.seed);
    let mut done = Vec::new();
    for step in &steps {
        let result = announced(step, options, server.as_ref());
        let passed = result.1.is_ok();
        done.push(Done { name: step.name, time: result.0, passed });
        if let Err(error) = result.1 {
            if process::interrupted() {
                return Err(error);
            }
            println!("\n{} failed: {error:#}\n{}", step.name, how_to_repeat(step, options));
            if !options.keep_going {
                break;
            }
        }
    }
    drop(server);
    summarize(&steps, &done, start.elapsed());
    let passed = done.len() == steps.len() && done.iter().all(|step| step.passed);
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn pick(steps: Vec<Step>, options: &Options) -> Result<Vec<Step>> {
    if let Some(unknown) =
        options.only.iter().find(|name| steps.iter().all(|step| step.name != **name))
    {
        let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
        bail!("there is no step {unknown:?}; the steps are {}", names.join(", "));
    }
    let is_picked = |step: &Step| {
        (options.only.is_empty() || options.only.iter().any(|name| name == step.name))
            && (options.filter.is_none() || step.runs_tests())
    };
    let picked: Vec<Step> = steps.into_iter().filter(is_picked).collect();
    if picked.is_empty() {
        bail!("none of these steps runs tests that --filter could pick");
    }
    Ok(picked)
}

fn set_up(steps: &[Step]) -> Result<Option<Server>> {
    let needs = steps.iter().map(|step| step.needs).max().unwrap_or(Needs::Nothing);
    setup::components()?;
    if needs >= Needs::Library {
        setup::postgres()?;
    }
    if needs < Needs::Server {
        return Ok(None);
    }
    let server = Server::start(Purpose::Tests)?;
    println!("PostgreSQL runs for the time of this command: {URL_VARIABLE}={}", server.url());
    Ok(Some(server))
}

fn announced(step: &Step, options: &Options, server: Option<&Server>) -> (Duration, Result<()>) {
    println!("\n=== {}: {}", step.name, shown(step, options));
    let start = Instant::now();
    let result = run(step, options, server);
    let time = start.elapsed();
    println!("=== {} {} in {}", step.name, verdict(result.is_ok()), seconds(time));
    (time, result)
}

fn run(step: &Step, options: &Options, server: Option<&Server>) -> Result<()> {
    let pooler = match (step.needs, server) {
        (Needs::Pooler, Some(server)) => Some(Pooler::start(server)?),
        _ => None,
    };
    let prepare = |command: &mut Command| {
        // Nothing is compiled twice here, and without it the folder stays small.
        command.env("CARGO_INCREMENTAL", "0");
        command.env(SEED_VARIABLE, options.seed.to_string());
        if env::var_os(THREADS_VARIABLE).is_none() {
            command.env(THREADS_VARIABLE, test_threads().to_string());
        }
        if let Some(server) = server {
            server.lend_to(command);
        }
        if let Some(pooler) = &pooler {
            pooler.lend_to(command);
        }
    };
    match &step.action {
        Action::D1(_) if !d1::is_possible()? => Ok(()),
        Action::Cargo(cargo) | Action::D1(cargo) => {
            let mut command = cargo.command(options.filter.as_deref(), options.keep_going);
            prepare(&mut command);
            let status = process::run(&mut command)?;
            if !status.success() {
                bail!("cargo ended with {status}");
            }
            Ok(())
        }
        Action::Studio => {
            let server = server.context("the server doesn't run")?;
            studio::test(server, prepare)
        }
        Action::House => house::check(Path::new(".")),
        Action::Example(example) => {
            let server = server.context("the server doesn't run")?;
            examples::same_on_both(example, server, prepare)
        }
    }
}

/// Returns the number of tests to run at once: two for each processor, because many of them wait for a server that is
/// gone, slow or silent.
fn test_threads() -> usize {
    2 * thread::available_parallelism().map_or(1, NonZero::get)
}

/// Returns the command of a step as a user would type it.
fn shown(step: &Step, options: &Options) -> String {
    match &step.action {
        Action::Studio => "cargo xtask test --only test-studio".into(),
        Action::House => "cargo xtask test --only house".into(),
        Action::Example(example) => format!(
            "cargo run --example {}{}, and the same with --features {} -- postgres://…",
            example.name,
            example
                .features(if example.is_first { &[] } else { &["postgres"] })
                .map(|features| format!(" --features {features}"))
                .unwrap_or_default(),
            example.features(&["postgres"]).unwrap_or_default()
        ),
        Action::Cargo(cargo) | Action::D1(cargo) => {
            let command = cargo.command(options.filter.as_deref(), options.keep_going);
            let mut words: Vec<String> =
                cargo.env.iter().map(|(name, value)| format!("{name}='{value}'")).collect();
            let typed = process::shown(&command);
            let (_, args) = typed.split_once(' ').unwrap_or_default();
            words.push(format!("cargo {args}"));
            words.join(" ")
        }
    }
}

fn how_to_repeat(step: &Step, options: &Options) -> String {
    let mut ways = format!("to run it again: cargo xtask test --only {}", step.name);
    if let Some(filter) = &options.filter {
        ways.push_str(&format!(" --filter {filter}"));
    }
    if options.seed != Seed::USUAL && step.runs_tests() {
        ways.push_str(&format!(" --seed {}", options.seed));
    }
    let mut command = shown(step, options);
    if step.runs_tests() {
        command = format!("env {SEED_VARIABLE}={} {command}", options.seed);
    }
    match (&step.action, step.needs) {
        (Action::Example(_) | Action::House | Action::Studio, _) | (_, Needs::Pooler) => {}
        (Action::Cargo(_) | Action::D1(_), Needs::Server) => {
            ways.push_str(&format!("\nor by hand:      cargo xtask postgres -- {command}"));
        }
        (Action::Cargo(_) | Action::D1(_), _) => {
            ways.push_str(&format!("\nor by hand:      {command}"))
        }
    }
    ways
}

fn summarize(steps: &[Step], done: &[Done], total: Duration) {
    println!("\n=== summary");
    for step in done {
        println!("{:24} {:8} {:>8}", step.name, verdict(step.passed), seconds(step.time));
    }
    for step in &steps[done.len()..] {
        println!("{:24} not run", step.name);
    }
    println!("{:33} {:>8}", "total", seconds(total));
}

fn verdict(passed: bool) -> &'static str {
    if passed { "ok" } else { "FAILED" }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(only: &[&str], filter: Option<&str>) -> Options {
        Options {
            only: only.iter().map(|name| (*name).into()).collect(),
            filter: filter.map(Into::into),
            keep_going: false,
            list: false,
            seed: Seed::USUAL,
        }
    }

    fn picked(options: &Options) -> Vec<&'static str> {
        pick(steps::all(), options).unwrap().iter().map(|step| step.name).collect()
    }

    #[test]
    fn everything_runs_unless_something_is_picked() {
        assert_eq!(picked(&options(&[], None)).len(), steps::all().len());
        assert_eq!(picked(&options(&["clippy", "fmt"], None)), ["fmt", "clippy"]);
    }

    #[test]
    fn a_filter_picks_the_steps_with_tests() {
        assert!(picked(&options(&[], Some("x"))).iter().all(|name| name.starts_with("test")));
        assert!(pick(steps::all(), &options(&["fmt"], Some("x"))).is_err());
    }

    #[test]
    fn an_unknown_step_is_an_error_that_names_the_known() {
        let error = pick(steps::all(), &options(&["tets"], None)).err().unwrap().to_string();
        assert!(
            error.starts_with("there is no step \"tets\"; the steps are fmt, house"),
            "{error}"
        );
    }

    #[test]
    fn a_seed_is_a_number_or_random() {
        assert_eq!("7".parse(), Ok(Seed(7)));
        assert_ne!("random".parse::<Seed>(), "random".parse::<Seed>());
        assert_eq!("x".parse::<Seed>(), Err("must be a whole number, or `random`".into()));
    }

    #[test]
    fn a_failed_step_can_be_repeated() {
        let step = steps::all().into_iter().find(|step| step.name == "test-postgres").unwrap();
        assert_eq!(
            how_to_repeat(&step, &options(&[], Some("upsert"))),
            "to run it again: cargo xtask test --only test-postgres --filter upsert\n\
             or by hand:      cargo xtask postgres -- env PROPTEST_RNG_SEED=1 cargo test -p mizzle -p orm-core --lib \
             --test bad_input --test batch --test errors --test migrations --test service --test transactions \
             --no-default-features --features postgres upsert"
        );
    }
}

//! The steps of `cargo xtask test`.

use std::env;
use std::process::Command;

/// One check.
pub(crate) struct Step {
    /// The name for `--only`.
    pub(crate) name: &'static str,
    pub(crate) action: Action,
    pub(crate) needs: Needs,
}

pub(crate) enum Action {
    /// A cargo command, which must succeed.
    Cargo(Cargo),
    /// The same with a server of D1, which needs node.
    D1(Cargo),
    /// The page of the studio in a browser, which needs node and Chromium.
    Studio,
    /// The house rules.
    House,
    /// An example, which must print the same on both databases.
    Example(Example),
}

pub(crate) struct Example {
    pub(crate) name: &'static str,
    /// The features that it needs on both databases.
    pub(crate) features: &'static [&'static str],
    /// Whether it is the README's first command, which must need nothing but Rust and a C compiler.
    pub(crate) is_first: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Needs {
    Nothing,
    /// libpq to link.
    Library,
    /// A PostgreSQL server.
    Server,
    /// The server behind a pooler.
    Pooler,
}

pub(crate) struct Cargo {
    args: &'static str,
    /// The arguments after `--`.
    rest: &'static str,
    pub(crate) env: &'static [(&'static str, &'static str)],
}

impl Cargo {
    /// Returns the command. If it runs tests, `filter` selects among them, and `keeps_going` runs the other test programs
    /// even if one fails.
    pub(crate) fn command(&self, filter: Option<&str>, keeps_going: bool) -> Command {
        let mut command = cargo();
        command.args(self.args.split_whitespace());
        command.args((keeps_going && self.runs_tests()).then_some("--no-fail-fast")).args(filter);
        if !self.rest.is_empty() {
            command.arg("--").args(self.rest.split_whitespace());
        }
        command.envs(self.env.iter().copied());
        command
    }

    fn runs_tests(&self) -> bool {
        self.args.starts_with("test ")
    }
}

/// Returns the cargo that runs this program.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

impl Step {
    pub(crate) fn runs_tests(&self) -> bool {
        matches!(&self.action, Action::Cargo(cargo) | Action::D1(cargo) if cargo.runs_tests())
    }
}

/// Runs an example on both databases.
fn example(step: &'static str, name: &'static str, features: &'static [&'static str]) -> Step {
    Step {
        name: step,
        action: Action::Example(Example { name, features, is_first: false }),
        needs: Needs::Server,
    }
}

fn step(name: &'static str, args: &'static str, needs: Needs) -> Step {
    Step { name, action: Action::Cargo(Cargo { args, rest: "", env: &[] }), needs }
}

fn lint(name: &'static str, args: &'static str, needs: Needs) -> Step {
    Step { name, action: Action::Cargo(Cargo { args, rest: "-D warnings", env: &[] }), needs }
}

/// Returns all of them, in order: the quickest to fail come first.
///
/// Every test runs with all features together, on both databases. The packages with features are also checked with each
/// database alone, all targets once with the kit, and `mizzle` and `orm-core` without it. A program of each layer runs
/// again there: what differs is which code is compiled in, and what the other database's URL is answered. How libpq is
/// linked changes no code: the lints read it once, and with libpq compiled in, only the tests of what libpq does run
/// again. The rest of the workspace has no features, so once is enough.
pub(crate) fn all() -> Vec<Step> {
    use Needs::{Library, Nothing, Pooler, Server};
    vec![
        step("fmt", "fmt --all --check", Nothing),
        Step { name: "house", action: Action::House, needs: Nothing },
        lint("clippy", "clippy --workspace --all-targets --all-features", Nothing),
        // Each database alone, with the kit.
        lint(
            "clippy-sqlite",
            "clippy -p mizzle -p orm-core -p orm-kit -p cli-tests --all-targets --no-default-features --features \
             sqlite,mizzle/kit,mizzle/test,mizzle/time-zones,mizzle/tokio",
            Nothing,
        ),
        lint(
            "clippy-postgres",
            "clippy -p mizzle -p orm-core -p orm-kit -p cli-tests --all-targets --no-default-features --features \
             postgres,mizzle/kit,mizzle/test",
            Library,
        ),
        // Without the kit, only the libraries differ.
        lint(
            "clippy-sqlite-lib",
            "clippy -p mizzle -p orm-core --lib --no-default-features --features sqlite",
            Nothing,
        ),
        lint(
            "clippy-postgres-lib",
            "clippy -p mizzle -p orm-core --lib --no-default-features --features postgres",
            Library,
        ),
        Step {
            name: "doc",
            action: Action::Cargo(Cargo {
                args: "doc --workspace --no-deps --all-features",
                rest: "",
                env: &[("RUSTDOCFLAGS", "-D warnings")],
            }),
            needs: Nothing,
        },
        step(
            "test-sqlite",
            "test -p mizzle -p orm-core --lib --test bad_input --test batch --test errors --test migrations \
             --test service --test transactions --no-default-features --features sqlite",
            Nothing,
        ),
        step(
            "test-postgres",
            "test -p mizzle -p orm-core --lib --test bad_input --test batch --test errors --test migrations \
             --test service --test transactions --no-default-features --features postgres",
            Server,
        ),
        step(
            "test-postgres-bundled",
            "test -p mizzle -p orm-core --lib --test bad_input --test batch --test errors --test sessions --test streams \
             --no-default-features --features postgres-bundled",
            Server,
        ),
        // All features together: both databases in one program, and the documentation's examples.
        step("test", "test --workspace --all-features", Server),
        // The most common operations as async calls, from the same bodies.
        Step {
            name: "test-async",
            action: Action::Cargo(Cargo {
                args: "test --workspace --all-features --test batch --test concurrency --test outages \
                       --test queries --test relations --test streams --test transactions",
                rest: "",
                env: &[("MIZZLE_TEST_ASYNC", "1")],
            }),
            needs: Server,
        },
        // The bodies of SQLite on D1, and what only D1 has.
        Step {
            name: "test-d1",
            action: Action::D1(Cargo {
                args: "test --workspace --all-features --test d1 --test queries --test relations --test sql \
                       --test types --test cli",
                rest: "on_sqlite engine::",
                env: &[("MIZZLE_TEST_D1", "1"), ("MIZZLE_TEST_CASES", "10")],
            }),
            needs: Nothing,
        },
        // The most common operations, with each transaction in another session of the server.
        Step {
            name: "test-pooler",
            action: Action::Cargo(Cargo {
                args: "test --workspace --all-features --test queries --test transactions \
                       --test concurrency --test relations",
                rest: "postgres",
                env: &[],
            }),
            needs: Pooler,
        },
        // The page of the studio, in Chromium. Its calls are in `test`.
        Step { name: "test-studio", action: Action::Studio, needs: Server },
        Step {
            name: "example-chat",
            action: Action::Example(Example { name: "chat", features: &[], is_first: true }),
            needs: Server,
        },
        example("example-blog", "blog", &[]),
        // The example's migrations match its structs.
        step("example-db", "run --quiet --example db --features kit -- generate --check", Nothing),
        example("example-music", "music", &[]),
        example("example-service", "service", &[]),
        example("example-payments", "payments", &["time-zones"]),
        step(
            "example-payments-db",
            "run --quiet --example payments-db --features kit -- generate --check",
            Nothing,
        ),
        example("example-desktop", "desktop", &[]),
        step(
            "example-desktop-db",
            "run --quiet --example desktop-db --features kit -- generate --check",
            Nothing,
        ),
        // The service itself is run by its tests.
        step(
            "example-web-db",
            "run --quiet --example web-db --features kit -- generate --check",
            Nothing,
        ),
        step("example-outage", "run --quiet --example outage --features postgres", Server),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::shown;

    fn shown_step(name: &str, filter: Option<&str>) -> String {
        let step = all().into_iter().find(|step| step.name == name).unwrap();
        let Action::Cargo(cargo) = step.action else { panic!("{name} is not a command of cargo") };
        let command = shown(&cargo.command(filter, false));
        command.split_once(' ').unwrap().1.to_owned()
    }

    #[test]
    fn names_are_distinct() {
        let mut names: Vec<&str> = all().iter().map(|step| step.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn warnings_are_errors() {
        assert_eq!(
            shown_step("clippy", None),
            "clippy --workspace --all-targets --all-features -- -D warnings"
        );
    }

    #[test]
    fn other_test_programs_go_on() {
        let shown = |name: &str| {
            let step = all().into_iter().find(|step| step.name == name).unwrap();
            let Action::Cargo(cargo) = step.action else {
                panic!("{name} is not a command of cargo")
            };
            shown(&cargo.command(Some("x"), true))
        };
        assert!(shown("test").ends_with(" test --workspace --all-features --no-fail-fast x"));
        assert!(!shown("clippy").contains("--no-fail-fast"));
    }

    #[test]
    fn a_filter_picks_tests() {
        assert_eq!(shown_step("test", Some("chat")), "test --workspace --all-features chat");
    }
}

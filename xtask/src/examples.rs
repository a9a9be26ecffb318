//! Runs the examples: each must print the same on both databases.

use std::process::Command;

use anyhow::{Result, bail};

use crate::postgres::Server;
use crate::steps::Example;
use crate::{process, steps};

impl Example {
    /// Returns the features that it needs with these `others`, as cargo takes them; `None` if it needs none.
    pub(crate) fn features(&self, others: &[&str]) -> Option<String> {
        let all = [self.features, others].concat();
        (!all.is_empty()).then(|| all.join(","))
    }
}

/// Runs the example on SQLite and on PostgreSQL.
pub(crate) fn same_on_both(
    example: &Example,
    server: &Server,
    prepare: impl Fn(&mut Command),
) -> Result<()> {
    let database = server.create_database(&format!("example_{}", example.name))?;
    // Without PostgreSQL each compiles the library once more. The lints read all of them so.
    let sqlite_features: &[&str] = if example.is_first { &[] } else { &["postgres"] };
    let run = |databases: &[&str], args: &[&str]| {
        let mut command = steps::cargo();
        command.args(["run", "--quiet", "--example", example.name]);
        if let Some(features) = example.features(databases) {
            command.args(["--features", &features]);
        }
        command.args(args);
        prepare(&mut command);
        process::stdout(&mut command)
    };
    let sqlite = run(sqlite_features, &[])?;
    print!("{sqlite}");
    let postgres = run(&["postgres"], &["--", &database])?;
    compare(&sqlite, &postgres)
}

fn compare(sqlite: &str, postgres: &str) -> Result<()> {
    if sqlite.trim().is_empty() {
        bail!("the example prints nothing");
    }
    if sqlite == postgres {
        return Ok(());
    }
    let mut others = postgres.lines();
    let first = sqlite.lines().zip(1..).find_map(|(line, number)| {
        let other = others.next().unwrap_or("(nothing)");
        (line != other).then_some((number, line, other))
    });
    match first {
        Some((number, line, other)) => {
            bail!("line {number} differs\n  on SQLite:     {line}\n  on PostgreSQL: {other}")
        }
        None => bail!("on PostgreSQL it prints more\n{}", others.collect::<Vec<_>>().join("\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::compare;

    fn difference(sqlite: &str, postgres: &str) -> String {
        compare(sqlite, postgres).unwrap_err().to_string()
    }

    #[test]
    fn equal_output_passes() {
        assert!(compare("a\nb\n", "a\nb\n").is_ok());
    }

    #[test]
    fn the_first_difference_is_told() {
        assert_eq!(
            difference("a\nb\nc\n", "a\nx\ny\n"),
            "line 2 differs\n  on SQLite:     b\n  on PostgreSQL: x"
        );
        assert_eq!(
            difference("a\nb\n", "a\n"),
            "line 2 differs\n  on SQLite:     b\n  on PostgreSQL: (nothing)"
        );
        assert_eq!(difference("a\n", "a\nb\n"), "on PostgreSQL it prints more\nb");
    }

    #[test]
    fn no_output_is_no_success() {
        assert_eq!(difference("", ""), "the example prints nothing");
    }
}

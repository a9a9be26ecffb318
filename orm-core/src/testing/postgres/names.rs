//! The names of databases, and the keys of advisory locks.
//!
//! `mizzle_test_a1b2c3_0f1e2d3c_7` is the seventh of a run, `mizzle_test_a1b2c3_template_…` a template. `a1b2c3` stands for
//! the role and the database of the server's URL. Runs recognize each other by advisory locks, which are per database.

use super::super::label::digits;

/// What a comment on a database of a failed test begins with.
const KEPT: &str = "kept after a failure of ";

/// What the names of a role's databases begin with.
#[derive(Debug)]
pub(super) struct Prefix(String);

impl Prefix {
    pub(super) fn of(database: &str, role: &str) -> Self {
        Self(format!("mizzle_test_{}_", digits(&[database, role], 6)))
    }

    /// Returns a pattern for LIKE that all of them match.
    pub(super) fn pattern(&self) -> String {
        format!("{}%", self.0.replace('_', "\\_"))
    }

    /// Returns a pattern for LIKE that the templates match.
    pub(super) fn template_pattern(&self) -> String {
        format!("{}%", self.template("").replace('_', "\\_"))
    }

    /// Returns the name of a template.
    pub(super) fn template(&self, hash: &str) -> String {
        format!("{}template_{hash}", self.0)
    }

    /// Returns the name of a database of a run.
    pub(super) fn database(&self, run: &str, number: usize) -> String {
        format!("{}{run}_{number}", self.0)
    }

    /// Returns the run that a database belongs to; `None` for a template, and for what has another name.
    pub(super) fn run<'n>(&self, database: &'n str) -> Option<&'n str> {
        let (run, number) = database.strip_prefix(&self.0)?.split_once('_')?;
        let is_run = run.len() == RUN && run.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_run && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(run)
    }
}

/// The number of digits of a run.
pub(super) const RUN: usize = 8;

/// Returns the key of an advisory lock, as text.
pub(super) fn lock_key(what: &str, name: &str) -> String {
    let digits = digits(&[what, name], 15);
    // Fifteen hexadecimal digits are a positive number of 64 bits.
    i64::from_str_radix(&digits, 16).unwrap_or_default().to_string()
}

/// Returns what says which test a database was of.
pub(super) fn label(package: &str, test: &str) -> String {
    format!("{package}: {test}")
}

/// Returns the comment on the database of a failed test, as SQL.
pub(super) fn comment(label: &str) -> String {
    // A name of Rust has no backslash.
    format!("'{KEPT}{}'", label.replace('\'', "''"))
}

/// Returns the label in a comment, if a failed test wrote it.
pub(super) fn label_in(comment: &str) -> Option<&str> {
    comment.strip_prefix(KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_databases_of_a_run_have_one() {
        let prefix = Prefix::of("postgres", "app");
        let name = prefix.database("0a1b2c3d", 12);
        assert!(name.len() <= 63, "{name}");
        assert_eq!(prefix.run(&name), Some("0a1b2c3d"));
        for other in [
            prefix.template("0a1b2c3d_1"),
            prefix.template("0a1b2c3d"),
            prefix.database("0a1b2c3d", 1).replace("_1", "_x"),
            prefix.database("0a1b2c3", 1),
            Prefix::of("postgres", "other").database("0a1b2c3d", 12),
            "shop".to_owned(),
        ] {
            assert_eq!(prefix.run(&other), None, "{other}");
        }
    }

    #[test]
    fn comments_are_read_as_they_are_written() {
        let label = label("shop", "it's::paid::on_postgres");
        let written = comment(&label);
        let read = written.trim_matches('\'').replace("''", "'");
        assert_eq!(label_in(&read), Some(&*label));
        assert_eq!(label_in("the shop's own"), None);
    }
}

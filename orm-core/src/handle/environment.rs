//! Settings from environment variables.

use std::cell::RefCell;
use std::env;
use std::ffi::OsString;
use std::time::Duration;

use crate::backend::validate_url;
use crate::error::{Error, ErrorKind, Result};

/// Reads variables, and collects everything that is wrong with them.
pub(crate) struct Environment<'l> {
    look_up: &'l dyn Fn(&str) -> Option<OsString>,
    problems: RefCell<Vec<String>>,
}

impl Environment<'static> {
    /// Reads the variables of this process.
    pub(crate) fn process() -> Self {
        Self::new(&|name| env::var_os(name))
    }
}

impl<'l> Environment<'l> {
    pub(crate) fn new(look_up: &'l dyn Fn(&str) -> Option<OsString>) -> Self {
        Self { look_up, problems: RefCell::new(Vec::new()) }
    }

    /// Returns the variable as text, if it is set.
    fn text(&self, name: &str) -> Option<String> {
        match (self.look_up)(name)?.into_string() {
            Ok(text) => Some(text),
            Err(_) => {
                self.add(format!("{name} is not UTF-8 text"));
                None
            }
        }
    }

    fn add(&self, problem: String) {
        self.problems.borrow_mut().push(problem);
    }

    /// Returns a whole number of at least `least`. Errors don't quote the value: it may be a secret in the wrong
    /// variable.
    pub(crate) fn number(&self, name: &str, unit: &str, least: u32) -> Option<u32> {
        let text = self.text(name)?;
        match text.trim().parse::<u32>() {
            Ok(number) if number >= least => Some(number),
            _ => {
                let found = if text.trim().is_empty() { "is empty" } else { "is wrong" };
                self.add(format!(
                    "{name} {found}: it must be a whole number {unit}from {least} to {}",
                    u32::MAX
                ));
                None
            }
        }
    }

    pub(crate) fn milliseconds(&self, name: &str, least: u32) -> Option<Duration> {
        let number = self.number(name, "of milliseconds ", least)?;
        Some(Duration::from_millis(number.into()))
    }

    /// Returns the database's URL, or an empty text if it is missing.
    pub(super) fn url(&self) -> String {
        let known = self.problems.borrow().len();
        match self.text("DATABASE_URL") {
            Some(url) => {
                if let Err(error) = validate_url(&url) {
                    let words = error.to_string();
                    let words = words.strip_prefix("the database URL ").unwrap_or(&words);
                    self.add(format!("DATABASE_URL {words}"));
                }
                url
            }
            None => {
                if self.problems.borrow().len() == known {
                    self.add("DATABASE_URL is not set".into());
                }
                String::new()
            }
        }
    }

    /// # Errors
    /// One error that names all problems.
    pub(crate) fn finish(self) -> Result<()> {
        let problems = self.problems.into_inner();
        if problems.is_empty() {
            return Ok(());
        }
        let message = format!("the environment's settings are not valid: {}", problems.join("; "));
        Err(Error::new(ErrorKind::Config, message).with_hint(
            "set DATABASE_URL, such as `sqlite:blog.db` or `postgres://user:password@host:5432/database`; \
             DB_MAX_RETRIES, DB_RETRY_BASE_DELAY, DB_POOL_SIZE and DB_CONNECTION_TIMEOUT have defaults",
        ))
    }
}

//! The problems of a URL, all at once.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::FORMS;
use crate::error::{Error, ErrorKind};

/// A part of a database's URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UrlPart {
    /// The part before the first `:`.
    Scheme,
    /// The user and the password.
    User,
    /// The server's name or address.
    Host,
    /// The server's port.
    Port,
    /// The database's name, or the path of a file.
    Database,
    /// The part after the `?`.
    Parameters,
}

impl fmt::Display for UrlPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "scheme",
            Self::User => "user",
            Self::Host => "host",
            Self::Port => "port",
            Self::Database => "database",
            Self::Parameters => "parameters",
        })
    }
}

/// A problem of a URL. It quotes no part of the URL except names of known parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UrlProblem {
    /// The part that is wrong.
    pub part: UrlPart,
    /// What is wrong, in a sentence.
    pub message: String,
}

/// All problems of a URL: at least one, in the order of the parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UrlError {
    /// The problems.
    pub problems: Vec<UrlProblem>,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the database URL is not valid: ")?;
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", problem.part, problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for UrlError {}

impl From<UrlError> for Error {
    fn from(error: UrlError) -> Self {
        Self::new(ErrorKind::Config, error.to_string()).with_hint(FORMS).with_source(error)
    }
}

/// The problems found so far.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<UrlProblem>);

impl Problems {
    pub(super) fn add(&mut self, part: UrlPart, message: impl Into<String>) {
        let problem = UrlProblem { part, message: message.into() };
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    /// Returns all of them, in the order of the parts.
    pub(super) fn finish(mut self) -> Result<(), UrlError> {
        self.0.sort_by_key(|problem| problem.part);
        if self.0.is_empty() { Ok(()) } else { Err(UrlError { problems: self.0 }) }
    }
}

//! How new connections behave.

use std::path::PathBuf;
use std::sync::{Arc, atomic::AtomicBool};
use std::time::Duration;

#[cfg(feature = "test")]
use super::counter::Counter;
#[cfg(feature = "sqlite")]
use super::notify::Board;
#[cfg(feature = "d1")]
use super::token::Token;

/// How a connection to a server is encrypted, for [`DbBuilder::tls`](crate::DbBuilder::tls).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TlsMode {
    /// Never.
    Disable,
    /// Only if the server requires it.
    Allow,
    /// If the server supports it. The default.
    Prefer,
    /// Always, without a check of the server's identity.
    Require,
    /// Always, with a certificate signed by a known authority.
    VerifyCa,
    /// Always, with a certificate signed by a known authority for the host of the URL.
    VerifyFull,
}

/// Whether PostgreSQL keeps statements prepared, for [`DbBuilder::prepare`](crate::DbBuilder::prepare) and the URL's
/// parameter `prepare`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Prepare {
    /// `auto`: unless there is a pooler such as PgBouncer in between, which may run each transaction in another
    /// session. The default.
    #[default]
    Auto,
    /// `always`: even behind a pooler, for one that assigns whole sessions or supports prepared statements. A lost
    /// statement is prepared again; in the middle of a transaction it is an error that
    /// [`retry`](crate::TransactionBuilder::retry) handles.
    Always,
    /// `never`: each run sends the SQL.
    Never,
}

/// The encryption settings, as far as they are set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tls {
    pub(crate) mode: Option<TlsMode>,
    pub(crate) root_certificate: Option<PathBuf>,
    /// The client's certificate and its key.
    pub(crate) certificate: Option<(PathBuf, PathBuf)>,
}

/// How a new connection behaves.
#[derive(Debug, Clone)]
pub(crate) struct ConnectOptions {
    pub(crate) connect_timeout: Duration,
    pub(crate) busy_timeout: Duration,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) application_name: String,
    pub(crate) tls: Tls,
    pub(crate) prepare: Prepare,
    /// Whether the log shows bound values.
    pub(crate) log_values: bool,
    /// Whether each transaction behind a pooler begins as in a new session.
    pub(crate) renew_sessions: bool,
    /// Whether the server refuses settings with a new connection, as some poolers do. Found out once.
    #[cfg(feature = "postgres")]
    pub(crate) refuses_settings: Arc<AtomicBool>,
    #[cfg(feature = "d1")]
    pub(crate) d1: D1Options,
    /// Tells what is notified through connections with these options.
    #[cfg(feature = "sqlite")]
    pub(crate) board: Arc<Board>,
    /// Whether the server has been silent for so long that no statement waits for it any more. None for a server that
    /// nobody watches.
    #[cfg(feature = "postgres")]
    pub(crate) silent: Option<Arc<AtomicBool>>,
    /// Counts what runs on the connections, for tests that ask.
    #[cfg(feature = "test")]
    pub(crate) counter: Arc<Counter>,
}

impl ConnectOptions {
    /// Counts what runs apart from other databases.
    #[cfg(feature = "test")]
    pub(crate) fn counted_apart(self) -> Self {
        Self { counter: Arc::default(), ..self }
    }

    /// Makes statements wait no longer once `silent` is set.
    pub(crate) fn heeding(self, silent: &Arc<AtomicBool>) -> Self {
        let _ = silent;
        Self {
            #[cfg(feature = "postgres")]
            silent: Some(Arc::clone(silent)),
            ..self
        }
    }
}

/// What a program sets for D1.
#[cfg(feature = "d1")]
#[derive(Debug, Clone, Default)]
pub(crate) struct D1Options {
    /// The URL of the API, if it isn't that of the environment or Cloudflare's.
    pub(crate) api: Option<String>,
    /// The token, if it isn't that of the environment.
    pub(crate) token: Option<Token>,
}

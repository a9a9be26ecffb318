//! The databases. ARCHITECTURE.md lists the few other places that tell them apart.

mod any;
mod cache;
mod connection;
mod diesel;
mod epoch;
mod hide;
mod keys;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
pub(crate) mod process;
mod source;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
mod url;
mod values;
mod which;

pub use self::any::{
    Any, AnyBinds, AnyField, AnyQueryBuilder, AnyRow, AnyType, AnyValue, Bind, Kind,
};
pub(crate) use self::any::{SQLITE_SUM, check_own_form, marks, own_form, push_separated};
pub use self::connection::AnyConnection;
pub(crate) use self::epoch::schema_changed;
pub(crate) use self::keys::{KeyList, PLACE as KEY_PLACE};
#[cfg(debug_assertions)]
pub(crate) use self::source::assert_same_text;
pub(crate) use self::source::{
    ByText, Counted, DieselQuery, FirstRow, Flow, Source, Statement, StaticKey, render,
    render_shown,
};
pub(crate) use self::url::Target;
pub use self::url::{UrlError, UrlPart, UrlProblem, sanitize_url, validate_url};
#[doc(hidden)]
pub use self::values::CollectedValues;
pub(crate) use self::which::encode_key;

use std::path::PathBuf;
#[cfg(feature = "postgres")]
use std::sync::{Arc, atomic::AtomicBool};
use std::time::Duration;

use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};

/// What a database can take at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most parameters of one statement.
    pub parameters: usize,
    /// The most rows of one INSERT. Beyond some hundreds a statement only grows, without getting faster.
    pub insert_rows: usize,
}

impl Limits {
    pub(crate) const fn of(dialect: Dialect) -> Self {
        let capabilities = dialect.capabilities();
        Self { parameters: capabilities.parameters, insert_rows: capabilities.insert_rows }
    }
}

/// How a connection to a server is encrypted, for [`DbBuilder::tls`](crate::DbBuilder::tls).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TlsMode {
    /// Never.
    Disable,
    /// Only if the server insists.
    Allow,
    /// If the server can. What happens without a setting.
    Prefer,
    /// Always, whoever the server is.
    Require,
    /// Always, with a certificate that a known authority signed.
    VerifyCa,
    /// Always, with a certificate that a known authority signed for the host of the URL.
    VerifyFull,
}

/// Whether PostgreSQL keeps statements prepared, for [`DbBuilder::prepare`](crate::DbBuilder::prepare) and the URL's
/// parameter `prepare`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Prepare {
    /// `auto`: unless a pooler such as PgBouncer stands between, which may hand each transaction to another session.
    /// What happens without a setting.
    #[default]
    Auto,
    /// `always`: also behind a pooler, for one that hands out whole sessions or that knows prepared statements. A
    /// statement that is lost all the same is made again; in the middle of a transaction it is an error that
    /// [`retry`](crate::TransactionBuilder::retry) knows.
    Always,
    /// `never`: each run sends the statement along.
    Never,
}

/// Encryption, as far as it is set.
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
    /// Whether what answers takes no settings with a new connection, as some poolers do. Found out once for all.
    #[cfg(feature = "postgres")]
    pub(crate) refuses_settings: Arc<AtomicBool>,
}

/// The error of a query whose `collect_binds` has put the values of another statement in the place of its own.
#[cold]
fn foreign_binds() -> Error {
    Error::new(ErrorKind::Query, "a query has bound the values of another statement")
}

/// What a transaction begins as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// The database's default: READ COMMITTED on PostgreSQL (unless configured otherwise), serializable
    /// on SQLite.
    #[default]
    Default,
    /// Each statement sees what was committed before it.
    ReadCommitted,
    /// All statements see what was committed before the first.
    RepeatableRead,
    /// As if transactions ran one after another.
    Serializable,
}

/// One database behind [`AnyConnection`]: all that differs between databases is here.
pub(crate) trait Backend: Sized {
    /// Opens a connection.
    fn connect(target: &Target, options: &ConnectOptions) -> Result<Self>;

    /// Makes the database ready for many connections, once, before there are any.
    fn prepare_database(&mut self, target: &Target) -> Result<()>;

    /// The way SQL is written.
    fn dialect(&self) -> Dialect;

    /// Runs a statement, hands each row to `on_row`, and tells how many rows it changed.
    fn run(
        &mut self,
        source: &dyn Source,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<usize>;

    /// Asks the database a question that needs nothing but the database, for at most about `limit`.
    fn ping(&mut self, limit: Duration) -> Result<()>;

    /// Runs SQL text of any number of statements without parameters.
    fn batch(&mut self, sql: &str) -> Result<()>;

    /// Runs SQL text of one statement without parameters, and nothing if the database finds another one in it.
    fn batch_one(&mut self, sql: &str) -> Result<()>;

    /// The same for a statement that writes rows to `table`: tells `on_rows` now and then how many by now, if
    /// the database can, and in the end how many there were.
    fn batch_one_counting(
        &mut self,
        sql: &str,
        table: &str,
        on_rows: &mut dyn FnMut(u64),
    ) -> Result<u64>;

    /// Lets statements take as long as they need, whatever the statement time-out: for migrations.
    fn lift_time_limit(&mut self) -> Result<()>;

    /// Runs a query of and for texts, whose statement is not kept: for questions about the schema.
    fn ask(&mut self, sql: &str, values: &[&str]) -> Result<Vec<Vec<Option<String>>>>;

    /// Whether a pooler stands between, so that two transactions may not be in one session.
    fn is_pooled(&self) -> bool;

    /// Says that the statement of [`begin_sql`](Backend::begin_sql) has begun a transaction.
    fn began(&mut self, isolation: Isolation, read_only: bool);

    /// Whether a pool must close it, for what was done on it or because another process opened it.
    fn is_spent(&self) -> bool;

    /// The statement that begins a transaction.
    fn begin_sql(&self, isolation: Isolation, read_only: bool) -> String;

    /// Whether a transaction is open, whoever began it.
    fn in_transaction(&self) -> bool;

    /// Whether the open transaction can only be rolled back, because a statement in it failed.
    fn transaction_failed(&self) -> bool;

    /// Whether the connection can't be used any more.
    fn is_broken(&self) -> bool;

    /// Finds out a violated constraint's name and columns where the database doesn't tell. `source` is the
    /// statement that violated it, unless it was SQL text.
    fn describe_violation(&mut self, error: &mut crate::Error, source: Option<&dyn Source>);

    /// Whether these words of a trigger or a function stand in its SQL as they are, without any value.
    fn are_literal(&mut self, words: &str) -> bool;
}

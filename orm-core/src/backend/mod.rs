//! The databases. ARCHITECTURE.md lists the few other places that distinguish them.

mod any;
mod batch;
mod cache;
#[cfg(feature = "sqlite")]
mod collations;
mod connection;
#[cfg(feature = "test")]
mod counter;
#[cfg(feature = "d1")]
mod d1;
#[cfg(feature = "registry")]
mod described;
mod diesel;
mod epoch;
mod hide;
mod instrumentation;
mod keys;
mod listening;
mod log;
pub(crate) mod notify;
mod options;
mod parts;
#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "only it has replicas"))]
mod position;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
pub(crate) mod process;
mod reading;
mod reuse;
mod rows;
mod session;
#[cfg(feature = "tokio")]
mod shared;
mod source;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
mod step;
mod together;
#[cfg(feature = "d1")]
mod token;
mod transaction;
#[cfg(feature = "studio")]
mod typeless;
#[cfg(feature = "studio")]
mod untyped;
mod url;
mod values;
mod watching;
mod which;

#[doc(hidden)]
pub use self::any::CollectedValues;
#[cfg(feature = "sqlite")]
pub(crate) use self::any::collect_own;
pub use self::any::{
    Any, AnyBinds, AnyField, AnyQueryBuilder, AnyRow, AnyType, AnyValue, Arity, Bind, Bound, Kind,
    List, Places, RecordedBind, bind_native, read_native,
};
#[cfg(feature = "sqlite")]
pub(crate) use self::any::{IntoRows, Names, OwnedRows};
pub(crate) use self::any::{
    OwnedRow, RecordedPart, SQLITE_SUM, are_in_order, check_items, check_own_form, collect, keep,
    marks, own_form, push_recorded, push_separated, unpack,
};
pub(crate) use self::batch::Part;
pub use self::connection::AnyConnection;
pub(crate) use self::connection::ConnectHook;
#[cfg(feature = "test")]
pub(crate) use self::counter::{Counter, Counting};
#[cfg(feature = "registry")]
pub use self::described::{Described, DescribedColumn};
pub use self::diesel::{RowByRow, RowsOneByOne};
pub(crate) use self::epoch::schema_changed;
pub(crate) use self::hide::hide_from_debug;
pub(crate) use self::keys::{KeyList, PLACE as KEY_PLACE, part as key_part};
pub use self::notify::Event;
#[cfg(feature = "d1")]
pub(crate) use self::options::D1Options;
pub(crate) use self::options::{ConnectOptions, Tls};
pub use self::options::{Prepare, TlsMode};
pub(crate) use self::position::{Gate, Position, Refusal, Standing, Watch, Watched};
pub(crate) use self::reading::Reading;
#[cfg(feature = "tokio")]
pub(crate) use self::shared::{Borrowed, Lender};
#[cfg(debug_assertions)]
pub(crate) use self::source::assert_same_text;
pub(crate) use self::source::{
    ByText, Counted, DieselQuery, FirstRow, Flow, OwnedQuery, OwnedText, Source, Statement,
    StaticKey, render, render_shown,
};
pub(crate) use self::step::{Around, BatchFailure, Effect, Step, TooFew};
#[cfg(feature = "d1")]
pub(crate) use self::token::Token;
#[cfg(feature = "studio")]
#[doc(hidden)]
pub use self::untyped::{Plain, PlainColumn, TakesPlain, Untyped, UntypedError};
pub(crate) use self::url::Target;
pub use self::url::{UrlError, UrlPart, UrlProblem, sanitize_url, validate_url};
pub(crate) use self::watching::Watching;
pub(crate) use self::which::{encode_key, write_copied};

use std::fmt;
use std::time::Duration;

use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};

/// The limits of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The maximum number of parameters of a statement.
    pub parameters: usize,
    /// The maximum number of rows of an INSERT. Beyond some hundreds, a statement only grows without getting faster.
    pub insert_rows: usize,
}

impl Limits {
    pub(crate) const fn of(dialect: Dialect) -> Self {
        let capabilities = dialect.capabilities();
        Self { parameters: capabilities.parameters, insert_rows: capabilities.insert_rows }
    }
}

/// Returns the error for a query whose `collect_binds` has replaced its own values by those of another statement.
#[cold]
fn foreign_binds() -> Error {
    Error::new(ErrorKind::Query, "a query has bound the values of another statement")
}

/// Returns the error for a query that must find one row.
#[cold]
pub(crate) fn more_than_one() -> Error {
    Error::new(ErrorKind::Query, "the query found more than one row")
}

/// The kind of transaction that begins. On SQLite each one is serializable, whichever is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// The database's default: READ COMMITTED on PostgreSQL (unless configured otherwise), serializable on SQLite.
    #[default]
    Default,
    /// Each statement sees what was committed before it.
    ReadCommitted,
    /// All statements see what was committed before the first.
    RepeatableRead,
    /// As if transactions ran one after another.
    Serializable,
}

/// One database behind [`AnyConnection`]. All differences between the databases are here.
pub(crate) trait Backend: fmt::Debug {
    /// The rows of a running statement that are read one by one.
    type Rows;

    /// Opens a connection.
    fn connect(target: &Target, options: &ConnectOptions) -> Result<Self>
    where
        Self: Sized;

    /// Prepares the database for many connections, once, before there are any.
    fn prepare_database(&mut self, target: &Target) -> Result<()>;

    /// The dialect in which SQL is written.
    fn dialect(&self) -> Dialect;

    /// Runs a statement, passes each row to `on_row`, and returns the number of rows it changed.
    fn run(
        &mut self,
        source: &dyn Source,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<u64>;

    /// Runs statements that only read, in one exchange with the server, and passes each row to `on_row` with the place
    /// of its statement. Returns whether it did: otherwise nothing has run. An error comes with the place of its statement.
    fn run_all(
        &mut self,
        _sources: &[&dyn Source],
        _on_row: &mut dyn FnMut(usize, &AnyRow<'_>) -> Result<()>,
    ) -> std::result::Result<bool, (usize, Error)> {
        Ok(false)
    }

    /// Runs a batch in one exchange with the server, passes each row to its statement, and returns how many rows each
    /// statement changed. `None` if that isn't possible; nothing has run then. After an error nothing is done, unless
    /// only a row could not be read.
    fn run_batch(
        &mut self,
        _steps: &[&dyn Step],
        _around: Around,
    ) -> std::result::Result<Option<Vec<u64>>, BatchFailure> {
        Ok(None)
    }

    /// Makes the connection refuse statements that may write, or not. Only for a database without transactions.
    fn only_read(&mut self, _only: bool) {}

    /// Returns a query with a row if an INSERT into one of these tables may leave out rows without an error. `None` for a
    /// database in which it isn't asked, because statements don't go together.
    fn skips_sql(&self, _tables: &[&str]) -> Option<String> {
        None
    }

    /// Whether statements of several calls can be posted.
    #[cfg(feature = "tokio")]
    fn posts(&self) -> bool {
        false
    }

    /// Writes a statement behind those that other calls of the transaction have posted, and returns its ticket. `None` if it
    /// can only run alone.
    #[cfg(feature = "tokio")]
    fn post(&mut self, _source: &dyn Source) -> Result<Option<usize>> {
        Ok(None)
    }

    /// Runs a posted statement, together with all that are posted, if it has not run with another one. Does what
    /// [`run`](Backend::run) does with its rows. `None` if it has not run, and can only run alone.
    #[cfg(feature = "tokio")]
    fn take_posted(
        &mut self,
        _ticket: usize,
        _source: &dyn Source,
        _on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<Option<u64>> {
        Ok(None)
    }

    /// Runs the statements that are posted.
    #[cfg(feature = "tokio")]
    fn settle(&mut self) {}

    /// Forgets the statements that are posted, and what became of them.
    #[cfg(feature = "tokio")]
    fn forget_posted(&mut self) {}

    /// Whether the rows of this SQL are read one by one in a transaction only; `beside` says whether other statements
    /// run in between.
    fn opens_in_transaction(&self, sql: &str, beside: bool) -> bool;

    /// Starts a statement whose rows are read one by one; `sql` is its text.
    fn open(&mut self, source: &dyn Source, sql: &str, beside: bool) -> Result<Self::Rows>;

    /// Goes to the next row; returns whether there is one.
    fn advance(&mut self, rows: &mut Self::Rows) -> Result<bool>;

    /// Ends the statement, wherever it is.
    fn close(&mut self, rows: Self::Rows) -> Result<()>;

    /// Sends the database a query that needs nothing but the database, and waits for at most about `limit`.
    fn ping(&mut self, limit: Duration) -> Result<()>;

    /// Runs SQL text of any number of statements without parameters.
    fn batch(&mut self, sql: &str) -> Result<()>;

    /// Runs SQL text of one statement without parameters. Runs nothing if the database finds a second one in it.
    fn batch_one(&mut self, sql: &str) -> Result<()>;

    /// The same for a statement that writes rows to `table`: reports to `on_rows` how many there are so far, from time
    /// to time if the database can, and at the end.
    fn batch_one_counting(
        &mut self,
        sql: &str,
        table: &str,
        on_rows: &mut dyn FnMut(u64),
    ) -> Result<u64>;

    /// Sends rows, as [`write_copied`] has written them, by a COPY. Returns the number of rows that were stored. Calls
    /// `meanwhile` while the server stores them.
    fn copy_in(&mut self, sql: &str, rows: &[u8], meanwhile: &mut dyn FnMut()) -> Result<u64> {
        let _ = (rows, meanwhile);
        Err(Error::new(ErrorKind::Query, "the database has no COPY").with_sql(sql))
    }

    /// Sets what to check and to find out while statements run outside of a transaction.
    fn watch(&mut self, _watch: Watch) {}

    /// Returns what was found out.
    fn watched(&self) -> Watched {
        Watched::default()
    }

    /// Asks the server where it is, and waits for at most about `limit`. `None` for a database without replicas.
    fn standing(&mut self, _limit: Duration) -> Result<Option<Standing>> {
        Ok(None)
    }

    /// Makes the server refuse to write in this session.
    fn refuse_writes(&mut self) -> Result<()> {
        Ok(())
    }

    /// Notifies a channel: at once, or when the open transaction is committed. The names and the texts are checked.
    fn notify(&mut self, channel: &str, payload: &str) -> Result<()>;

    /// Makes the session get the notifications of these channels, if the database has notifications itself.
    fn listen(&mut self, _channels: &[String]) -> Result<()> {
        Err(Error::new(ErrorKind::Query, "the database has no LISTEN"))
    }

    /// Waits for notifications, for at most `limit`. Returns whether there were any.
    fn hear(&mut self, _limit: Duration, _hear: &mut dyn FnMut(notify::Note)) -> Result<bool> {
        Ok(false)
    }

    /// Returns what ends the waiting of [`hear`](Backend::hear), and the connection with it.
    fn alarm(&self) -> Result<Option<notify::Alarm>> {
        Ok(None)
    }

    /// Lets statements take as long as they need, whatever the statement timeout: for migrations.
    fn lift_time_limit(&mut self) -> Result<()>;

    /// Makes a name in double quotes that names nothing an error, in the database's views and triggers too, or not.
    /// Returns what it was before. Only SQLite may take such a name for a text.
    fn set_strict_names(&mut self, _strict: bool) -> bool {
        true
    }

    /// Runs a query whose parameters and results are texts, and doesn't keep the statement: for questions about the
    /// schema.
    fn ask(&mut self, sql: &str, values: &[&str]) -> Result<Vec<Vec<Option<String>>>>;

    /// Runs a statement whose types are known to nobody. Returns the number of rows that it changed, if it changes rows.
    #[cfg(feature = "studio")]
    fn run_untyped(
        &mut self,
        _run: &Untyped<'_>,
        _rows: &mut dyn TakesPlain,
    ) -> untyped::UntypedResult {
        Err(untyped::no_untyped())
    }

    /// Returns what the database knows about a statement, without running it. `types` are the numbers of the parameters'
    /// types on PostgreSQL; it finds out those that are 0.
    #[cfg(feature = "registry")]
    fn describe_statement(&mut self, sql: &str, types: &[u32]) -> Result<Described>;

    /// Whether there is a pooler in between, so that two transactions may run in two sessions.
    fn is_pooled(&self) -> bool;

    /// Begins a transaction by the statement of [`begin_sql`](Backend::begin_sql), at the latest with its first
    /// statement.
    fn begin(&mut self, sql: &str) -> Result<()> {
        self.batch(sql)
    }

    /// Records that the statement of [`begin_sql`](Backend::begin_sql) has begun a transaction.
    fn began(&mut self, isolation: Isolation, read_only: bool);

    /// Whether a pool must close it, because of what was done on it or because another process opened it.
    fn is_spent(&self) -> bool;

    /// Returns the statement that begins a transaction.
    fn begin_sql(&self, isolation: Isolation, read_only: bool) -> String;

    /// Returns whether a transaction is open, even one that SQL text began.
    fn in_transaction(&self) -> bool;

    /// Whether a call was cancelled in the middle of an exchange with the database.
    #[cfg(feature = "tokio")]
    fn is_interrupted(&self) -> bool {
        false
    }

    /// Ends what a cancelled call was doing.
    #[cfg(feature = "tokio")]
    fn recover(&mut self) -> Result<()> {
        Ok(())
    }

    /// Whether the open transaction can only be rolled back, because a statement in it failed.
    fn transaction_failed(&self) -> bool;

    /// Whether the connection can't be used any more.
    fn is_broken(&self) -> bool;

    /// Finds out the name and columns of a violated constraint if the database doesn't report them. `source` is the
    /// statement that violated it, unless it was SQL text.
    fn describe_violation(&mut self, error: &mut crate::Error, source: Option<&dyn Source>);

    /// Whether this message of a trigger or a function is literally in its SQL, without any value.
    fn are_literal(&mut self, words: &str) -> bool;
}

//! The studio: the data of a database in a browser.
//!
//! [`router`] and [`Studio`] are for an application that mounts it behind its own login; the command `studio` of the kit
//! serves it on this machine.

mod catalog;
mod cells;
mod chunks;
mod console;
mod count;
mod edit;
mod failure;
mod http;
mod info;
mod log;
mod on;
mod related;
mod rows;
mod schema;
mod statement;
mod transfer;
mod value;

use orm_core::schema::TableDef;
use orm_core::{Db, Schema};

use self::http::Local;
pub(crate) use self::http::serve;

/// Returns the studio of a database as routes for an application, which may read and write everything that the database
/// user may. See [`Studio`].
pub fn router(db: Db) -> axum::Router {
    Studio::new(db).router()
}

/// The studio of a database, for an application that mounts it: tables and their rows, edits, a console for SQL.
///
/// It knows no users. Mount it where only those come who may see everything, behind the application's own login. Calls are
/// accepted from its own page only (`Origin` and `Sec-Fetch-Site` are checked), but the login has to protect them from
/// everybody else.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> orm_core::Result<()> {
/// use orm_core::Db;
/// use orm_kit::studio::Studio;
///
/// let db = Db::connect("sqlite::memory:")?;
/// let app: axum::Router = axum::Router::new()
///     .nest("/admin/db", Studio::new(db).read_only(true).router());
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
#[derive(Debug)]
#[must_use = "nothing happens before `router`"]
pub struct Studio {
    db: Db,
    read_only: bool,
    title: Option<String>,
    database: String,
    structs: Option<Vec<TableDef>>,
    dir: Option<std::path::PathBuf>,
}

impl Studio {
    /// Returns the studio of a database, which may write.
    pub fn new(db: Db) -> Self {
        let database = db.dialect().to_string();
        Self { db, read_only: false, title: None, database, structs: None, dir: None }
    }

    /// Sets whether it only reads. The database refuses everything else then: SQLite by its authorizer, PostgreSQL by
    /// transactions that only read.
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Sets the title of its page.
    pub fn title(mut self, title: &str) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Shows the tables of the program's structs, and how the database differs from them.
    pub fn schema<S: Schema>(mut self) -> Self {
        self.structs = Some(S::tables());
        self
    }

    /// Shows the migrations in this folder, and which of them are applied.
    pub fn migrations(mut self, dir: impl Into<std::path::PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Shows this as the database's name. It must contain no secret.
    pub(crate) fn database(mut self, name: String) -> Self {
        self.database = name;
        self
    }

    /// The same for the tables of a command line.
    pub(crate) fn tables(mut self, tables: Vec<TableDef>) -> Self {
        self.structs = Some(tables);
        self
    }

    /// Returns the routes. Nest them at a path of the application.
    pub fn router(self) -> axum::Router {
        http::router(self, None)
    }

    /// Returns the routes of the studio that the command serves, for its tests: they listen on `port` of this machine, and need a
    /// token.
    #[doc(hidden)]
    pub fn local_router(self, port: u16, token: &str) -> axum::Router {
        http::router(self, Some(Local::new(port, token)))
    }

    fn into_inner(self, local: Option<Local>) -> Inner {
        Inner {
            db: self.db,
            read_only: self.read_only,
            title: self.title.unwrap_or_else(|| "mizzle studio".into()),
            database: self.database,
            structs: self.structs,
            dir: self.dir,
            local,
            log: log::Log::default(),
            running: console::Running::default(),
        }
    }
}

/// What all calls share.
struct Inner {
    db: Db,
    read_only: bool,
    title: String,
    database: String,
    structs: Option<Vec<TableDef>>,
    dir: Option<std::path::PathBuf>,
    /// On this machine: who may ask. `None` if an application decides.
    local: Option<Local>,
    log: log::Log,
    running: console::Running,
}

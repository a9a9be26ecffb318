//! Tests on PostgreSQL: a database for each, copied from a template.
//!
//! The environment names a server. The database of its URL is only used to ask it for others.

mod environment;
mod gate;
mod names;
mod server;
mod sweep;
mod template;

use std::io::Write as _;
use std::sync::OnceLock;

use self::gate::Pass;
use self::server::Server;
use super::case::Case;
use super::fresh::Fresh;
use super::run::{Copy, run};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::handle::Db;

/// Runs a test on PostgreSQL. Without a server, it says that it didn't run.
///
/// # Panics
/// If the test panics, if there is no database for it, and if there is no server although the environment demands one.
pub fn on_postgres(case: &Case, name: &'static str, test: &mut dyn FnMut(&Fresh)) {
    if environment::url().is_some() {
        return run::<DatabaseCopy>(case, name, test);
    }
    let message = format!(
        "{name} did not run: set {} to the URL of a PostgreSQL server where tests may create databases",
        environment::URL
    );
    assert!(!environment::is_required(), "{message}");
    // Not by `eprintln`, which only shows what failed tests write.
    let _ = writeln!(std::io::stderr(), "{message}");
}

/// Returns the server. The first call connects, and removes what earlier runs have left behind.
fn server() -> Result<&'static Server> {
    static SERVER: OnceLock<Result<Server>> = OnceLock::new();
    let begin = || {
        let server = Server::begin(environment::url().unwrap_or_default())?;
        sweep::sweep(&server).map(|()| server)
    };
    SERVER.get_or_init(begin).as_ref().map_err(Error::duplicate)
}

/// The database of a test.
struct DatabaseCopy {
    server: &'static Server,
    database: String,
    label: String,
    _pass: Pass,
}

impl Copy for DatabaseCopy {
    fn make(case: &Case, name: &'static str) -> Result<(Self, Fresh)> {
        let server = server()?;
        let label = names::label(case.package, name);
        let pass = server.gate.enter();
        server.drop_kept(&label)?;
        let template = template::find(server, &case.hash(Dialect::Postgres)?, case)?;
        let database = server.create_from(Some(&template))?;
        let copy = Self { server, database, label, _pass: pass };
        let settings = Db::builder(&server.url_of(&copy.database));
        match settings.clone().connect() {
            Ok(db) => Ok((copy, Fresh { db, settings })),
            Err(error) => {
                let _ = copy.remove();
                Err(error)
            }
        }
    }

    fn remove(self) -> Result<()> {
        self.server.drop(&self.database)
    }

    fn keep(self) -> Result<String> {
        let comment = names::comment(&self.label);
        let sql = format!("COMMENT ON DATABASE {} IS {comment}", self.database);
        self.server.with(|connection| connection.batch(&sql))?;
        Ok(crate::backend::sanitize_url(&self.server.url_of(&self.database)))
    }
}

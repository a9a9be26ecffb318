//! `studio`: shows the data in a browser.

use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use orm_core::{Db, DbBuilder, Dialect};
use serde_json::json;

use super::args::Studio as Options;
use super::database::plain_path;
use super::failure::Failure;
use super::ui::{faint, strong};
use super::{Outcome, Report, Session};
use crate::studio::{Studio, serve};

/// A slow statement must leave connections for others.
const CONNECTIONS: u32 = 8;

/// How long a call waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

impl Session {
    pub(super) fn studio(&self, options: &Options) -> Outcome {
        if self.ui.is_json() {
            return Err(Failure::new("USAGE_ERROR", "the studio has no output as JSON")
                .with_hint("leave out `--json`; the first line has the URL"));
        }
        if self.url.as_deref().and_then(Dialect::of_url) == Some(Dialect::D1) {
            return Err(Failure::new("CONFIG_ERROR", "the studio needs SQLite or PostgreSQL")
                .with_hint("export the database by `wrangler d1 export`, and open it as a file"));
        }
        let db = self.settings_of_studio(options.read_only)?.connect()?;
        let studio = Studio::new(db)
            .read_only(options.read_only)
            .database(self.database_name())
            .tables(self.tables.clone())
            .migrations(self.dir.clone());
        let port = options.port;
        let served = serve(studio, port).map_err(|error| {
            let place = port.map_or_else(|| "a port".into(), |port| format!("port {port}"));
            Failure::new("NETWORK_ERROR", format!("can't listen on {place}: {error}"))
                .with_hint("pass another one by `--port`, or 0 for any that is free")
        })?;
        let (ended, end) = tokio::sync::oneshot::channel::<()>();
        let mut ended = Some(ended);
        ctrlc::set_handler(move || drop(ended.take())).map_err(|error| {
            Failure::new("CONFIG_ERROR", format!("can't wait for Ctrl-C: {error}"))
        })?;
        self.ui.line(format!("{}: {}", strong(self.database_name()), served.url));
        self.ui.line(faint("The URL is for you alone. Ctrl-C ends the studio."));
        if !options.no_open && opener::open_browser(&served.url).is_err() {
            self.ui.notice("no browser could be opened: open the URL yourself");
        }
        let ran = served.run(async {
            let _ = end.await;
        });
        ran.map_err(|error| Failure::new("NETWORK_ERROR", format!("the studio failed: {error}")))?;
        Ok(Report::done(json!({ "database": self.database_name() })))
    }

    /// Returns the settings of its connections, whose sessions only read if it does.
    fn settings_of_studio(&self, read_only: bool) -> Result<DbBuilder, Failure> {
        self.check_exists()?;
        let settings = match self.url.as_deref().and_then(plain_path) {
            // Opening it otherwise may already change how the file keeps its log.
            Some(path) if read_only => Db::builder(&read_only_url(path)),
            _ => self.settings()?,
        };
        let settings = settings.pool_size(CONNECTIONS).checkout_timeout(PATIENCE);
        let is_postgres = self.url.as_deref().and_then(Dialect::of_url) == Some(Dialect::Postgres);
        if !read_only || !is_postgres {
            return Ok(settings);
        }
        Ok(settings.on_connect(|connection| {
            // Behind a pooler the session belongs to others, too. Each transaction only reads anyway.
            if !connection.is_pooled() {
                connection.batch_execute("SET default_transaction_read_only = on")?;
            }
            Ok(())
        }))
    }
}

fn read_only_url(path: &str) -> String {
    let path = path.replace('%', "%25").replace('#', "%23");
    format!("sqlite:{path}?mode=ro")
}

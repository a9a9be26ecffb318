//! A chat service over HTTP: `cargo run --example web --features tokio`.

mod failure;
mod live;
mod routes;
#[allow(dead_code, reason = "the list of tables is for the migrations")]
mod schema;
mod server;
mod store;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use mizzle::AsyncConnectionManager;
use mizzle::manager::ManagerConfig;
use mizzle::prelude::*;
use tokio::net::TcpListener;

/// Serves conversations over HTTP until Ctrl-C or SIGTERM comes.
///
/// Without a URL it uses an SQLite file in a temporary folder:
///
///   cargo run --example web --features tokio
///
/// With one, a PostgreSQL database, which several of these programs can share:
///
///   cargo run --example web --features tokio,postgres -- postgres://user:password@localhost/database
///
/// Then:
///
///   curl -d '{"title": "Ferns"}' -H 'content-type: application/json' localhost:3000/conversations
///   curl -N localhost:3000/conversations/1/events &
///   curl -d '{"author": "Ada", "content": "Do ferns have flowers?"}' -H 'content-type: application/json' \
///     localhost:3000/conversations/1/messages
///   curl 'localhost:3000/conversations/1/messages?size=10'
///   curl localhost:3000/health
#[derive(Parser)]
#[command(verbatim_doc_comment)]
struct Arguments {
    /// The database: `postgres://…` or `sqlite:path/to/file.db`
    url: Option<String>,

    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:3000")]
    address: SocketAddr,
}

/// A temporary folder, removed at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).init();
    let arguments = Arguments::parse();
    let folder = Folder(std::env::temp_dir().join(format!("mizzle-web-{}", std::process::id())));
    let url = match arguments.url {
        Some(url) => url,
        None => {
            std::fs::create_dir_all(&folder.0)?;
            format!("sqlite:{}", folder.0.join("chat.db").display())
        }
    };
    // The program may start before its database.
    let manager = AsyncConnectionManager::with_config(ManagerConfig::new(Db::builder(&url)));
    // One for the start and the service, so that no signal is missed in between.
    let mut signal = Box::pin(async {
        if let Err(error) = server::signal().await {
            tracing::error!(%error, "no signals can be heard");
        }
    });
    let start = tokio::select! {
        start = start(&manager, arguments.address) => Some(start),
        () = &mut signal => None,
    };
    let served = match start {
        Some(Ok((listener, db))) => server::serve(listener, db, signal).await,
        Some(Err(error)) => Err(error),
        None => Ok(()),
    };
    let left = manager.disconnect().await;
    if left > 0 {
        tracing::warn!(left, "connections were still in use");
    }
    served
}

/// Waits for the database, and prepares it.
async fn start(
    manager: &AsyncConnectionManager,
    address: SocketAddr,
) -> Result<(TcpListener, AsyncDb), Box<dyn std::error::Error + Send + Sync>> {
    let db = manager.initialize().await?;
    let migrations = mizzle::migrations!("examples/web/migrations");
    db.migrate(migrations).await?;
    let listener = TcpListener::bind(address).await?;
    println!("Listening on http://{}", listener.local_addr()?);
    Ok((listener, db))
}

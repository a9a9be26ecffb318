//! The chat service of the example over HTTP, on both databases, with an HTTP client.

#![cfg(feature = "tokio")]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

#[path = "../../examples/web/failure.rs"]
mod failure;
#[path = "../../examples/web/live.rs"]
mod live;
#[path = "../../examples/web/routes.rs"]
mod routes;
#[path = "../../examples/web/schema.rs"]
mod schema;
#[path = "../../examples/web/server.rs"]
mod server;
#[path = "../../examples/web/store.rs"]
mod store;

mod client;
mod requests;
#[cfg(unix)]
mod shutdown;

use std::thread::{self, JoinHandle};
use std::time::Duration;

use client::Client;
use mizzle::prelude::*;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot::{self, Sender};

/// How long something may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A running service.
struct Web {
    address: String,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Web {
    /// Starts the service on a database, to which it applies the example's migrations.
    fn start(db: &Db) -> Self {
        let (stop, stopped) = oneshot::channel();
        let mut web = Self::start_until(db, async {
            let _ = stopped.await;
        });
        web.stop = Some(stop);
        web
    }

    /// The same until something happens, which is awaited before a request can come.
    fn start_until(db: &Db, stop: impl Future<Output = ()> + Send + 'static) -> Self {
        db.migrate(mizzle::migrations!("examples/web/migrations")).unwrap();
        let db = AsyncDb::from(db.clone());
        let (sender, address) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime =
                Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let mut stop = Box::pin(stop);
                // Once, so that it is waiting.
                tokio::select! {
                    biased;
                    () = &mut stop => panic!("it has happened already"),
                    () = std::future::ready(()) => {}
                }
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                sender.send(listener.local_addr().unwrap().to_string()).unwrap();
                server::serve(listener, db, stop).await.unwrap();
            });
        });
        let address = address.recv_timeout(LIMIT).unwrap();
        Self { address, stop: None, thread: Some(thread) }
    }

    fn client(&self) -> Client {
        Client::new(&self.address)
    }

    /// Waits for the end of the service.
    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        drop(self.stop.take());
        if !thread::panicking() {
            self.join();
        }
    }
}

//! The studio on this machine: a server that only this machine reaches.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use uuid::Uuid;

use super::super::Studio;
use super::calls::router;
use super::guard::Local;

/// The port that is tried first, so that a page finds a studio again that was started again.
const PORT: u16 = 4983;
/// How many ports are tried.
const PORTS: u16 = 20;

/// A studio that listens.
pub(crate) struct Served {
    /// The URL, with the token, for a browser.
    pub(crate) url: String,
    listener: TcpListener,
    studio: Studio,
    local: Local,
}

/// Listens on the loopback interface: on `port`, or on the first one that is free.
///
/// # Errors
/// If the port is taken.
pub(crate) fn serve(studio: Studio, port: Option<u16>) -> io::Result<Served> {
    let listener = match port {
        Some(port) => bind(port)?,
        None => (PORT..PORT + PORTS).map(bind).find_map(Result::ok).map_or_else(|| bind(0), Ok)?,
    };
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    let token = token();
    let url = format!("http://127.0.0.1:{port}/#token={token}");
    Ok(Served { url, listener, studio, local: Local::new(port, &token) })
}

fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

/// Returns 244 random bits.
fn token() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

impl Served {
    /// Answers requests until `end` is done.
    ///
    /// # Errors
    /// If the runtime can't be built or the socket fails.
    pub(crate) fn run(self, end: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .thread_name("mizzle-studio")
            .build()?;
        let served = runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            let router = router(self.studio, Some(self.local));
            // Open pages keep connections open, so nobody waits for them.
            tokio::select! {
                served = axum::serve(listener, router).into_future() => served,
                () = end => Ok(()),
            }
        });
        runtime.shutdown_background();
        served
    }
}

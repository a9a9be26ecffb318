//! Serves until a signal comes.

use std::future::Future;
use std::time::Duration;

use mizzle::prelude::*;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::live::Live;
use crate::routes::{Service, routes};
use crate::store::Store;

/// How long the requests that run may take when the service stops.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves until `stop`, and answers the requests that have begun by then.
pub async fn serve(
    listener: TcpListener,
    db: AsyncDb,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let store = Store::new(db);
    let live = Live::start(store.clone()).await?;
    let (stops, mut stopping) = watch::channel(false);
    let routes = routes(Service { store, live, stopping: stopping.clone() });
    let stop = async move {
        stop.await;
        tracing::info!("stopping");
        let _ = stops.send(true);
    };
    let late = async move {
        let _ = stopping.wait_for(|stops| *stops).await;
        tokio::time::sleep(PATIENCE).await;
    };
    tokio::select! {
        served = axum::serve(listener, routes).with_graceful_shutdown(stop) => served?,
        () = late => tracing::warn!("requests were still running"),
    }
    tracing::info!("stopped");
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM.
pub async fn signal() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

//! The runtime of an async test.

use tokio::runtime::Builder;

/// Runs a test on a new runtime: on this thread, or with this many threads.
///
/// # Panics
/// If the system has no more threads.
pub fn block_on<F: Future>(threads: Option<usize>, test: F) -> F::Output {
    let mut builder = match threads {
        None => Builder::new_current_thread(),
        Some(_) => Builder::new_multi_thread(),
    };
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    match builder.enable_all().build() {
        Ok(runtime) => runtime.block_on(test),
        Err(error) => panic!("there is no runtime for the test: {error}"),
    }
}

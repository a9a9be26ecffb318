//! Async calls: the same calls as those that wait, and what happens if their futures are dropped.
#![cfg(feature = "tokio")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod calls;
mod cancelled;
mod joined;
mod runtimes;
mod shapes;
mod transactions;
mod turns;

use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

mod schema {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone, PartialEq)]
    #[table(has_many(books = Book))]
    pub(crate) struct Author {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        pub(crate) name: String,
    }

    #[derive(Table, Debug, Clone, PartialEq)]
    pub(crate) struct Book {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(references(Author, on_delete = cascade))]
        pub(crate) author_id: i64,
        pub(crate) title: String,
    }

    #[derive(Table, Debug, Clone, PartialEq)]
    pub(crate) struct Page {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        pub(crate) hits: i64,
        #[column(version)]
        pub(crate) version: i64,
    }

    mizzle::schema!(pub(crate) App = [Author, Book, Page]);

    /// Returns a new author.
    pub(crate) fn new(name: &str) -> NewAuthor {
        NewAuthor::builder().name(name).build()
    }
}

/// Returns a runtime with so many threads; none is a current-thread runtime.
fn runtime(threads: usize) -> Runtime {
    let mut builder = match threads {
        0 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(threads.max(1)).enable_all().build().unwrap()
}

/// Waits for a state.
fn wait_until(what: &str, mut is_reached: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_reached() {
        assert!(start.elapsed() < Duration::from_secs(120), "{what}: not reached");
        std::thread::sleep(Duration::from_millis(5));
    }
}

//! diesel's instrumentation: what a program wants to hear about the statements of a connection.
//!
//! mizzle reports its statements through `tracing`. This is for programs that already listen to diesel's events. They hear
//! of all statements, mizzle's own included, as text without values.

use std::fmt;

use diesel::connection::{
    DynInstrumentation, Instrumentation, InstrumentationEvent, StrQueryHelper,
    get_default_instrumentation,
};

use crate::error::Error;

/// Hears of a connection's statements, if a program listens.
pub(super) struct Listener {
    inner: DynInstrumentation,
    listens: bool,
}

impl Default for Listener {
    fn default() -> Self {
        Self { inner: DynInstrumentation::none(), listens: false }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("listens", &self.listens).finish_non_exhaustive()
    }
}

impl Listener {
    pub(super) fn new(instrumentation: impl Instrumentation) -> Self {
        Self { inner: instrumentation.into(), listens: true }
    }

    /// Returns the listener that the program has set for all of diesel's connections.
    pub(super) fn of_program() -> Self {
        get_default_instrumentation().map(Self::new).unwrap_or_default()
    }

    #[inline]
    pub(super) fn listens(&self) -> bool {
        self.listens
    }

    /// A statement begins.
    pub(super) fn start(&mut self, sql: &str) {
        self.hear(InstrumentationEvent::start_query(&StrQueryHelper::new(sql)));
    }

    /// A statement has ended.
    pub(super) fn finish(&mut self, sql: &str, error: Option<&Error>) {
        let error = error.map(|error| error.duplicate().into());
        let query = StrQueryHelper::new(sql);
        self.hear(InstrumentationEvent::finish_query(&query, error.as_ref()));
    }

    pub(super) fn hear(&mut self, event: InstrumentationEvent<'_>) {
        self.inner.on_connection_event(event);
    }

    pub(super) fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        &mut *self.inner
    }
}

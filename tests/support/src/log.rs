//! Records what is logged through `tracing`.

#![allow(dead_code, reason = "no test file uses all of it")]

use std::cell::RefCell;
use std::fmt::{Debug, Write as _};
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// An event.
#[derive(Debug, Clone)]
pub struct Logged {
    /// Its target.
    pub target: String,
    /// Its level.
    pub level: Level,
    /// Its fields, in their order, as text.
    pub fields: Vec<(&'static str, String)>,
}

impl Logged {
    /// Returns a field's text.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.0 == name).map(|field| field.1.as_str())
    }
}

impl Visit for Logged {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.push((field.name(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.push((field.name(), format!("{value:?}")));
    }
}

thread_local! {
    /// What this thread has logged since the recording began.
    static CAUGHT: RefCell<Option<Vec<Logged>>> = const { RefCell::new(None) };
}

/// A subscriber of the whole process, which keeps the events of threads that record.
///
/// There isn't one for each test: tracing decides once for each place in the code whether anybody listens, and would
/// decide while tests on other threads start and end.
#[derive(Debug)]
pub struct Log;

impl Log {
    /// Returns what this thread logs while `f` runs.
    pub fn of<R>(f: impl FnOnce() -> R) -> (R, Vec<Logged>) {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            tracing::subscriber::set_global_default(Self).expect("no other subscriber");
        });
        CAUGHT.set(Some(Vec::new()));
        let result = f();
        (result, CAUGHT.take().unwrap_or_default())
    }
}

/// Returns all events as one text.
pub fn text(events: &[Logged]) -> String {
    events.iter().fold(String::new(), |mut text, event| {
        writeln!(text, "{event:?}").expect("a string takes all");
        text
    })
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut logged = Logged {
            target: event.metadata().target().to_owned(),
            level: *event.metadata().level(),
            fields: Vec::new(),
        };
        event.record(&mut logged);
        CAUGHT.with_borrow_mut(|caught| {
            if let Some(caught) = caught {
                caught.push(logged);
            }
        });
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

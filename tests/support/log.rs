//! Catches what is logged through `tracing`.

#![allow(dead_code, reason = "no test file uses all of it")]

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// An event.
#[derive(Debug, Clone)]
pub struct Logged {
    /// Where it comes from.
    pub target: String,
    /// How important it is.
    pub level: Level,
    /// Its fields, in their order, as text.
    pub fields: Vec<(&'static str, String)>,
}

impl Logged {
    /// A field's text.
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

/// A subscriber that keeps all events.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Vec<Logged>>>);

impl Log {
    /// What this thread logs while `f` runs.
    pub fn of<R>(f: impl FnOnce() -> R) -> (R, Vec<Logged>) {
        let log = Self::default();
        let result = tracing::subscriber::with_default(log.clone(), f);
        let events = std::mem::take(&mut *log.0.lock().unwrap_or_else(PoisonError::into_inner));
        (result, events)
    }
}

/// All of the events as one text.
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(logged);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

//! The statements that run, by the names that the page gives them, so that another call can stop them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Default)]
pub(in super::super) struct Running(Mutex<HashMap<String, Arc<AtomicBool>>>);

/// Removes the name when the statement has run.
pub(super) struct Named<'r> {
    running: &'r Running,
    id: String,
    stop: Arc<AtomicBool>,
}

impl Running {
    /// Lets `stop` be set under this name.
    pub(super) fn name(&self, id: &str, stop: &Arc<AtomicBool>) -> Named<'_> {
        let stop = Arc::clone(stop);
        self.all().insert(id.into(), Arc::clone(&stop));
        Named { running: self, id: id.into(), stop }
    }

    /// Stops what runs under this name. Returns whether something does.
    pub(in super::super) fn stop(&self, id: &str) -> bool {
        self.all().get(id).is_some_and(|stop| {
            stop.store(true, Ordering::Relaxed);
            true
        })
    }

    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<AtomicBool>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Named<'_> {
    fn drop(&mut self) {
        let mut all = self.running.all();
        // A later statement may have taken the name.
        if all.get(&self.id).is_some_and(|stop| Arc::ptr_eq(stop, &self.stop)) {
            all.remove(&self.id);
        }
    }
}

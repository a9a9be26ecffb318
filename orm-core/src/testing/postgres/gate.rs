//! How many tests have a database at the same time.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Lets so many in.
pub(super) struct Gate {
    inside: Arc<(Mutex<usize>, Condvar)>,
    most: usize,
}

/// Lets the next one in when it is dropped.
pub(super) struct Pass(Arc<(Mutex<usize>, Condvar)>);

impl Gate {
    /// Leaves connections for the tests' pools, of as many as the server accepts.
    pub(super) fn for_connections(connections: usize) -> Self {
        /// Few tests use more.
        const EACH: usize = 4;
        Self { inside: Arc::default(), most: (connections / EACH).max(1) }
    }

    /// Waits until there is room.
    pub(super) fn enter(&self) -> Pass {
        let (number, left) = &*self.inside;
        let mut inside = lock(number);
        while *inside >= self.most {
            inside = left.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
        *inside += 1;
        Pass(Arc::clone(&self.inside))
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let (number, left) = &*self.0;
        *lock(number) -= 1;
        left.notify_one();
    }
}

fn lock(number: &Mutex<usize>) -> MutexGuard<'_, usize> {
    number.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn no_more_than_allowed_are_inside() {
        let gate = Gate::for_connections(11);
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    let _pass = gate.enter();
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert!((1..=2).contains(&most.into_inner()));
    }
}

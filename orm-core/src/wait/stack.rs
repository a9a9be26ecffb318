//! The stacks of fibers, which are used again and again.

use std::io;
use std::sync::{Mutex, PoisonError};

use corosensei::stack::DefaultStack;

/// The size of a stack in bytes: that of tokio's own threads. The system provides memory only for what is used of it.
const SIZE: usize = 2 << 20;

/// The most stacks that are kept for later.
const MOST_KEPT: usize = 64;

static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

struct Kept(DefaultStack);

// SAFETY: nothing is on the stack, and it is only memory.
unsafe impl Send for Kept {}

/// Returns a stack with nothing on it.
pub(super) fn take() -> io::Result<DefaultStack> {
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner).pop();
    kept.map_or_else(|| DefaultStack::new(SIZE), |kept| Ok(kept.0))
}

/// Keeps a stack with nothing on it.
pub(super) fn keep(stack: DefaultStack) {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() < MOST_KEPT {
        kept.push(Kept(stack));
    }
}

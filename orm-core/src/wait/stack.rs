//! The stacks of fibers, which are used again and again.

use std::cell::RefCell;
use std::io;
use std::sync::{Mutex, PoisonError};

use corosensei::stack::DefaultStack;

/// The size of a stack in bytes: that of tokio's own threads. The system provides memory only for what is used of it.
const SIZE: usize = 2 << 20;

/// The most stacks that are kept for later by a thread, without a lock, and by all threads together.
const MOST_BY_THREAD: usize = 8;
const MOST_BY_ALL: usize = 64;

thread_local! {
    static KEPT_BY_THREAD: RefCell<Vec<DefaultStack>> = const { RefCell::new(Vec::new()) };
}

static KEPT_BY_ALL: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

struct Kept(DefaultStack);

// SAFETY: nothing is on the stack, and it is only memory.
unsafe impl Send for Kept {}

/// Returns a stack with nothing on it.
///
/// Never inlined, as a variable of the thread is read: see `current` in `fiber.rs`.
#[inline(never)]
pub(super) fn take() -> io::Result<DefaultStack> {
    if let Ok(Some(kept)) = KEPT_BY_THREAD.try_with(|kept| kept.borrow_mut().pop()) {
        return Ok(kept);
    }
    let kept = KEPT_BY_ALL.lock().unwrap_or_else(PoisonError::into_inner).pop();
    kept.map_or_else(|| DefaultStack::new(SIZE), |kept| Ok(kept.0))
}

/// Keeps a stack with nothing on it.
///
/// Never inlined: see [`take`].
#[inline(never)]
pub(super) fn keep(stack: DefaultStack) {
    let mut left = Some(stack);
    // Fails in a thread that ends.
    let _ = KEPT_BY_THREAD.try_with(|kept| {
        let mut kept = kept.borrow_mut();
        if kept.len() < MOST_BY_THREAD {
            kept.extend(left.take());
        }
    });
    let Some(stack) = left else { return };
    let mut kept = KEPT_BY_ALL.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() < MOST_BY_ALL {
        kept.push(Kept(stack));
    }
}

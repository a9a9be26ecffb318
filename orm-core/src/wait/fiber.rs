//! Runs code that waits as a future.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::ptr;
use std::task::{Context, Poll};

use corosensei::{Coroutine, CoroutineResult, Yielder};

use super::{Cancelled, stack};
use crate::error::{Error, ErrorKind, Result};

thread_local! {
    /// The fiber that runs in this thread.
    static CURRENT: Cell<*const Current> = const { Cell::new(ptr::null()) };
}

/// What the code in a fiber knows of it.
struct Current {
    /// Null before it has begun.
    yielder: Cell<*const Yielder<(), ()>>,
    /// The context of the call of `poll` that runs the fiber.
    context: Cell<*mut Context<'static>>,
    is_cancelled: Cell<bool>,
    /// The pools from which the fiber holds a connection.
    held: RefCell<Vec<*const ()>>,
}

/// Returns the fiber that runs in this thread.
///
/// Never inlined: a function that is suspended may go on in another thread, where the address of a thread's variable is
/// another one.
#[inline(never)]
fn current() -> *const Current {
    CURRENT.get()
}

/// Makes another fiber the one that runs in this thread, and returns the former one.
#[inline(never)]
fn set_current(current: *const Current) -> *const Current {
    CURRENT.replace(current)
}

/// The fiber that ran before, which runs again when this is dropped, also after a panic.
struct Before(*const Current);

impl Drop for Before {
    fn drop(&mut self) {
        set_current(self.0);
    }
}

/// Returns whether the code runs in an async call.
pub(crate) fn is_async() -> bool {
    !current().is_null()
}

/// Returns whether the code runs in an async call that was cancelled.
pub(crate) fn is_cancelled() -> bool {
    // SAFETY: the fiber that runs exists.
    unsafe { current().as_ref() }.is_some_and(|fiber| fiber.is_cancelled.get())
}

/// Runs code of the program. It may keep something that belongs to its thread while it waits, so its thread is blocked
/// meanwhile.
pub(crate) fn in_place<R>(f: impl FnOnce() -> R) -> R {
    let _before = Before(set_current(ptr::null()));
    f()
}

/// Calls a function with the pools from which the fiber that runs holds a connection.
pub(crate) fn with_held<R>(f: impl FnOnce(&mut Vec<*const ()>) -> R) -> R {
    // SAFETY: the fiber that runs exists.
    match unsafe { current().as_ref() } {
        Some(fiber) => f(&mut fiber.held.borrow_mut()),
        None => f(&mut Vec::new()),
    }
}

/// Waits for a future in the fiber that runs.
pub(crate) fn until<F: Future>(future: F) -> Result<F::Output, Cancelled> {
    let mut future = pin!(future);
    let fiber = current();
    loop {
        // SAFETY: the fiber that runs exists, and this code is on its stack, whichever thread it runs in.
        let fiber = unsafe { fiber.as_ref() }.ok_or(Cancelled)?;
        // A panic belongs to its thread, so the code that it unwinds can't go on in another one.
        if fiber.is_cancelled.get() || std::thread::panicking() {
            return Err(Cancelled);
        }
        // SAFETY: `poll` has set it, and doesn't return before the fiber is suspended.
        let context = unsafe { &mut *fiber.context.get() };
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Ok(output);
        }
        // SAFETY: it is on the stack of the fiber.
        unsafe { &*fiber.yielder.get() }.suspend(());
    }
}

/// A future that runs a function on a separate stack. Whenever the function waits, by [`until`] or another function of the
/// module [`wait`](super), the future returns `Poll::Pending`.
///
/// Dropping the future makes each of these functions return [`Cancelled`], and returns when the function has ended.
pub(crate) struct Fiber<F, T> {
    state: State<F, T>,
}

/// Runs a function as one async call, for tests.
///
/// # Panics
/// With the panic of the function.
pub async fn in_fiber<R>(function: impl FnOnce() -> R) -> R {
    // The function may keep something that belongs to its thread while it waits.
    let _stays: PhantomData<*const ()> = PhantomData;
    let mut result = None;
    let ended = Fiber::new(|| {
        result = Some(function());
        Ok(())
    })
    .await;
    match (ended, result) {
        (Ok(()), Some(result)) => result,
        (ended, _) => panic!("the function has not ended: {ended:?}"),
    }
}

enum State<F, T> {
    New(F),
    Running(Running<T>),
    Done,
}

struct Running<T> {
    /// `None` after its end.
    coroutine: Option<Coroutine<(), (), T>>,
    /// In a box, because the code in the fiber refers to it.
    current: Box<Current>,
}

// SAFETY: the function and its result are `Send`. What the function has on the stack while it waits is this crate's own, which
// keeps nothing there that belongs to a thread: see the module `wait`.
unsafe impl<F: Send, T: Send> Send for Fiber<F, T> {}

// Nothing refers to the future itself: a running function is on its stack, and what it knows of its fiber is in a box.
impl<F, T> Unpin for Fiber<F, T> {}

impl<F: FnOnce() -> Result<T>, T> Fiber<F, Result<T>> {
    pub(crate) fn new(function: F) -> Self {
        Self { state: State::New(function) }
    }
}

impl<F: FnOnce() -> Result<T>, T> Future for Fiber<F, Result<T>> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        if let State::New(_) = &self.state {
            let stack = match stack::take() {
                Ok(stack) => stack,
                Err(error) => return Poll::Ready(Err(no_stack(error))),
            };
            let State::New(function) = std::mem::replace(&mut self.state, State::Done) else {
                unreachable!("it was new")
            };
            let current = Box::new(Current {
                yielder: Cell::new(ptr::null()),
                context: Cell::new(ptr::null_mut()),
                is_cancelled: Cell::new(false),
                held: RefCell::default(),
            });
            let own: *const Current = &raw const *current;
            // SAFETY: what the function borrows is valid until this future is dropped. If it is forgotten, the stack is
            // never used again, and nothing looks at what was borrowed.
            let coroutine = unsafe {
                Coroutine::with_stack_unchecked(stack, move |yielder: &Yielder<(), ()>, ()| {
                    (*own).yielder.set(yielder);
                    function()
                })
            };
            self.state = State::Running(Running { coroutine: Some(coroutine), current });
        }
        let State::Running(running) = &mut self.state else {
            return Poll::Ready(Err(Error::new(
                ErrorKind::Unknown,
                "a future was polled after it had ended",
            )));
        };
        // The lifetime ends before this call does, and so does the use.
        running.current.context.set(ptr::from_mut(context).cast());
        let result = running.resume();
        if result.is_ready() {
            self.state = State::Done;
        }
        result
    }
}

impl<T> Running<T> {
    /// Goes on until the code waits again, or ends.
    fn resume(&mut self) -> Poll<T> {
        let Some(coroutine) = &mut self.coroutine else { return Poll::Pending };
        let before = Before(set_current(&raw const *self.current));
        let result = coroutine.resume(());
        drop(before);
        match result {
            CoroutineResult::Yield(()) => Poll::Pending,
            CoroutineResult::Return(result) => {
                if let Some(coroutine) = self.coroutine.take() {
                    stack::keep(coroutine.into_stack());
                }
                Poll::Ready(result)
            }
        }
    }
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        if self.coroutine.as_ref().is_none_or(Coroutine::done) {
            return;
        }
        self.current.is_cancelled.set(true);
        // Ends in one go, as nothing waits any more. A panic ends the code, too, and nobody else is there to get it.
        let _ = catch_unwind(AssertUnwindSafe(|| self.resume().is_ready()));
    }
}

#[cold]
fn no_stack(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Unknown, "there is no memory for the stack of a call").with_source(error)
}

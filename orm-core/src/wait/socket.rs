//! Waiting for a socket.

use std::io;
use std::os::fd::RawFd;
#[cfg(feature = "tokio")]
use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    os::fd::{BorrowedFd, OwnedFd},
    pin::pin,
    task::Poll,
    time::Duration,
};

#[cfg(feature = "tokio")]
use tokio::{
    io::unix::AsyncFd,
    runtime::{Handle, Id},
};

use super::Cancelled;

/// What to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interest {
    Read,
    Write,
    Either,
}

impl Interest {
    const fn events(self) -> libc::c_short {
        match self {
            Self::Read => libc::POLLIN,
            Self::Write => libc::POLLOUT,
            Self::Either => libc::POLLIN | libc::POLLOUT,
        }
    }
}

/// What a runtime knows about the socket of a connection.
#[derive(Debug, Default)]
pub(crate) struct Registered {
    #[cfg(feature = "tokio")]
    at: RefCell<Option<At>>,
    /// Whether older bytes may still be unread. The runtime reports only new ones.
    #[cfg(feature = "tokio")]
    has_rest: Cell<bool>,
}

#[cfg(feature = "tokio")]
#[derive(Debug)]
struct At {
    runtime: Id,
    socket: RawFd,
    /// A copy of the socket: the runtime refers to it by its number, which libpq may close, and the system give to another
    /// file.
    copy: AsyncFd<OwnedFd>,
}

impl Registered {
    /// Lets no runtime know the socket. Has to be called before the socket is closed, or the server doesn't see that.
    pub(crate) fn forget(&self) {
        #[cfg(feature = "tokio")]
        drop(self.at.take());
    }

    /// Notes that the server was asked something when no answer was outstanding. Its answer arrives later than whatever
    /// was not read yet.
    #[inline]
    pub(crate) fn has_asked(&self) {
        #[cfg(feature = "tokio")]
        self.has_rest.set(false);
    }

    /// Waits until the socket is ready or fails, for at most so many milliseconds if that isn't negative. Returns whether it
    /// is. In async calls it may not be ready to be read after all. The caller has to read once, and to wait again.
    pub(crate) fn wait(
        &self,
        socket: RawFd,
        interest: Interest,
        milliseconds: libc::c_int,
    ) -> Result<io::Result<bool>, Cancelled> {
        #[cfg(feature = "tokio")]
        if super::is_async() {
            return self.wait_async(socket, interest, milliseconds);
        }
        Ok(poll(socket, interest, milliseconds))
    }

    #[cfg(feature = "tokio")]
    fn wait_async(
        &self,
        socket: RawFd,
        interest: Interest,
        milliseconds: libc::c_int,
    ) -> Result<io::Result<bool>, Cancelled> {
        let at = match self.register(socket) {
            Ok(at) => at,
            Err(error) => return Ok(Err(error)),
        };
        let ready = poll_fn(|context| {
            if interest != Interest::Write {
                match at.copy.poll_read_ready(context) {
                    Poll::Ready(Ok(mut guard)) => {
                        // The runtime reports what arrives from now on, but not again what the caller leaves.
                        guard.clear_ready();
                        self.has_rest.set(true);
                        return Poll::Ready(Ok(Ok(true)));
                    }
                    // The runtime is shutting down.
                    Poll::Ready(Err(_)) => return Poll::Ready(Err(Cancelled)),
                    Poll::Pending if self.has_rest.get() => match poll(socket, Interest::Read, 0) {
                        Ok(false) => self.has_rest.set(false),
                        ready => return Poll::Ready(Ok(ready)),
                    },
                    Poll::Pending => {}
                }
            }
            if interest == Interest::Read {
                return Poll::Pending;
            }
            loop {
                let mut guard = match at.copy.poll_write_ready(context) {
                    Poll::Ready(Ok(guard)) => guard,
                    Poll::Ready(Err(_)) => return Poll::Ready(Err(Cancelled)),
                    Poll::Pending => return Poll::Pending,
                };
                // The runtime remembers that it was ready, and libpq may have filled its buffer since.
                match poll(socket, Interest::Write, 0) {
                    Ok(false) => guard.clear_ready(),
                    ready => return Poll::Ready(Ok(ready)),
                }
            }
        });
        let ready = pin!(ready);
        let found = if milliseconds < 0 {
            super::until(ready)
        } else {
            let limit = Duration::from_millis(milliseconds.unsigned_abs().into());
            super::until(tokio::time::timeout(limit, ready))
                .map(|found| found.unwrap_or(Ok(Ok(false))))
        };
        match found {
            Ok(Ok(ready)) => {
                *self.at.borrow_mut() = Some(at);
                Ok(ready)
            }
            _ => Err(Cancelled),
        }
    }

    /// Makes the socket known to the runtime of the task, if it isn't. The caller returns it.
    #[cfg(feature = "tokio")]
    fn register(&self, socket: RawFd) -> io::Result<At> {
        let runtime = Handle::try_current().map_err(io::Error::other)?.id();
        let known = self.at.take().filter(|at| at.runtime == runtime && at.socket == socket);
        if let Some(known) = known {
            return Ok(known);
        }
        if socket < 0 {
            return Err(io::ErrorKind::NotConnected.into());
        }
        // SAFETY: libpq has it open.
        let copy = unsafe { BorrowedFd::borrow_raw(socket) }.try_clone_to_owned()?;
        // SAFETY: it is open, and closed with the registration.
        let copy = unsafe { AsyncFd::register(copy) }.map_err(io::Error::from)?;
        Ok(At { runtime, socket, copy })
    }
}

/// Waits for a socket in the thread.
fn poll(socket: RawFd, interest: Interest, milliseconds: libc::c_int) -> io::Result<bool> {
    let mut entry = libc::pollfd { fd: socket, events: interest.events(), revents: 0 };
    // SAFETY: it gets one valid entry.
    match unsafe { libc::poll(&raw mut entry, 1, milliseconds) } {
        0 => Ok(false),
        1.. => Ok(true),
        _ => Err(io::Error::last_os_error()),
    }
}

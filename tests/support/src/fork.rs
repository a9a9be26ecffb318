//! Processes that fork, with the parent's connections open in both.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::FromRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A process on one side of a fork.
pub enum Side {
    /// The child.
    Child(Child),
    /// The parent.
    Parent(Parent),
}

/// The child, which reports to its parent.
pub struct Child(File);

/// The parent, which waits for the child's report.
pub struct Parent {
    child: libc::pid_t,
    report: File,
}

/// Forks this process.
pub fn fork() -> Side {
    /// In seconds; far more than the child's work takes beside many busy threads.
    const LIMIT: u32 = 180;
    let mut pipe = [0; 2];
    // SAFETY: the list has room for both ends.
    assert_eq!(unsafe { libc::pipe(pipe.as_mut_ptr()) }, 0);
    // SAFETY: the child ends by `exit`, before anything of this process is torn down twice.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    // SAFETY: each process uses one end of the pipe and closes the other.
    let (report, end) = unsafe { (File::from_raw_fd(pipe[0]), File::from_raw_fd(pipe[1])) };
    if child == 0 {
        // SAFETY: ends the process after the limit.
        unsafe { libc::alarm(LIMIT) };
        Side::Child(Child(end))
    } else {
        Side::Parent(Parent { child, report })
    }
}

impl Child {
    /// Runs `work`, reports what it returns, and ends the process.
    pub fn run(mut self, work: impl FnOnce() -> String) -> ! {
        let said = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| "panicked".into());
        let _ = self.0.write_all(said.as_bytes());
        // SAFETY: ends the process, as a program does: what is registered for the end of the process runs.
        unsafe { libc::exit(0) }
    }
}

impl Parent {
    /// Returns the child's report; `None` if the child didn't end.
    pub fn report(mut self) -> Option<String> {
        let mut said = String::new();
        self.report.read_to_string(&mut said).unwrap();
        let mut status = 0;
        // SAFETY: waits for the child.
        unsafe { libc::waitpid(self.child, &raw mut status, 0) };
        libc::WIFEXITED(status).then_some(said)
    }
}

/// Runs `child` in a forked process, and returns what it returns.
///
/// `child` may open pools. Another thread can be in the middle of a change to the table of waiting threads that the
/// locks of all pools (parking_lot's) share. The child has that table for good as it was then, and may wait forever. So
/// a child that doesn't end is ended, and forked again.
pub fn in_child(child: impl FnOnce() -> String) -> String {
    const MOST_FORKS: usize = 5;
    let mut child = Some(child);
    for _ in 0..MOST_FORKS {
        match fork() {
            Side::Child(process) => process.run(child.take().expect("each process takes it once")),
            Side::Parent(parent) => {
                if let Some(said) = parent.report() {
                    return said;
                }
            }
        }
    }
    panic!("each child was ended")
}

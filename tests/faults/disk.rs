//! A file system for SQLite that fails on demand: the system's own, with a count of what is asked of it.

#![allow(unsafe_op_in_unsafe_fn, reason = "every function here is one that C calls")]
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "all pointers are SQLite's, and live during the call"
)]

use std::ffi::{CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering};

use libsqlite3_sys as ffi;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    /// Reading, writing, mapping, opening and removing files.
    Io,
    /// There is no room to write.
    Full,
    /// Another program has each lock.
    Busy,
    /// The process is killed while it changes a file, half of which is written.
    Kill,
}

/// When it goes wrong.
#[derive(Debug)]
struct Plan {
    fault: AtomicU8,
    /// What is still asked for before it does. Negative: never.
    left: AtomicI64,
    /// Whether it goes on after that.
    lasts: AtomicBool,
    happened: AtomicBool,
}

/// The file system, registered forever under a name.
#[derive(Debug)]
pub struct Disk {
    name: String,
    plan: &'static Plan,
}

impl Disk {
    /// Registers one under a name that no other has.
    pub fn new(name: &str) -> Self {
        let plan: &'static Plan = Box::leak(Box::new(Plan {
            fault: AtomicU8::new(Fault::Io as u8),
            left: AtomicI64::new(-1),
            lasts: AtomicBool::new(false),
            happened: AtomicBool::new(false),
        }));
        let c_name = CString::new(name).unwrap().into_raw();
        unsafe {
            let system = ffi::sqlite3_vfs_find(ptr::null());
            let mut vfs = *system;
            vfs.szOsFile += size_of::<File>() as c_int;
            vfs.zName = c_name;
            vfs.pAppData = ptr::from_ref(plan).cast_mut().cast();
            vfs.xOpen = Some(open);
            vfs.xDelete = Some(delete);
            vfs.xAccess = Some(access);
            vfs.xSleep = Some(sleep);
            assert_eq!(ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 0), ffi::SQLITE_OK);
        }
        Self { name: name.into(), plan }
    }

    /// A database on it.
    pub fn url(&self, path: &Path) -> String {
        format!("sqlite:{}?vfs={}", path.display(), self.name)
    }

    /// Lets the call after `calls` others fail, and if it `lasts` all that come after it.
    pub fn fail(&self, fault: Fault, calls: i64, lasts: bool) {
        self.plan.fault.store(fault as u8, Ordering::SeqCst);
        self.plan.lasts.store(lasts, Ordering::SeqCst);
        self.plan.happened.store(false, Ordering::SeqCst);
        self.plan.left.store(calls, Ordering::SeqCst);
    }

    /// Lets nothing fail any more, and returns whether something did.
    pub fn mend(&self) -> bool {
        self.plan.left.store(-1, Ordering::SeqCst);
        self.plan.happened.load(Ordering::SeqCst)
    }
}

impl Plan {
    /// Whether this call goes wrong, which only those can that `fault` is about.
    fn strikes(&self, faults: &[Fault]) -> bool {
        if !faults.iter().any(|fault| *fault as u8 == self.fault.load(Ordering::SeqCst)) {
            return false;
        }
        let left = self.left.load(Ordering::SeqCst);
        if left > 0 {
            self.left.store(left - 1, Ordering::SeqCst);
        }
        if left != 0 {
            return false;
        }
        if !self.lasts.load(Ordering::SeqCst) {
            self.left.store(-1, Ordering::SeqCst);
        }
        self.happened.store(true, Ordering::SeqCst);
        true
    }

    /// The code for a call that fails, by what it is.
    fn code(&self, io: c_int, others: &[(Fault, c_int)]) -> Option<c_int> {
        let fault = self.fault.load(Ordering::SeqCst);
        let code = others.iter().find(|other| other.0 as u8 == fault);
        let (fault, code) = code.copied().unwrap_or((Fault::Io, io));
        self.strikes(&[fault]).then_some(code)
    }

    /// Before a change of a file, which `half` makes in part.
    fn change(&self, half: impl FnOnce()) {
        if self.strikes(&[Fault::Kill]) {
            half();
            unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
        }
    }
}

/// An open file: what SQLite knows of, what belongs to this, and behind it the system's own.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    plan: &'static Plan,
}

unsafe fn plan(file: *mut ffi::sqlite3_file) -> &'static Plan {
    (*file.cast::<File>()).plan
}

unsafe fn system(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    file.cast::<File>().add(1).cast()
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let plan = &*(*vfs).pAppData.cast::<Plan>();
    (*file).pMethods = ptr::null();
    if let Some(code) = plan.code(ffi::SQLITE_CANTOPEN, &[]) {
        return code;
    }
    let parent = ffi::sqlite3_vfs_find(ptr::null());
    let code = (*parent).xOpen.unwrap()(parent, name, system(file), flags, out_flags);
    if !(*system(file)).pMethods.is_null() {
        let file = &mut *file.cast::<File>();
        file.plan = plan;
        file.base.pMethods = &raw const METHODS;
    }
    code
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    let plan = &*(*vfs).pAppData.cast::<Plan>();
    plan.change(|| ());
    if let Some(code) = plan.code(ffi::SQLITE_IOERR_DELETE, &[]) {
        return code;
    }
    let parent = ffi::sqlite3_vfs_find(ptr::null());
    (*parent).xDelete.unwrap()(parent, name, sync)
}

unsafe extern "C" fn access(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    found: *mut c_int,
) -> c_int {
    let plan = &*(*vfs).pAppData.cast::<Plan>();
    if let Some(code) = plan.code(ffi::SQLITE_IOERR_ACCESS, &[]) {
        return code;
    }
    let parent = ffi::sqlite3_vfs_find(ptr::null());
    (*parent).xAccess.unwrap()(parent, name, flags, found)
}

/// Where each lock is another's, what is waited for doesn't come.
unsafe extern "C" fn sleep(vfs: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    let plan = &*(*vfs).pAppData.cast::<Plan>();
    let is_busy = plan.fault.load(Ordering::SeqCst) == Fault::Busy as u8;
    if is_busy && plan.left.load(Ordering::SeqCst) >= 0 {
        return microseconds;
    }
    let parent = ffi::sqlite3_vfs_find(ptr::null());
    (*parent).xSleep.unwrap()(parent, microseconds)
}

/// Calls that are passed on, after the faults that they may have.
macro_rules! methods {
    ($($name:ident $method:ident($($argument:ident: $ty:ty),*) [$($io:expr $(, $fault:ident => $code:expr)*)?];)*) => {
        $(unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file, $($argument: $ty),*) -> c_int {
            $(if let Some(code) = plan(file).code($io, &[$((Fault::$fault, $code)),*]) {
                return code;
            })?
            (*(*system(file)).pMethods).$method.unwrap()(system(file), $($argument),*)
        })*
    };
}

methods! {
    close xClose() [];
    read xRead(to: *mut c_void, length: c_int, from: i64) [ffi::SQLITE_IOERR_READ];
    write_all xWrite(from: *const c_void, length: c_int, to: i64) [ffi::SQLITE_IOERR_WRITE, Full => ffi::SQLITE_FULL];
    cut xTruncate(length: i64) [ffi::SQLITE_IOERR_TRUNCATE];
    sync xSync(flags: c_int) [ffi::SQLITE_IOERR_FSYNC];
    size xFileSize(size: *mut i64) [ffi::SQLITE_IOERR_FSTAT];
    lock xLock(kind: c_int) [ffi::SQLITE_IOERR_LOCK, Busy => ffi::SQLITE_BUSY];
    unlock xUnlock(kind: c_int) [];
    is_reserved xCheckReservedLock(out: *mut c_int) [ffi::SQLITE_IOERR_CHECKRESERVEDLOCK];
    control xFileControl(op: c_int, argument: *mut c_void) [];
    sector xSectorSize() [];
    characteristics xDeviceCharacteristics() [];
    map xShmMap(page: c_int, size: c_int, extend: c_int, at: *mut *mut c_void) [ffi::SQLITE_IOERR_SHMMAP];
    share xShmLock(offset: c_int, count: c_int, flags: c_int) [];
    unmap xShmUnmap(delete: c_int) [];
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    length: c_int,
    to: i64,
) -> c_int {
    plan(file).change(|| {
        write_all(file, from, length / 2, to);
    });
    write_all(file, from, length, to)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    plan(file).change(|| ());
    cut(file, length)
}

/// Giving a lock up always works.
unsafe extern "C" fn share_lock(
    file: *mut ffi::sqlite3_file,
    offset: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    if flags & ffi::SQLITE_SHM_LOCK != 0 {
        let busy = [(Fault::Busy, ffi::SQLITE_BUSY)];
        if let Some(code) = plan(file).code(ffi::SQLITE_IOERR_SHMLOCK, &busy) {
            return code;
        }
    }
    share(file, offset, count, flags)
}

unsafe extern "C" fn barrier(file: *mut ffi::sqlite3_file) {
    (*(*system(file)).pMethods).xShmBarrier.unwrap()(system(file));
}

/// Those of the second version: without mapped files.
static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(is_reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(map),
    xShmLock: Some(share_lock),
    xShmBarrier: Some(barrier),
    xShmUnmap: Some(unmap),
    xFetch: None,
    xUnfetch: None,
};

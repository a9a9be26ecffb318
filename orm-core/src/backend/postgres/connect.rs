//! Opens connections to a server.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pq_sys as ffi;

use super::error::{connect_error, malformed_url};
use super::places::{Place, Search};
use super::result::Answer;
use super::settings::Settings;
#[cfg(feature = "test")]
use crate::backend::Counter;
use crate::backend::process::Process;
use crate::backend::{ConnectOptions, TlsMode};
use crate::error::{Error, ErrorKind, Result};
use crate::wait::Cancelled;
#[cfg(unix)]
use crate::wait::{Interest, Registered};

/// An open connection. Closed when it is dropped.
#[derive(Debug)]
pub(super) struct Handle {
    raw: NonNull<ffi::PGconn>,
    process: Process,
    /// Whether nobody may use it after the current user.
    spent: Cell<bool>,
    /// Set when nobody waits for the server any more, if somebody watches it.
    pub(super) silent: Option<Arc<AtomicBool>>,
    /// The answer to what was asked after the last exchange.
    pub(super) after: RefCell<Option<Answer>>,
    /// Whether a call was cancelled in the middle of an exchange.
    interrupted: Cell<bool>,
    #[cfg(unix)]
    pub(super) registered: Registered,
    /// Counts exchanges, once the session has begun.
    #[cfg(feature = "test")]
    pub(super) counter: Option<Arc<Counter>>,
}

// SAFETY: a connection of libpq may move between threads as long as only one uses it at a time
// (<https://www.postgresql.org/docs/current/libpq-threading.html>), which ownership guarantees.
unsafe impl Send for Handle {}

impl Handle {
    /// The program waits for the server once more.
    #[inline]
    pub(super) fn note_exchange(&self) {
        #[cfg(feature = "test")]
        if let Some(counter) = &self.counter {
            counter.add_round_trip();
        }
    }

    pub(super) fn raw(&self) -> *mut ffi::PGconn {
        self.raw.as_ptr()
    }

    /// Makes the pool close it instead of lending it again.
    pub(super) fn spend(&self) {
        self.spent.set(true);
    }

    /// Whether it must be closed, because of what was done on it or because it belongs to another process.
    pub(super) fn is_spent(&self) -> bool {
        if self.spent.get() || !self.process.is_current() {
            return true;
        }
        // Somebody listens, through a statement that mizzle doesn't see.
        // SAFETY: the connection is alive; memory that libpq allocates is freed.
        unsafe {
            let notification = ffi::PQnotifies(self.raw());
            if !notification.is_null() {
                ffi::PQfreemem(notification.cast());
                self.spend();
            }
        }
        self.spent.get()
    }

    #[inline]
    pub(super) fn check_process(&self) -> Result<()> {
        self.process.check()?;
        if self.interrupted.get() { Err(Cancelled.into()) } else { Ok(()) }
    }

    /// Lets nobody use it before it was cleared: a call was cancelled, whose answer may still arrive.
    pub(super) fn interrupt(&self) {
        self.interrupted.set(true);
    }

    /// Returns whether a call was cancelled in the middle of an exchange.
    #[cfg(feature = "tokio")]
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.get()
    }

    /// Lets it be used again.
    #[cfg(all(unix, feature = "tokio"))]
    pub(super) fn resume(&self) {
        self.interrupted.set(false);
    }

    /// Connects to the server that `url` names, within the timeout of `options`. Returns whether the server accepted
    /// the settings that were sent with the connection.
    pub(super) fn open(url: &str, options: &ConnectOptions) -> Result<(Self, bool)> {
        let settings = Settings::of(url, options)?;
        if let Some(text) = &settings.session
            && !options.refuses_settings.load(Ordering::Relaxed)
        {
            match Self::open_somewhere(url, options, &settings, Some(text)) {
                // The message of a pooler, which knows only some settings.
                Err(error) if error.database_code() == Some("08P01") => {
                    options.refuses_settings.store(true, Ordering::Relaxed);
                }
                other => return other.map(|handle| (handle, true)),
            }
        }
        Ok((Self::open_somewhere(url, options, &settings, None)?, false))
    }

    /// Tries one place after the other. The places share the remaining time, so a silent one leaves some for the rest.
    fn open_somewhere(
        url: &str,
        options: &ConnectOptions,
        settings: &Settings,
        session: Option<&str>,
    ) -> Result<Self> {
        let mut search = Search::new(&settings.places, &settings.wanted, settings.timeout);
        let mut first_error = None;
        while let Some(next) = search.next() {
            let error = match next
                .and_then(|(place, limit)| Self::open_at(url, options, session, &place, limit))
            {
                Ok(handle) => return Ok(handle),
                Err(error) => error,
            };
            // Wrong settings are wrong wherever the name leads.
            if error.kind() == ErrorKind::Dns
                && let Err(error) =
                    Self::open_at(url, options, session, &Place::nowhere(), settings.timeout)
                && error.kind() == ErrorKind::Config
            {
                return Err(error);
            }
            // A server that refuses has been found.
            let goes_on = matches!(error.kind(), ErrorKind::Network | ErrorKind::Dns);
            let error = first_error.get_or_insert(error);
            if !goes_on {
                return Err(error.duplicate());
            }
        }
        Err(first_error.unwrap_or_else(|| malformed_url("")))
    }

    fn open_at(
        url: &str,
        options: &ConnectOptions,
        session: Option<&str>,
        place: &Place,
        timeout: Duration,
    ) -> Result<Self> {
        let nul =
            |_| Error::new(ErrorKind::Config, "a connection setting contains a NUL character");
        // The URL overrides the settings before it, but not those after it.
        let mut settings = defaults(options, timeout);
        settings.push((c"fallback_application_name", options.application_name.as_bytes().into()));
        settings.push((c"dbname", url.into()));
        settings.push((c"client_encoding", b"UTF8".to_vec()));
        settings.extend(session.map(|session| (c"options", session.into())));
        settings.extend(place.settings());
        let settings = settings
            .into_iter()
            .map(|(name, value)| Ok((name, CString::new(value).map_err(nul)?)))
            .collect::<Result<Vec<(&CStr, CString)>>>()?;
        let mut names: Vec<*const c_char> =
            settings.iter().map(|(name, _)| name.as_ptr()).collect();
        let mut values: Vec<*const c_char> =
            settings.iter().map(|(_, value)| value.as_ptr()).collect();
        names.push(ptr::null());
        values.push(ptr::null());
        let mut handle = start(&names, &values)?;
        handle.silent.clone_from(&options.silent);
        let processor: unsafe extern "C" fn(*mut c_void, *const c_char) =
            if options.log_values { notice } else { silence };
        // Before the handshake, during which libpq would write a notice to the program's standard error.
        // SAFETY: the connection is alive; the callback holds no state.
        unsafe { ffi::PQsetNoticeProcessor(handle.raw(), Some(processor), ptr::null_mut()) };
        handle.finish_opening(timeout)?;
        // SAFETY: the connection is open.
        unsafe { ffi::PQsetErrorVerbosity(handle.raw(), ffi::PGVerbosity::PQERRORS_DEFAULT) };
        Ok(handle)
    }

    fn error(&self) -> Error {
        // SAFETY: the connection is alive, failed or not, and so is its message.
        let (message, encrypted) = unsafe {
            let encrypted = ffi::PQsslInUse(self.raw()) != 0 || ffi::PQgssEncInUse(self.raw()) != 0;
            (CStr::from_ptr(ffi::PQerrorMessage(self.raw())), encrypted)
        };
        connect_error(&message.to_string_lossy(), encrypted)
    }

    /// Drives the handshake. libpq's own call would lose the server's error code, and the text of the message depends
    /// on the server's language.
    #[cfg(unix)]
    fn finish_opening(&self, timeout: Duration) -> Result<()> {
        use ffi::PostgresPollingStatusType as Status;
        let deadline = std::time::Instant::now() + timeout;
        // SAFETY: the connection is alive.
        unsafe {
            if matches!(ffi::PQstatus(self.raw()), ffi::ConnStatusType::CONNECTION_BAD) {
                return Err(self.error());
            }
            ffi::PQsetErrorVerbosity(self.raw(), ffi::PGVerbosity::PQERRORS_VERBOSE);
        }
        let mut interest = Interest::Write;
        loop {
            let left = deadline.saturating_duration_since(std::time::Instant::now());
            let milliseconds = i32::try_from(left.as_millis()).unwrap_or(i32::MAX);
            // libpq may take another socket with each step. No statement runs that would have to be cancelled with the call.
            // SAFETY: the connection is alive.
            let socket = unsafe { ffi::PQsocket(self.raw()) };
            let ready = self.registered.wait(socket, interest, milliseconds)?;
            self.registered.forget();
            match ready {
                Ok(true) => {}
                Ok(false) => {
                    let message =
                        format!("the server did not answer within {} ms", timeout.as_millis());
                    return Err(Error::new(ErrorKind::Network, message));
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(
                        Error::new(ErrorKind::Network, error.to_string()).with_source(error)
                    );
                }
            }
            // SAFETY: the connection is alive.
            match unsafe { ffi::PQconnectPoll(self.raw()) } {
                Status::PGRES_POLLING_OK => return Ok(()),
                Status::PGRES_POLLING_READING => interest = Interest::Read,
                Status::PGRES_POLLING_WRITING => interest = Interest::Write,
                _ => return Err(self.error()),
            }
        }
    }

    #[cfg(not(unix))]
    fn finish_opening(&self, _: Duration) -> Result<()> {
        // SAFETY: the connection is alive.
        match unsafe { ffi::PQstatus(self.raw()) } {
            ffi::ConnStatusType::CONNECTION_OK => Ok(()),
            _ => Err(self.error()),
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        #[cfg(unix)]
        self.registered.forget();
        if self.process.is_current() {
            // The server would go on until it has something to say.
            #[cfg(unix)]
            if self.interrupted.get() {
                self.cancel();
            }
            // SAFETY: nobody else holds the connection.
            unsafe { ffi::PQfinish(self.raw()) };
            return;
        }
        // The other process continues to use it: libpq would end the session for both.
        #[cfg(unix)]
        // SAFETY: the socket is this process's own copy, and nobody uses it after this.
        unsafe {
            libc::close(ffi::PQsocket(self.raw()));
        }
    }
}

/// Returns the settings that apply unless the URL sets them.
fn defaults(options: &ConnectOptions, timeout: Duration) -> Vec<(&'static CStr, Vec<u8>)> {
    let mut settings: Vec<(&CStr, Vec<u8>)> = vec![
        // For when libpq drives the handshake itself.
        (c"connect_timeout", timeout.as_secs().clamp(1, 3600).to_string().into()),
        // Detects a server that has vanished within a minute, not within hours.
        (c"keepalives_idle", b"30".to_vec()),
        (c"keepalives_interval", b"10".to_vec()),
        (c"keepalives_count", b"3".to_vec()),
        (c"tcp_user_timeout", b"30000".to_vec()),
    ];
    let tls = &options.tls;
    if let Some(mode) = tls.mode {
        let mode = match mode {
            TlsMode::Disable => "disable",
            TlsMode::Allow => "allow",
            TlsMode::Prefer => "prefer",
            TlsMode::Require => "require",
            TlsMode::VerifyCa => "verify-ca",
            TlsMode::VerifyFull => "verify-full",
        };
        settings.push((c"sslmode", mode.into()));
    }
    let bytes = |path: &Path| path.as_os_str().as_encoded_bytes().to_vec();
    if let Some(path) = &tls.root_certificate {
        settings.push((c"sslrootcert", bytes(path)));
    }
    if let Some((certificate, key)) = &tls.certificate {
        settings.push((c"sslcert", bytes(certificate)));
        settings.push((c"sslkey", bytes(key)));
    }
    settings
}

fn start(names: &[*const c_char], values: &[*const c_char]) -> Result<Handle> {
    // SAFETY: both lists end with a null pointer and hold texts that end with NUL. 1: `dbname` is a URL.
    let raw = unsafe {
        #[cfg(unix)]
        {
            ffi::PQconnectStartParams(names.as_ptr(), values.as_ptr(), 1)
        }
        #[cfg(not(unix))]
        {
            ffi::PQconnectdbParams(names.as_ptr(), values.as_ptr(), 1)
        }
    };
    NonNull::new(raw)
        .map(|raw| Handle {
            raw,
            process: Process::current(),
            spent: Cell::new(false),
            silent: None,
            after: RefCell::default(),
            interrupted: Cell::new(false),
            #[cfg(unix)]
            registered: Registered::default(),
            #[cfg(feature = "test")]
            counter: None,
        })
        .ok_or_else(|| Error::new(ErrorKind::Unknown, "libpq has no memory for a connection"))
}

/// libpq would print the server's notices to standard error. They may quote values, such as a `RAISE NOTICE` of a
/// trigger.
unsafe extern "C" fn silence(_: *mut c_void, _: *const c_char) {}

unsafe extern "C" fn notice(_: *mut c_void, message: *const c_char) {
    // SAFETY: libpq passes a text that ends with NUL.
    let message = unsafe { CStr::from_ptr(message) };
    // A subscriber's panic must not unwind through libpq, which is C: the program would be aborted.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        tracing::debug!(target: "mizzle::connection", notice = %message.to_string_lossy().trim_end());
    }));
}

//! A TCP proxy that misbehaves on demand.

#![allow(dead_code, reason = "no test file uses all of it")]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What happens to the bytes that arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// They pass.
    Pass,
    /// They vanish silently, and so do new connections.
    Drop,
    /// New connections are closed.
    Refuse,
}

/// The direction of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// To the server.
    Server,
    /// To the client.
    Client,
}

/// A proxy between a client and a server.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: u16,
    mode: AtomicU8,
    /// How long each piece is delayed, in milliseconds.
    delay: AtomicU64,
    /// How many bytes still pass to the server, and to the client, before the connection is cut; negative for no limit.
    passes: [AtomicI64; 2],
    streams: Mutex<Vec<TcpStream>>,
}

/// Listens at the port. On a busy machine, connections that have ended may block all free ports for a minute.
fn listen(port: u16) -> TcpListener {
    for _ in 0..1_200 {
        match TcpListener::bind(("127.0.0.1", port)) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                thread::sleep(Duration::from_millis(100));
            }
            bound => return bound.unwrap(),
        }
    }
    panic!("no port is free");
}

impl Proxy {
    /// Starts a proxy from a free port to the server's.
    pub fn to(server: u16) -> Self {
        Self::from_to(0, server)
    }

    /// Starts a proxy from a port to the server's.
    pub fn from_to(port: u16, server: u16) -> Self {
        let listener = listen(port);
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            server,
            mode: AtomicU8::new(Mode::Pass as u8),
            delay: AtomicU64::new(0),
            passes: [AtomicI64::new(-1), AtomicI64::new(-1)],
            streams: Mutex::new(Vec::new()),
        });
        let accepting = Arc::clone(&shared);
        // Ends with the test's process.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                accepting.serve(client);
            }
        });
        Self { port, shared }
    }

    /// Returns the port to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sets what happens to the bytes that arrive.
    pub fn set(&self, mode: Mode) {
        self.shared.mode.store(mode as u8, Ordering::SeqCst);
    }

    /// Sets whether new connections are closed at once.
    pub fn refuse(&self, refused: bool) {
        self.set(if refused { Mode::Refuse } else { Mode::Pass });
    }

    /// Sets how long each piece is delayed.
    pub fn delay(&self, delay: Duration) {
        self.shared.delay.store(delay.as_millis() as u64, Ordering::SeqCst);
    }

    /// Cuts a connection, once, after this many bytes in one direction, in the middle of whatever is sent then.
    pub fn cut_after(&self, bytes: u32, side: Side) {
        self.shared.passes[side as usize].store(bytes.into(), Ordering::SeqCst);
    }

    /// Cuts no more connections, and returns whether one was cut.
    pub fn mend(&self) -> bool {
        let left = |passes: &AtomicI64| passes.swap(-1, Ordering::SeqCst);
        self.shared.passes.iter().map(left).max() == Some(-1)
    }

    /// Closes all connections.
    pub fn reset(&self) {
        for stream in self.shared.streams.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn serve(self: &Arc<Self>, client: TcpStream) {
        if self.drops() {
            // Open, and silent.
            self.streams.lock().unwrap().push(client);
            return;
        }
        if self.mode.load(Ordering::SeqCst) == Mode::Refuse as u8 {
            return;
        }
        let Ok(server) = TcpStream::connect(("127.0.0.1", self.server)) else {
            return;
        };
        for (from, to, side) in [(&client, &server, Side::Server), (&server, &client, Side::Client)]
        {
            let _ = from.set_nodelay(true);
            let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            let shared = Arc::clone(self);
            thread::spawn(move || shared.copy(from, to, side));
        }
        self.streams.lock().unwrap().extend([client, server]);
    }

    fn drops(&self) -> bool {
        self.mode.load(Ordering::SeqCst) == Mode::Drop as u8
    }

    /// Returns how much of a piece of this many bytes passes.
    fn passes(&self, count: usize, side: Side) -> usize {
        let passes = &self.passes[side as usize];
        let cut = passes.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| match left {
            ..0 => None,
            left => Some((left - count as i64).max(-1)),
        });
        cut.map_or(count, |left| count.min(left as usize))
    }

    fn copy(&self, mut from: TcpStream, mut to: TcpStream, side: Side) {
        let mut buffer = [0; 16 * 1024];
        loop {
            let count = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            let delay = self.delay.load(Ordering::SeqCst);
            if delay > 0 {
                thread::sleep(Duration::from_millis(delay));
            }
            if self.drops() {
                continue;
            }
            let passes = self.passes(count, side);
            if to.write_all(&buffer[..passes]).is_err() {
                break;
            }
            if passes < count {
                let _ = from.shutdown(Shutdown::Both);
                let _ = to.shutdown(Shutdown::Both);
                break;
            }
        }
        if !self.drops() {
            let _ = to.shutdown(Shutdown::Both);
        }
    }
}

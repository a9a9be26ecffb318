//! A TCP proxy that misbehaves on demand.

#![allow(dead_code, reason = "no test file uses all of it")]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering};
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
    /// How often a client spoke after its server.
    turns: AtomicU64,
    /// The server's messages, if they are counted.
    messages: Option<Mutex<Messages>>,
}

/// The server's messages of all connections.
#[derive(Default)]
struct Messages {
    /// The first byte of each, which is its type.
    seen: Vec<u8>,
    /// How many still pass, and how many bytes of the next one; after them, silence.
    passes: Option<(usize, usize)>,
}

/// A place in the stream of the server's messages: a byte of the type, four of the length, and so many more.
#[derive(Default)]
struct Place {
    header: Vec<u8>,
    left: usize,
}

impl Place {
    /// Returns how much of this piece passes, and whether there is silence after it.
    fn passes(&mut self, piece: &[u8], messages: &mut Messages) -> (usize, bool) {
        let mut place = 0;
        while place < piece.len() {
            if self.header.is_empty() {
                match &mut messages.passes {
                    Some((0, bytes)) => return (piece.len().min(place + *bytes), true),
                    Some((left, _)) => *left -= 1,
                    None => {}
                }
                messages.seen.push(piece[place]);
            }
            if self.header.len() < 5 {
                self.header.push(piece[place]);
                place += 1;
                if let [_, length @ ..] = &*self.header
                    && let Ok(length) = <[u8; 4]>::try_from(length)
                {
                    self.left = u32::from_be_bytes(length) as usize - length.len();
                }
            } else {
                let some = self.left.min(piece.len() - place);
                self.left -= some;
                place += some;
            }
            if self.header.len() == 5 && self.left == 0 {
                self.header.clear();
            }
        }
        // The silence begins when all of the last message has passed, not when the next one arrives.
        let ends = self.header.is_empty() && messages.passes == Some((0, 0));
        (piece.len(), ends)
    }
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
        Self::start(port, server, None)
    }

    /// Starts a proxy that counts the messages of a PostgreSQL server. Its clients must neither encrypt nor ask whether
    /// they could (`sslmode=disable`, `gssencmode=disable`).
    pub fn counting(server: u16) -> Self {
        Self::start(0, server, Some(Mutex::default()))
    }

    fn start(port: u16, server: u16, messages: Option<Mutex<Messages>>) -> Self {
        let listener = listen(port);
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            server,
            mode: AtomicU8::new(Mode::Pass as u8),
            delay: AtomicU64::new(0),
            passes: [AtomicI64::new(-1), AtomicI64::new(-1)],
            streams: Mutex::new(Vec::new()),
            turns: AtomicU64::new(0),
            messages,
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

    /// Lets so many of the server's messages pass, and so many bytes of the next one. Then all connections stay open,
    /// silent, as in [`Mode::Drop`].
    pub fn fall_silent_after(&self, messages: usize, bytes: usize) {
        let counted = self.shared.messages.as_ref().expect("a proxy that counts");
        counted.lock().unwrap().passes = Some((messages, bytes));
    }

    /// Returns whether it is silent.
    pub fn is_silent(&self) -> bool {
        self.shared.drops()
    }

    /// Returns the types of the server's messages so far.
    pub fn seen(&self) -> String {
        let counted = self.shared.messages.as_ref().expect("a proxy that counts");
        String::from_utf8_lossy(&counted.lock().unwrap().seen).into_owned()
    }

    /// Returns how often a client has sent something after its server, that is, the number of round trips. With a
    /// [`delay`](Self::delay), what is sent before the answer arrives belongs to the same one.
    pub fn turns(&self) -> u64 {
        self.shared.turns.load(Ordering::SeqCst)
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
        let answered = Arc::new(AtomicBool::new(true));
        for (from, to, side) in [(&client, &server, Side::Server), (&server, &client, Side::Client)]
        {
            let _ = from.set_nodelay(true);
            let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            let (shared, answered) = (Arc::clone(self), Arc::clone(&answered));
            thread::spawn(move || shared.copy(from, to, side, &answered));
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

    fn copy(&self, mut from: TcpStream, mut to: TcpStream, side: Side, answered: &AtomicBool) {
        let mut buffer = [0; 16 * 1024];
        let mut place = Place::default();
        loop {
            let count = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            if side == Side::Server && answered.swap(false, Ordering::SeqCst) {
                self.turns.fetch_add(1, Ordering::SeqCst);
            }
            let delay = self.delay.load(Ordering::SeqCst);
            if delay > 0 {
                thread::sleep(Duration::from_millis(delay));
            }
            if self.drops() {
                continue;
            }
            if let (Some(messages), Side::Client) = (&self.messages, side) {
                let (passes, silent) =
                    place.passes(&buffer[..count], &mut messages.lock().unwrap());
                if silent {
                    self.mode.store(Mode::Drop as u8, Ordering::SeqCst);
                    let _ = to.write_all(&buffer[..passes]);
                    continue;
                }
            }
            if side == Side::Client {
                answered.store(true, Ordering::SeqCst);
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

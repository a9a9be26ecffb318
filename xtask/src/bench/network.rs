//! A network between the peers and the server: a proxy that delays every byte, and counts how often a peer waits.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// How long a byte travels, in either direction.
pub(crate) const ONE_WAY: Duration = Duration::from_micros(500);

/// A proxy in front of a server's port. It delays, and does not throttle: any number of bytes travel at the same time.
///
/// Its threads end with their connections, and the last one with this program.
pub(crate) struct Network {
    port: u16,
    trips: Arc<AtomicU64>,
}

/// Bytes on their way, and when they arrive.
type Piece = (Instant, Vec<u8>);

impl Network {
    /// Starts one in front of this port.
    pub(crate) fn to(server: u16) -> Result<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("can't listen on 127.0.0.1")?;
        let port = listener.local_addr()?.port();
        let trips = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&trips);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Err(error) = connect(client, server, &counted) {
                    eprintln!("the network loses a connection: {error}");
                }
            }
        });
        Ok(Self { port, trips })
    }

    /// Returns the port that the peer connects to.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns the round trips so far, of all connections: how often a client has sent something after an answer had
    /// arrived. What it sends before that belongs to the same round trip.
    pub(crate) fn trips(&self) -> u64 {
        self.trips.load(Ordering::SeqCst)
    }
}

/// Starts the four threads of a connection: in each direction one takes bytes, and one delivers them.
fn connect(client: TcpStream, server: u16, trips: &Arc<AtomicU64>) -> std::io::Result<()> {
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, server))?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let answered = Arc::new(AtomicBool::new(true));
    let (to_server, at_server) = mpsc::channel();
    let (to_client, at_client) = mpsc::channel();
    let (from_client, from_server) = (client.try_clone()?, server.try_clone()?);
    let (trips, is_answered) = (Arc::clone(trips), Arc::clone(&answered));
    thread::spawn(move || {
        take(from_client, &to_server, || {
            if is_answered.swap(false, Ordering::SeqCst) {
                trips.fetch_add(1, Ordering::SeqCst);
            }
        });
    });
    thread::spawn(move || take(from_server, &to_client, || {}));
    thread::spawn(move || deliver(&at_server, server, || {}));
    thread::spawn(move || deliver(&at_client, client, || answered.store(true, Ordering::SeqCst)));
    Ok(())
}

fn take(mut from: TcpStream, on_the_way: &Sender<Piece>, mut taken: impl FnMut()) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        taken();
        if on_the_way.send((Instant::now() + ONE_WAY, buffer[..count].to_vec())).is_err() {
            return;
        }
    }
}

fn deliver(on_the_way: &Receiver<Piece>, mut to: TcpStream, mut delivers: impl FnMut()) {
    for (arrives, piece) in on_the_way {
        thread::sleep(arrives.saturating_duration_since(Instant::now()));
        delivers();
        if to.write_all(&piece).is_err() {
            break;
        }
    }
    // The other side learns that nothing more comes.
    let _ = to.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers each byte with three.
    fn server() -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                thread::spawn(move || {
                    let mut byte = [0];
                    while stream.read_exact(&mut byte).is_ok() {
                        stream.write_all(&[byte[0]; 3]).unwrap();
                    }
                });
            }
        });
        port
    }

    #[test]
    fn what_is_sent_before_an_answer_is_one_trip() {
        let network = Network::to(server()).unwrap();
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, network.port())).unwrap();
        client.set_nodelay(true).unwrap();
        for trip in 1..=5 {
            let start = Instant::now();
            // All of it is on the way for half a millisecond, so no answer comes between.
            client.write_all(&[1, 2]).unwrap();
            let mut answer = [0; 6];
            client.read_exact(&mut answer).unwrap();
            assert_eq!(answer, [1, 1, 1, 2, 2, 2]);
            assert!(start.elapsed() >= ONE_WAY * 2);
            assert_eq!(network.trips(), trip);
        }
    }

    #[test]
    fn many_bytes_keep_their_order_and_the_end_comes_last() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let network = Network::to(listener.local_addr().unwrap().port()).unwrap();
        let sent: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
        let expected = sent.clone();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(&sent).unwrap();
        });
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, network.port())).unwrap();
        let mut received = Vec::new();
        client.read_to_end(&mut received).unwrap();
        assert!(received == expected, "{} bytes of {}", received.len(), expected.len());
    }
}

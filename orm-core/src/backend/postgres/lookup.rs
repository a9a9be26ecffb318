//! Looks up the addresses of a host within a limit: the system's own call has none.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::error::connect_error;
use crate::backend::process::PerProcess;
use crate::error::{Error, ErrorKind, Result};
use crate::wait::Slot;

type Found = std::result::Result<Vec<String>, String>;

/// The result of a look-up, once it is available.
type Lookup = Slot<Found>;

/// The running look-ups, so that one that doesn't end isn't started again and again.
static RUNNING: PerProcess<Mutex<Running>> = PerProcess::new();

/// By the host's name.
type Running = HashMap<String, Arc<Lookup>>;

/// The addresses of a host, in the system's order.
pub(super) fn addresses_of(host: &str, limit: Duration) -> Result<Vec<String>> {
    addresses_by(host, limit, |host| (host, 0).to_socket_addrs())
}

fn addresses_by<A: Iterator<Item = SocketAddr>>(
    host: &str,
    limit: Duration,
    ask: impl FnOnce(&str) -> io::Result<A> + Send + 'static,
) -> Result<Vec<String>> {
    let lookup = running(host, ask)?;
    let found = lookup.wait(limit, |found| match found {
        Some(Ok(addresses)) if !addresses.is_empty() => Ok(addresses.clone()),
        Some(Ok(_)) => Err("it has none".to_owned()),
        Some(Err(reason)) => Err(reason.clone()),
        None => Err(format!("no answer within {} ms", limit.as_millis())),
    })?;
    let reason = match found {
        Ok(addresses) => return Ok(addresses),
        Err(reason) => reason,
    };
    Err(connect_error(
        &format!("could not translate host name \"{host}\" to address: {reason}"),
        false,
    ))
}

/// Returns the running look-up of this host, or starts one.
fn running<A: Iterator<Item = SocketAddr>>(
    host: &str,
    ask: impl FnOnce(&str) -> io::Result<A> + Send + 'static,
) -> Result<Arc<Lookup>> {
    let mut running = RUNNING.get().lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(lookup) = running.get(host) {
        return Ok(Arc::clone(lookup));
    }
    let lookup = Arc::new(Lookup::default());
    let (name, theirs) = (host.to_owned(), Arc::clone(&lookup));
    let look_up = move || {
        let found = ask(&name).map_err(|error| error.to_string()).map(|addresses| {
            let mut all = Vec::new();
            for address in addresses.map(numeric) {
                if !all.contains(&address) {
                    all.push(address);
                }
            }
            all
        });
        RUNNING.get().lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
        theirs.fill(found);
    };
    thread::Builder::new().name("mizzle-lookup".into()).spawn(look_up).map_err(|error| {
        Error::new(ErrorKind::Unknown, "no thread can be started to look up the server's address")
            .with_source(error)
    })?;
    running.insert(host.into(), Arc::clone(&lookup));
    Ok(lookup)
}

/// Returns the address without its port.
fn numeric(address: SocketAddr) -> String {
    match address {
        SocketAddr::V6(address) if address.scope_id() != 0 => {
            format!("{}%{}", address.ip(), address.scope_id())
        }
        address => address.ip().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::vec::IntoIter;

    use super::*;
    use crate::backend::{AnyConnection, ConnectOptions, Target};

    #[test]
    fn a_silent_look_up_ends_by_its_limit_and_is_not_begun_twice() {
        let (answer, wait) = mpsc::channel::<()>();
        let silent = move |_: &str| -> io::Result<IntoIter<SocketAddr>> {
            let _ = wait.recv();
            "127.0.0.1:0,[::1]:0"
                .split(',')
                .map(|text| Ok(text.parse().expect("an address")))
                .collect::<io::Result<Vec<_>>>()
                .map(Vec::into_iter)
        };
        let limit = Duration::from_millis(20);
        let error = addresses_by("silent.test", limit, silent).expect_err("nothing answers");
        assert_eq!((error.kind(), error.is_temporary()), (ErrorKind::Dns, true));
        let never = |_: &str| -> io::Result<IntoIter<SocketAddr>> { panic!("begun twice") };
        assert!(addresses_by("silent.test", limit, never).is_err());
        answer.send(()).expect("it waits");
        let found = loop {
            let again =
                |_: &str| Ok(vec!["[fe80::1%3]:0".parse().expect("an address")].into_iter());
            // Either the one that was running or, if that has ended, another.
            if let Ok(found) = addresses_by("silent.test", Duration::from_secs(60), again) {
                break found;
            }
        };
        assert!(found == ["127.0.0.1", "::1"] || found == ["fe80::1%3"], "{found:?}");
        let failed = |_: &str| -> io::Result<IntoIter<SocketAddr>> { Err(io::Error::other("no")) };
        assert!(addresses_by("other.test", limit * 500, failed).is_err());
    }

    /// The look-up never ends, so the connection attempts do because of their limit, and the second host gets its share.
    #[test]
    fn connecting_ends_although_a_look_up_does_not() {
        let (_silence, wait) = mpsc::channel::<()>();
        let silent = move |_: &str| -> io::Result<IntoIter<SocketAddr>> {
            let _ = wait.recv();
            Ok(Vec::new().into_iter())
        };
        let limit = Duration::from_millis(20);
        addresses_by("never.test", limit, silent).expect_err("nothing answers");
        let options = ConnectOptions { connect_timeout: limit, ..ConnectOptions::default() };
        for (url, kind) in [
            ("postgres://never.test/db", ErrorKind::Dns),
            ("postgres://never.test:1,never.test:2/db", ErrorKind::Dns),
            ("postgres://[::1]:1,never.test:2/db", ErrorKind::Network),
        ] {
            let target = Target::parse(url).expect("a URL");
            let error = AnyConnection::open(&target, &options).expect_err("nothing answers");
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.is_temporary(), "{error}");
        }
    }

    /// The look-up ends only after another task of the only worker has taken some turns. A call that blocked the worker would
    /// wait until its limit.
    #[cfg(feature = "tokio")]
    #[test]
    fn async_calls_wait_for_a_look_up() {
        let (answer, wait) = mpsc::channel::<()>();
        let slow = move |_: &str| -> io::Result<IntoIter<SocketAddr>> {
            let _ = wait.recv();
            Ok(vec!["127.0.0.1:0".parse().expect("an address")].into_iter())
        };
        addresses_by("slow.test", Duration::from_millis(1), slow).expect_err("nothing answers");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let error = runtime.expect("a runtime").block_on(async {
            tokio::spawn(async move {
                for _ in 0..100 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                answer.send(()).expect("the look-up waits");
            });
            let limit = Duration::from_secs(120);
            let options = ConnectOptions { connect_timeout: limit, ..ConnectOptions::default() };
            let target = Target::parse("postgres://slow.test:1/db").expect("a URL");
            crate::wait::in_fiber(|| AnyConnection::open(&target, &options)).await
        });
        // The server was found, and nobody listens there.
        assert_eq!(error.expect_err("no server").kind(), ErrorKind::Network);
    }
}

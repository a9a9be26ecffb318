//! The possible places of a server: several hosts, and several addresses of each.

use std::collections::VecDeque;
use std::ffi::CStr;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::lookup::addresses_of;
use crate::error::Result;

/// One place. If it is empty, libpq finds it by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// A name, a numeric address or the folder of a socket.
    host: Option<String>,
    /// The numeric address, if it is known.
    address: Option<String>,
    port: Option<String>,
    /// Which server is wanted there, if the URL doesn't say.
    wanted: Option<&'static CStr>,
}

impl Place {
    /// Reads the places from lists as libpq does. Returns none if they have gaps or don't match each other: libpq fills
    /// the gap, or reports what is wrong.
    pub(super) fn all(
        hosts: Option<&str>,
        addresses: Option<&str>,
        ports: Option<&str>,
    ) -> Vec<Self> {
        fn list(text: Option<&str>) -> Vec<&str> {
            text.filter(|text| !text.is_empty())
                .map_or_else(Vec::new, |text| text.split(',').collect())
        }
        let (hosts, addresses, ports) = (list(hosts), list(addresses), list(ports));
        let count = hosts.len().max(addresses.len());
        let fits = |list: &[&str]| {
            (list.is_empty() || list.len() == count) && list.iter().all(|one| !one.is_empty())
        };
        let is_port = |port: &&str| matches!(port.parse::<u16>(), Ok(1..));
        if count == 0
            || !ports.iter().all(is_port)
            || !fits(&hosts)
            || !fits(&addresses)
            || !(ports.len() == 1 || fits(&ports))
        {
            return Vec::new();
        }
        let one = |list: &[&str], index: usize| list.get(index).map(|one| (*one).to_owned());
        (0..count)
            .map(|index| Self {
                host: one(&hosts, index),
                address: one(&addresses, index),
                port: one(&ports, if ports.len() == 1 { 0 } else { index }),
                wanted: None,
            })
            .collect()
    }

    /// A place without a server, which libpq notices at once, after it has checked all other settings.
    pub(super) fn nowhere() -> Self {
        Self { host: Some("/".into()), address: None, port: Some("1".into()), wanted: None }
    }

    /// For libpq.
    pub(super) fn settings(&self) -> impl Iterator<Item = (&'static CStr, Vec<u8>)> {
        let texts = [(c"host", &self.host), (c"hostaddr", &self.address), (c"port", &self.port)];
        texts
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.clone()?.into_bytes())))
            .chain(self.wanted.map(|wanted| (c"target_session_attrs", wanted.to_bytes().to_vec())))
    }

    /// Returns the name to look up.
    fn name(&self) -> Option<&str> {
        let host = self.host.as_deref().filter(|_| self.address.is_none())?;
        let is_name = !host.starts_with(['/', '@']) && host.parse::<IpAddr>().is_err();
        is_name.then_some(host)
    }
}

/// Goes from place to place.
pub(super) struct Search {
    left: VecDeque<Place>,
    end: Instant,
}

impl Search {
    pub(super) fn new(
        places: &[Place],
        wanted: &[Option<&'static CStr>],
        timeout: Duration,
    ) -> Self {
        let only = [Place::default()];
        let places = if places.is_empty() { &only[..] } else { places };
        let each = |wanted: &Option<&'static CStr>| {
            let wanted = *wanted;
            places.iter().map(move |place| Place { wanted, ..place.clone() })
        };
        Self { left: wanted.iter().flat_map(each).collect(), end: Instant::now() + timeout }
    }

    /// Returns the next place, and how long it may take; an error if its name can't be resolved.
    pub(super) fn next(&mut self) -> Option<Result<(Place, Duration)>> {
        let place = self.left.pop_front()?;
        let Some(name) = place.name() else {
            return Some(Ok((place, self.share(1))));
        };
        let addresses = match addresses_of(name, self.share(1)) {
            Ok(addresses) => addresses,
            Err(error) => return Some(Err(error)),
        };
        for address in addresses.iter().rev() {
            let address = Some(address.clone());
            self.left.push_front(Place { address, ..place.clone() });
        }
        self.next()
    }

    /// Returns the share of the remaining time for each place, if this many share it in addition to those that wait.
    fn share(&self, others: u32) -> Duration {
        let left = self.end.saturating_duration_since(Instant::now());
        let share = left / (self.left.len() as u32 + others);
        // Rounded up, so that reading the clock costs no place its time.
        Duration::from_millis(share.as_micros().div_ceil(1000) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lists_as_libpq_does() {
        let count = |hosts, addresses, ports| Place::all(hosts, addresses, ports).len();
        assert_eq!(count(Some("a"), None, None), 1);
        assert_eq!(count(Some("a,b"), None, Some("1,2")), 2);
        assert_eq!(count(Some("a,b,/run"), None, Some("1")), 3);
        assert_eq!(count(None, Some("127.0.0.1,::1"), None), 2);
        // For libpq to fill in, or to refuse.
        for (hosts, addresses, ports) in [
            (None, None, None),
            (None, None, Some("5")),
            (Some("a,"), None, None),
            (Some("a,b"), Some("::1"), None),
            (Some("a,b"), None, Some("1,2,3")),
            (Some("a,b"), None, Some("1,")),
            (Some("a"), None, Some("http")),
        ] {
            assert_eq!(count(hosts, addresses, ports), 0, "{hosts:?} {addresses:?} {ports:?}");
        }
        let places = Place::all(Some("a,10.0.0.1,/run"), None, Some("7"));
        let names: Vec<_> = places.iter().map(Place::name).collect();
        assert_eq!(names, [Some("a"), None, None]);
        assert!(places.iter().all(|place| place.port.as_deref() == Some("7")));
    }
}

//! Sessions: on one database, and over real streaming replication.
//!
//! The servers are the tests' own. Where PostgreSQL's server is not installed, these tests say so and pass, unless
//! `MIZZLE_TEST_OWN_SERVERS` is set, as `cargo xtask test` does.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

#[cfg(all(feature = "postgres", feature = "tokio"))]
mod asynchronous;
#[cfg(feature = "postgres")]
mod failover;
#[cfg(feature = "postgres")]
mod forked;
#[cfg(feature = "postgres")]
mod lag;
#[cfg(feature = "postgres")]
mod places;
#[cfg(feature = "postgres")]
mod pooled;
#[cfg(feature = "postgres")]
mod read_only;
#[cfg(feature = "postgres")]
mod silent;
mod single;

use mizzle::prelude::*;

/// What the tests write.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "notes", has_many(remarks = Remark))]
pub struct Note {
    /// Given.
    #[column(primary_key)]
    pub id: i64,
    /// Counted up.
    pub value: i64,
}

/// What belongs to a note.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "remarks")]
pub struct Remark {
    /// Given.
    #[column(primary_key)]
    pub id: i64,
    /// The note.
    #[column(references(Note, on_delete = cascade))]
    pub note_id: i64,
}

mizzle::schema!(pub Notes = [Note, Remark]);

#[cfg(feature = "postgres")]
mod servers {
    use std::time::Duration;

    use mizzle::prelude::*;
    use mizzle::{DbBuilder, ServerState, ServerStatus};
    pub(crate) use test_support::server::Server;
    use test_support::{server, ticks};

    use super::Notes;

    /// A primary with two replicas.
    pub(crate) struct Cluster {
        pub(crate) replicas: Vec<Server>,
        pub(crate) primary: Server,
    }

    impl Cluster {
        /// Starts the servers, or none where they can't be had.
        pub(crate) fn start() -> Option<Self> {
            if server::programs().is_none() {
                assert!(
                    std::env::var_os("MIZZLE_TEST_OWN_SERVERS").is_none(),
                    "PostgreSQL's server (initdb, pg_ctl, postgres, pg_basebackup) is not installed"
                );
                eprintln!("skipped: PostgreSQL's server is not installed");
                return None;
            }
            let primary = Server::start("").unwrap();
            Db::connect(&primary.url()).unwrap().create_all::<Notes>().unwrap();
            let replicas = (0..2).map(|_| primary.replica("").unwrap()).collect();
            Some(Self { replicas, primary })
        }

        /// Returns settings with which reads wait for a replica as long as it takes.
        pub(crate) fn builder(&self) -> DbBuilder {
            let builder = Db::builder(&self.primary.url()).replica_wait(Duration::from_secs(30));
            self.replicas.iter().fold(builder, |builder, replica| builder.replica(&replica.url()))
        }

        /// Connects, and waits until each replica serves.
        pub(crate) fn connect(&self, builder: DbBuilder) -> Db {
            let db = builder.connect().unwrap();
            for place in 0..=self.replicas.len() {
                eventually_is(&db, place, ServerState::Serving);
            }
            db
        }

        /// Returns a connection to a replica alone.
        pub(crate) fn on_replica(&self, place: usize, sql: &str) {
            Db::connect(&self.replicas[place].url()).unwrap().execute_sql(sql).unwrap();
        }
    }

    /// Waits until the server is in this state: 0 is the primary.
    #[track_caller]
    pub(crate) fn eventually_is(db: &Db, place: usize, state: ServerState) -> ServerStatus {
        let mut status = db.servers().swap_remove(place);
        let start = ticks::Stopwatch::start();
        while status.state != state {
            assert!(start.within(Duration::from_secs(60)), "{state:?} takes too long: {status:?}");
            std::thread::sleep(Duration::from_millis(5));
            status = db.servers().swap_remove(place);
        }
        status
    }

    /// Returns the number of calls that the primary and all replicas served.
    pub(crate) fn served(db: &Db) -> (u64, u64) {
        let all = db.servers();
        (all[0].served, all[1..].iter().map(|server| server.served).sum())
    }
}

//! Processes that fork while they have replicas.

use mizzle::{ErrorCode, Read, ServerState};
use test_support::fork::in_child;

use super::servers::{Cluster, eventually_is, served};
use super::*;

fn refused<T>(result: mizzle::Result<T>) -> bool {
    result.is_err_and(|error| {
        error.code() == ErrorCode::ConfigError && error.to_string().contains("forked")
    })
}

#[test]
fn a_child_is_refused_and_its_parent_goes_on() {
    let Some(cluster) = Cluster::start() else { return };
    let db = cluster.connect(cluster.builder());
    db.insert(Note { id: 1, value: 1 }).unwrap();
    let session = db.session(Read::Any);
    session.catch_up().unwrap();
    let bookmark = session.bookmark().unwrap();
    for _ in 0..20 {
        let (inherited, old) = (db.clone(), &session);
        let (primary, replica) = (cluster.primary.url(), cluster.replicas[0].url());
        let said = in_child(move || {
            let new = inherited.session(Read::After(bookmark));
            let all = [
                refused(old.find::<Note>(1)),
                refused(old.stream::<Note, _>(notes::table).map(drop)),
                refused(old.update(&Note { id: 1, value: 0 })),
                refused(old.transaction(|tx| tx.count(notes::table))),
                refused(old.catch_up()),
                refused(new.find::<Note>(1)),
                refused(new.catch_up()),
                refused(inherited.find::<Note>(1)),
                inherited.servers().is_empty(),
            ];
            drop((new, inherited));
            // With its own handle it reads like any other program.
            let own = match Db::builder(&primary).replica(&replica).connect() {
                Ok(own) => own,
                Err(error) => return format!("{error:?}"),
            };
            match own.session(Read::After(bookmark)).find::<Note>(1) {
                Ok(Some(_)) => format!("{all:?}"),
                other => format!("{other:?}"),
            }
        });
        assert_eq!(said, format!("{:?}", [true; 9]));
        let before = served(&db);
        assert_eq!(session.get::<Note>(1).unwrap().value, 1);
        assert_eq!(served(&db), (before.0, before.1 + 1));
    }
    // The parent's thread still watches.
    cluster.replicas[0].stop().unwrap();
    eventually_is(&db, 1, ServerState::Unreachable);
    cluster.replicas[0].up().unwrap();
    eventually_is(&db, 1, ServerState::Serving);
}

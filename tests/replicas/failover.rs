//! Servers that go away, take over, or are not what the URLs say.

use mizzle::manager::{HealthStatus, ManagerConfig};
use mizzle::{ConnectionManager, ErrorCode, Read, ServerRole, ServerState};

use super::servers::{Cluster, Server, eventually_is, served};
use super::*;

#[test]
fn a_replica_that_is_down_comes_back() {
    let Some(mut cluster) = Cluster::start() else { return };
    cluster.replicas.truncate(1);
    let db = cluster.connect(cluster.builder());
    db.insert(Note { id: 1, value: 1 }).unwrap();
    let session = db.session(Read::Any);
    session.catch_up().unwrap();
    assert!(session.find::<Note>(1).unwrap().is_some());
    cluster.replicas[0].kill().unwrap();
    let before = served(&db);
    assert!(session.find::<Note>(1).unwrap().is_some());
    assert_eq!(served(&db), (before.0 + 1, before.1));
    let status = eventually_is(&db, 1, ServerState::Unreachable);
    assert!(status.problem.is_some() && status.lag_ms.is_none(), "{status:?}");
    cluster.replicas[0].up().unwrap();
    eventually_is(&db, 1, ServerState::Serving);
    assert!(session.find::<Note>(1).unwrap().is_some());
    assert_eq!(served(&db).1, before.1 + 1);
    // Without the primary it still serves reads.
    cluster.primary.kill().unwrap();
    let status = eventually_is(&db, 0, ServerState::Unreachable);
    assert_eq!(status.role, ServerRole::Primary);
    assert!(session.find::<Note>(1).unwrap().is_some());
    let error = session.insert(Note { id: 2, value: 1 }).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NetworkError);
}

#[test]
fn the_program_starts_before_its_replica() {
    let Some(cluster) = Cluster::start() else { return };
    cluster.replicas[0].stop().unwrap();
    let config = ManagerConfig::new(cluster.builder());
    let manager = ConnectionManager::with_config(config);
    let db = manager.initialize().unwrap();
    eventually_is(&db, 1, ServerState::Unreachable);
    eventually_is(&db, 2, ServerState::Serving);
    let health = manager.health();
    assert_eq!(health.status, HealthStatus::Healthy);
    let states: Vec<_> =
        health.database.connection.servers.iter().map(|server| server.state).collect();
    assert_eq!(states, [ServerState::Serving, ServerState::Unreachable, ServerState::Serving]);
    let told = format!("{health:?}");
    assert!(!told.contains("password"), "{told}");
    cluster.replicas[0].up().unwrap();
    eventually_is(&db, 1, ServerState::Serving);
    let status = serde_json::to_string(&manager.status()).unwrap();
    assert!(
        status.contains(r#""role":"replica""#) && status.contains(r#""lag_bytes":"#),
        "{status}"
    );
    manager.disconnect();
    assert!(manager.status().servers.is_empty());
}

#[test]
fn a_promoted_replica_is_left_out_and_the_others_with_it() {
    let Some(cluster) = Cluster::start() else { return };
    let db = cluster.connect(cluster.builder());
    let session = db.session(Read::Any);
    session.insert(Note { id: 1, value: 1 }).unwrap();
    let bookmark = session.bookmark().unwrap();
    cluster.replicas[1].stop().unwrap();
    cluster.replicas[0].promote().unwrap();
    // At once, before anybody has checked: nothing is read from it, and nothing is written to it.
    session.update(&Note { id: 1, value: 2 }).unwrap();
    for _ in 0..20 {
        assert_eq!(session.get::<Note>(1).unwrap().value, 2);
    }
    eventually_is(&db, 1, ServerState::Promoted);
    // The other replica follows the new primary, with another history, which is longer.
    let promoted = Db::connect(&cluster.replicas[0].url()).unwrap();
    promoted.update(&Note { id: 1, value: -1 }).unwrap();
    for _ in 0..3 {
        promoted.execute_sql("SELECT pg_switch_wal(); INSERT INTO notes VALUES (2, 0)").unwrap();
        promoted.delete_by_key::<Note>(2).unwrap();
    }
    cluster.replicas[1].follow(&cluster.replicas[0], false).unwrap();
    cluster.replicas[1].up().unwrap();
    for _ in 0..20 {
        assert_eq!(session.get::<Note>(1).unwrap().value, 2);
        assert_eq!(db.session(Read::After(bookmark)).get::<Note>(1).unwrap().value, 2);
    }
    eventually_is(&db, 2, ServerState::OtherTimeline);
    assert_eq!(session.get::<Note>(1).unwrap().value, 2);
    // The old bookmark means nothing to the new primary, which has no replica that knows it.
    let new = Db::builder(&cluster.replicas[0].url()).replica(&cluster.replicas[1].url());
    let new = new.connect().unwrap();
    eventually_is(&new, 1, ServerState::Serving);
    let before = served(&new);
    assert_eq!(new.session(Read::After(bookmark)).get::<Note>(1).unwrap().value, -1);
    assert_eq!(served(&new), (before.0 + 1, before.1));
    assert_eq!(promoted.count(notes::table).unwrap(), 1);
}

#[test]
fn a_primary_that_became_a_replica_takes_no_writes() {
    let Some(mut cluster) = Cluster::start() else { return };
    cluster.replicas.truncate(1);
    let db = cluster.connect(cluster.builder());
    let session = db.session(Read::Any);
    session.insert(Note { id: 1, value: 1 }).unwrap();
    cluster.primary.stop().unwrap();
    cluster.replicas[0].promote().unwrap();
    cluster.primary.follow(&cluster.replicas[0], false).unwrap();
    cluster.primary.up().unwrap();
    eventually_is(&db, 0, ServerState::ReadOnly);
    eventually_is(&db, 1, ServerState::Promoted);
    let error = session.insert(Note { id: 2, value: 1 }).unwrap_err();
    assert!(error.is_read_only(), "{error}");
    assert_eq!(db.count(notes::table).unwrap(), 1);
    let promoted = Db::connect(&cluster.replicas[0].url()).unwrap();
    assert_eq!(promoted.count(notes::table).unwrap(), 1);
    // With several hosts, the primary is found wherever it is.
    let hosts =
        format!("127.0.0.1:{},127.0.0.1:{}", cluster.primary.port(), cluster.replicas[0].port());
    let own = format!("127.0.0.1:{}", cluster.primary.port());
    let url = cluster.primary.url().replace(&own, &hosts) + "?target_session_attrs=read-write";
    let db = Db::builder(&url).replica(&cluster.primary.url()).connect().unwrap();
    eventually_is(&db, 0, ServerState::Serving);
    eventually_is(&db, 1, ServerState::Serving);
    let session = db.session(Read::Any);
    session.insert(Note { id: 2, value: 1 }).unwrap();
    assert!(session.find::<Note>(2).unwrap().is_some());
}

#[test]
fn another_cluster_is_no_replica() {
    let Some(cluster) = Cluster::start() else { return };
    let other = Server::start("").unwrap();
    let elsewhere = Db::connect(&other.url()).unwrap();
    elsewhere.create_all::<Notes>().unwrap();
    let db = Db::builder(&cluster.primary.url()).replica(&other.url()).connect().unwrap();
    let status = eventually_is(&db, 1, ServerState::OtherDatabase);
    assert!(status.problem.unwrap().contains("another database cluster"));
    let session = db.session(Read::Any);
    session.insert(Note { id: 1, value: 1 }).unwrap();
    assert_eq!(session.count(notes::table).unwrap(), 1);
    assert_eq!(elsewhere.count(notes::table).unwrap(), 0);
    // Nor does its bookmark say anything here.
    let bookmark = elsewhere.session(Read::Any).bookmark().unwrap();
    assert_eq!(db.session(Read::After(bookmark)).count(notes::table).unwrap(), 1);
}

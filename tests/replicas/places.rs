//! Which server runs what.

use mizzle::{ErrorCode, Read, ServerState, batch};

use std::time::Duration;

use test_support::proxy::Proxy;

use super::servers::{Cluster, eventually_is, served};
use super::*;

#[test]
fn reads_go_to_replicas_and_the_rest_to_the_primary() {
    let Some(cluster) = Cluster::start() else { return };
    let db = cluster.connect(cluster.builder());
    db.execute_sql(
        "CREATE SEQUENCE numbers; \
         CREATE FUNCTION writes() RETURNS bigint LANGUAGE sql AS \
         'INSERT INTO notes VALUES (100, 0) RETURNING id'; \
         CREATE UNLOGGED TABLE fleeting (id bigint)",
    )
    .unwrap();
    let session = db.session(Read::Any);
    session.insert(Note { id: 1, value: 1 }).unwrap();
    // After a write the replicas catch up, as the tests wait for them.
    let on = |what: &str, expected: (u64, u64), run: &dyn Fn()| {
        let before = served(&db);
        run();
        let after = served(&db);
        assert_eq!((after.0 - before.0, after.1 - before.1), expected, "{what}");
    };
    let replica = (0, 1);
    let primary = (1, 0);
    assert!(sql!(bool, "SELECT pg_is_in_recovery()").one(&session).unwrap());
    on("find", replica, &|| assert!(session.find::<Note>(1).unwrap().is_some()));
    on("query", replica, &|| assert_eq!(Note::query().all(&session).unwrap().len(), 1));
    on("page", replica, &|| assert_eq!(Note::query().page(&session, 1, 10).unwrap().total, 1));
    on("count", replica, &|| assert_eq!(session.count(notes::table).unwrap(), 1));
    on("stream", replica, &|| {
        assert_eq!(session.stream::<Note, _>(notes::table).unwrap().count(), 1)
    });
    on("insert", primary, &|| assert!(session.insert(Note { id: 2, value: 1 }).is_ok()));
    on("returning", primary, &|| {
        let new = diesel::insert_into(notes::table)
            .values((notes::id.eq(3), notes::value.eq(1)))
            .returning(notes::id);
        assert_eq!(session.load::<i64, _>(new).unwrap(), [3]);
    });
    on("batch of reads", replica, &|| {
        let both = (batch::count(notes::table), batch::find::<Note>(1));
        assert_eq!(session.batch(both).unwrap(), (3, Some(Note { id: 1, value: 1 })));
    });
    on("batch of reads with relations", replica, &|| {
        let notes = || Note::query().order_by(notes::id).with(Note::remarks()).batched();
        let (all, first, count) =
            session.batch((notes().all(), notes().first(), batch::count(notes::table))).unwrap();
        assert_eq!((all.len(), first.unwrap().id, count), (3, 1, 3));
    });
    on("batch that writes and reads relations", primary, &|| {
        let notes = Note::query().with(Note::remarks()).batched().all();
        let both = (batch::update(&Note { id: 1, value: 1 }), notes);
        assert_eq!(session.batch(both).unwrap().1.len(), 3);
    });
    on("graph", primary, &|| {
        let remarks = |note: &Note| vec![Remark { id: 1, note_id: note.id }];
        let graph = Note { id: 4, value: 1 }.with_new(Note::remarks(), remarks);
        assert_eq!(session.insert_graph([graph]).unwrap()[0].remarks.len(), 1);
    });
    on("delete", primary, &|| assert!(session.delete_by_key::<Note>(4).unwrap()));
    on("batch that writes", primary, &|| {
        let both = (batch::find::<Note>(1), batch::update(&Note { id: 1, value: 1 }));
        assert_eq!(session.batch(both).unwrap().0, Some(Note { id: 1, value: 1 }));
    });
    on("batch that locks", primary, &|| {
        let locked = batch::load::<Note, _>(notes::table.lock(Lock::update()));
        assert_eq!(session.batch((locked,)).unwrap().0.len(), 3);
    });
    on("transaction", primary, &|| {
        assert_eq!(session.transaction(|tx| tx.count(notes::table)).unwrap(), 3);
    });
    on("lock", primary, &|| {
        session.load::<Note, _>(notes::table.lock(Lock::update())).unwrap();
    });
    for text in [
        "SELECT pg_try_advisory_xact_lock(1)",
        "SELECT nextval('numbers') > 0",
        "SELECT writes() > 0",
        "SELECT count(*) = 0 FROM fleeting",
    ] {
        on(text, primary, &|| {
            let query = diesel::dsl::sql::<diesel::sql_types::Bool>(&text["SELECT ".len()..]);
            let found = if let Some((column, from)) = text.split_once(" FROM ") {
                let query =
                    diesel::dsl::sql::<diesel::sql_types::Bool>(&format!("({column} FROM {from})"));
                session.one::<bool, _>(diesel::select(query)).unwrap()
            } else {
                session.one::<bool, _>(diesel::select(query)).unwrap()
            };
            assert!(found);
        });
    }
    assert!(session.find::<Note>(100).unwrap().is_some());
    // With a limit of time a stream is a transaction.
    let limited =
        cluster.connect(cluster.builder().statement_timeout(Some(Duration::from_secs(30))));
    let reader = limited.session(Read::Any);
    reader.catch_up().unwrap();
    assert_eq!(reader.stream::<Note, _>(notes::table).unwrap().count(), 4);
    assert_eq!(reader.stream::<Note, _>(notes::table.lock(Lock::share())).unwrap().count(), 4);
    assert_eq!(served(&limited), (1, 1));
    // A reader that insists gets the primary.
    assert_eq!(db.session(Read::Primary).count(notes::table).unwrap(), 4);
    // An error of a value is the same everywhere.
    on("error", replica, &|| {
        let wrong = diesel::dsl::sql::<diesel::sql_types::Integer>("1 / (random() * 0)::int");
        session.load::<i32, _>(diesel::select(wrong)).unwrap_err();
    });
    // A table that the replica lacks, or a mistake, which the primary tells.
    on("no table", primary, &|| {
        let error = session.load::<i64, _>(diesel::dsl::sql::<diesel::sql_types::BigInt>(
            "SELECT 1::int8 FROM nowhere",
        ));
        assert_eq!(error.unwrap_err().code(), ErrorCode::SchemaError);
    });
}

#[test]
fn a_replica_alone_takes_no_writes() {
    let Some(cluster) = Cluster::start() else { return };
    let writer = Db::connect(&cluster.primary.url()).unwrap();
    let session = writer.session(Read::Any);
    session.insert(Note { id: 1, value: 1 }).unwrap();
    let bookmark = session.bookmark().unwrap();
    let db = Db::connect(&cluster.replicas[0].url()).unwrap();
    // It waits for the replica, which has no other work.
    let start = test_support::ticks::Stopwatch::start();
    let note = loop {
        match db.session(Read::After(bookmark)).get::<Note>(1) {
            Err(error) if error.code() == ErrorCode::NetworkError => {
                assert!(start.within(Duration::from_secs(60)));
            }
            note => break note.unwrap(),
        }
    };
    assert_eq!(note.value, 1);
    for error in [
        db.insert(Note { id: 2, value: 1 }).unwrap_err(),
        db.session(Read::Any).insert(Note { id: 2, value: 1 }).unwrap_err(),
        db.transaction(|tx| tx.insert(Note { id: 2, value: 1 })).unwrap_err(),
    ] {
        assert!(error.is_read_only(), "{error}");
        let advice = error.troubleshooting().join("; ");
        assert!(advice.contains("primary"), "{advice}");
    }
    // With it as the primary of another one, both serve reads, and what it lacks is an error rather than something older.
    let both = Db::builder(&cluster.replicas[0].url()).replica(&cluster.replicas[1].url());
    let both = both.connect().unwrap();
    eventually_is(&both, 0, ServerState::ReadOnly);
    eventually_is(&both, 1, ServerState::Serving);
    assert_eq!(both.session(Read::After(bookmark)).get::<Note>(1).unwrap().value, 1);
    cluster.on_replica(0, "SELECT pg_wal_replay_pause()");
    cluster.on_replica(1, "SELECT pg_wal_replay_pause()");
    session.update(&Note { id: 1, value: 2 }).unwrap();
    let late = both.session(Read::After(session.bookmark().unwrap()));
    assert_eq!(late.get::<Note>(1).unwrap_err().code(), ErrorCode::NetworkError);
}

/// Neither a read on a replica that has what it needs, nor a write, takes a second round trip.
#[test]
fn the_check_is_in_the_same_round_trip() {
    const CALLS: u64 = 100;
    let Some(cluster) = Cluster::start() else { return };
    let proxies = [&cluster.primary, &cluster.replicas[0]].map(|server| {
        let proxy = Proxy::to(server.port());
        proxy.delay(Duration::from_millis(3));
        (server.url_at(proxy.port()) + "?sslmode=disable&gssencmode=disable", proxy)
    });
    let [(primary_url, primary), (replica_url, replica)] = &proxies;
    let builder =
        Db::builder(primary_url).replica(replica_url).replica_wait(Duration::from_secs(9));
    let db = builder.pool_size(1).connect().unwrap();
    eventually_is(&db, 1, ServerState::Serving);
    db.insert(Note { id: 1, value: 0 }).unwrap();
    let session = db.session(Read::Any);
    session.catch_up().unwrap();
    let turns = |run: &mut dyn FnMut(i64)| {
        let before = (primary.turns(), replica.turns());
        (1..=CALLS.cast_signed()).for_each(run);
        (primary.turns() - before.0, replica.turns() - before.1)
    };
    // All servers are asked where they are from time to time.
    let is_one = |turns: u64, calls: u64| (calls..calls + calls / 2).contains(&turns);
    let served_before = served(&db).1;
    let of_reads = turns(&mut |_| assert!(session.get::<Note>(1).is_ok()));
    assert!(is_one(of_reads.1, CALLS) && of_reads.0 < CALLS / 2, "{of_reads:?}");
    assert_eq!(served(&db).1, served_before + CALLS);
    let of_pages = turns(&mut |_| drop(Note::query().page(&session, 1, 10).unwrap()));
    assert!(is_one(of_pages.1, CALLS) && of_pages.0 < CALLS / 2, "{of_pages:?}");
    let of_writes = turns(&mut |value| {
        session.update(&Note { id: 1, value }).unwrap();
        session.bookmark().unwrap();
    });
    assert!(is_one(of_writes.0, CALLS) && of_writes.1 < CALLS / 2, "{of_writes:?}");
    let of_transactions = turns(&mut |value| {
        session.transaction(|tx| tx.update(&Note { id: 1, value })).unwrap();
        session.bookmark().unwrap();
    });
    assert!(is_one(of_transactions.0, 2 * CALLS), "{of_transactions:?}");
}

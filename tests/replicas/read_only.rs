//! A replica as the only server: it reads, and each way of writing has the same clear error.

use mizzle::relation::Graph;
use mizzle::{Error, Migrations, Read, batch};
use test_support::ticks::Stopwatch;

use super::servers::Cluster;
use super::*;

/// A table with a key that the database gives, and rows that belong to it.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "folders", has_many(sheets = Sheet))]
struct Folder {
    #[column(primary_key, auto)]
    id: i64,
    name: String,
    #[column(version)]
    version: i32,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "sheets")]
struct Sheet {
    #[column(primary_key, auto)]
    id: i64,
    #[column(references(Folder))]
    folder_id: i64,
}

mizzle::schema!(Desk = [Folder, Sheet]);

fn folder() -> NewFolder {
    NewFolder::builder().name("new").build()
}

fn sheet(folder: &Folder) -> NewSheet {
    NewSheet::builder().folder_id(folder.id).build()
}

fn written<T>(result: mizzle::Result<T>) -> Error {
    result.err().expect("a replica takes no writes")
}

/// Every way of writing, on a handle, a session and in a transaction.
fn writes(on: &impl Executor, stored: &Folder) -> Vec<(&'static str, Error)> {
    let new = || diesel::insert_into(folders::table).values(folders::name.eq("new"));
    let changed = Folder { name: "changed".into(), ..stored.clone() };
    vec![
        ("insert", written(on.insert(folder()))),
        ("insert_all", written(on.insert_all(vec![folder(), folder()]))),
        ("many", written(on.insert_all((0..70_000).map(|_| folder()).collect::<Vec<_>>()))),
        ("insert_all_returning", written(on.insert_all_returning([folder()]))),
        ("update", written(on.update(&changed))),
        ("update_all", written(on.update_all(vec![changed.clone()]))),
        ("delete", written(on.delete(stored))),
        ("delete_by_key", written(on.delete_by_key::<Sheet>(1))),
        (
            "update_by_key",
            written(
                on.update_by_key::<Folder>(
                    stored.id,
                    FolderChanges::default().name("x".to_owned()),
                ),
            ),
        ),
        (
            "query",
            written(Folder::query().update(on, FolderChanges::default().name("x".to_owned()))),
        ),
        ("query that deletes", written(Sheet::query().delete(on))),
        ("execute", written(on.execute(new()))),
        ("returning", written(on.load::<i64, _>(new().returning(folders::id)))),
        ("batch", written(on.batch((batch::insert(folder()), batch::count(folders::table))))),
        (
            "batch that reads first",
            written(on.batch((batch::get::<Folder>(stored.id), batch::delete(stored)))),
        ),
        (
            "batch of a list",
            written(on.batch(vec![batch::insert(folder()), batch::insert(folder())])),
        ),
        (
            "sql!",
            written(sql!("INSERT INTO folders (name, version) VALUES ('new', 1)").execute(on)),
        ),
        (
            "sql! with rows",
            written(sql!(i64, "UPDATE folders SET name = 'x' RETURNING id").all(on)),
        ),
        (
            "sql! with a CTE",
            written(
                sql!(i64, "WITH gone AS (DELETE FROM sheets RETURNING id) SELECT id FROM gone")
                    .all(on),
            ),
        ),
        ("text", written(on.execute_sql("DELETE FROM sheets"))),
        ("copy_in", written(on.copy_in((0..3).map(|_| folder())))),
        (
            "insert_graph",
            written(on.insert_graph([
                folder().with_new(Folder::sheets(), |folder| vec![sheet(folder), sheet(folder)]),
            ])),
        ),
        (
            "lock",
            written(on.load::<i64, _>(folders::table.select(folders::id).lock(Lock::update()))),
        ),
    ]
}

fn check(how: &str, found: Vec<(&'static str, Error)>) {
    for (what, error) in found {
        assert!(error.is_read_only(), "{what} {how}: {error:?}");
        let advice = error.troubleshooting().join("; ");
        assert!(advice.contains("primary"), "{what} {how}: {advice}");
        assert!(!error.is_temporary(), "{what} {how}");
    }
}

#[test]
fn each_way_of_writing_is_refused_with_advice() {
    let Some(mut cluster) = Cluster::start() else { return };
    cluster.replicas.truncate(1);
    let primary = Db::connect(&cluster.primary.url()).unwrap();
    primary.create_all::<Desk>().unwrap();
    let stored = primary.insert(folder()).unwrap();
    let db = Db::connect(&cluster.replicas[0].url()).unwrap();
    let start = Stopwatch::start();
    while !db.find::<Folder>(stored.id).is_ok_and(|found| found.is_some()) {
        assert!(start.within(std::time::Duration::from_secs(60)), "nothing is replicated");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // Twice: statements are prepared then, and connections have failed once.
    for _ in 0..2 {
        check("on a handle", writes(&db, &stored));
        check("in a session", writes(&db.session(Read::Any), &stored));
        db.transaction(|tx| {
            for (what, error) in [
                ("insert", written(tx.transaction(|inner| inner.insert(folder())))),
                (
                    "batch",
                    written(tx.batch((batch::insert(folder()), batch::count(folders::table)))),
                ),
                ("copy_in", written(tx.transaction(|inner| inner.copy_in([folder()])))),
                ("touch", written(tx.transaction(|inner| inner.touch(&stored)))),
            ] {
                check("in a transaction", vec![(what, error)]);
            }
            // It has lost nothing.
            assert_eq!(tx.count(folders::table)?, 1);
            Ok(())
        })
        .unwrap();
        let mut runs = 0;
        let error = db.retry_stale(3, |tx| {
            runs += 1;
            tx.update(&stored)
        });
        check("again and again", vec![("retry_stale", written(error))]);
        assert_eq!(runs, 1, "nothing changes when it runs again");
        check("of a schema", vec![("create_all", written(db.create_all::<Notes>()))]);
        // It reads in every way.
        assert_eq!(Folder::query().with(Folder::sheets()).all(&db).unwrap().len(), 1);
        assert_eq!(db.stream::<Folder, _>(folders::table).unwrap().count(), 1);
        assert_eq!(
            db.batch((batch::count(folders::table), batch::get::<Folder>(stored.id))).unwrap().0,
            1
        );
    }
    assert_eq!(primary.count(folders::table).unwrap(), 1);
}

#[test]
fn migrations_are_refused_with_advice_and_their_state_is_read() {
    let Some(mut cluster) = Cluster::start() else { return };
    cluster.replicas.truncate(1);
    let folder = tempfile::tempdir().unwrap();
    let add = |name: &str, up: &str| {
        let folder = folder.path().join("postgres").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("up.sql"), up).unwrap();
        std::fs::write(folder.join("down.sql"), "SELECT 1;").unwrap();
    };
    add("2026-01-01-000000_first", "CREATE TABLE firsts (id bigint PRIMARY KEY);");
    let migrations = || Migrations::from_path(folder.path()).unwrap();
    let primary = Db::connect(&cluster.primary.url()).unwrap();
    let db = Db::connect(&cluster.replicas[0].url()).unwrap();
    check("before any", vec![("run", written(db.migrator(&migrations()).run()))]);
    primary.migrator(&migrations()).run().unwrap();
    let start = Stopwatch::start();
    while db.execute_sql("SELECT 1 FROM firsts").is_err() {
        assert!(start.within(std::time::Duration::from_secs(60)), "nothing is replicated");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // Nothing to do is no write: a program that migrates as it starts can run on a replica.
    assert!(db.migrator(&migrations()).run().is_ok());
    add("2026-01-02-000000_second", "CREATE TABLE seconds (id bigint PRIMARY KEY);");
    check("after the first", vec![("run", written(db.migrator(&migrations()).run()))]);
    let status = db.migrator(&migrations()).status().unwrap();
    let states: Vec<String> = status.iter().map(|one| format!("{:?}", one.state)).collect();
    assert_eq!(states.len(), 2, "{states:?}");
    assert_eq!(primary.migrator(&migrations()).run().unwrap().migrations.len(), 1);
}

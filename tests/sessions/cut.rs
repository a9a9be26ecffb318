//! A connection that is cut after any number of bytes, and a session that the server ends at any moment: each call is
//! done or not done, never twice, and says that it is done only if it is.

use std::fs;
use std::thread;
use std::time::Duration;

use diesel::sql_types::{BigInt, Integer, Text};
use mizzle::migration::MigrationState;
use mizzle::prelude::*;
use mizzle::{ErrorCategory, Migrations, batch};

use crate::proxy::{Proxy, Side};
use crate::{Random, cases, may_migrate, seeded, siblings};
use test_support::FreshPostgres;
use test_support::ticks::Stopwatch;

/// Without a key of the program's, so that what is written twice shows.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "lines", has_many(marks = Mark), has_many(signs = Sign))]
struct Line {
    #[column(primary_key, auto)]
    id: i64,
    token: i64,
    text: String,
}

/// Of a line of a graph, which has two.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "marks")]
struct Mark {
    #[column(primary_key, auto)]
    id: i64,
    #[column(references(Line, on_delete = cascade))]
    line_id: i64,
    #[column(default = 3)]
    stars: i32,
}

/// Of a line of a graph, which has one.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "signs")]
struct Sign {
    #[column(primary_key, auto)]
    id: i64,
    #[column(references(Line, on_delete = cascade))]
    line_id: i64,
}

mizzle::schema!(Lines = [Line, Mark, Sign]);

/// The text of a line of a graph.
const GRAPH: &str = "graph";

fn insert_graph(on: &impl Executor, token: i64) -> mizzle::Result<()> {
    let mark = |line: &Line| NewMark::builder().line_id(line.id).build();
    let graph = NewLine::builder()
        .token(token)
        .text(GRAPH)
        .build()
        .with_new(Line::marks(), |line| vec![mark(line), mark(line)])
        .with_new(Line::signs(), |line| vec![NewSign::builder().line_id(line.id).build()]);
    let line = on.insert_graph([graph])?.remove(0);
    assert_eq!((line.token, line.marks.len(), line.signs.len()), (token, 2, 1));
    assert!(line.marks.iter().all(|mark| (mark.line_id, mark.stars) == (line.id, 3)));
    Ok(())
}

/// Checks that each graph is complete.
fn check_graphs(on: &impl Executor) {
    let query = Line::query().with(Line::marks()).with(Line::signs());
    for line in query.all(on).unwrap() {
        let expected = if line.text == GRAPH { (2, 1) } else { (0, 0) };
        assert_eq!((line.marks.len(), line.signs.len()), expected, "{line:?}");
    }
}

/// What a call does to the tokens, in their order.
#[derive(Debug, Clone)]
enum Call {
    Insert(i64),
    InsertAll(Vec<i64>),
    Copy(Vec<i64>),
    Batch(Vec<i64>),
    Deciding(i64),
    Graph(i64),
    Transaction(i64),
    Nested(i64),
    Update,
    Delete(i64),
    Sql(i64),
    Read,
    ReadInTransaction,
    Related,
    Migrate(usize),
}

fn line(token: i64) -> NewLine {
    // Some are longer than what is sent at once.
    let length = if token % 7 == 0 { 40_000 } else { token.rem_euclid(90) };
    NewLine::builder().token(token).text("x".repeat(length as usize)).build()
}

impl Call {
    fn random(random: &mut Random, case: usize) -> Self {
        let token = random.below(1_000) as i64;
        match random.below(16) {
            0 => Self::Insert(token),
            1 => {
                Self::InsertAll((0..random.below(5) as i64).map(|number| token + number).collect())
            }
            // More than one statement takes.
            2 if random.below(3) == 0 => Self::InsertAll((0..1_200).map(|_| 1).collect()),
            2 => Self::Transaction(token),
            3 => Self::Nested(token),
            4 => Self::Update,
            5 => Self::Delete(random.below(3) as i64),
            6 => Self::Sql(token),
            7 => Self::Read,
            8 => Self::ReadInTransaction,
            9 => Self::Copy((0..random.below(9) as i64).map(|number| token + number).collect()),
            // More than the server gets at once.
            10 if random.below(3) == 0 => Self::Copy(vec![7; 120]),
            10 => Self::Copy(vec![token]),
            11 => Self::Batch((1..random.below(6) as i64).map(|number| token + number).collect()),
            12 => Self::Deciding(token),
            13 => Self::Related,
            14 => Self::Graph(token),
            _ => Self::Migrate(case),
        }
    }

    fn is_read(&self) -> bool {
        matches!(self, Self::Read | Self::ReadInTransaction | Self::Related)
    }

    /// The tokens afterwards.
    fn after(&self, before: &[i64]) -> Vec<i64> {
        let mut tokens = before.to_vec();
        match self {
            Self::Insert(token)
            | Self::Nested(token)
            | Self::Deciding(token)
            | Self::Graph(token) => {
                tokens.push(*token);
            }
            Self::InsertAll(all) | Self::Copy(all) | Self::Batch(all) => tokens.extend(all),
            Self::Transaction(token) | Self::Sql(token) => tokens.extend([*token, token + 1]),
            Self::Update => tokens.iter_mut().for_each(|token| *token += 1),
            Self::Delete(rest) => tokens.retain(|token| token % 3 != *rest),
            Self::Migrate(_) | Self::Read | Self::ReadInTransaction | Self::Related => {}
        }
        tokens
    }

    fn run(&self, db: &Db, before: &[i64]) -> mizzle::Result<()> {
        match self {
            Self::Insert(token) => assert_eq!(db.insert(line(*token))?.token, *token),
            Self::InsertAll(tokens) => {
                let lines: Vec<_> = tokens.iter().copied().map(line).collect();
                assert_eq!(db.insert_all(&lines)?, tokens.len() as u64);
            }
            Self::Copy(tokens) => {
                let stored = db.copy_in(tokens.iter().copied().map(line))?;
                assert_eq!(stored, tokens.len() as u64);
            }
            Self::Batch(tokens) => {
                let items: Vec<_> =
                    tokens.iter().map(|token| batch::insert(line(*token))).collect();
                let lines = db.batch(items)?;
                assert!(lines.iter().map(|line| line.token).eq(tokens.iter().copied()));
            }
            Self::Deciding(token) => {
                let (line, lines) = db.batch((
                    batch::insert(line(*token)),
                    batch::one::<i64, _>(lines::table.select(diesel::dsl::count_star())),
                ))?;
                assert_eq!((line.token, lines), (*token, before.len() as i64 + 1));
            }
            Self::Transaction(token) => db.transaction(|tx| {
                let row = tx.insert(line(*token))?;
                assert_eq!(tx.get::<Line>(row.id)?, row);
                tx.insert(line(token + 1)).map(drop)
            })?,
            Self::Nested(token) => db.transaction(|tx| {
                let undone = tx.transaction(|inner| {
                    inner.insert(line(-1))?;
                    inner.execute_sql("SELECT 1 / 0")
                });
                let error = undone.unwrap_err();
                if error.is_connection_lost() {
                    return Err(error);
                }
                tx.transaction(|inner| inner.insert(line(*token))).map(drop)
            })?,
            Self::Update => db.execute_sql("UPDATE lines SET token = token + 1")?,
            Self::Delete(rest) => {
                let sql = format!("DELETE FROM lines WHERE token % 3 = {rest}");
                db.execute(diesel::sql_query(sql)).map(drop)?;
            }
            // One transaction, as the server has it.
            Self::Sql(token) => db.execute_sql(&format!(
                "INSERT INTO lines (token, text) VALUES ({token}, ''); \
                 INSERT INTO lines (token, text) VALUES ({token} + 1, '')"
            ))?,
            Self::Read => assert_eq!(tokens(db)?, before),
            Self::ReadInTransaction => {
                assert_eq!(db.transaction(|tx| tokens(tx))?, before);
            }
            Self::Related => siblings::check(db)?,
            Self::Graph(token) => insert_graph(db, *token)?,
            Self::Migrate(case) => {
                let _guard = may_migrate();
                db.migrate(&migration(*case)).map(drop)?;
            }
        }
        Ok(())
    }
}

fn tokens(on: &impl Executor) -> mizzle::Result<Vec<i64>> {
    let rows = Line::query().order_by(lines::id).all(on)?;
    Ok(rows.iter().map(|row| row.token).collect())
}

fn migration(case: usize) -> Migrations {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("postgres/2026-01-01-{case:06}_case"));
    fs::create_dir_all(&path).unwrap();
    let sql = format!("CREATE TABLE case_{case} (id int); INSERT INTO case_{case} VALUES (1)");
    fs::write(path.join("up.sql"), sql).unwrap();
    fs::write(path.join("down.sql"), format!("DROP TABLE case_{case}")).unwrap();
    Migrations::from_path(folder.path()).unwrap()
}

/// Whether a migration is done, of which the history and the schema say the same.
fn is_migrated(case: usize, direct: &Db) -> bool {
    let sql = format!("SELECT count(*) FROM pg_class WHERE relname = 'case_{case}'");
    let tables: i64 = direct.one(diesel::dsl::sql::<BigInt>(&sql)).unwrap();
    let status = direct.migrator(&migration(case)).status().unwrap();
    let of_case = format!("20260101{case:06}");
    let state = status.iter().find(|status| status.version == of_case).unwrap().state;
    assert_eq!(state == MigrationState::Applied, tables == 1, "{state:?} with {tables} tables");
    tables == 1
}

fn process(on: &impl Executor) -> i32 {
    on.one(diesel::dsl::sql::<Integer>("SELECT pg_backend_pid()")).unwrap()
}

/// Until then the server may still work on what it has read.
fn wait_for_its_end(process: i32, direct: &Db) {
    let start = Stopwatch::start();
    let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {process}");
    while direct.one::<i64, _>(diesel::dsl::sql::<BigInt>(&sql)).unwrap() > 0 {
        assert!(start.within(Duration::from_secs(60)), "the session doesn't end");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn done_or_not_done() {
    let fresh = FreshPostgres::new();
    let (start, place) = fresh.url.split_once('@').unwrap();
    let (server, database) = place.split_once('/').unwrap();
    let (_, port) = server.split_once(':').unwrap();
    let proxy = Proxy::to(port.parse().unwrap());
    let url = format!("{start}@127.0.0.1:{}/{database}", proxy.port());
    let direct = Db::builder(&fresh.url).pool_size(2).connect().unwrap();
    direct.create_all::<Lines>().unwrap();
    siblings::fill(&direct);
    let long = Duration::from_secs(60);
    let connect = |limit| {
        let builder = Db::builder(&url).pool_size(1).checkout_timeout(long).connect_timeout(long);
        builder.statement_timeout(limit).connect()
    };
    let mut random = seeded("MIZZLE_TEST_SESSION_SEED");
    let (mut cut, mut failed, mut done_all_the_same) = (0, 0, 0);
    // With and without a statement timeout, which other calls of libpq's are for.
    for limit in [None, Some(long)] {
        let db = connect(limit).unwrap();
        let mut known = tokens(&direct).unwrap();
        for case in 0..cases(150) as usize {
            let case = case + if limit.is_some() { 100_000 } else { 0 };
            let call = Call::random(&mut random, case);
            let side = if random.below(2) == 0 { Side::Server } else { Side::Client };
            let spread = [60, 300, 1_500, 20_000][random.below(4)];
            let bytes = random.below(spread) as u32;
            let ends = random.below(4) == 0;
            let what = format!("case {case}, {call:?}, {bytes} bytes to {side:?}, ends: {ends}");
            let session = process(&db);
            let result = thread::scope(|scope| {
                if ends {
                    let sql = format!("SELECT pg_terminate_backend({session})");
                    let direct = &direct;
                    scope.spawn(move || {
                        thread::sleep(Duration::from_micros(bytes.into()));
                        direct.execute_sql(&sql).unwrap();
                    });
                } else {
                    proxy.cut_after(bytes, side);
                }
                call.run(&db, &known)
            });
            let was_cut = proxy.mend() || ends;
            cut += u32::from(was_cut);
            let after = call.after(&known);
            let Err(error) = result else {
                known = after;
                // The server itself may not have ended it yet.
                assert_eq!(tokens(&direct).unwrap(), known, "{what}: it says that it is done");
                if let Call::Migrate(case) = call {
                    assert!(is_migrated(case, &direct), "{what}");
                }
                continue;
            };
            failed += 1;
            assert!(was_cut, "{what}: {error:?}");
            assert_eq!(error.category(), ErrorCategory::NetworkError, "{what}: {error:?}");
            assert!(error.is_connection_lost() && error.is_temporary(), "{what}: {error:?}");
            assert!(!error.troubleshooting().is_empty(), "{what}: {error:?}");
            // What only reads is run again, but not what a transaction has begun.
            assert!(!matches!(call, Call::Read | Call::Related), "{what}: {error:?}");
            wait_for_its_end(session, &direct);
            let found = tokens(&direct).unwrap();
            assert!(found == known || found == after, "{what}: {error:?}\n{known:?}\n{found:?}");
            if let Call::Migrate(case) = call {
                let is_done = is_migrated(case, &direct);
                let told = error.to_string().contains("may have been done anyway");
                assert!(!is_done || told, "{what}: {error:?}");
                done_all_the_same += u32::from(is_done);
            }
            done_all_the_same += u32::from(found != known && !call.is_read());
            known = found;
        }
    }
    check_graphs(&direct);
    println!("{cut} cut, {failed} failed, {done_all_the_same} of them done");
    assert!(failed > 20, "{failed} of {cut} failed");
    // What is cut while it connects.
    for _ in 0..cases(40) {
        let side = if random.below(2) == 0 { Side::Server } else { Side::Client };
        let bytes = random.below(600) as u32;
        proxy.cut_after(bytes, side);
        let result = connect(None)
            .and_then(|db| db.one::<String, _>(diesel::dsl::sql::<Text>("SELECT 'a text'")));
        let was_cut = proxy.mend();
        match result {
            Ok(text) => assert_eq!(text, "a text"),
            Err(error) => assert!(
                was_cut && error.category() == ErrorCategory::NetworkError,
                "{bytes} bytes to {side:?}: {error:?}"
            ),
        }
    }
}

/// A graph whose last level can't be read is stored, and the error says so.
#[test]
fn what_is_stored_but_cannot_be_read() {
    let fresh = FreshPostgres::new();
    let db = Db::builder(&fresh.url).pool_size(1).connect().unwrap();
    db.create_all::<Lines>().unwrap();
    insert_graph(&db, 1).unwrap();
    db.execute_sql("ALTER TABLE marks ALTER stars DROP NOT NULL, ALTER stars SET DEFAULT NULL")
        .unwrap();
    let error = insert_graph(&db, 2).unwrap_err();
    assert_eq!(error.code(), mizzle::ErrorCode::ValueError, "{error:?}");
    assert!(error.sql().unwrap().contains("INTO \"marks\""), "{error:?}");
    let advice = error.troubleshooting().join(" ");
    assert!(advice.contains("the rows are stored"), "{advice}");
    assert_eq!(tokens(&db).unwrap(), [1, 2]);
    // In a transaction, the error undoes it.
    let error = db
        .transaction(|tx| {
            tx.insert(line(3))?;
            insert_graph(tx, 4)
        })
        .unwrap_err();
    let advice = error.troubleshooting().join(" ");
    assert!(!advice.contains("the rows are stored"), "{advice}");
    assert_eq!(tokens(&db).unwrap(), [1, 2]);
    db.execute_sql("ALTER TABLE marks ALTER stars SET DEFAULT 3").unwrap();
    insert_graph(&db, 5).unwrap();
    db.transaction(|tx| insert_graph(tx, 6)).unwrap();
    assert_eq!(tokens(&db).unwrap(), [1, 2, 5, 6]);
}

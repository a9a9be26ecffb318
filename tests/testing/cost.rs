//! What a test costs beyond its own work.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mizzle::__private::testing::{Case, Content, Fresh, on_postgres, on_sqlite};
use mizzle::Schema as _;
use mizzle::prelude::*;

use crate::Blog;

const TESTS: usize = 200;

const CASE: Case = Case {
    package: "mizzle",
    content: Content::Tables { tables: Blog::tables, create: |db| db.create_all::<Blog>() },
    fixtures: &[],
    should_panic: false,
};

type On = fn(&Case, &'static str, &mut dyn FnMut(&Fresh));

/// Returns the time of all calls, by so many threads.
fn time(threads: usize, call: &(dyn Fn(usize) + Sync)) -> Duration {
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= TESTS {
                        break;
                    }
                    call(number);
                }
            });
        }
    });
    start.elapsed()
}

fn each(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0 / TESTS as f64
}

/// Prints the milliseconds of a test that does nothing, and of the same by hand: a copy of a file, or CREATE DATABASE with a
/// template, then a connection, and removing it.
#[test]
#[ignore = "it measures"]
fn of_a_test() {
    let run = |on: On| move |_: usize| on(&CASE, "cost", &mut |_| ());
    let sqlite = run(on_sqlite);
    let postgres = run(on_postgres);
    // Makes the image and the template.
    sqlite(0);
    postgres(0);

    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let image = format!("sqlite:{}", file("image").display());
    Db::connect(&image).unwrap().create_all::<Blog>().unwrap();
    let sqlite_by_hand = |number: usize| {
        let copy = file(&number.to_string());
        std::fs::copy(file("image"), &copy).unwrap();
        drop(Db::connect(&format!("sqlite:{}", copy.display())).unwrap());
        std::fs::remove_file(&copy).unwrap();
    };

    let url = test_support::postgres_url();
    let server = Db::builder(&url).pool_size(64).connect().unwrap();
    let template = format!("cost_{}", Uuid::new_v4().simple());
    server.execute_sql(&format!("CREATE DATABASE {template}")).unwrap();
    Db::connect(&test_support::with_database(&url, &template))
        .unwrap()
        .create_all::<Blog>()
        .unwrap();
    let postgres_by_hand = |number: usize| {
        let name = format!("{template}_{number}");
        server.execute_sql(&format!("CREATE DATABASE {name} TEMPLATE {template}")).unwrap();
        drop(Db::connect(&test_support::with_database(&url, &name)).unwrap());
        server.execute_sql(&format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
    };

    for threads in [1, 2, 16] {
        for (name, test, by_hand) in [
            (
                "SQLite",
                &sqlite as &(dyn Fn(usize) + Sync),
                &sqlite_by_hand as &(dyn Fn(usize) + Sync),
            ),
            ("PostgreSQL", &postgres, &postgres_by_hand),
        ] {
            let (test, by_hand) = (each(time(threads, test)), each(time(threads, by_hand)));
            println!(
                "{name}, {TESTS} tests on {threads} threads: {test:.2} ms each, {by_hand:.2} ms by hand, ratio {:.2}",
                test / by_hand
            );
        }
    }
    server.execute_sql(&format!("DROP DATABASE {template} WITH (FORCE)")).unwrap();
}

//! Large tables and large values: a page costs what it shows.
//!
//! `MIZZLE_TEST_STUDIO_ROWS=5000000` makes the table larger than usual.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::*;

fn rows() -> u64 {
    let asked = std::env::var("MIZZLE_TEST_STUDIO_ROWS");
    asked.ok().and_then(|rows| rows.parse().ok()).unwrap_or(200_000)
}

/// Lets one of these tests run at a time: they measure the memory of the whole process.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns how much more memory the process has taken while `f` ran than before, in bytes.
#[cfg(target_os = "linux")]
fn more_memory(f: impl FnOnce()) -> u64 {
    let size = |name: &str| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    };
    // Makes the most memory so far that of now.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = size("VmRSS:");
    f();
    size("VmHWM:").saturating_sub(before)
}

#[cfg(not(target_os = "linux"))]
fn more_memory(f: impl FnOnce()) -> u64 {
    f();
    0
}

on_each_database! {
    fn a_page_of_a_large_table_reads_little(db: &Db) {
        let _alone = alone();
        let count = rows();
        run(db, "CREATE TABLE large (id bigint PRIMARY KEY, a int, b text)");
        let numbers = either(
            db,
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {count}) SELECT i, i % 1000, 'row ' || i FROM n",
            "SELECT i, i % 1000, 'row ' || i FROM generate_series(1, {count}) AS i",
        );
        run(db, &format!("INSERT INTO large {}", numbers.replace("{count}", &count.to_string())));
        run(db, "CREATE INDEX large_a ON large (a, id)");
        run(db, either(db, "ANALYZE", "ANALYZE large"));
        let client = Client::new(db);
        let table = named(db, "large");
        let tables = client.call("tables", &json!({}));
        let shown = tables["tables"][0]["count"]["about"].as_u64().unwrap();
        assert!(shown >= 10_000 && tables["tables"][0]["count"]["exact"] == false, "{shown}");
        let middle = (count / 2).to_string();
        for (sort, at) in [(json!([]), None), (json!([]), Some(&middle)), (json!([{ "column": "a" }]), None), (json!([{ "column": "a", "desc": true }]), Some(&middle))] {
            let mut request = json!({ "table": table, "sort": sort, "limit": 100 });
            if let Some(at) = at {
                request["at"] = json!([["i", at]]);
            }
            let first = client.call("rows", &request);
            assert_eq!(first["rows"].as_array().unwrap().len(), 100);
            request.as_object_mut().unwrap().remove("at");
            request["after"] = first["next"].clone();
            let second = client.call("rows", &request);
            assert_eq!(second["rows"].as_array().unwrap().len(), 100);
            // The database finds the page by an index, instead of reading and sorting the table.
            let mut sql = first["statement"].as_str().unwrap().to_owned();
            if db.dialect() == Dialect::Postgres {
                sql = sql.replace("LIMIT 100", "LIMIT 101");
            }
            let plan = client.call("explain", &json!({ "sql": sql })).to_string();
            assert!(!plan.contains("Seq Scan") && !plan.contains("TEMP B-TREE"), "{plan}");
        }
        let mut length = 0;
        let more = more_memory(|| {
            let (status, file) = client.bytes("export", &json!({ "table": table, "format": "csv" }));
            assert_eq!((status, file.iter().filter(|byte| **byte == b'\n').count() as u64), (200, count + 1));
            length = file.len() as u64;
        });
        // This test holds the file, and the server must not: what it would hold of each row is a multiple of it.
        assert!(more < length * 3 + (24 << 20), "{more} bytes for a file of {length}");
        assert_eq!(client.call("count", &json!({ "table": table }))["count"], count);
    }

    fn a_large_value_is_not_read_for_a_page(db: &Db) {
        const LARGE: u64 = 100 << 20;
        let _alone = alone();
        let bytes = either(db, "BLOB", "bytea");
        run(db, &format!("CREATE TABLE files (id int PRIMARY KEY, bytes {bytes}, words text)"));
        if db.dialect() == Dialect::Postgres {
            run(db, "ALTER TABLE files ALTER bytes SET STORAGE EXTERNAL");
            run(db, "INSERT INTO files SELECT 1, decode(repeat('00ff', 52428800), 'hex'), repeat('x', 10485760)");
        } else {
            run(db, "INSERT INTO files VALUES (1, zeroblob(104857600), replace(hex(zeroblob(5242880)), '0', 'x'))");
        }
        let client = Client::new(db);
        let page = json!({ "table": named(db, "files") });
        let more = more_memory(|| {
            for _ in 0..3 {
                let shown = client.call("rows", &page);
                assert_eq!(
                    shown["rows"][0]["cells"],
                    json!([["i", "1"], ["x", "", LARGE], ["s", "x".repeat(1000), 10_485_760]])
                );
            }
        });
        assert!(more < LARGE / 2, "{more} bytes");
        let error = client.fail("cell", &json!({ "table": named(db, "files"), "key": [["i", "1"]], "column": "bytes" }), 413);
        assert_eq!(error["code"], "TOO_LONG");
        let (status, bytes) = client.bytes("download", &json!({ "table": named(db, "files"), "key": [["i", "1"]], "column": "bytes" }));
        assert_eq!((status, bytes.len() as u64), (200, LARGE));
    }
}

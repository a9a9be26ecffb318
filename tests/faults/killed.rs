//! SIGKILL at each write, half of which is done.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use mizzle::prelude::*;

use crate::disk::{Disk, Fault};
use crate::work::{contents, prepare, work};

const PART: &str = "MIZZLE_TEST_FAULTS_PART";

/// Does nothing unless it was started by the other test.
#[test]
fn works_until_it_is_killed() {
    let Ok(part) = std::env::var(PART) else { return };
    let mut words = part.splitn(3, '/');
    let (name, writes) = (words.next().unwrap(), words.next().unwrap().parse().unwrap());
    let disk = Disk::new("killed");
    let url = disk.url(Path::new(words.next().unwrap()));
    let db = Db::builder(&url).pool_size(1).connect().unwrap();
    disk.fail(Fault::Kill, writes, false);
    (work(name).run)(&db).unwrap();
    // Moving what is written from the log to the file is a part of it.
    drop(db);
}

#[test]
fn all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("template.db");
    prepare(&format!("sqlite:{}", template.display()));
    let before = contents(&template);
    let every = if std::env::var_os("MIZZLE_TEST_FAULTS").is_some() { 1 } else { 4 };
    let mut outcomes = [0, 0];
    for name in ["transaction", "insert_all", "migrate"] {
        let path = folder.path().join("test.db");
        fs::copy(&template, &path).unwrap();
        (work(name).run)(&Db::connect(&format!("sqlite:{}", path.display())).unwrap()).unwrap();
        let after = contents(&path);
        for writes in (0..).step_by(every) {
            for name in ["test.db", "test.db-wal", "test.db-shm"] {
                let _ = fs::remove_file(folder.path().join(name));
            }
            fs::copy(&template, &path).unwrap();
            let output = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "killed::works_until_it_is_killed", "--nocapture"])
                .env(PART, format!("{name}/{writes}/{}", path.display()))
                .output()
                .unwrap();
            let found = contents(&path);
            assert!(
                found == before || found == after,
                "{name} killed at write {writes}: a part is done"
            );
            if output.status.signal() == Some(libc::SIGKILL) {
                outcomes[usize::from(found == after)] += 1;
                continue;
            }
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert!(found == after, "{name}: it says that it is done");
            break;
        }
    }
    println!("not done, done: {outcomes:?}");
    assert!(outcomes.iter().all(|count| *count > 0), "{outcomes:?}");
}

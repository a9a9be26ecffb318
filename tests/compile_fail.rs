//! Mistakes that users make, and what the compiler tells them: each file of `tests/ui` is one.
//!
//! After a change of messages, run with `TRYBUILD=overwrite`, and read what changed as a user would.

use std::fs;
use std::path::Path;

#[test]
fn mistakes_are_explained() {
    // `migrations!` looks beside the Cargo.toml of the crate that is compiled, which trybuild makes there.
    let folders = Path::new("tests/ui/migrations");
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../tests/trybuild/mizzle");
    copy(folders, &project.join(folders));
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder in target");
    for entry in fs::read_dir(from).expect("the folder of the cases") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a copy");
        }
    }
}

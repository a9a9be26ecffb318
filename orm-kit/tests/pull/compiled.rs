//! Compiles what was pulled, and asks it for its definitions.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use orm_core::schema::TableDef;

/// Compiles sources, each as a module of one program, and returns the tables that each defines.
///
/// The program is built among the workspace's own artifacts, so that only itself is new.
pub fn definitions(sources: &BTreeMap<String, String>) -> BTreeMap<String, Vec<TableDef>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_package(folder.path(), sources);
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "--manifest-path"])
        .arg(folder.path().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target())
        .output()
        .expect("cargo");
    let (out, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() || !errors.is_empty() {
        let kept = folder.keep();
        panic!("what was pulled, in {}, does not compile cleanly:\n{errors}", kept.display());
    }
    serde_json::from_str(&out).expect("the tables")
}

/// How rustfmt would change the source: nothing, if it is empty.
pub fn unformatted(source: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("schema.rs");
    fs::write(&file, source).expect("the file");
    let output = Command::new("rustfmt")
        .args(["--check", "--edition", "2024"])
        .arg(&file)
        .output()
        .expect("rustfmt");
    let told = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&told).into_owned()
}

fn write_package(folder: &Path, sources: &BTreeMap<String, String>) {
    let root = root();
    let features: Vec<&str> = [
        cfg!(feature = "sqlite").then_some("\"sqlite\""),
        cfg!(feature = "postgres").then_some("\"postgres\""),
    ]
    .into_iter()
    .flatten()
    .collect();
    let manifest = format!(
        "[package]\nname = \"pulled\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\n\
         mizzle = {{ path = {root:?}, default-features = false, features = [{}] }}\n\
         diesel = {{ version = \"~2.3.14\", default-features = false }}\n\
         serde_json = \"1\"\n\n[workspace]\n",
        features.join(", ")
    );
    fs::write(folder.join("Cargo.toml"), manifest).expect("the manifest");
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("the lock file");
    let src = folder.join("src");
    fs::create_dir(&src).expect("its folder");
    let mut program = String::from("#![deny(warnings)]\n\n");
    let mut body = String::new();
    for (name, source) in sources {
        fs::write(src.join(format!("{name}.rs")), source).expect("a module");
        program.push_str(&format!("pub mod {name};\n"));
        body.push_str(&format!(
            "    all.insert({name:?}, <{name}::Schema as mizzle::Schema>::tables());\n"
        ));
    }
    program.push_str(&format!(
        "\nfn main() {{\n    let mut all = std::collections::BTreeMap::new();\n{body}    \
         println!(\"{{}}\", serde_json::to_string(&all).unwrap());\n}}\n"
    ));
    fs::write(src.join("main.rs"), program).expect("the program");
}

/// The workspace.
pub fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    root.to_owned()
}

/// The folder of the artifacts, of which this test is one: `target/debug/deps/pull-…`.
fn target() -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    test.ancestors().nth(3).expect("target").to_owned()
}

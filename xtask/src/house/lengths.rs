//! How long files are.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Sources;

/// The maximum number of lines of a file, without its tests.
const MOST: usize = 400;

/// The folders of source files. Tests may be longer.
const FOLDERS: [&str; 9] = [
    "src",
    "orm-core/src",
    "orm-derive/src",
    "orm-folder/src",
    "orm-kit/src",
    "orm-lexer/src",
    "xtask/src",
    "benches/src",
    "examples",
];

/// Checks that no file is longer than [`MOST`] lines, except those in `longer`: files, or folders of them.
///
/// # Errors
/// A folder or file that can't be read.
pub(super) fn check(root: &Path, longer: &[String], faults: &mut Vec<String>) -> Result<()> {
    let mut lengths = Vec::new();
    for folder in FOLDERS {
        let sources = Sources::read(&root.join(folder))?;
        let counted = sources.files.into_values().filter(|(path, _)| !path.ends_with("tests.rs"));
        lengths.extend(counted.map(|(path, text)| {
            (path.strip_prefix(root).unwrap_or(&path).to_owned(), lines(&text))
        }));
    }
    check_lengths(&lengths, longer, faults);
    Ok(())
}

fn check_lengths(lengths: &[(PathBuf, usize)], longer: &[String], faults: &mut Vec<String>) {
    let is_long = |(_, lines): &&(PathBuf, usize)| *lines > MOST;
    for (path, lines) in lengths.iter().filter(is_long) {
        if !longer.iter().any(|allowed| path.starts_with(allowed)) {
            faults.push(format!(
                "{}: {lines} lines, and {MOST} are allowed: move one of its topics to another file",
                path.display()
            ));
        }
    }
    for allowed in longer {
        if !lengths.iter().filter(is_long).any(|(path, _)| path.starts_with(allowed)) {
            faults.push(format!(
                "{allowed}: no file there is longer than {MOST} lines: remove it from the table"
            ));
        }
    }
}

/// Counts the lines before the tests, which are at the end of a file.
fn lines(text: &str) -> usize {
    let tests = text.find("\n#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..tests].lines().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_not_counted() {
        let tests = "\n#[cfg(test)]\nmod tests {\n}\n";
        assert_eq!(lines(&("//\n".repeat(3) + tests + &"//\n".repeat(400))), 3);
    }

    #[test]
    fn long_files_and_needless_exceptions_are_found() {
        let lengths = [("src/a/long.rs".into(), MOST + 1), ("src/short.rs".into(), MOST)];
        let faults = |longer: &[&str]| {
            let longer: Vec<String> = longer.iter().map(ToString::to_string).collect();
            let mut faults = Vec::new();
            check_lengths(&lengths, &longer, &mut faults);
            faults
        };
        let found = faults(&[]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("src/a/long.rs: 401 lines"), "{found:?}");
        assert_eq!(faults(&["src/a"]), [""; 0]);
        let found = faults(&["src/a/long.rs", "src/short.rs"]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("src/short.rs: no file there is longer"), "{found:?}");
    }
}

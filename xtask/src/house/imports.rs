//! Which module uses which.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::words::{Word, without_tests, words};

/// One module's use of another.
pub(super) struct Import {
    pub(super) file: PathBuf,
    pub(super) line: usize,
    pub(super) from: Vec<String>,
    /// The module that contains the used item, or the used module itself.
    pub(super) to: Vec<String>,
}

type Files = BTreeMap<Vec<String>, (PathBuf, String)>;

/// The paths in each module's text, with their lines.
type Paths<'f> = BTreeMap<&'f [String], Vec<(Vec<String>, usize)>>;

/// Returns all uses of a crate's modules, by `use` or by a path.
pub(super) fn imports(files: &Files) -> Vec<Import> {
    let all: Paths<'_> = files
        .iter()
        .map(|(module, (_, text))| (module.as_slice(), paths(files, module, text)))
        .collect();
    let mut found = Vec::new();
    for (module, (file, _)) in files {
        for (to, line) in &all[module.as_slice()] {
            // A module may re-export its own parts.
            if !to.starts_with(module) {
                let (to, line) = (resolve(&all, to.clone()), *line);
                found.push(Import { file: file.clone(), line, from: module.clone(), to });
            }
        }
    }
    found
}

/// Follows re-exports of a module's own parts: `crate::Error` is `crate::error::Error`.
fn resolve(all: &Paths<'_>, mut path: Vec<String>) -> Vec<String> {
    for _ in 0..8 {
        // The longest prefix that is a file.
        let Some(known) = (0..path.len()).rev().find(|&end| all.contains_key(&path[..end])) else {
            break;
        };
        if all.contains_key(&path[..=known]) {
            break;
        }
        let (inner, name) = (&path[..known], &path[known]);
        let mut shown = all[inner].iter().map(|(to, _)| to);
        let Some(shown) = shown.find(|to| to.last() == Some(name) && to.len() > inner.len() + 1)
        else {
            break;
        };
        path = shown.clone();
    }
    path
}

/// Returns the paths in a module's text that begin with `crate`, `self` or `super`, as paths from the crate's root.
fn paths(files: &Files, module: &[String], text: &str) -> Vec<(Vec<String>, usize)> {
    let words = without_tests(module, words(text));
    let mut found = Vec::new();
    // The enclosing inline modules, and the depth of braces at which each ends.
    let mut inner: Vec<(String, usize)> = Vec::new();
    let mut depth = 0;
    let mut at = 0;
    while at < words.len() {
        let word = words[at].text;
        match word {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                inner.pop_if(|(_, end)| *end == depth);
            }
            "mod" if words.get(at + 2).is_some_and(|word| word.text == "{") => {
                inner.push((words[at + 1].text.to_owned(), depth));
            }
            "crate" | "self" | "super"
                if words.get(at + 1).is_some_and(|next| next.text == "::") =>
            {
                let mut base = module.to_vec();
                base.extend(inner.iter().map(|(name, _)| name.clone()));
                at = path(&words, at, base, &mut found);
                continue;
            }
            // A part of the module, without `self`.
            "use"
                if inner.is_empty()
                    && words.get(at + 1).is_some_and(|next| is_part(files, module, next)) =>
            {
                at = path(&words, at + 1, module.to_vec(), &mut found);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn is_part(files: &Files, module: &[String], word: &Word<'_>) -> bool {
    let mut part = module.to_vec();
    part.push(word.text.to_owned());
    files.contains_key(&part)
}

/// Reads one path, with its groups. Returns where it ends.
fn path(
    words: &[Word<'_>],
    mut at: usize,
    mut base: Vec<String>,
    found: &mut Vec<(Vec<String>, usize)>,
) -> usize {
    let line = words[at].line;
    while let Some(word) = words.get(at) {
        match word.text {
            "crate" => base.clear(),
            "self" => {}
            "super" => drop(base.pop()),
            "{" => return group(words, at + 1, &base, found),
            "*" => {
                at += 1;
                break;
            }
            name => base.push(name.to_owned()),
        }
        at += 1;
        if words.get(at).is_none_or(|next| next.text != "::") {
            break;
        }
        at += 1;
    }
    found.push((base, line));
    at
}

fn group(
    words: &[Word<'_>],
    mut at: usize,
    base: &[String],
    found: &mut Vec<(Vec<String>, usize)>,
) -> usize {
    while let Some(word) = words.get(at) {
        match word.text {
            "}" => return at + 1,
            "," => at += 1,
            // The new name in `X as Y`.
            "as" => at += 2,
            _ => at = path(words, at, base.to_vec(), found).max(at + 1),
        }
    }
    at
}

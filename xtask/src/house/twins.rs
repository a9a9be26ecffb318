//! Whatever a handle of blocking programs can do, its twin of async programs can: `AsyncDb` what `Db` can.

use std::collections::{BTreeMap, BTreeSet};

use super::Sources;
use super::arms::after;
use super::words::{Word, without_tests, words};

/// The names of the public calls of each type.
type Calls<'s> = BTreeMap<&'s str, BTreeSet<&'s str>>;

/// Checks that a type `AsyncX` has the public calls of `X`, except those in `alone`, as `X::call`.
pub(super) fn check(sources: &Sources, alone: &[String], faults: &mut Vec<String>) {
    let mut calls = Calls::new();
    for (module, (_, text)) in &sources.files {
        collect(&without_tests(module, words(text)), &mut calls);
    }
    let pairs: Vec<_> = calls
        .iter()
        .filter_map(|(twin, theirs)| {
            let name = twin.strip_prefix("Async").filter(|name| !name.is_empty())?;
            Some((name, twin, calls.get(name)?, theirs))
        })
        .collect();
    // Another crate has no handles.
    if pairs.is_empty() {
        return;
    }
    let mut missing = BTreeSet::new();
    for (name, twin, own, theirs) in pairs {
        for call in own.difference(theirs) {
            let full = format!("{name}::{call}");
            if !alone.contains(&full) {
                faults.push(format!(
                    "`{full}` has no `{twin}::{call}`: add it, or say in ARCHITECTURE.md what async programs do instead"
                ));
            }
            missing.insert(full);
        }
    }
    for listed in alone.iter().filter(|listed| !missing.contains(*listed)) {
        faults
            .push(format!("`{listed}` is not missing in async programs: remove it from the table"));
    }
}

/// Collects the public calls in a file's `impl` blocks that are of no trait.
fn collect<'t>(words: &[Word<'t>], calls: &mut Calls<'t>) {
    let mut at = 0;
    while at < words.len() {
        if words[at].text == "impl"
            && (at == 0 || matches!(words[at - 1].text, "}" | ";" | "]" | "{"))
            && let Some((ty, open)) = inherent(words, at)
        {
            let end = after(words, open);
            let public = public(&words[open + 1..end - 1]);
            calls.entry(ty).or_default().extend(public);
            at = end;
        } else {
            at += 1;
        }
    }
}

/// Returns the type of an `impl` block that is of no trait, and where its body begins.
fn inherent<'t>(words: &[Word<'t>], at: usize) -> Option<(&'t str, usize)> {
    let open = at + words[at..].iter().position(|word| word.text == "{")?;
    let head = &words[at + 1..open];
    if head.iter().any(|word| word.text == "for") {
        return None;
    }
    // The last name outside of angle brackets: `impl<'m> Migrator<'m>`, `impl crate::AsyncDb`.
    let mut depth = 0_usize;
    let mut ty = None;
    for word in head {
        match word.text {
            "<" => depth += 1,
            ">" => depth = depth.saturating_sub(1),
            "where" => break,
            text if depth == 0 && text.starts_with(char::is_alphabetic) => ty = Some(text),
            _ => {}
        }
    }
    Some((ty?, open))
}

/// Returns the names of the public calls in a block.
fn public<'t>(body: &[Word<'t>]) -> BTreeSet<&'t str> {
    let mut names = BTreeSet::new();
    let mut at = 0;
    while at < body.len() {
        if body[at].text == "pub" {
            let mut rest = body[at + 1..].iter().map(|word| word.text);
            let call = match (rest.next(), rest.next(), rest.next()) {
                (Some("fn"), name, _) | (Some("async" | "const"), Some("fn"), name) => name,
                _ => None,
            };
            names.extend(call);
        }
        at = after(body, at).max(at + 1);
    }
    names
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn faults(text: &str, alone: &[&str]) -> Vec<String> {
        let mut sources = Sources::default();
        sources.files.insert(vec!["handle".into()], (PathBuf::from("handle.rs"), text.into()));
        let alone: Vec<String> = alone.iter().map(|name| (*name).to_owned()).collect();
        let mut faults = Vec::new();
        check(&sources, &alone, &mut faults);
        faults
    }

    const HANDLES: &str = "
        impl<'d> Db<'d> {
            /// `pub fn text` is a text.
            pub fn find<T>(&self, f: impl Fn(T)) -> T { let pub_fn = (); { g(f) } }
            pub const fn limits(&self) {}
            pub(crate) fn own(&self) {}
            fn private(&self) {}
        }
        impl Clone for Db<'_> { fn clone(&self) -> Self {} }
        impl<T> AsyncDb<T> where T: Fn(u8) { pub async fn find(&self) {} }
        impl crate::AsyncDb { pub fn more(&self) {} }
        fn f() -> impl Iterator { pub_fn() }
    ";

    #[test]
    fn missing_calls_are_found() {
        let found = faults(HANDLES, &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("`Db::limits` has no `AsyncDb::limits`"), "{found:?}");
        assert!(faults(HANDLES, &["Db::limits"]).is_empty());
        let found = faults(HANDLES, &["Db::limits", "Db::find"]);
        assert!(found.len() == 1 && found[0].starts_with("`Db::find` is not missing"), "{found:?}");
        assert!(faults("impl Db { pub fn find(&self) {} }", &["Db::limits"]).is_empty());
    }
}

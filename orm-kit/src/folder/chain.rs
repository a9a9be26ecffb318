//! The chain that the snapshots of a folder form.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{FolderError, Snapshot};

/// A snapshot with its folder.
pub(super) type Link<'s> = (&'s Path, &'s Snapshot);

/// Returns the end of the chain of snapshots, or `None` if there are no snapshots. The snapshots come with their
/// folders, in the order of their versions.
///
/// # Errors
/// Fails if branches are not joined, or if the parent of a snapshot is missing.
pub(super) fn end<'s>(links: &[Link<'s>]) -> Result<Option<&'s Snapshot>, FolderError> {
    let ends = ends(links)?;
    match ends.as_slice() {
        [] => Ok(None),
        [(_, end)] => Ok(Some(*end)),
        _ => Err(FolderError::Branches { folders: beginnings(links, &ends) }),
    }
}

/// Returns the snapshots without a successor: one, unless there are branches.
///
/// # Errors
/// Fails if two snapshots are the same, or if the parent of a snapshot is missing.
pub(super) fn ends<'s>(links: &[Link<'s>]) -> Result<Vec<Link<'s>>, FolderError> {
    for (place, (folder, snapshot)) in links.iter().enumerate() {
        if let Some((other, _)) = links[..place].iter().find(|(_, known)| known.id == snapshot.id) {
            let folders = vec![(*other).to_owned(), (*folder).to_owned()];
            return Err(FolderError::Branches { folders });
        }
    }
    // A parent must come before its child, because it is applied first.
    let mut seen = HashSet::new();
    for (folder, snapshot) in links {
        if snapshot.parents().any(|parent| !seen.contains(parent)) {
            return Err(FolderError::NoParent { folder: (*folder).to_owned() });
        }
        seen.insert(snapshot.id.as_str());
    }
    let is_end = |(_, snapshot): &Link<'_>| {
        links.iter().all(|(_, other)| other.parents().all(|parent| parent != snapshot.id))
    };
    Ok(links.iter().copied().filter(is_end).collect())
}

/// Returns the newest snapshot that all of these follow.
pub(super) fn common<'s>(links: &[Link<'s>], ends: &[Link<'s>]) -> Option<&'s Snapshot> {
    let followed: Vec<_> = ends.iter().map(|end| followed(links, end.1)).collect();
    let is_common =
        |(_, snapshot): &&Link<'s>| followed.iter().all(|ids| ids.contains(snapshot.id.as_str()));
    links.iter().rev().find(is_common).map(|(_, snapshot)| *snapshot)
}

/// Returns the first snapshot of each branch.
fn beginnings(links: &[Link<'_>], ends: &[Link<'_>]) -> Vec<PathBuf> {
    let common = common(links, ends).map(|snapshot| snapshot.id.as_str());
    let of_branches: HashSet<&str> = ends.iter().flat_map(|end| followed(links, end.1)).collect();
    let begins = |(_, snapshot): &&Link<'_>| {
        of_branches.contains(snapshot.id.as_str()) && snapshot.parent.as_deref() == common
    };
    links.iter().filter(begins).map(|(folder, _)| (*folder).to_owned()).collect()
}

/// Returns the ids of a snapshot and of all that it follows.
fn followed<'s>(links: &[Link<'s>], end: &'s Snapshot) -> HashSet<&'s str> {
    let mut ids = HashSet::from([end.id.as_str()]);
    // Parents come before their children.
    for (_, snapshot) in links.iter().rev() {
        if ids.contains(snapshot.id.as_str()) {
            ids.extend(snapshot.parents());
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use orm_core::Dialect;
    use orm_core::schema::TableDef;

    use super::*;

    fn after(parent: Option<&Snapshot>, table: &str) -> Snapshot {
        Snapshot::new(Dialect::Sqlite, parent, vec![TableDef::new(table)])
    }

    #[test]
    fn the_end_follows_all_others() {
        let first = after(None, "a");
        let second = after(Some(&first), "b");
        let unchanged = after(Some(&second), "b");
        let chain = [
            (Path::new("1_x"), &first),
            (Path::new("3_x"), &second),
            (Path::new("4_x"), &unchanged),
        ];
        assert_eq!(end(&chain).unwrap(), Some(&unchanged));
        assert_eq!(end(&chain[..1]).unwrap(), Some(&first));
        assert_eq!(end(&[]).unwrap(), None);
    }

    #[test]
    fn branches_are_told_with_what_to_do() {
        let first = after(None, "a");
        let [ours, theirs] = [after(Some(&first), "b"), after(Some(&first), "c")];
        // The same change on both branches is written twice too.
        for theirs in [&theirs, &ours] {
            let chain =
                [(Path::new("1_x"), &first), (Path::new("2_x"), &ours), (Path::new("3_x"), theirs)];
            assert_eq!(
                end(&chain).unwrap_err().to_string(),
                "2_x and 3_x were both generated from the same schema, on branches that didn't know of each other: run \
                 `merge`, which joins them if they change different things; otherwise delete the one that is not \
                 applied anywhere yet (probably 3_x) and run `generate`, which writes it again on top of the other; if \
                 it is hand-written, delete only its snapshot.json"
            );
        }
    }

    #[test]
    fn a_parent_comes_before_its_child() {
        let first = after(None, "a");
        let second = after(Some(&first), "b");
        for chain in [
            vec![(Path::new("2_x"), &second)],
            vec![(Path::new("1_x"), &second), (Path::new("2_x"), &first)],
        ] {
            let error = end(&chain).unwrap_err().to_string();
            assert!(
                error.contains("was generated on top of a migration that is not in the folder"),
                "{error}"
            );
        }
    }
}

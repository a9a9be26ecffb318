//! The chain that the snapshots of a folder form.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::{FolderError, Snapshot};

/// The end of the chain of snapshots, which come with their folders in the order of their versions; `None` where there
/// are none.
///
/// # Errors
/// Two snapshots of one parent, and one whose parent is missing.
pub(super) fn end<'s>(
    links: &[(&Path, &'s Snapshot)],
) -> Result<Option<&'s Snapshot>, FolderError> {
    let mut children: BTreeMap<Option<&str>, Vec<PathBuf>> = BTreeMap::new();
    for (folder, snapshot) in links {
        children.entry(snapshot.parent.as_deref()).or_default().push((*folder).to_owned());
    }
    if let Some(folders) = children.values().find(|folders| folders.len() > 1) {
        return Err(FolderError::Branches { folders: folders.clone() });
    }
    // A parent must stand before its child: it is applied before it.
    let mut seen = HashSet::new();
    for (folder, snapshot) in links {
        if snapshot.parent.as_deref().is_some_and(|parent| !seen.contains(parent)) {
            return Err(FolderError::NoParent { folder: (*folder).to_owned() });
        }
        seen.insert(snapshot.id.as_str());
    }
    Ok(links.last().map(|(_, snapshot)| *snapshot))
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
        // The same change on both branches is written twice as well.
        for theirs in [&theirs, &ours] {
            let chain =
                [(Path::new("1_x"), &first), (Path::new("2_x"), &ours), (Path::new("3_x"), theirs)];
            assert_eq!(
                end(&chain).unwrap_err().to_string(),
                "2_x and 3_x were both generated from the same schema, on branches that didn't know of each other: \
                 delete the one that is not applied anywhere yet (probably 3_x) and run `generate` again, which \
                 writes it anew on top of the other; of a hand-written one delete its snapshot.json alone"
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

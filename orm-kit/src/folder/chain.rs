//! The chain that the snapshots of a folder form.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use super::{FolderError, Migration, Snapshot};

/// The end of the chain; `None` where no migration has a snapshot.
///
/// # Errors
/// Two snapshots of one parent, and one whose parent is missing.
pub(super) fn end(migrations: &[Migration]) -> Result<Option<&Snapshot>, FolderError> {
    let links: Vec<(&Migration, &Snapshot)> = migrations
        .iter()
        .filter_map(|migration| Some((migration, migration.snapshot.as_ref()?)))
        .collect();
    let mut children: BTreeMap<Option<&str>, Vec<PathBuf>> = BTreeMap::new();
    for (migration, snapshot) in &links {
        children.entry(snapshot.parent.as_deref()).or_default().push(migration.path.clone());
    }
    if let Some(folders) = children.values().find(|folders| folders.len() > 1) {
        return Err(FolderError::Branches { folders: folders.clone() });
    }
    // In the order of versions, so that a parent must stand before its child: it is applied before it.
    let mut seen = HashSet::new();
    for (migration, snapshot) in &links {
        if snapshot.parent.as_deref().is_some_and(|parent| !seen.contains(parent)) {
            return Err(FolderError::NoParent { folder: migration.path.clone() });
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

    fn migration(version: &str, snapshot: Option<&Snapshot>) -> Migration {
        Migration {
            version: version.into(),
            name: "x".into(),
            path: format!("{version}_x").into(),
            up: String::new(),
            down: None,
            snapshot: snapshot.cloned(),
        }
    }

    fn after(parent: Option<&Snapshot>, table: &str) -> Snapshot {
        Snapshot::new(Dialect::Sqlite, parent, vec![TableDef::new(table)])
    }

    #[test]
    fn the_end_follows_all_others() {
        let first = after(None, "a");
        let second = after(Some(&first), "b");
        let unchanged = after(Some(&second), "b");
        let chain = [
            migration("1", Some(&first)),
            migration("2", None),
            migration("3", Some(&second)),
            migration("4", Some(&unchanged)),
            migration("5", None),
        ];
        assert_eq!(end(&chain).unwrap(), Some(&unchanged));
        assert_eq!(end(&chain[..2]).unwrap(), Some(&first));
        assert_eq!(end(&[]).unwrap(), None);
    }

    #[test]
    fn branches_are_told_with_what_to_do() {
        let first = after(None, "a");
        let [ours, theirs] = [after(Some(&first), "b"), after(Some(&first), "c")];
        // The same change on both branches is written twice as well.
        for theirs in [&theirs, &ours] {
            let chain = [
                migration("1", Some(&first)),
                migration("2", Some(&ours)),
                migration("3", Some(theirs)),
            ];
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
            vec![migration("2", Some(&second))],
            vec![migration("1", Some(&second)), migration("2", Some(&first))],
        ] {
            let error = end(&chain).unwrap_err().to_string();
            assert!(
                error.contains("was generated on top of a migration that is not in the folder"),
                "{error}"
            );
        }
    }
}

//! Writes migrations: all of their files, or none.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use orm_core::Dialect;

use super::{Folder, FolderError, Snapshot};

/// A migration to write.
#[derive(Debug, Clone)]
pub struct NewMigration {
    /// The SQL that applies it.
    pub up: String,
    /// The SQL that rolls it back.
    pub down: String,
    /// Whether the program that runs the files begins and commits the transaction.
    pub run_in_transaction: bool,
    /// Whether it creates what already existed.
    pub baseline: bool,
    /// The schema after it.
    pub snapshot: Snapshot,
}

impl NewMigration {
    fn files(&self) -> [(&'static str, String); 4] {
        [
            ("up.sql", self.up.clone()),
            ("down.sql", self.down.clone()),
            ("snapshot.json", self.snapshot.text()),
            ("metadata.toml", self.metadata()),
        ]
    }

    fn metadata(&self) -> String {
        let baseline = if self.baseline { "baseline = true\n" } else { "" };
        format!("run_in_transaction = {}\n{baseline}", self.run_in_transaction)
    }

    fn dialect(&self) -> Dialect {
        self.snapshot.dialect
    }
}

/// Writes each migration to `<root>/<dialect>/<version>_<name>`, and returns the folders. Writes all of them or none:
/// each is written beside its destination and then moved, so that no program sees half a migration.
///
/// # Errors
/// Fails if a file can't be written, or if a folder already exists.
pub fn write(
    root: &Path,
    version: &str,
    name: &str,
    migrations: &[NewMigration],
) -> Result<Vec<PathBuf>, FolderError> {
    let mut written = Written::default();
    let mut moves = Vec::new();
    for migration in migrations {
        let parent = root.join(migration.dialect().name());
        fs::create_dir_all(&parent).map_err(FolderError::io("create", &parent))?;
        let place = parent.join(format!("{version}_{name}"));
        let draft = parent.join(format!(".{version}_{name}.{}", std::process::id()));
        fs::create_dir(&draft).map_err(FolderError::io("create", &draft))?;
        written.0.push(draft.clone());
        for (file, text) in migration.files() {
            let path = draft.join(file);
            fs::write(&path, text).map_err(FolderError::io("write", &path))?;
        }
        moves.push((draft, place));
    }
    for (draft, place) in &moves {
        fs::rename(draft, place).map_err(FolderError::io("write", place))?;
        written.0.push(place.clone());
    }
    written.0.clear();
    for migration in migrations {
        touch(root, migration.dialect(), version);
    }
    Ok(moves.into_iter().map(|(_, place)| place).collect())
}

/// Makes cargo notice the migration of this version. Cargo checks the times of the files that `migrations!` has
/// embedded, but no folders. So this sets the modification time of a file of the previous migration to now, without
/// changing its text.
fn touch(root: &Path, dialect: Dialect, version: &str) {
    let Ok(folder) = Folder::read(root, dialect) else { return };
    let before = folder.migrations.iter().rev().find(|before| before.sql.version() != version);
    if let Some(before) = before {
        // If this fails, a development build reports the missing migration when it migrates.
        let _ = fs::File::options()
            .append(true)
            .open(folder.path.join(before.sql.directory()).join("up.sql"))
            .and_then(|file| file.set_modified(SystemTime::now()));
    }
}

/// Removes the folders of migrations: all of them, or none. Hides each folder first, so that no program sees half a
/// migration.
///
/// # Errors
/// Fails if a folder can't be removed.
pub fn remove(places: &[PathBuf]) -> Result<(), FolderError> {
    let mut hidden: Vec<(PathBuf, &PathBuf)> = Vec::new();
    for place in places {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let draft = place.with_file_name(format!(".{name}.{}", std::process::id()));
        if let Err(error) = fs::rename(place, &draft) {
            for (draft, place) in hidden {
                // If renaming fails, nothing more can be done; the name says what the folder was.
                let _ = fs::rename(draft, place);
            }
            return Err(FolderError::io("remove", place)(error));
        }
        hidden.push((draft, place));
    }
    for (draft, place) in hidden {
        let removed = match draft.is_symlink() {
            true => fs::remove_file(&draft),
            false => fs::remove_dir_all(&draft),
        };
        removed.map_err(FolderError::io("remove", place))?;
    }
    Ok(())
}

/// Folders that are removed again unless everything was written.
#[derive(Default)]
struct Written(Vec<PathBuf>);

impl Drop for Written {
    fn drop(&mut self) {
        for folder in &self.0 {
            // If removing fails, nothing more can be done; a draft is hidden and never read.
            let _ = fs::remove_dir_all(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migrations() -> [NewMigration; 2] {
        [Dialect::Sqlite, Dialect::Postgres].map(|dialect| NewMigration {
            up: "CREATE TABLE a (id INTEGER);\n".into(),
            down: "DROP TABLE a;\n".into(),
            run_in_transaction: dialect == Dialect::Postgres,
            baseline: false,
            snapshot: Snapshot::new(dialect, None, Vec::new()),
        })
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_written_is_read_again() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().join("new/migrations");
        let places = write(&root, "20260102030405", "create_a", &migrations()).unwrap();
        assert_eq!(places[1], root.join("postgres/20260102030405_create_a"));
        for (dialect, written) in [Dialect::Sqlite, Dialect::Postgres].into_iter().zip(migrations())
        {
            let folder = Folder::read(&root, dialect).unwrap();
            let [migration] = &folder.migrations[..] else { panic!("{folder:?}") };
            let sql = &migration.sql;
            assert_eq!((sql.version(), sql.name()), ("20260102030405", "create_a"));
            assert_eq!((sql.up(), sql.down()), (&*written.up, Some(&*written.down)));
            assert_eq!(sql.runs_in_transaction(), written.run_in_transaction);
            assert_eq!(folder.latest().unwrap(), Some(&written.snapshot));
            assert_eq!(names(&folder.path), ["20260102030405_create_a"]);
        }
        let metadata = fs::read_to_string(places[0].join("metadata.toml")).unwrap();
        assert_eq!(metadata, "run_in_transaction = false\n");
    }

    #[test]
    fn a_file_of_the_migration_before_is_touched() {
        let root = tempfile::tempdir().unwrap();
        let old = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        let first = write(root.path(), "1", "a", &migrations()).unwrap();
        let files = first.iter().map(|place| place.join("up.sql"));
        let time = |file: &PathBuf| fs::metadata(file).unwrap().modified().unwrap();
        let files: Vec<PathBuf> = files.collect();
        for file in &files {
            fs::File::options().append(true).open(file).unwrap().set_modified(old).unwrap();
        }
        write(root.path(), "2", "b", &migrations()[..1]).unwrap();
        assert!(time(&files[0]) > old);
        assert_eq!(time(&files[1]), old, "no migration of the other database was written");
        assert_eq!(fs::read_to_string(&files[0]).unwrap(), migrations()[0].up);
    }

    #[test]
    fn a_failure_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        // Something already exists at the second destination.
        let taken = root.path().join("postgres/1_a");
        fs::create_dir_all(&taken).unwrap();
        fs::write(taken.join("up.sql"), "SELECT 1;").unwrap();
        let error = write(root.path(), "1", "a", &migrations()).unwrap_err().to_string();
        assert!(error.starts_with("can't write ") && error.contains("postgres/1_a"), "{error}");
        assert_eq!(names(&root.path().join("sqlite")), [""; 0]);
        assert_eq!(names(&root.path().join("postgres")), ["1_a"]);
        assert_eq!(names(&taken), ["up.sql"]);
    }

    #[test]
    fn migrations_of_others_are_read() {
        let root = tempfile::tempdir().unwrap();
        let by_hand = root.path().join("sqlite/2024-01-02-030405_by_diesel");
        fs::create_dir_all(&by_hand).unwrap();
        fs::write(by_hand.join("up.sql"), "SELECT 1;").unwrap();
        let folder = Folder::read(root.path(), Dialect::Sqlite).unwrap();
        assert_eq!(folder.newest_version(), Some("20240102030405"));
        assert_eq!(folder.latest().unwrap(), None);
        assert!(Folder::read(root.path(), Dialect::Postgres).unwrap().migrations.is_empty());
        fs::remove_file(by_hand.join("up.sql")).unwrap();
        let error = Folder::read(root.path(), Dialect::Sqlite).unwrap_err().to_string();
        assert!(error.contains("by_diesel") && error.contains("no up.sql"), "{error}");
    }

    #[test]
    fn migrations_of_one_database_are_not_passed_over() {
        let root = tempfile::tempdir().unwrap();
        assert!(Folder::read(root.path(), Dialect::Sqlite).unwrap().migrations.is_empty());
        let flat = root.path().join("2024-01-02-030405_by_diesel");
        fs::create_dir_all(&flat).unwrap();
        fs::write(flat.join("up.sql"), "SELECT 1;").unwrap();
        let error = Folder::read(root.path(), Dialect::Sqlite).unwrap_err().to_string();
        assert!(error.contains("by_diesel") && error.contains("move them"), "{error}");
    }
}

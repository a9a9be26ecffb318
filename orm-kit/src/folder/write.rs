//! Writes migrations: all of their files, or none.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use orm_core::Dialect;
use orm_core::migration::{self, Layout};

use super::{Folder, FolderError, Migration, Snapshot, Versions};

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
    /// Returns the files beside the SQL that applies it.
    fn files_beside(&self) -> Vec<(&'static str, String)> {
        vec![("down.sql", self.down.clone()), ("snapshot.json", self.snapshot.text())]
    }

    fn metadata(&self) -> (&'static str, String) {
        let baseline = if self.baseline { "baseline = true\n" } else { "" };
        let text = format!("run_in_transaction = {}\n{baseline}", self.run_in_transaction);
        ("metadata.toml", text)
    }

    fn dialect(&self) -> Dialect {
        self.snapshot.dialect
    }

    /// Writes the files as drafts, and says where each belongs; what applies the migration comes last.
    fn draft(
        &self,
        layout: Layout,
        parent: &Path,
        name: &str,
        written: &mut Written,
    ) -> Result<Vec<(PathBuf, PathBuf)>, FolderError> {
        let mut files = self.files_beside();
        let beside = layout.beside(parent, name);
        let moves = match layout {
            Layout::Folders => {
                files.extend([("up.sql", self.up.clone()), self.metadata()]);
                vec![(hidden(&beside), beside)]
            }
            Layout::Files => {
                // A batch is always a transaction.
                files.extend(self.baseline.then(|| self.metadata()));
                let place = layout.place(parent, name);
                let draft = hidden(&place);
                fs::write(&draft, &self.up).map_err(FolderError::io("write", &draft))?;
                written.0.push(draft.clone());
                vec![(hidden(&beside), beside), (draft, place)]
            }
        };
        let (draft, _) = &moves[0];
        fs::create_dir_all(draft).map_err(FolderError::io("create", draft))?;
        written.0.push(draft.clone());
        for (file, text) in files {
            let path = draft.join(file);
            fs::write(&path, text).map_err(FolderError::io("write", &path))?;
        }
        Ok(moves)
    }
}

/// Returns the place beside this one for what isn't ready, or goes: no program reads it.
fn hidden(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.{}", std::process::id()))
}

/// Writes each migration to `<root>/<dialect>/<version>_<name>`, and returns the folders or files. Writes all of them or
/// none: each is written beside its destination and then moved, so that no program sees half a migration.
///
/// # Errors
/// Fails if a file can't be written, or if a migration of the name already exists.
pub fn write(
    root: &Path,
    versions: &Versions,
    name: &str,
    migrations: &[NewMigration],
) -> Result<Vec<PathBuf>, FolderError> {
    let mut written = Written::default();
    let mut moves = Vec::new();
    let mut places = Vec::new();
    for migration in migrations {
        let dialect = migration.dialect();
        let parent = root.join(dialect.name());
        fs::create_dir_all(&parent).map_err(FolderError::io("create", &parent))?;
        let layout = migration::Migration::layout(dialect);
        let name = format!("{}_{name}", versions.of(dialect));
        moves.extend(migration.draft(layout, &parent, &name, &mut written)?);
        places.push(layout.place(&parent, &name));
    }
    for (draft, place) in &moves {
        // A file would take the place of another.
        let moved = match draft.is_file() && place.exists() {
            true => Err(io::ErrorKind::AlreadyExists.into()),
            false => fs::rename(draft, place),
        };
        moved.map_err(FolderError::io("write", place))?;
        written.0.push(place.clone());
    }
    written.0.clear();
    for migration in migrations {
        touch(root, migration.dialect(), versions.of(migration.dialect()));
    }
    Ok(places)
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
            .open(&before.up)
            .and_then(|file| file.set_modified(SystemTime::now()));
    }
}

/// Writes a snapshot for a migration that another tool wrote, and returns the file: what is generated next follows it.
///
/// # Errors
/// Fails if the file can't be written.
pub fn write_snapshot(migration: &Migration, snapshot: &Snapshot) -> Result<PathBuf, FolderError> {
    let folder = &migration.beside;
    fs::create_dir_all(folder).map_err(FolderError::io("create", folder))?;
    let path = folder.join("snapshot.json");
    fs::write(&path, snapshot.text()).map_err(FolderError::io("write", &path))?;
    Ok(path)
}

/// Removes migrations, by their folders and files: all of them, or none. Hides each first, so that no program sees half a
/// migration.
///
/// # Errors
/// Fails if a folder or file can't be removed.
pub fn remove(places: &[PathBuf]) -> Result<(), FolderError> {
    let mut drafts: Vec<(PathBuf, &PathBuf)> = Vec::new();
    for place in places {
        let draft = hidden(place);
        if let Err(error) = fs::rename(place, &draft) {
            for (draft, place) in drafts {
                // If renaming fails, nothing more can be done; the name says what the folder was.
                let _ = fs::rename(draft, place);
            }
            return Err(FolderError::io("remove", place)(error));
        }
        drafts.push((draft, place));
    }
    for (draft, place) in drafts {
        removed(&draft).map_err(FolderError::io("remove", place))?;
    }
    Ok(())
}

fn removed(place: &Path) -> io::Result<()> {
    match place.is_symlink() || place.is_file() {
        true => fs::remove_file(place),
        false => fs::remove_dir_all(place),
    }
}

/// Folders and files that are removed again unless everything was written.
#[derive(Default)]
struct Written(Vec<PathBuf>);

impl Drop for Written {
    fn drop(&mut self) {
        for place in &self.0 {
            // If removing fails, nothing more can be done; a draft is hidden and never read.
            let _ = removed(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(version: &str) -> Versions {
        Versions { time: version.into(), number: "0001".into() }
    }

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
        let places = write(&root, &versions("20260102030405"), "create_a", &migrations()).unwrap();
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
    fn files_of_wrangler_have_their_snapshots_beside_them() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let own = NewMigration {
            snapshot: Snapshot::new(Dialect::D1, None, Vec::new()),
            ..migrations()[0].clone()
        };
        let places = write(root, &versions("1"), "create_a", std::slice::from_ref(&own)).unwrap();
        assert_eq!(places, [root.join("d1/0001_create_a.sql")]);
        assert_eq!(names(&root.join("d1")), ["0001_create_a.sql", "meta"]);
        assert_eq!(names(&root.join("d1/meta/0001_create_a")), ["down.sql", "snapshot.json"]);
        let folder = Folder::read(root, Dialect::D1).unwrap();
        let [migration] = &folder.migrations[..] else { panic!("{folder:?}") };
        assert_eq!((migration.sql.up(), migration.sql.down()), (&*own.up, Some(&*own.down)));
        assert_eq!(folder.latest().unwrap(), Some(&own.snapshot));
        // Nothing takes the place of a file.
        let error = write(root, &versions("1"), "create_a", &[own]).unwrap_err().to_string();
        assert!(error.starts_with("can't write "), "{error}");
        assert_eq!(names(&root.join("d1")), ["0001_create_a.sql", "meta"]);
        remove(&[places[0].clone(), migration.beside.clone()]).unwrap();
        assert_eq!(names(&root.join("d1")), ["meta"]);
        assert_eq!(names(&root.join("d1/meta")), [""; 0]);
    }

    #[test]
    fn a_file_of_the_migration_before_is_touched() {
        let root = tempfile::tempdir().unwrap();
        let old = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        let first = write(root.path(), &versions("1"), "a", &migrations()).unwrap();
        let files = first.iter().map(|place| place.join("up.sql"));
        let time = |file: &PathBuf| fs::metadata(file).unwrap().modified().unwrap();
        let files: Vec<PathBuf> = files.collect();
        for file in &files {
            fs::File::options().append(true).open(file).unwrap().set_modified(old).unwrap();
        }
        write(root.path(), &versions("2"), "b", &migrations()[..1]).unwrap();
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
        let error = write(root.path(), &versions("1"), "a", &migrations()).unwrap_err().to_string();
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

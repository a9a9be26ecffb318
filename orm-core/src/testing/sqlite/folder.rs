//! The temporary folder of all tests on SQLite.
//!
//! It belongs to the user, and has the images and a folder for each run of a test program. A run locks a file in its folder
//! as long as it lasts, even if it crashes, so that the next one knows what it can remove.

use std::collections::{HashMap, HashSet};
use std::fs::{self, DirEntry, File};
use std::io::ErrorKind as IoKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use uuid::Uuid;

use super::super::label::file_name;
use super::failed;
use crate::error::{Error, ErrorKind, Result};

/// The file that a run locks.
const LOCK: &str = "lock";
/// The most images that are kept.
const IMAGES: usize = 64;
/// The endings of SQLite's other files.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// This run of a test program.
pub(super) struct Run {
    all: PathBuf,
    own: PathBuf,
    _locked: File,
    /// The names of files so far.
    names: Mutex<HashSet<String>>,
    /// Databases of failed tests, of runs that have ended, by their names.
    kept: Mutex<HashMap<String, Vec<PathBuf>>>,
}

impl Run {
    /// Returns this run, which begins with its first test.
    pub(super) fn get() -> Result<&'static Self> {
        static RUN: OnceLock<Result<Run>> = OnceLock::new();
        RUN.get_or_init(|| Self::begin(own_folder()?)).as_ref().map_err(Error::duplicate)
    }

    fn begin(all: PathBuf) -> Result<Self> {
        let runs = File::create(all.join(LOCK)).and_then(|lock| lock.lock().map(|()| lock));
        let runs = runs.map_err(|error| failed("lock", &all.join(LOCK), &error))?;
        let kept = sweep(&all);
        let own = all.join(format!("run-{}", Uuid::new_v4().simple()));
        fs::create_dir(&own).map_err(|error| failed("create", &own, &error))?;
        let lock = own.join(LOCK);
        let locked = File::create(&lock).and_then(|file| file.lock().map(|()| file));
        let locked = locked.map_err(|error| failed("lock", &lock, &error))?;
        // Until here, another run could have taken the folder for that of one that has ended.
        drop(runs);
        Ok(Self { all, own, _locked: locked, names: Mutex::default(), kept: Mutex::new(kept) })
    }

    /// Returns the path of a new file for a test, and removes what is kept of its earlier runs.
    pub(super) fn new_file(&self, package: &str, test: &str) -> Result<PathBuf> {
        let name = file_name(package, test);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
        for file in kept.into_iter().flatten() {
            remove(&file)?;
            let _ = fs::remove_file(marker(&file));
            if let Some(folder) = file.parent() {
                remove_if_empty(folder);
            }
        }
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        // A test may run several times in a program.
        let numbered =
            (1..).map(|number| if number == 1 { name.clone() } else { format!("{name}-{number}") });
        let free = numbered.into_iter().find(|name| names.insert(name.clone()));
        Ok(self.own.join(format!("{}.db", free.unwrap_or(name))))
    }

    /// Returns the path of an image.
    pub(super) fn image(&self, hash: &str) -> PathBuf {
        self.all.join(format!("image-{hash}.db"))
    }
}

/// Returns the folder, created if it is missing.
fn own_folder() -> Result<PathBuf> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
        // SAFETY: it only reads a number of this process.
        let user = unsafe { libc::geteuid() };
        let folder = std::env::temp_dir().join(format!("mizzle-tests-{user}"));
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() != IoKind::AlreadyExists => {
                return Err(failed("create", &folder, &error));
            }
            _ => {}
        }
        let found =
            fs::symlink_metadata(&folder).map_err(|error| failed("read", &folder, &error))?;
        // Other users can write to the temporary folder.
        if !found.is_dir() || found.uid() != user || found.mode() & 0o077 != 0 {
            let message = format!("{} is not a folder that only you can use", folder.display());
            return Err(Error::new(ErrorKind::Config, message)
                .with_hint("remove it, or set the environment variable TMPDIR to another folder"));
        }
        Ok(folder)
    }
    #[cfg(not(unix))]
    {
        let folder = std::env::temp_dir().join("mizzle-tests");
        fs::create_dir_all(&folder).map_err(|error| failed("create", &folder, &error))?;
        Ok(folder)
    }
}

/// Removes what runs that have ended left behind, except databases of failed tests, which it returns. What can't be removed
/// stays for the next run.
fn sweep(all: &Path) -> HashMap<String, Vec<PathBuf>> {
    let mut kept: HashMap<String, Vec<PathBuf>> = HashMap::new();
    let mut images = Vec::new();
    for entry in entries(all) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("image-") {
            images.push((entry.metadata().and_then(|found| found.modified()).ok(), entry.path()));
        } else if name.starts_with("run-") && has_ended(&entry.path()) {
            for (name, file) in clear(&entry.path()) {
                kept.entry(name).or_default().push(file);
            }
        }
    }
    images.sort();
    for (_, image) in images.iter().rev().skip(IMAGES) {
        let _ = fs::remove_file(image);
    }
    kept
}

/// Whether the run with this folder has ended. Nobody else looks at the same time, as that takes the lock of all runs.
fn has_ended(run: &Path) -> bool {
    match File::open(run.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_ok(),
        // It ended before it could lock it.
        Err(error) => error.kind() == IoKind::NotFound,
    }
}

/// Removes the files of a run that has ended, except the databases that are kept, which it returns with their names.
fn clear(run: &Path) -> Vec<(String, PathBuf)> {
    let files: Vec<PathBuf> = entries(run).map(|entry| entry.path()).collect();
    let kept: Vec<&PathBuf> =
        files.iter().filter(|file| is_database(file) && marker(file).exists()).collect();
    for file in &files {
        let text = file.as_os_str().to_string_lossy();
        let stays = kept.iter().any(|kept| text.starts_with(&*kept.as_os_str().to_string_lossy()));
        if !stays && !file.ends_with(LOCK) {
            let _ = fs::remove_file(file);
        }
    }
    remove_if_empty(run);
    let named = |file: &PathBuf| {
        let name = file.file_stem()?.to_string_lossy().into_owned();
        // Of a test that ran several times.
        let is_number = |end: &str| end.len() < 8 && end.bytes().all(|byte| byte.is_ascii_digit());
        let name = match name.rsplit_once('-') {
            Some((start, end)) if is_number(end) => start.to_owned(),
            _ => name,
        };
        Some((name, file.clone()))
    };
    kept.into_iter().filter_map(named).collect()
}

fn is_database(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "db")
}

/// Removes a run's folder, unless a database is kept in it.
fn remove_if_empty(run: &Path) {
    if entries(run).all(|entry| entry.file_name() == LOCK) {
        let _ = fs::remove_file(run.join(LOCK));
        let _ = fs::remove_dir(run);
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = DirEntry> {
    fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok)
}

/// Removes a database, if it is there.
pub(super) fn remove(file: &Path) -> Result<()> {
    for file in files_of(file) {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != IoKind::NotFound => {
                return Err(failed("remove", &file, &error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether the last connection to a database has left something beside its file.
pub(super) fn is_in_use(file: &Path) -> bool {
    files_of(file).skip(1).any(|file| file.exists())
}

fn files_of(file: &Path) -> impl Iterator<Item = PathBuf> {
    let beside = |ending: &str| with_ending(file, ending);
    let beside = BESIDE.map(beside);
    std::iter::once(file.to_owned()).chain(beside)
}

/// Lets later runs keep a database until its test runs again.
pub(super) fn mark_as_kept(file: &Path) -> Result<()> {
    let marker = marker(file);
    File::create(&marker).map(drop).map_err(|error| failed("create", &marker, &error))
}

fn marker(file: &Path) -> PathBuf {
    with_ending(file, ".kept")
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

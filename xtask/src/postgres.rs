//! A throwaway PostgreSQL server.

use std::env;
use std::fs::{self, DirBuilder, File};
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{process, setup};

/// The variable with the server's URL for the tests.
pub(crate) const URL_VARIABLE: &str = "MIZZLE_TEST_POSTGRES_URL";

/// The variable that says that PostgreSQL's server and PgBouncer are installed, so tests start more of them
/// and skip nothing.
const OWN_SERVERS_VARIABLE: &str = "MIZZLE_TEST_OWN_SERVERS";

/// The user's settings that would change the result of a test.
const FOREIGN_VARIABLES: [&str; 16] = [
    "DATABASE_URL",
    "DB_CONNECTION_TIMEOUT",
    "DB_MAX_RETRIES",
    "DB_POOL_SIZE",
    "DB_RETRY_BASE_DELAY",
    "PGAPPNAME",
    "PGDATABASE",
    "PGHOST",
    "PGHOSTADDR",
    "PGOPTIONS",
    "PGPASSFILE",
    "PGPASSWORD",
    "PGPORT",
    "PGSERVICE",
    "PGSSLMODE",
    "PGUSER",
];

/// A server in its own folder, with the superuser `mizzle` and a password that is checked.
///
/// On drop, it is stopped and its folder removed, and also if this program dies in any other way.
pub(crate) struct Server {
    programs: PathBuf,
    password: String,
    port: u16,
    folder: PathBuf,
    _guard: Guard,
}

/// What a server is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Many small databases that come and go.
    Tests,
    /// One database, on a disk, with the server's usual settings.
    Bench,
}

impl Server {
    /// Installs PostgreSQL if it is missing, and starts a server.
    pub(crate) fn start(purpose: Purpose) -> Result<Self> {
        setup::postgres()?;
        let programs = setup::postgres_programs().context(
            "the package postgresql is installed, but initdb, pg_ctl and postgres are not found",
        )?;
        let user = User::for_server()?;
        let folder = new_folder(&user, purpose)?;
        let guard = Guard::start(&programs, &folder, &user)?;
        let password = random_hex(16)?;
        init(&programs, &folder, &user, &password, purpose)?;
        let port = launch(&programs, &folder, &user)?;
        Ok(Self { programs, password, port, folder, _guard: guard })
    }

    /// Returns the folder of its files.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// Returns a command that runs as the server's user.
    pub(crate) fn user_command(&self, program: &Path) -> Result<Command> {
        Ok(User::for_server()?.command(program))
    }

    /// Makes the server's user the owner of a file.
    pub(crate) fn give(&self, path: &Path) -> Result<()> {
        User::for_server()?.own(path)
    }

    /// Returns the address of the database `postgres`.
    pub(crate) fn url(&self) -> String {
        self.database_url("postgres")
    }

    fn database_url(&self, database: &str) -> String {
        self.url_through(self.port, database)
    }

    /// Returns the address of a database through another port, which leads to the server's.
    pub(crate) fn url_through(&self, port: u16, database: &str) -> String {
        format!("postgres://mizzle:{}@127.0.0.1:{port}/{database}", self.password)
    }

    /// Returns the address of a database through the server's socket.
    pub(crate) fn socket_url(&self, database: &str) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://mizzle:{}@{folder}:{}/{database}", self.password, self.port)
    }

    /// Creates an empty database and returns its address.
    pub(crate) fn create_database(&self, name: &str) -> Result<String> {
        let mut createdb = Command::new(self.programs.join("createdb"));
        process::quiet(createdb.arg(format!("--maintenance-db={}", self.url())).arg(name))?;
        Ok(self.database_url(name))
    }

    /// Passes the server's address to a command, and its programs, such as `psql`, if PATH lacks them.
    pub(crate) fn lend_to(&self, command: &mut Command) {
        for variable in FOREIGN_VARIABLES {
            command.env_remove(variable);
        }
        command.env(URL_VARIABLE, self.url());
        command.env(OWN_SERVERS_VARIABLE, "1");
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = env::split_paths(&path).chain([self.programs.clone()]);
        if let Ok(path) = env::join_paths(folders) {
            command.env("PATH", path);
        }
    }
}

/// The user who runs the server: it refuses to be root.
struct User(Option<(u32, u32)>);

impl User {
    fn for_server() -> Result<Self> {
        if setup::user_id("")? != 0 {
            return Ok(Self(None));
        }
        let name = if setup::user_id("postgres").is_ok() { "postgres" } else { "nobody" };
        Ok(Self(Some((setup::user_id(name)?, setup::group_id(name)?))))
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        // A folder that any user can enter.
        command.current_dir("/");
        if let Self(Some((user, group))) = self {
            command.uid(*user).gid(*group);
        }
        command
    }

    fn own(&self, path: &Path) -> Result<()> {
        let Self(Some((user, group))) = self else { return Ok(()) };
        chown(path, Some(*user), Some(*group)).with_context(|| format!("can't give away {path:?}"))
    }
}

/// A shell that waits for the end of this program, whatever its cause, and cleans up: it reads from a pipe that only
/// this program writes to.
struct Guard {
    shell: Child,
    lifeline: Option<ChildStdin>,
}

/// `$1` is the programs' folder, `$2` the server's.
const CLEAN_UP: &str = r#"
trap '' INT TERM HUP
while read -r _; do :; done
if [ -f "$2/pgbouncer.pid" ]; then
    kill "$(cat "$2/pgbouncer.pid")"
fi
if [ -f "$2/data/postmaster.pid" ]; then
    "$1/pg_ctl" -D "$2/data" -m fast -w -t 20 stop || "$1/pg_ctl" -D "$2/data" -m immediate -w stop
fi
rm -rf "$2"
"#;

impl Guard {
    fn start(programs: &Path, folder: &Path, user: &User) -> Result<Self> {
        let mut shell = user
            .command("sh")
            .args(["-c", CLEAN_UP, "sh"])
            .args([programs, folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("can't start the shell that will stop the server")?;
        let lifeline = shell.stdin.take();
        Ok(Self { shell, lifeline })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        if let Err(error) = self.shell.wait() {
            eprintln!("can't wait for the server's end: {error}");
        }
    }
}

/// Files in memory, on Linux. A database has 300 files, and a file system may take as long for those of each test as the
/// test for all the rest.
const MEMORY: &str = "/dev/shm";

/// Returns whether the files of a test run fit into a folder: 2 GiB are free there.
fn has_room(folder: &Path) -> bool {
    let listed = Command::new("df").arg("-Pk").arg(folder).stdin(Stdio::null()).output();
    let listed = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    listed.is_ok_and(|listed| free_kibibytes(&listed) >= Some(2 << 20))
}

/// Returns the free space in the output of `df -Pk`.
fn free_kibibytes(listed: &str) -> Option<u64> {
    listed.lines().nth(1)?.split_ascii_whitespace().nth(3)?.parse().ok()
}

/// Creates an empty folder that belongs to `user`, with a path short enough for a socket.
fn new_folder(user: &User, purpose: Purpose) -> Result<PathBuf> {
    let temporary = match (purpose, user) {
        (Purpose::Tests, _) if has_room(Path::new(MEMORY)) => PathBuf::from(MEMORY),
        (_, User(Some(_))) => PathBuf::from("/tmp"),
        (_, User(None)) => env::temp_dir(),
    };
    let folder = temporary.join(format!("mizzle-postgres-{}", random_hex(4)?));
    DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .with_context(|| format!("can't create {folder:?}"))?;
    user.own(&folder)?;
    Ok(folder)
}

fn init(
    programs: &Path,
    folder: &Path,
    user: &User,
    password: &str,
    purpose: Purpose,
) -> Result<()> {
    let data = folder.join("data");
    let password_file = folder.join("password");
    fs::write(&password_file, password).context("can't write the password for initdb")?;
    user.own(&password_file)?;
    let mut initdb = user.command(programs.join("initdb"));
    initdb
        .args(["--username=mizzle", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"])
        // Text in the order of its code points, as on SQLite.
        .arg("--locale=C.UTF-8")
        .arg("--pwfile")
        .arg(&password_file)
        .arg("--pgdata")
        .arg(&data);
    process::quiet(&mut initdb)?;
    let config = data.join("postgresql.conf");
    let defaults = fs::read_to_string(&config).context("initdb has written no postgresql.conf")?;
    fs::write(&config, defaults + &settings(folder, purpose)).context("can't write postgresql.conf")
}

fn settings(folder: &Path, purpose: Purpose) -> String {
    let folder = folder.display();
    // The tests' tables have no statistics, so that the planner takes small queries for long ones. Compiling those takes
    // a hundred times as long as running them.
    let jit = if purpose == Purpose::Tests { "off" } else { "on" };
    format!(
        "
listen_addresses = '127.0.0.1'
unix_socket_directories = '{folder}'
max_connections = 200
lc_messages = 'C'
# The data need not survive a power failure.
fsync = off
synchronous_commit = off
full_page_writes = off
jit = {jit}
# Far from UTC, and not by whole hours, so that code which forgets the time zone fails.
timezone = 'Asia/Kathmandu'
"
    )
}

/// Starts the server and returns its port.
fn launch(programs: &Path, folder: &Path, user: &User) -> Result<u16> {
    let log = folder.join("log");
    for _ in 0..5 {
        let port = free_port()?;
        let mut pg_ctl = user.command(programs.join("pg_ctl"));
        pg_ctl.args(["-w", "-t", "60", "-o", &format!("-p {port}")]);
        pg_ctl.arg("-D").arg(folder.join("data")).arg("-l").arg(&log).arg("start");
        let Err(error) = process::quiet(&mut pg_ctl) else { return Ok(port) };
        let said = fs::read_to_string(&log).unwrap_or_default();
        // Another program may take the port between our check and the server's start.
        if process::interrupted() || !said.contains("Address already in use") {
            return Err(error.context(said).context("the PostgreSQL server doesn't start"));
        }
        fs::remove_file(&log).context("can't remove the server's log")?;
    }
    bail!("found no free port for the PostgreSQL server");
}

pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("can't listen on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

fn random_hex(bytes: usize) -> Result<String> {
    let mut random = vec![0; bytes];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut random))
        .context("can't read /dev/urandom")?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn df_says_what_is_free() {
        let listed = "Filesystem 1024-blocks  Used Available Capacity Mounted on\n\
                      shm             65536    12     65524       1% /dev/shm\n";
        assert_eq!(free_kibibytes(listed), Some(65_524));
        assert_eq!(free_kibibytes("df: /dev/shm: No such file or directory\n"), None);
        assert_eq!(free_kibibytes(""), None);
        assert!(!has_room(Path::new("/dev/no such folder")));
    }
}

//! A throwaway PostgreSQL server that can be taken away: stopped, killed, started again.

#![allow(dead_code, reason = "the example and the tests that share it use different parts")]

use std::fs::{self, DirBuilder};
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A throwaway server in its own folder, with the superuser `mizzle` and a password that the server checks.
///
/// It is stopped and its folder removed when this is dropped, and also when this program dies in any other way.
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
    password: String,
    _guard: Guard,
}

/// The folder of `initdb`, `pg_ctl` and `postgres`, if they are installed.
pub fn programs() -> Option<PathBuf> {
    // Debian keeps each version in a separate folder, outside of PATH.
    let mut installed: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    installed.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    installed.into_iter().rev().map(|(_, folder)| folder).chain(std::env::split_paths(&path)).find(
        |folder| ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).exists()),
    )
}

impl Server {
    /// Prepares a server, without starting it. `settings` are lines for `postgresql.conf`.
    pub fn prepare(settings: &str) -> Result<Self> {
        let server = Self::without_data(format!("{:x}", random()?))?;
        server.init(settings)?;
        Ok(server)
    }

    /// Starts a replica of this server, by streaming replication.
    pub fn replica(&self, settings: &str) -> Result<Self> {
        let replica = Self::without_data(self.password.clone())?;
        let mut backup = replica.command("pg_basebackup");
        backup
            .args(["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast"])
            .args(["--no-sync", "--dbname"])
            .arg(self.conninfo())
            .arg("--pgdata")
            .arg(replica.data());
        quiet(&mut backup)?;
        replica.add_settings(&format!("port = {}\n{settings}", replica.port))?;
        replica.up()?;
        Ok(replica)
    }

    /// Makes the replica a primary.
    pub fn promote(&self) -> Result<()> {
        self.pg_ctl(&["-w", "-t", "60", "promote"])
    }

    /// Makes the server, which must not run, a replica of `primary` when it starts; or a running replica follow that one.
    pub fn follow(&self, primary: &Self, runs: bool) -> Result<()> {
        self.add_settings(&format!("primary_conninfo = '{}'", primary.conninfo()))?;
        // Settings that pg_basebackup has written there come last.
        fs::write(self.data().join("postgresql.auto.conf"), "")?;
        let signal = self.data().join("standby.signal");
        fs::write(&signal, "")?;
        own(&signal, self.user)?;
        if runs { self.pg_ctl(&["reload"]) } else { Ok(()) }
    }

    fn conninfo(&self) -> String {
        let Self { port, password, .. } = self;
        format!("host=127.0.0.1 port={port} user=mizzle password={password}")
    }

    fn add_settings(&self, settings: &str) -> Result<()> {
        let config = self.data().join("postgresql.conf");
        let before = fs::read_to_string(&config)?;
        fs::write(&config, format!("{before}\n{settings}\n"))?;
        Ok(())
    }

    fn without_data(password: String) -> Result<Self> {
        let programs = programs().ok_or("PostgreSQL's server is not installed")?;
        let user = server_user()?;
        let id = format!("{}-{:x}", std::process::id(), random()?);
        // A folder that any user can enter.
        let folder = PathBuf::from("/tmp").join(format!("mizzle-outage-{id}"));
        DirBuilder::new().mode(0o700).create(&folder)?;
        let guard = Guard::start(&programs, &folder, user)?;
        own(&folder, user)?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        Ok(Self { programs, folder, user, port, password, _guard: guard })
    }

    /// Prepares a server and starts it.
    pub fn start(settings: &str) -> Result<Self> {
        let server = Self::prepare(settings)?;
        server.up()?;
        Ok(server)
    }

    fn init(&self, settings: &str) -> Result<()> {
        let password_file = self.folder.join("password");
        fs::write(&password_file, &self.password)?;
        own(&password_file, self.user)?;
        let mut initdb = self.command("initdb");
        initdb
            .args(["--username=mizzle", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"])
            .args(["--locale=C.UTF-8", "--pwfile"])
            .arg(&password_file)
            .arg("--pgdata")
            .arg(self.data());
        quiet(&mut initdb)?;
        // Commits outlive the server's death, but need not outlive the machine's.
        let own = format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = ''\n\
             lc_messages = 'C'\nfsync = off\n{settings}",
            self.port
        );
        self.add_settings(&own)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn command(&self, program: &str) -> Command {
        command(self.programs.join(program), self.user)
    }

    fn pg_ctl(&self, args: &[&str]) -> Result<()> {
        quiet(&mut self.pg_ctl_command(args))
    }

    fn pg_ctl_command(&self, args: &[&str]) -> Command {
        let mut pg_ctl = self.command("pg_ctl");
        pg_ctl.arg("-D").arg(self.data()).arg("-l").arg(self.folder.join("log")).args(args);
        pg_ctl
    }

    /// Starts it so that it speaks `language`, such as `de`, if its translations are installed.
    pub fn up_speaking(&self, language: &str) -> Result<()> {
        // The locale C alone speaks English whatever else is asked for.
        let mut pg_ctl =
            self.pg_ctl_command(&["-w", "-t", "60", "-o", "-c lc_messages=C.UTF-8", "start"]);
        quiet(pg_ctl.env("LANGUAGE", language))
    }

    /// Starts it, and waits until it takes connections.
    pub fn up(&self) -> Result<()> {
        self.pg_ctl(&["-w", "-t", "60", "start"]).map_err(|error| {
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            format!("{error}\n{log}").into()
        })
    }

    /// Stops it, and with it what its clients do.
    pub fn stop(&self) -> Result<()> {
        self.pg_ctl(&["-w", "-t", "60", "-m", "fast", "stop"])
    }

    /// Kills all of its processes with SIGKILL.
    pub fn kill(&self) -> Result<()> {
        let postmaster = self.postmaster()?;
        // It must start no more of them meanwhile.
        signal("STOP", &[postmaster])?;
        let mut all = children(postmaster)?;
        all.push(postmaster);
        signal("KILL", &all)?;
        while all.iter().any(|id| is_alive(*id)) {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        // Where nobody has reaped it yet, the next one would take it for alive.
        fs::remove_file(self.data().join("postmaster.pid"))?;
        Ok(())
    }

    /// Stops all of its processes where they are, until the result is dropped: connections stay open, and nothing answers.
    pub fn freeze(&self) -> Result<Frozen> {
        let mut frozen = Frozen(vec![self.postmaster()?]);
        signal("STOP", &frozen.0)?;
        let children = children(frozen.0[0])?;
        signal("STOP", &children)?;
        frozen.0.extend(children);
        Ok(frozen)
    }

    /// Kills one of its processes with SIGKILL: the others end, and the server recovers.
    pub fn kill_process(&self, id: u32) -> Result<()> {
        signal("KILL", &[id])
    }

    fn postmaster(&self) -> Result<u32> {
        let file = fs::read_to_string(self.data().join("postmaster.pid"))?;
        Ok(file.lines().next().ok_or("postmaster.pid is empty")?.trim().parse()?)
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of its database `postgres`.
    pub fn url(&self) -> String {
        self.url_at(self.port)
    }

    /// Returns the URL with another port, such as a proxy's.
    pub fn url_at(&self, port: u16) -> String {
        format!("postgres://mizzle:{}@127.0.0.1:{port}/postgres", self.password)
    }
}

/// Processes that stand still. They go on when this is dropped.
pub struct Frozen(Vec<u32>);

impl Drop for Frozen {
    fn drop(&mut self) {
        let _ = signal("CONT", &self.0);
    }
}

/// A shell that waits for this program's end, whatever that is, and cleans up: it reads from a pipe that only
/// this program writes to.
struct Guard {
    shell: Child,
    lifeline: Option<ChildStdin>,
}

/// `$1` is the programs' folder, `$2` the server's.
const CLEAN_UP: &str = r#"
trap '' INT TERM HUP
while read -r _; do :; done
if [ -f "$2/data/postmaster.pid" ]; then
    "$1/pg_ctl" -D "$2/data" -m immediate -w -t 20 stop
fi
rm -rf "$2"
"#;

impl Guard {
    fn start(programs: &Path, folder: &Path, user: Option<(u32, u32)>) -> Result<Self> {
        let mut shell = command("sh", user)
            .args(["-c", CLEAN_UP, "sh"])
            .args([programs, folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let lifeline = shell.stdin.take();
        Ok(Self { shell, lifeline })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let _ = self.shell.wait();
    }
}

/// Who the server runs as: it refuses to be root.
pub fn server_user() -> Result<Option<(u32, u32)>> {
    if id("-u", None)? != 0 {
        return Ok(None);
    }
    let name = if id("-u", Some("postgres")).is_ok() { "postgres" } else { "nobody" };
    Ok(Some((id("-u", Some(name))?, id("-g", Some(name))?)))
}

fn id(what: &str, name: Option<&str>) -> Result<u32> {
    let output = Command::new("id").arg(what).args(name).stderr(Stdio::null()).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// A program that this user runs, from a folder that any user can enter.
pub fn command(program: impl AsRef<std::ffi::OsStr>, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    command
}

/// Gives a file to this user.
pub fn own(path: &Path, user: Option<(u32, u32)>) -> Result<()> {
    if let Some((user, group)) = user {
        chown(path, Some(user), Some(group))?;
    }
    Ok(())
}

/// Runs a program to its end, silent unless it fails.
fn quiet(command: &mut Command) -> Result<()> {
    // Not through a pipe: the server would keep it open.
    let output =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if output.success() { Ok(()) } else { Err(format!("{command:?} failed: {output}").into()) }
}

/// Sends a signal, by the shell's own `kill`. To one that is gone already, none.
fn signal(name: &str, processes: &[u32]) -> Result<()> {
    let script = r#"name=$1; shift; kill -s "$name" -- "$@" || true"#;
    let targets = processes.iter().map(u32::to_string);
    quiet(Command::new("sh").args(["-c", script, "sh", name]).args(targets))
}

fn children(parent: u32) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // `id (name) state parent …`
        let of = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok());
        if of == Some(parent) {
            found.push(id);
        }
    }
    Ok(found)
}

/// Also not a zombie.
fn is_alive(id: u32) -> bool {
    fs::read_to_string(format!("/proc/{id}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z')))
}

/// From the system.
pub fn random() -> Result<u64> {
    use std::io::Read;
    let mut bytes = [0; 8];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}

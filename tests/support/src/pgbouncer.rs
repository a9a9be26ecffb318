//! PgBouncer, a pooler, which lends the server's sessions to its clients.

#![allow(dead_code, reason = "no test file uses all of it")]

use std::fs::{self, DirBuilder};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::server;

/// A pooler in front of a server. It ends on drop.
pub struct PgBouncer {
    program: Child,
    folder: PathBuf,
    port: u16,
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/bin".into()]);
    folders.map(|folder| folder.join("pgbouncer")).find(|program| program.exists())
}

/// Starts the program; returns none if it ends before it listens.
fn spawn(program: &Path, config: &Path, owner: Option<(u32, u32)>, port: u16) -> Option<Child> {
    let mut program = server::command(program, owner)
        .arg(config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    loop {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some(program);
        }
        if program.try_wait().unwrap().is_some() {
            return None;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

impl PgBouncer {
    /// Starts one in front of the server of `url`, with this many sessions for each database, each of which runs any
    /// client's next transaction; returns none if PgBouncer isn't installed.
    pub fn start(url: &str, sessions: u32) -> Option<Self> {
        Self::start_in_mode(url, sessions, "transaction")
    }

    /// The same with another `pool_mode`.
    pub fn start_in_mode(url: &str, sessions: u32, mode: &str) -> Option<Self> {
        let Some(program) = program() else {
            assert!(
                std::env::var_os("MIZZLE_TEST_OWN_SERVERS").is_none(),
                "PgBouncer (pgbouncer) is not installed"
            );
            eprintln!("skipped: PgBouncer (pgbouncer) is not installed");
            return None;
        };
        let (_, rest) = url.split_once("://").unwrap();
        let (login, place) = rest.rsplit_once('@').unwrap();
        let (user, password) = login.split_once(':').unwrap();
        let (host, rest) = place.split_once(':').unwrap();
        let (server_port, _) = rest.split_once('/').unwrap();

        let owner = server::server_user().unwrap();
        let folder =
            PathBuf::from("/tmp").join(format!("mizzle-pooler-{:x}", server::random().unwrap()));
        DirBuilder::new().mode(0o700).create(&folder).unwrap();
        server::own(&folder, owner).unwrap();
        let config = folder.join("pgbouncer.ini");
        // Another program may take the port between this check and the pooler's start.
        for _ in 0..5 {
            let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
            let settings = format!(
                "[databases]\n* = host={host} port={server_port} user={user} password={password}\n\
                 [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
                 auth_type = any\npool_mode = {mode}\ndefault_pool_size = {sessions}\n\
                 admin_users = anybody\nserver_login_retry = 1\nquery_wait_timeout = 20\n\
                 max_client_conn = 500\nlog_connections = 0\nlog_disconnections = 0\n"
            );
            fs::write(&config, settings).unwrap();
            server::own(&config, owner).unwrap();
            if let Some(child) = spawn(&program, &config, owner, port) {
                return Some(Self { program: child, folder, port });
            }
        }
        panic!("PgBouncer doesn't start");
    }

    /// Kills it and starts it again on the same port: each of its connections is lost.
    pub fn restart(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
        let (program, config) = (program().unwrap(), self.folder.join("pgbouncer.ini"));
        let owner = server::server_user().unwrap();
        self.program = spawn(&program, &config, owner, self.port).expect("PgBouncer doesn't start");
    }

    /// Gives its console a command, such as `RECONNECT`.
    pub fn tell(&self, command: &str) {
        let psql = server::programs().unwrap().join("psql");
        let output = Command::new(psql)
            .args(["-X", "-q", "-c", command, &self.url("pgbouncer")])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Returns the URL of one of the server's databases through this pooler.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://anybody@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

//! PgBouncer, a pooler, in the mode in which each transaction may run in another session of the server.

#![allow(dead_code, reason = "no test file uses all of it")]

use std::fs::{self, DirBuilder};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use crate::server;

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

impl PgBouncer {
    /// Starts one in front of the server of `url`, with this many sessions for each database; returns none if PgBouncer
    /// isn't installed.
    pub fn start(url: &str, sessions: u32) -> Option<Self> {
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
                 auth_type = any\npool_mode = transaction\ndefault_pool_size = {sessions}\n\
                 max_client_conn = 500\nlog_connections = 0\nlog_disconnections = 0\n"
            );
            fs::write(&config, settings).unwrap();
            server::own(&config, owner).unwrap();
            let mut program = server::command(&program, owner)
                .arg(&config)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            loop {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Some(Self { program, folder, port });
                }
                if program.try_wait().unwrap().is_some() {
                    break;
                }
                thread::sleep(Duration::from_millis(5));
            }
        }
        panic!("PgBouncer doesn't start");
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

//! PgBouncer in front of the throwaway server, in the mode in which each transaction may run in another session.

use std::fs;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::postgres::{Server, URL_VARIABLE, free_port};
use crate::{process, setup};

/// A pooler that ends on drop, and together with the server's folder.
pub(crate) struct Pooler {
    program: Child,
    port: u16,
}

impl Pooler {
    /// Starts one with few sessions, so that clients take turns on them.
    pub(crate) fn start(server: &Server) -> Result<Self> {
        let program = setup::pgbouncer()
            .context("the package pgbouncer is installed, but its program is not found")?;
        let config = server.folder().join("pgbouncer.ini");
        for _ in 0..5 {
            let port = free_port()?;
            let settings = format!(
                "[databases]\n* = host=127.0.0.1 port={} user=mizzle password={}\n\
                 [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
                 pidfile = {}\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 4\n\
                 max_client_conn = 500\nlog_connections = 0\nlog_disconnections = 0\n",
                server.port(),
                server.password(),
                server.folder().join("pgbouncer.pid").display(),
            );
            fs::write(&config, settings).context("can't write pgbouncer.ini")?;
            server.give(&config)?;
            let mut program = server
                .user_command(&program)?
                .arg(&config)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .context("can't start pgbouncer")?;
            loop {
                if process::interrupted() {
                    bail!("interrupted");
                }
                if program.try_wait()?.is_some() {
                    // Another program may have taken the port.
                    break;
                }
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Ok(Self { program, port });
                }
                thread::sleep(Duration::from_millis(10));
            }
        }
        bail!("pgbouncer doesn't start")
    }

    /// Passes the pooler's address to a command in place of the server's.
    pub(crate) fn lend_to(&self, command: &mut Command) {
        command.env(URL_VARIABLE, format!("postgres://mizzle@127.0.0.1:{}/postgres", self.port));
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

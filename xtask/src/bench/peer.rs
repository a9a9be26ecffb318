//! A running peer program: see `benches/src/bin/peer.rs` for its commands and answers.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::network::Network;

/// The answer to a round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Done {
    pub(crate) nanoseconds: u64,
    /// The same for all peers that have done the same.
    pub(crate) checksum: u64,
    /// How long its calls took, if tasks called.
    pub(crate) latency: Option<Latency>,
}

/// The nanoseconds within which some of the calls ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Latency {
    /// Half of the calls.
    pub(crate) middle: f64,
    /// 99 % of the calls.
    pub(crate) slow: f64,
}

pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// What is between it and the server, if anything is.
    pub(crate) network: Option<Network>,
    child: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts a peer on a database, and fills the database unless it is filled. Returns `None` if the peer can't use
    /// it.
    pub(crate) fn start(
        name: &'static str,
        program: &Path,
        url: &str,
        dataset: &str,
        is_filled: bool,
        network: Option<Network>,
    ) -> Result<Option<Self>> {
        let mut command = Command::new(program);
        command.args([name, url, dataset]).args(is_filled.then_some("filled"));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("can't run {}", program.display()))?;
        let commands = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().context("the peer has no output")?);
        let mut peer = Self { name, network, child, commands, answers };
        match peer.answer()?.as_str() {
            "ready" => Ok(Some(peer)),
            answer if answer.starts_with("unsupported") => Ok(None),
            answer => bail!("{name} answers {answer:?}"),
        }
    }

    /// Does a workload; `Err` in the result says why the peer has no code for it.
    pub(crate) fn run(&mut self, workload: &str, times: u64) -> Result<Result<Done, String>> {
        let commands = self.commands.as_mut().context("the peer has ended")?;
        // If the program has ended, the missing answer says so.
        let _ = writeln!(commands, "run {workload} {times}");
        let answer = self.answer().with_context(|| format!("{} ends in {workload}", self.name))?;
        if let Some(why) = answer.strip_prefix("unsupported ") {
            return Ok(Err(why.to_owned()));
        }
        let mut words = answer.split(' ');
        let parsed = (words.next(), words.next().map(str::parse), words.next().map(str::parse));
        let (Some("done"), Some(Ok(nanoseconds)), Some(Ok(checksum))) = parsed else {
            bail!("{} answers {answer:?}", self.name);
        };
        let latency = match (words.next().map(str::parse), words.next().map(str::parse)) {
            (Some(Ok(middle)), Some(Ok(slow))) => Some(Latency { middle, slow }),
            _ => None,
        };
        Ok(Ok(Done { nanoseconds, checksum, latency }))
    }

    fn answer(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            bail!("{} has ended without an answer; what it said stands above", self.name);
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.commands.take());
        if let Err(error) = self.child.wait() {
            eprintln!("can't wait for {}: {error}", self.name);
        }
    }
}

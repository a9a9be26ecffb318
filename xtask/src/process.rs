//! Runs other programs, and ends them if this one is asked to end.

use std::ffi::OsStr;
use std::io::{IsTerminal, stdin};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Whether a signal has asked this program to end.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The running program.
static RUNNING: Mutex<Option<Running>> = Mutex::new(None);

#[derive(Clone, Copy)]
struct Running {
    id: u32,
    /// Whether the program has a separate process group, so that a signal also reaches what it started.
    leads_group: bool,
}

/// From now on, an interrupt ends the running program, and then this one, after it has cleaned up.
pub(crate) fn watch_signals() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("can't watch signals")?;
    thread::spawn(move || {
        for signal in signals.forever() {
            pass_on(signal);
        }
    });
    Ok(())
}

pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

fn pass_on(signal: i32) {
    // Held to the end, so that nothing starts in the meantime.
    let running = running();
    match *running {
        // At a terminal, the program has received Ctrl-C itself, and may only want to end what it is doing.
        Some(Running { leads_group: false, .. }) if signal == SIGINT => {}
        Some(Running { id, leads_group: false }) => {
            INTERRUPTED.store(true, Ordering::SeqCst);
            kill("TERM", &id.to_string());
        }
        Some(Running { id, leads_group: true }) => {
            // A second request means it.
            let again = INTERRUPTED.swap(true, Ordering::SeqCst);
            kill(if again { "KILL" } else { "TERM" }, &format!("-{id}"));
        }
        None => INTERRUPTED.store(true, Ordering::SeqCst),
    }
}

/// The shell's own `kill`, because a small system may have no other.
fn kill(signal: &str, target: &str) {
    let script = r#"kill -s "$1" -- "$2""#;
    let result = Command::new("sh")
        .args(["-c", script, "sh", signal, target])
        .stderr(Stdio::null())
        .status();
    if let Err(error) = result {
        eprintln!("can't send {signal} to {target}: {error}");
    }
}

/// Runs a program to its end. It reads nothing; its output goes where this program's goes.
pub(crate) fn run(command: &mut Command) -> Result<ExitStatus> {
    command.stdin(Stdio::null()).process_group(0);
    Ok(wait(command, true)?.status)
}

/// Runs a program to its end and returns what it prints to standard output.
pub(crate) fn stdout(command: &mut Command) -> Result<String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
    let output = wait(command, true)?;
    if !output.status.success() {
        bail!("`{}` failed: {}", shown(command), output.status);
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` prints no UTF-8", shown(command)))
}

/// Runs a program to its end, silently unless it fails.
pub(crate) fn quiet(command: &mut Command) -> Result<()> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let output = wait(command, true)?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        bail!(
            "`{}` failed: {}\n{}",
            shown(command),
            output.status,
            String::from_utf8_lossy(&said).trim()
        );
    }
    Ok(())
}

/// Runs a program that may talk to the user.
pub(crate) fn interactive(command: &mut Command) -> Result<ExitStatus> {
    if stdin().is_terminal() {
        return Ok(wait(command, false)?.status);
    }
    command.process_group(0);
    Ok(wait(command, true)?.status)
}

fn wait(command: &mut Command, leads_group: bool) -> Result<Output> {
    let child = spawn(command, leads_group)?;
    let output = child.wait_with_output();
    *running() = None;
    if interrupted() {
        bail!("interrupted");
    }
    output.with_context(|| format!("can't wait for `{}`", shown(command)))
}

fn spawn(command: &mut Command, leads_group: bool) -> Result<Child> {
    let mut running = running();
    if interrupted() {
        bail!("interrupted");
    }
    let child = command.spawn().with_context(|| format!("can't run `{}`", shown(command)))?;
    *running = Some(Running { id: child.id(), leads_group });
    Ok(child)
}

fn running() -> MutexGuard<'static, Option<Running>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the command as a user would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(quoted).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "-_./=:,@%+".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_is_typed() {
        let mut command = Command::new("cargo");
        command.args(["test", "--features=a,b", "it's", ""]);
        assert_eq!(shown(&command), r"cargo test --features=a,b 'it'\''s' ''");
    }
}

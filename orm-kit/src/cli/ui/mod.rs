//! Output and questions.

mod progress;
mod style;

use std::cell::RefCell;
use std::env;
use std::fmt::{Arguments, Display};
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use console::Term;
use orm_core::printable;

pub(super) use progress::Progress;
pub(super) use style::{bad, faint, good, notable, strong};

use super::args::Color;
use super::failure::Failure;
use super::{Exit, Outcome};

/// The exit code that shells use for an interrupt.
const INTERRUPTED: i32 = 130;

/// Prints for people, or one JSON document for programs.
#[derive(Debug)]
pub(super) struct Ui {
    json: bool,
    /// Whether a person is there to answer.
    interactive: bool,
    /// The first error of writing to standard output.
    unwritten: RefCell<Option<io::Error>>,
}

impl Ui {
    pub(super) fn new(json: bool, color: Color) -> Self {
        match color {
            // Colours on a terminal, unless NO_COLOR or the like disables them.
            Color::Auto => {}
            Color::Always => set_colors(true),
            Color::Never => set_colors(false),
        }
        let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
        let ci = env::var("CI").is_ok_and(|value| !["", "0", "false"].contains(&value.as_str()));
        Self { json, interactive: terminal && !ci && !json, unwritten: RefCell::new(None) }
    }

    /// Whether it prints one JSON document.
    #[cfg(feature = "studio")]
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints a line for people.
    pub(super) fn line(&self, text: impl Display) {
        if !self.json {
            self.print(&style::rendered(&format!("{text}\n"), console::colors_enabled()));
        }
    }

    /// Prints a warning for people to standard error, so that it is visible if the output goes to a file.
    pub(super) fn warning(&self, text: impl Display) {
        if !self.json {
            eprintln_lossy(format_args!("{} {text}", notable("warning:")));
        }
    }

    /// Prints a note for people to standard error.
    pub(super) fn notice(&self, text: impl Display) {
        if !self.json {
            eprintln_lossy(format_args!("{} {text}", faint("note:")));
        }
    }

    /// Asks which of `choices` is right. Returns `None` if nobody can answer, or the person declines.
    pub(super) fn choose(&self, question: &str, choices: &[String]) -> Option<usize> {
        if !self.interactive {
            return None;
        }
        // The list hides the cursor, and an interrupt must show it again. Setting a second handler fails, but isn't
        // needed.
        let _ = ctrlc::set_handler(|| {
            let _ = Term::stderr().show_cursor();
            std::process::exit(INTERRUPTED);
        });
        let theme = dialoguer::theme::ColorfulTheme::default();
        dialoguer::Select::with_theme(&theme)
            .with_prompt(printable(question))
            .items(choices.iter().map(|choice| printable(choice)))
            .default(0)
            .interact_opt()
            .unwrap_or_else(|_| {
                // The handler may not have run yet.
                let _ = Term::stderr().show_cursor();
                None
            })
    }

    /// Prints the outcome.
    pub(super) fn finish(&self, outcome: Outcome) -> Exit {
        let exit = match outcome {
            Ok(report) => {
                if self.json {
                    self.print(&style::json(&report.json));
                }
                report.exit
            }
            Err(failure) => {
                if self.json {
                    self.print(&style::json(&failure.json()));
                } else {
                    print_failure(&failure);
                }
                failure.exit
            }
        };
        match self.unwritten.take() {
            // The reader closed the pipe.
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                eprintln_lossy(format_args!("error: can't write the output: {error}"));
                Exit::Failed
            }
            _ => exit,
        }
    }

    fn print(&self, text: &str) {
        if self.unwritten.borrow().is_some() {
            return;
        }
        let mut out = io::stdout().lock();
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            self.unwritten.replace(Some(error));
        }
    }
}

fn print_failure(failure: &Failure) {
    let Failure { message, sql, hints, .. } = failure;
    eprintln_lossy(format_args!("{} {message}", bad("error:")));
    if let Some(sql) = sql {
        eprintln_lossy(format_args!("  SQL: {sql}"));
    }
    for hint in hints {
        eprintln_lossy(format_args!("  - {hint}"));
    }
}

/// Prints to standard error. It may be closed; that is not a reason to panic.
fn eprintln_lossy(text: Arguments<'_>) {
    let text = style::rendered(&text.to_string(), console::colors_enabled_stderr());
    let _ = writeln!(io::stderr(), "{text}");
}

fn set_colors(enabled: bool) {
    console::set_colors_enabled(enabled);
    console::set_colors_enabled_stderr(enabled);
}

/// Returns `1 row`, `2 rows`.
pub(super) fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// Returns a duration for people.
pub(super) fn time(duration: Duration) -> String {
    match duration.as_millis() {
        0 => "under 1 ms".into(),
        short @ 1..10_000 => format!("{short} ms"),
        long => format!("{}.{} s", long / 1000, long % 1000 / 100),
    }
}

//! The progress of a run of migrations.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use orm_core::migration::{Direction, Event};
use orm_core::printable;

use super::{Ui, good, time};

/// Prints the progress of a run: a line for each finished migration and, if standard error is a terminal, the current
/// one.
#[derive(Debug)]
pub(in super::super) struct Progress<'u> {
    ui: &'u Ui,
    done: &'static str,
    bar: ProgressBar,
    /// The migration that is running.
    running: String,
    told_waiting: bool,
}

impl<'u> Progress<'u> {
    pub(in super::super) fn new(ui: &'u Ui, direction: Direction) -> Self {
        let done = match direction {
            Direction::Up => "Applied",
            Direction::Down => "Took back",
        };
        let target =
            if ui.json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target).with_style(style(SPINNER));
        Self { ui, done, bar, running: String::new(), told_waiting: false }
    }

    pub(in super::super) fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Waiting { elapsed } => {
                let message = "another program runs migrations or writes; waiting for it";
                self.bar.set_message(format!("{message}, {} s", elapsed.as_secs()));
                self.bar.tick();
                if !self.told_waiting && self.bar.is_hidden() {
                    self.ui.notice(message);
                }
                self.told_waiting = true;
            }
            Event::OutOfOrder { migration, newest } => self.bar.suspend(|| {
                self.ui.warning(format_args!(
                    "{} is older than {newest}, which is applied already, as after a merge of branches",
                    migration.directory()
                ));
            }),
            Event::Started { migration, number, total } => {
                self.running = format!("{number}/{total} {}", migration.directory());
                self.spin(String::new());
            }
            Event::Statement { number, total, text, .. } => {
                self.spin(format!(", statement {number} of {total}: {text}"));
            }
            Event::Rows { table, copied, total, .. } => {
                if let Some(total) = total {
                    self.bar.set_length(*total);
                    self.bar.set_style(style(BAR));
                }
                self.show(&format!("rows of {table}, {}", self.running));
                self.bar.set_position(*copied);
            }
            Event::Skipped { migration } => self.line(format!(
                "another program ran {} in the meantime",
                migration.directory()
            )),
            Event::Finished { migration, elapsed, .. } => {
                let done = good(self.done);
                self.line(format!("{done} {} in {}", migration.directory(), time(*elapsed)));
            }
            _ => {}
        }
    }

    fn spin(&self, what: String) {
        self.bar.set_style(style(SPINNER));
        self.bar.enable_steady_tick(Duration::from_millis(100));
        self.show(&(self.running.clone() + &what));
    }

    fn show(&self, message: &str) {
        self.bar.set_message(printable(message).into_owned());
    }

    fn line(&self, text: String) {
        self.bar.disable_steady_tick();
        self.bar.suspend(|| self.ui.line(text));
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

const SPINNER: &str = "{spinner} {wide_msg}";
const BAR: &str = "{bar:20} {human_pos} of {human_len}, {eta} left  {wide_msg}";

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

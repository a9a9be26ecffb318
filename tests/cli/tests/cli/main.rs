//! The command line, as a project's developer uses it: its own program is run in a folder of its own.

mod arguments;
mod export;
mod generate;
mod project;
#[path = "../../../support/mod.rs"]
mod support;

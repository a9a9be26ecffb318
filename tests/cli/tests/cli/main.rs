//! The command line, as a project's developer uses it: the project's program runs in its own folder.

mod arguments;
mod check;
mod d1;
mod diagram;
mod export;
mod generate;
mod history;
mod merge;
mod migrate;
#[cfg(feature = "d1")]
mod on_d1;
#[cfg(all(unix, feature = "postgres"))]
mod pooler;
mod project;
mod pull;
mod push;
mod secrets;
#[cfg(all(unix, feature = "studio"))]
mod studio;
mod terminal;
mod undo;
mod views;

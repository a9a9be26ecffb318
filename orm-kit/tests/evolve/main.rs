//! Leading a database from one schema to another, and back.

#[path = "../support/draw.rs"]
mod draw;
#[path = "../support/schemas.rs"]
mod schemas;

#[cfg(feature = "postgres")]
mod again;
#[cfg(feature = "sqlite")]
mod by_hand;
mod columns;
mod constraints;
mod enums;
mod forms;
mod full_text;
mod harness;
mod hazards;
mod keeping;
mod kept;
#[cfg(feature = "postgres")]
mod keys;
mod kinds;
#[cfg(feature = "postgres")]
mod locks;
mod methods;
mod music;
mod natives;
#[cfg(feature = "postgres")]
mod over_columns;
mod over_dropped;
mod pair_views;
mod pairs;
mod property;
mod renames;
mod rows;
#[cfg(feature = "postgres")]
mod sequences;
mod tables;
mod types;
mod views;

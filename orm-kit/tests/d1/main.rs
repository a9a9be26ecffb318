//! Migrations for Cloudflare D1, applied to the database itself, as Cloudflare's wrangler applies them.
//!
//! wrangler and the database come from npm. Without node, these tests are left out, and say so.

#![cfg(feature = "sqlite")]

#[path = "../support/draw.rs"]
mod draw;
#[path = "../evolve/harness.rs"]
#[allow(dead_code, unused_macros, reason = "it serves more tests than these")]
mod harness;
#[path = "../evolve/kept.rs"]
mod kept;
#[path = "../evolve/pair_views.rs"]
mod pair_views;
#[path = "../evolve/pairs.rs"]
mod pairs;
#[path = "../evolve/rows.rs"]
mod rows;
#[path = "../support/schemas.rs"]
mod schemas;

mod database;
mod families;
mod property;
mod refusals;
mod server;
mod wrangler;

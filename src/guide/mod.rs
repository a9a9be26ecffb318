//! The guide: from an empty folder to a deployed program, from other ORMs to mizzle, and recipes.
//!
//! - [`start`]: a program, its migrations and its tests, in ten minutes.
//! - [`drizzle`], [`diesel`], [`sea_orm`], [`sqlx`]: what you know, and what it is here.
//! - [`recipes`]: a job queue, an outbox, tenants, upserts, trees, search, pages, concurrent edits, tests, deploying
//!   migrations, poolers.
//! - [`d1_migrations`]: Cloudflare D1, and a Drizzle project on it.
//! - `asynchronous` (with the feature `tokio`): async programs, transactions, cancellation, streams, the start and the end, what blocks.
//! - `d1` (with the feature `d1`): Cloudflare D1, what is different there, and a project of Drizzle's on D1 brought over.
//! - `studio` (with the feature `studio`): the data in a browser, on your machine or in an application.
//! - [`errors`]: each code, and what to do.
//!
//! Everything that differs between the two databases is in the README, in "What differs between the databases".

#[doc = include_str!("start.md")]
pub mod start {}

#[doc = include_str!("drizzle.md")]
pub mod drizzle {}

#[doc = include_str!("d1_migrations.md")]
pub mod d1_migrations {}

#[doc = include_str!("diesel.md")]
pub mod diesel {}

#[doc = include_str!("sea_orm.md")]
pub mod sea_orm {}

#[doc = include_str!("sqlx.md")]
pub mod sqlx {}

#[doc = include_str!("recipes.md")]
pub mod recipes {}

#[cfg(feature = "tokio")]
#[doc = include_str!("asynchronous.md")]
pub mod asynchronous {}

#[cfg(feature = "d1")]
#[doc = include_str!("d1.md")]
pub mod d1 {}

#[cfg(feature = "studio")]
#[doc = include_str!("studio.md")]
pub mod studio {}

#[doc = include_str!("errors.md")]
pub mod errors {}

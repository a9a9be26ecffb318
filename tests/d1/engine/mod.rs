//! What runs on the engine of D1, if `MIZZLE_TEST_D1` is set.

#[cfg(feature = "tokio")]
mod asynchronous;
mod batches;
mod exact;
mod requests;

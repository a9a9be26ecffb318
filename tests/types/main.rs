//! The types of columns: what is written is read back equal on both databases, and what can't be read or
//! written is an error that shows no value.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod addresses;
mod aliases;
mod array_model;
mod arrays;
mod compared;
mod custom;
mod decimals;
mod declared;
mod deep;
mod documents;
mod foreign;
mod intervals;
mod json_operators;
mod native;
mod nulls;
mod ranges;
mod refused;
mod round_trip;
mod storage;
mod stored;
mod strategies;
mod text;
mod times;
mod unreadable;
mod vectors;

use std::fmt::Debug;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};

/// Checks a property of at least 100 cases. The cases share a database, so that one is enough.
fn check<S>(strategy: S, property: impl Fn(S::Value))
where
    S: Strategy,
    S::Value: Debug,
{
    let cases = std::env::var("MIZZLE_TEST_CASES").map_or(128, |cases| cases.parse().unwrap());
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let checked = TestRunner::new(config).run(&strategy, |value| {
        property(value);
        Ok(())
    });
    if let Err(failure) = checked {
        panic!("{failure}");
    }
}

/// Asserts that an error is a `VALUE_ERROR` that names `place` and shows `secret` nowhere.
#[track_caller]
fn assert_value_error<T: Debug>(result: mizzle::Result<T>, place: &str, secret: &str) {
    let error = result.expect_err("the value can't be read");
    assert_eq!(error.code(), mizzle::ErrorCode::ValueError, "{error:?}");
    let mut shown = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(&error);
    while let Some(inner) = source {
        shown.push_str(&format!(" {inner} {inner:?}"));
        source = inner.source();
    }
    assert!(error.to_string().contains(place), "{place} is not named: {error}");
    assert!(!shown.contains(secret), "the value is shown: {shown}");
}

//! Mistakes that users make, and what the compiler tells them: each file of `tests/ui` is one.
//!
//! After a change of messages, run with `TRYBUILD=overwrite`, and read what changed as a user would.

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

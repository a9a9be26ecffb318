//! Random schemas, of which each gets a database.

use std::cell::Cell;
use std::fmt::Debug;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{Write as _, stderr};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

/// Checks this many inputs, or as many as the variable says.
///
/// The input of a failure is shown at once, although the test harness shows what a test prints only at its end: making it
/// smaller takes as long as the test at most, and the run may be cut off.
pub fn check<S: Strategy>(
    (variable, usual_cases): (&str, u32),
    strategy: &S,
    check: impl Fn(&S::Value) -> Result<(), TestCaseError>,
) where
    S::Value: Debug,
{
    let cases = std::env::var(variable).map_or(usual_cases, |cases| {
        cases.parse().unwrap_or_else(|_| panic!("{variable} must be a number of cases"))
    });
    let usual = Config::default();
    let seed = match usual.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => RandomState::new().hash_one(std::process::id()),
    };
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_global_rejects: cases * 20,
        max_shrink_iters: usual.max_shrink_iters.min(cases),
        ..usual
    };
    let repeat = format!("PROPTEST_RNG_SEED={seed} {variable}={cases}");
    let is_shown = Cell::new(false);
    let result = TestRunner::new(config).run(strategy, |input| {
        let mut case = Case {
            repeat: &repeat,
            input: &input,
            is_shown: &is_shown,
            failure: Some("a panic".into()),
        };
        let checked = check(&input);
        case.failure = match &checked {
            Ok(()) | Err(TestCaseError::Reject(_)) => None,
            Err(TestCaseError::Fail(reason)) => Some(reason.to_string()),
        };
        checked
    });
    if let Err(error) = result {
        panic!("{repeat}: {error}");
    }
}

/// Shows the first input that failed, when it is dropped.
struct Case<'c, T: Debug> {
    repeat: &'c str,
    input: &'c T,
    is_shown: &'c Cell<bool>,
    failure: Option<String>,
}

impl<T: Debug> Drop for Case<'_, T> {
    fn drop(&mut self) {
        let Some(failure) = &self.failure else { return };
        if !self.is_shown.replace(true) {
            // Not by a macro, whose text the test harness would keep.
            let _ = writeln!(
                stderr(),
                "{}: this input failed, and is made smaller now: {:#?}\nfailed with {failure}",
                self.repeat,
                self.input
            );
        }
    }
}

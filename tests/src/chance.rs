//! Where the tests' chances begin.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A seed, another one for each run unless `TEST_SEED` says which. Printed, so that a failure can be had again.
///
/// # Panics
/// When `TEST_SEED` is no number.
pub fn seed() -> u64 {
    let seed = match std::env::var("TEST_SEED") {
        Ok(text) => text.parse().unwrap(),
        Err(_) => RandomState::new().build_hasher().finish(),
    };
    println!("TEST_SEED={seed}");
    seed
}

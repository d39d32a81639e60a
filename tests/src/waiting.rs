//! The only wait of the tests.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Longest wait for anything: many times what an idle machine needs, as tests run on busy ones.
pub const PATIENCE: Duration = Duration::from_secs(45);

/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Looks again and again until what is seen fits, and gives it. Prints how long that took.
///
/// # Panics
/// When nothing fits within [`PATIENCE`], with what was seen last.
pub async fn eventually<T: Debug>(what: &str, look: impl AsyncFn() -> T, fits: impl Fn(&T) -> bool) -> T {
    let started = Instant::now();
    loop {
        let seen = look().await;
        if fits(&seen) {
            println!("after {:>6.0} ms: {what}", started.elapsed().as_secs_f64() * 1000.0);
            return seen;
        }
        assert!(started.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}; seen last: {seen:#?}");
        tokio::time::sleep(PAUSE).await;
    }
}

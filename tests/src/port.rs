//! A port for a program that can't be told 0, because others have to know it beforehand.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that the system gives to connections and to port 0, so nobody is given it in between.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// How many this process has given.
static GIVEN: AtomicU16 = AtomicU16::new(0);

/// A port of 127.0.0.1 that nobody has, and that no test of this process is given again. Processes begin at different ones.
///
/// # Panics
/// When all of them are taken.
pub fn known_port() -> u16 {
    let begin = (std::process::id() % u32::from(COUNT / 64)) as u16 * 64;
    let next = || FIRST + begin.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % COUNT;
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (0..COUNT).map(|_| next()).find(is_free).expect("a port that nobody has")
}

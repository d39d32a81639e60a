//! Random numbers from the operating system, for secure-channel challenges and for seeds that nobody chose.

use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};

/// So many unpredictable bytes.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let mut filled = 0;
    while filled < N {
        match getrandom(&mut bytes[filled..], GetRandomFlags::empty()) {
            Ok(count) => filled += count,
            Err(error) => {
                assert_eq!(error, Errno::INTR, "the kernel gives random bytes from its first second on");
            }
        }
    }
    bytes
}

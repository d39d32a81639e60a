//! The panel example's key store, on a flash whose power fails at every possible moment.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use panel_protocol::osdp::secure::Scbk;

#[path = "../examples/panel/src/keys.rs"]
mod keys;

use keys::KeyStore;

const PAGE: usize = 2048;
const WORD: usize = 8;

/// What power failing looks like to the code that it interrupts.
struct PowerCut;

/// Two pages that behave as the chip's do, for as many more erased pages and written words as there is power.
#[derive(Clone)]
struct Flash {
    bytes: Vec<u8>,
    power: usize,
    broken: bool,
}

impl Flash {
    fn new() -> Self {
        Self { bytes: vec![0xFF; 2 * PAGE], power: usize::MAX, broken: false }
    }

    /// Does as much of a step as the last bit of power allows.
    fn step(&mut self, whole: impl FnOnce(&mut [u8]), half: impl FnOnce(&mut [u8])) {
        if self.power == 0 {
            half(&mut self.bytes);
            resume_unwind(Box::new(PowerCut));
        }
        self.power -= 1;
        whole(&mut self.bytes);
    }
}

impl ErrorType for &mut Flash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for &mut Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        bytes.copy_from_slice(&self.bytes[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl NorFlash for &mut Flash {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        let (from, to) = (from as usize, to as usize);
        assert!(from.is_multiple_of(PAGE) && to == from + PAGE);
        if self.broken {
            return Err(NorFlashErrorKind::Other);
        }
        self.step(|bytes| bytes[from..to].fill(0xFF), |bytes| bytes[from..from + 12].fill(0xFF));
        Ok(())
    }

    fn write(&mut self, offset: u32, data: &[u8]) -> Result<(), Self::Error> {
        assert!(data.len().is_multiple_of(WORD) && (offset as usize).is_multiple_of(WORD));
        for (index, word) in data.chunks(WORD).enumerate() {
            let at = offset as usize + index * WORD;
            assert!(self.bytes[at..at + WORD].iter().all(|byte| *byte == 0xFF), "written twice");
            self.step(
                |bytes| bytes[at..at + WORD].copy_from_slice(word),
                |bytes| bytes[at..at + 3].copy_from_slice(&word[..3]),
            );
        }
        Ok(())
    }
}

fn key(byte: u8) -> Scbk {
    Scbk::new([byte; 16])
}

fn store(flash: &mut Flash) -> KeyStore<&mut Flash> {
    KeyStore::new(flash, [0, PAGE as u32])
}

#[test]
fn a_new_key_takes_the_place_of_the_old_one_and_nothing_of_it_stays() {
    let mut flash = Flash::new();
    assert_eq!(store(&mut flash).load(), None);
    for byte in 1..=9 {
        assert!(store(&mut flash).store(&key(byte)));
        assert_eq!(store(&mut flash).load(), Some(key(byte)));
        let old = [byte - 1; 8];
        assert!(!flash.bytes.windows(8).any(|bytes| bytes == old && byte > 1), "key {}", byte - 1);
    }
    store(&mut flash).forget();
    assert_eq!(store(&mut flash).load(), None);
    assert_eq!(flash.bytes, Flash::new().bytes);
}

#[test]
fn power_that_fails_at_any_moment_leaves_the_old_key_or_the_new_one() {
    for stored in 1..=2 {
        let mut before = Flash::new();
        (1..=stored).for_each(|byte| assert!(store(&mut before).store(&key(byte))));
        let mut cuts = 0;
        for power in 0.. {
            let mut flash = Flash { power, ..before.clone() };
            let done = catch_unwind(AssertUnwindSafe(|| store(&mut flash).store(&key(9))));
            flash.power = usize::MAX;
            let left = store(&mut flash).load();
            assert!(left == Some(key(stored)) || left == Some(key(9)), "{left:?} after {power} steps");
            assert!(store(&mut flash).store(&key(7)), "and the next key can be stored");
            assert_eq!(store(&mut flash).load(), Some(key(7)));
            match done {
                Ok(kept) => {
                    assert!(kept && left == Some(key(9)));
                    break;
                }
                Err(cause) => assert!(cause.is::<PowerCut>()),
            }
            cuts += 1;
        }
        assert_eq!(cuts, 5, "two pages erased and three words written");
    }
}

#[test]
fn a_flash_that_fails_keeps_the_key_it_has_and_says_so() {
    let mut flash = Flash::new();
    assert!(store(&mut flash).store(&key(1)));
    flash.broken = true;
    assert!(!store(&mut flash).store(&key(2)));
    assert_eq!(store(&mut flash).load(), Some(key(1)));
}

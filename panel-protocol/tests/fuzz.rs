//! The fuzz targets as an ordinary test: each one's corpus, and then inputs made from it by chance.
//!
//! `FUZZ_SEED` and `FUZZ_ITERATIONS` (for each target) take the place of the seed and count that stand here. `fuzz/`
//! has the checks, and the targets that cargo-fuzz runs for hours.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

#[path = "../fuzz/src/lib.rs"]
pub mod checks;

use checks::{Check, TARGETS};

/// The seed, unless `FUZZ_SEED` says otherwise.
const SEED: u64 = 0x6A7E_4005;

/// Longest input that is made.
const MAX_INPUT: usize = 2048;

fn run(target: &str, iterations: u64) {
    let check = TARGETS.iter().find(|(name, _)| *name == target).expect("a target").1;
    let corpus = corpus(target);
    assert!(!corpus.is_empty(), "the corpus of {target} is gone");
    for (name, input) in &corpus {
        hold(check, input, name);
    }
    let (seed, iterations) = (setting("FUZZ_SEED", SEED), setting("FUZZ_ITERATIONS", iterations));
    println!("{target}: {} files held; FUZZ_SEED={seed} FUZZ_ITERATIONS={iterations}", corpus.len());
    for iteration in 0..iterations {
        let mut chance = Chance::new(seed, iteration);
        let input = chance.input(&corpus);
        hold(check, &input, &format!("FUZZ_SEED={seed}, iteration {iteration}"));
    }
}

/// Calls the check; a panic is passed on once it is known which input caused it.
fn hold(check: Check, input: &[u8], name: &str) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(input))) {
        let hex: String = input.iter().map(|byte| format!("{byte:02x}")).collect();
        println!("broken by {name}:\n{hex}");
        resume_unwind(panic);
    }
}

/// The files of a target's corpus, by name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = folder.read_dir().expect("a corpus").map(|file| file.expect("readable").path());
    let mut corpus: Vec<_> =
        files.map(|path| (path.display().to_string(), std::fs::read(&path).expect("readable"))).collect();
    corpus.sort();
    corpus
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// Makes inputs, each from the seed and its number alone, so that one can be made again.
struct Chance(TestRng);

impl Chance {
    fn new(seed: u64, iteration: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&iteration.to_le_bytes());
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
    }

    /// A file of the corpus with some changes; one time in eight, noise.
    fn input(&mut self, corpus: &[(String, Vec<u8>)]) -> Vec<u8> {
        if self.below(8) == 0 {
            let mut noise = vec![0; self.below(MAX_INPUT / 4)];
            self.0.fill_bytes(&mut noise);
            return noise;
        }
        let mut input = corpus[self.below(corpus.len())].1.clone();
        for _ in 0..=self.below(6) {
            let other = &corpus[self.below(corpus.len())].1;
            self.change(&mut input, other);
        }
        input.truncate(MAX_INPUT);
        input
    }

    /// One change: a bit, a byte, a piece removed, repeated, or taken from another input.
    fn change(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        let (from, to) = self.piece(input.len());
        match self.below(5) {
            0 if !input.is_empty() => {
                let at = self.below(input.len());
                input[at] ^= 1 << self.below(8);
            }
            1 if !input.is_empty() => {
                let at = self.below(input.len());
                input[at] = self.0.next_u32() as u8;
            }
            2 => drop(input.drain(from..to)),
            3 => {
                let piece = input[from..to].to_vec();
                input.splice(to..to, piece);
            }
            _ => {
                let (start, end) = self.piece(other.len());
                input.splice(from..from, other[start..end].iter().copied());
            }
        }
    }

    /// Where a piece of at most 64 of `len` bytes begins and ends.
    fn piece(&mut self, len: usize) -> (usize, usize) {
        let from = self.below(len + 1);
        (from, (from + self.below(64)).min(len))
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u64() % bound.max(1) as u64) as usize
    }
}

#[test]
fn no_bytes_break_the_deframer() {
    run("deframer", 2000);
}

#[test]
fn no_bytes_break_the_table() {
    run("table", 3000);
}

#[test]
fn no_steps_break_a_conversation() {
    run("conversation", 250);
}

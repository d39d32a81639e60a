//! Figures on standard output, each beside its aim.

use std::fmt::Display;
use std::time::Instant;

/// What is printed, and how the aims fared.
pub(crate) struct Figures {
    began: Instant,
    met: usize,
    missed: Vec<String>,
}

impl Figures {
    /// Tells what machine this is.
    pub(crate) fn begin() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load: Vec<&str> = load.split(' ').take(3).collect();
        println!("{cores} cores, load before the run {}", load.join(" "));
        Self { began: Instant::now(), met: 0, missed: Vec::new() }
    }

    /// A title above what follows.
    pub(crate) fn title(&self, title: impl Display) {
        println!("\n== {title} ({} s)", self.began.elapsed().as_secs());
    }

    /// A line.
    pub(crate) fn say(&self, line: impl Display) {
        println!("{line}");
    }

    /// Whether an aim is met, in a word, and counted.
    pub(crate) fn judge(&mut self, what: impl Display, met: bool) -> &'static str {
        if met {
            self.met += 1;
            return "ok";
        }
        self.missed.push(what.to_string());
        "MISSED"
    }

    /// The summary.
    pub(crate) fn end(self) {
        let (met, all) = (self.met, self.met + self.missed.len());
        println!("\n{met} of {all} aims met, in {} s", self.began.elapsed().as_secs());
        self.missed.iter().for_each(|missed| println!("  MISSED {missed}"));
    }
}

//! What the benches print: figures on standard output, each beside its aim, and the times that they come from.

use std::fmt::Display;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What is printed, and how the aims fared.
pub struct Figures {
    began: Instant,
    met: usize,
    missed: Vec<String>,
    disturbed: usize,
}

impl Figures {
    /// Tells what machine this is.
    pub fn begin() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load: Vec<&str> = load.split(' ').take(3).collect();
        println!("{cores} cores, load before the run {}", load.join(" "));
        Self { began: Instant::now(), met: 0, missed: Vec::new(), disturbed: 0 }
    }

    /// A title above what follows.
    pub fn title(&self, title: impl Display) {
        println!("\n== {title} ({} s)", self.began.elapsed().as_secs());
    }

    /// A line.
    pub fn say(&self, line: impl Display) {
        println!("{line}");
    }

    /// Whether an aim is met, in a word, and counted.
    pub fn judge(&mut self, what: impl Display, met: bool) -> &'static str {
        if met {
            self.met += 1;
            return "ok";
        }
        self.missed.push(what.to_string());
        "MISSED"
    }

    /// Counts a figure for which the machine had other work as well, and marks it.
    pub fn disturbed(&mut self) -> &'static str {
        self.disturbed += 1;
        "disturbed"
    }

    /// The summary.
    pub fn end(self) {
        let (met, all) = (self.met, self.met + self.missed.len());
        println!("\n{met} of {all} aims met, in {} s", self.began.elapsed().as_secs());
        self.missed.iter().for_each(|missed| println!("  MISSED {missed}"));
        if self.disturbed > 0 {
            println!("{} figures were disturbed: the machine had other work", self.disturbed);
        }
    }
}

/// Measured times, in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<f64>);

impl Times {
    /// One more, in milliseconds.
    pub fn add(&mut self, ms: f64) {
        self.0.push(ms);
    }

    /// One more.
    pub fn add_span(&mut self, span: Duration) {
        self.add(span.as_secs_f64() * 1e3);
    }

    /// Those of `other` as well.
    pub fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The middle one.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// With fewer than a hundred measurements, the greatest.
    pub fn p99(&self) -> f64 {
        self.quantile(0.99)
    }

    /// The greatest.
    pub fn max(&self) -> f64 {
        self.quantile(1.0)
    }

    /// The smallest that so many are not above; 0 if nothing was measured.
    fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let below = sorted.iter().enumerate().find(|(at, _)| (at + 1) as f64 >= share * sorted.len() as f64);
        below.map_or(0.0, |(_, ms)| *ms)
    }
}

/// The middle one of some figures that are no times; 0 of none.
pub fn median(figures: Vec<f64>) -> f64 {
    Times(figures).median()
}

/// A bench's `main`: as `PROGRAM run …` it is the service that is measured, otherwise it measures.
pub fn main_of(measure: impl FnOnce(&[String]) -> anyhow::Result<()>) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "run") {
        return gateway::cli::main();
    }
    match measure(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

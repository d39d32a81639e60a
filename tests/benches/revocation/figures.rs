//! Figures on standard output, each beside its aim.

use std::fmt::Display;
use std::time::{Duration, Instant};

use firmware_sim::Lateness;

use crate::Plan;

/// A simulator whose slowest replies are later than this tells of a machine with other work, in microseconds.
const DISTURBED_US: f64 = 500.0;

/// What is printed, and how the aims fared.
pub(crate) struct Figures {
    began: Instant,
    met: usize,
    missed: Vec<String>,
    disturbed: usize,
}

impl Figures {
    /// Tells what machine this is.
    pub(crate) fn begin(plan: &Plan) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load: Vec<&str> = load.split(' ').take(3).collect();
        println!("{cores} cores, load before the run {}; {} people", load.join(" "), plan.people);
        Self { began: Instant::now(), met: 0, missed: Vec::new(), disturbed: 0 }
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

    /// How late the simulator was with its replies; one that often was is pointed out.
    pub(crate) fn late(&mut self, lateness: &Lateness) -> String {
        let Lateness { median_us, p99_us, max_us, .. } = *lateness;
        let disturbed = p99_us > DISTURBED_US;
        self.disturbed += usize::from(disturbed);
        let mark = if disturbed { " disturbed" } else { "" };
        format!("{median_us:.0}/{p99_us:.0}/{max_us:.0}{mark}")
    }

    /// The summary.
    pub(crate) fn end(self) {
        let (met, all) = (self.met, self.met + self.missed.len());
        println!("\n{met} of {all} aims met, in {} s", self.began.elapsed().as_secs());
        self.missed.iter().for_each(|missed| println!("  MISSED {missed}"));
        if self.disturbed > 0 {
            println!(
                "{} figures were disturbed: one reply in a hundred came {DISTURBED_US} us late or later, because the machine had other work",
                self.disturbed
            );
        }
    }
}

/// Measured times, in milliseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Vec<f64>);

impl Times {
    pub(crate) fn add(&mut self, ms: f64) {
        self.0.push(ms);
    }

    pub(crate) fn add_span(&mut self, span: Duration) {
        self.add(span.as_secs_f64() * 1e3);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// With fewer than a hundred measurements, the greatest.
    pub(crate) fn p99(&self) -> f64 {
        self.quantile(0.99)
    }

    /// The smallest that so many are not above; 0 if nothing was measured.
    fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let below = sorted.iter().enumerate().find(|(at, _)| (at + 1) as f64 >= share * sorted.len() as f64);
        below.map_or(0.0, |(_, ms)| *ms)
    }
}

//! `cargo bench -p tests --bench osdp`: what OSDP costs on the wire, and in the processor beside libosdp.
//!
//! Everything of ours that is about the wire runs on a virtual clock, with each byte taking its ten bits: those figures
//! are exact and the same on every machine. Processor time is measured for both in the same run, in turns. Figures stand
//! beside their aims and never fail the run.
//!
//! Arguments: `--quick` for a smoke run; `loading`, `polling`, `urgent`, `crowded`, `processor` for some parts only.

mod crowded;
mod device;
mod libosdp_peer;
mod line;
mod loading;
mod polling;
mod processor;
mod urgent;

use tests::figures::Figures;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Rows that a panel is loaded with.
    pub(crate) rows: u32,
    /// Revocations during a load, at each baud rate.
    pub(crate) revocations: u32,
    /// Revocations at each crowded line.
    pub(crate) crowded: usize,
    /// Round trips whose processor time is measured at once.
    pub(crate) round_trips: u32,
}

const FULL: Plan = Plan { rows: 10_000, revocations: 300, crowded: 100, round_trips: 50_000 };

const QUICK: Plan = Plan { rows: 500, revocations: 20, crowded: 3, round_trips: 500 };

/// Line rates of every figure of ours.
pub(crate) const BAUDS: [u32; 4] = [9600, 38_400, 115_200, 230_400];

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    // Cargo names `--bench` when the figures are wanted; a test run of all targets gets the smoke run.
    let plan = if asked("--quick") || !asked("--bench") { QUICK } else { FULL };
    let all = !["loading", "polling", "urgent", "crowded", "processor"].into_iter().any(asked);
    let mut figures = Figures::begin();
    if all || asked("loading") {
        loading::measure(plan, &mut figures)?;
    }
    if all || asked("polling") {
        polling::measure(&mut figures);
    }
    if all || asked("urgent") {
        urgent::measure(plan, &mut figures);
    }
    if all || asked("crowded") {
        crowded::measure(plan, &mut figures);
    }
    if all || asked("processor") {
        processor::measure(plan, &mut figures)?;
    }
    figures.end();
    Ok(())
}

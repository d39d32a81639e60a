//! `cargo bench -p tests --bench scim`: what the SCIM endpoint makes of a machine, and what `scim2-server` makes of it.
//!
//! Both run as processes of their own, the service with its data on the disk that cargo builds on; the clients are
//! threads of this process, and how much of the machine they take is printed. Peer and service, or both ways of doing
//! a thing, are measured in turns. Figures stand beside their aims and never fail the run: a busy machine misses aims
//! that the code meets.
//!
//! Arguments: `--quick` for a smoke run; `lookups`, `creations`, `deactivations`, `sizes` for some parts only.

mod client;
mod creations;
mod deactivations;
mod disk;
mod load;
mod lookups;
mod peer;
mod people;
mod service;
mod sizes;

use std::process::ExitCode;

use tests::figures::{self, Figures};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// People in the directory that is searched and patched.
    pub(crate) people: u32,
    /// People of the peer.
    pub(crate) peer_people: u32,
    /// Turns of each of two that are compared.
    pub(crate) turns: usize,
    /// Seconds of a turn.
    pub(crate) turn_s: u64,
    /// People deactivated, one every 40 ms.
    pub(crate) deactivated: u32,
    /// Directories whose size is measured, in people.
    pub(crate) sizes: &'static [u32],
}

const FULL: Plan = Plan {
    people: 50_000,
    peer_people: 1_000,
    turns: 5,
    turn_s: 3,
    deactivated: 1_500,
    sizes: &[10_000, 100_000, 1_000_000],
};

const QUICK: Plan =
    Plan { people: 2_000, peer_people: 50, turns: 1, turn_s: 1, deactivated: 50, sizes: &[2_000] };

fn main() -> ExitCode {
    figures::main_of(measure)
}

fn measure(arguments: &[String]) -> anyhow::Result<()> {
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    // Cargo names `--bench` when the figures are wanted; a test run of all targets gets the smoke run.
    let plan = if asked("--quick") || !asked("--bench") { QUICK } else { FULL };
    let all = !["lookups", "creations", "deactivations", "sizes"].into_iter().any(asked);
    let mut figures = Figures::begin();
    if all || asked("lookups") {
        lookups::measure(&plan, &mut figures)?;
    }
    if all || asked("creations") {
        creations::measure(&plan, &mut figures)?;
    }
    if all || asked("deactivations") {
        deactivations::measure(&plan, &mut figures)?;
    }
    if all || asked("sizes") {
        sizes::measure(&plan, &mut figures)?;
    }
    figures.end();
    Ok(())
}

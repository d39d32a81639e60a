//! `cargo bench -p tests --bench doors`: what doors take for which the gateway decides.
//!
//! The service is whole and the hardware simulated, each byte taking its ten bits in real time; what is printed is what the gateway
//! adds to the time that the lines take by themselves, as the lines have seen it. Figures stand beside their aims and never fail
//! the run.
//!
//! Arguments: `--quick` for a smoke run; `readers`, `boards`, `revocation`, `cycle`, `idle`, `presses` for some parts only.

mod boards;
mod cycle;
mod idle;
mod presses;
mod readers;
mod revocation;
mod rig;

use std::process::ExitCode;

use tests::figures::{self, Figures};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Cards at each setting.
    pub(crate) cards: usize,
    /// People revoked.
    pub(crate) revocations: u32,
    /// Presses of buttons, on all lines together.
    pub(crate) presses: u32,
    /// Lines of eight boards whose buttons are pressed at the same time.
    pub(crate) lines: u8,
    /// Seconds that an idle service is watched.
    pub(crate) idle_seconds: u64,
    /// Readers that it has.
    pub(crate) idle_readers: u8,
    /// Cycles of polls that are measured.
    pub(crate) cycles: usize,
}

const FULL: Plan = Plan {
    cards: 200,
    revocations: 100,
    presses: 10_000,
    lines: 4,
    idle_seconds: 60,
    idle_readers: 64,
    cycles: 20,
};

const QUICK: Plan =
    Plan { cards: 5, revocations: 2, presses: 16, lines: 1, idle_seconds: 2, idle_readers: 2, cycles: 1 };

fn main() -> ExitCode {
    figures::main_of(measure)
}

fn measure(arguments: &[String]) -> anyhow::Result<()> {
    // The first call wins, and this is it: the client wants a provider even where it speaks plain HTTP.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    // Cargo names `--bench` when the figures are wanted; a test run of all targets gets the smoke run.
    let plan = if asked("--quick") || !asked("--bench") { QUICK } else { FULL };
    let all = !["readers", "boards", "revocation", "cycle", "idle", "presses"].into_iter().any(asked);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut figures = Figures::begin();
        if all || asked("readers") {
            readers::measure(&plan, &mut figures).await?;
        }
        if all || asked("boards") {
            boards::measure(&plan, &mut figures).await?;
        }
        if all || asked("revocation") {
            revocation::measure(&plan, &mut figures).await?;
        }
        if all || asked("cycle") {
            cycle::measure(&plan, &mut figures).await?;
        }
        if all || asked("idle") {
            idle::measure(&plan, &mut figures).await?;
        }
        if all || asked("presses") {
            presses::measure(&plan, &mut figures).await?;
        }
        figures.end();
        Ok(())
    })
}

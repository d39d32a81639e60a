//! `cargo bench -p tests --bench mqtt`: how fast controllers at a broker are loaded, how fast a revocation is proven there, and
//! what the broker inside is beside a Mosquitto.
//!
//! The service and the simulated devices run in one process; Mosquitto, and the service whose memory is looked at, in their own.
//! Figures stand beside their aims and never fail the run. A gateway has 64 controllers at most, so that many come back at once.
//!
//! Arguments: `--quick` for a smoke run; `panels`, `boards`, `brokers` for some parts only.

mod boards;
mod brokers;
mod panels;
mod people;
mod site;

use std::process::ExitCode;

use tests::figures::{self, Figures};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Native panels, and people of whom each has a card.
    pub(crate) panels: usize,
    pub(crate) people: u16,
    /// Revocations, idle and again during a load.
    pub(crate) revocations: usize,
    /// esp-rfid boards, and cards on each.
    pub(crate) boards: usize,
    pub(crate) board_cards: u16,
    /// Controllers that come back at once.
    pub(crate) returning: usize,
    /// Clients that publish at once, and messages of each.
    pub(crate) publishers: usize,
    pub(crate) messages: usize,
    /// Clients that are connected and say nothing.
    pub(crate) sessions: usize,
}

const FULL: Plan = Plan {
    panels: 50,
    people: 10_000,
    revocations: 100,
    boards: 50,
    board_cards: 200,
    returning: 64,
    publishers: 40,
    messages: 900,
    sessions: 180,
};

const QUICK: Plan = Plan {
    panels: 3,
    people: 200,
    revocations: 3,
    boards: 2,
    board_cards: 10,
    returning: 4,
    publishers: 3,
    messages: 100,
    sessions: 10,
};

fn main() -> ExitCode {
    figures::main_of(measure)
}

fn measure(arguments: &[String]) -> anyhow::Result<()> {
    // The first call wins, and this is it: the client wants a provider even where it speaks plain HTTP.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    // Cargo names `--bench` when the figures are wanted; a test run of all targets gets the smoke run.
    let plan = if asked("--quick") || !asked("--bench") { QUICK } else { FULL };
    let parts = ["panels", "boards", "brokers"];
    let all = !parts.into_iter().any(asked);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut figures = Figures::begin();
        if all || asked("panels") {
            panels::measure(&plan, &mut figures).await?;
        }
        if all || asked("boards") {
            boards::measure(&plan, &mut figures).await?;
        }
        if all || asked("brokers") {
            brokers::measure(&plan, &mut figures).await?;
        }
        figures.end();
        Ok(())
    })
}

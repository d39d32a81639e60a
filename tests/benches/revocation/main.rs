//! `cargo bench -p tests --bench revocation`: how fast a change gets to the doors, and what it costs.
//!
//! The whole service and simulated lines with byte timing in one process, an HTTP client beside them. Figures stand
//! beside their aims and never fail the run: a busy machine misses aims that the code meets. How late the simulator
//! itself was is printed, so that such a run can be told.
//!
//! Arguments: `--quick` for a smoke run; `directory`, `loading`, `lines`, `busy` for some parts only.

mod busy;
mod directory;
mod lines;
mod loading;
mod people;
mod preload;
mod process;
mod rig;

use std::process::ExitCode;

use tests::figures::{self, Figures};

/// How much is measured.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// People, each with a card.
    pub(crate) people: u16,
    /// Line rates of the revocations.
    pub(crate) bauds: &'static [u32],
    /// Panels on the line, in turn.
    pub(crate) panels: &'static [u8],
    /// Line rates of the loads.
    pub(crate) load_bauds: &'static [u32],
    /// Seconds for the revocations of one configuration, idle and then again during a load.
    pub(crate) seconds: u64,
    /// Least revocations of one configuration, however long they take.
    pub(crate) least: usize,
    /// Most revocations of one configuration.
    pub(crate) most: usize,
}

const FULL: Plan = Plan {
    people: 10_000,
    bauds: &[9600, 38_400, 115_200],
    panels: &[1, 8, 32],
    load_bauds: &[38_400, 115_200, 230_400],
    seconds: 12,
    least: 8,
    most: 200,
};

const QUICK: Plan = Plan {
    people: 1_000,
    bauds: &[115_200],
    panels: &[1, 8],
    load_bauds: &[115_200],
    seconds: 1,
    least: 3,
    most: 10,
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
    let parts = ["directory", "loading", "lines", "busy"];
    let all = !parts.into_iter().any(asked);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut figures = Figures::begin();
        figures.say(format!("{} people", plan.people));
        let organisation = directory::fill(&plan, &mut figures).await?;
        if all || asked("directory") {
            process::start_up(&organisation, &mut figures).await?;
        }
        if all || asked("loading") {
            loading::measure(&plan, &organisation, &mut figures).await?;
        }
        if all || asked("lines") {
            lines::measure(&plan, &organisation, &mut figures).await?;
        }
        if all || asked("busy") {
            busy::measure(&plan, &organisation, &mut figures).await?;
        }
        figures.end();
        Ok(())
    })
}

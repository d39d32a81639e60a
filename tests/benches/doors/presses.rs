//! Buttons that are pressed for 400 ms at eight boards of a slow line: how many of the presses are seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use firmware_sim::config::{BoardConfig, LineConfig, LineProtocol, Model};
use firmware_sim::site::Surroundings;
use firmware_sim::{SimConfig, Site};
use gateway::domain::{Became, InputState, LinkCondition};
use gateway::links::modbus::map::{Points, RegisterMap};
use gateway::links::modbus::request::Table;
use gateway::links::modbus::{self, BoardSetup, LineSetup, Reach};
use gateway::links::{DeviceClient, Heard};
use gateway::sync::{Answer, Demand, Failure, Room};
use tests::figures::Figures;

use crate::Plan;

const BOARDS: u8 = 8;
const BAUD: u32 = 9_600;
const PRESS: Duration = Duration::from_millis(400);
const REST: Duration = Duration::from_millis(450);

/// Boards are online after this.
const SETTLED: Duration = Duration::from_secs(5);

/// Counts presses: inputs that become active.
#[derive(Debug, Default)]
struct Counter {
    seen: AtomicU32,
    active: std::sync::Mutex<[bool; BOARDS as usize]>,
}

impl DeviceClient for Counter {
    fn demand(&self, _: usize) -> Demand {
        Demand::None
    }

    fn next(&self, _: usize, _: &mut dyn Room) -> bool {
        false
    }

    fn answered(&self, _: usize, _: &Answer) {}

    fn failed(&self, _: usize, _: Failure) {}

    fn heard(&self, device: usize, heard: &Heard) {
        let Heard::Inputs(inputs) = heard else { return };
        let active = inputs.first() == Some(&InputState::Active);
        let Ok(mut all) = self.active.lock() else { return };
        if active && !all[device] {
            self.seen.fetch_add(1, Ordering::Relaxed);
        }
        all[device] = active;
    }

    fn became(&self, _: usize, _: &Became) {}

    fn link(&self, _: &LinkCondition) {}
}

pub(crate) async fn measure(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    let rounds = plan.presses / u32::from(plan.lines * BOARDS);
    figures.title(format!("buttons pressed for {PRESS:?} at {BOARDS} boards of a line at {BAUD} baud"));
    let counters = futures(plan.lines, rounds).await?;
    let pressed = rounds * u32::from(plan.lines * BOARDS);
    let seen: u32 = counters.iter().map(|counter| counter.seen.load(Ordering::Relaxed)).sum();
    let verdict = figures.judge(format!("presses seen: {seen} of {pressed}"), seen == pressed);
    figures
        .say(format!("{} lines at the same time: {seen} of {pressed} seen, aim all   {verdict}", plan.lines));
    Ok(())
}

/// All lines at the same time.
async fn futures(lines: u8, rounds: u32) -> anyhow::Result<Vec<Arc<Counter>>> {
    let running: Vec<_> = (0..lines).map(|_| tokio::spawn(one_line(rounds))).collect();
    let mut counters = Vec::new();
    for line in running {
        counters.push(line.await??);
    }
    Ok(counters)
}

async fn one_line(rounds: u32) -> anyhow::Result<Arc<Counter>> {
    let board =
        |address| BoardConfig::new(format!("b{address}"), "annex", address, Model::WaveshareRelay8Inputs);
    let site = Arc::new(Site::start(&SimConfig {
        lines: vec![LineConfig::of(LineProtocol::Modbus, "annex", BAUD)],
        boards: (1..=BOARDS).map(board).collect(),
        ..SimConfig::default()
    })?);
    let counter = Arc::new(Counter::default());
    let path = site.port("annex").map(ToOwned::to_owned).unwrap_or_default();
    let (_handle, task) = modbus::line(setup(path)?, Arc::<Counter>::clone(&counter));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(task.run(async move { drop(stopped.await) }));
    tokio::time::sleep(SETTLED).await;
    let pressing: Vec<_> = (0..BOARDS).map(|at| tokio::spawn(press(Arc::clone(&site), at, rounds))).collect();
    for board in pressing {
        board.await??;
    }
    drop(stop);
    running.await?;
    Ok(counter)
}

/// Presses one button, at its own time.
async fn press(site: Arc<Site>, at: u8, rounds: u32) -> anyhow::Result<()> {
    let id = format!("b{}", at + 1);
    tokio::time::sleep(Duration::from_millis(u64::from(at) * 113)).await;
    for round in 0..rounds {
        for (active, span) in [(true, PRESS), (false, REST + Duration::from_millis(u64::from(round % 97)))] {
            let (site, id) = (Arc::clone(&site), id.clone());
            let inputs = vec![(0, active)];
            let set = move || site.surround(&id, Surroundings { inputs, tampered: None });
            tokio::task::spawn_blocking(set).await??;
            tokio::time::sleep(span).await;
        }
    }
    Ok(())
}

fn setup(path: std::path::PathBuf) -> anyhow::Result<LineSetup> {
    let points = Points { table: Table::DiscreteInputs, first: 0, count: 8, packed: false, active: true };
    let map = Arc::new(RegisterMap { name: "inputs".to_owned(), outputs: None, inputs: Some(points) });
    let board = |at: u8| BoardSetup {
        device: at.into(),
        address: at + 1,
        map: Arc::clone(&map),
        driven: Vec::new(),
        timeout: modbus::limits::RESPONSE_TIMEOUT,
    };
    Ok(LineSetup {
        id: "annex".parse()?,
        reach: Reach::Port { path, baud: BAUD },
        gap: modbus::limits::REPLY_GAP,
        boards: (0..BOARDS).map(board).collect(),
    })
}

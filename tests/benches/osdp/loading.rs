//! Loading an empty panel, alone on its line, with a whole card table: the share of the line's rate that carries rows.
//!
//! What to send is decided by the gateway's own synchronisation. The clock runs from the first row's command to the
//! proof of the whole table.

use std::time::Duration;

use anyhow::ensure;
use gateway::access::{CardAccess, DoorPlan};
use gateway::domain::{CardholderId, Revision};
use gateway::links::card_table::{self, Frame};
use gateway::sync::{self, ControllerSpec, Failure, Fleet, Holds, SyncState};
use jiff::Timestamp;
use panel_protocol::osdp::cp::{Demand, LineConfig};
use panel_protocol::panel::OUI;
use panel_protocol::table::DigestKey;
use panel_protocol::time::Micros;
use panel_protocol::wiegand::H10301;
use tests::figures::Figures;

use crate::line::{Caller, Line};
use crate::{BAUDS, Plan};

/// Reply times of the panel, and the least share that is aimed at.
const AIMS: [(Duration, f64); 2] = [(Duration::ZERO, 0.90), (Duration::from_millis(3), 0.85)];

/// Bytes of a plain 26-bit card's row.
const ROW: u32 = 7;

/// A fleet of one controller, and when its first row left.
struct Loader {
    fleet: Fleet,
    rows_began: Option<Micros>,
}

impl Loader {
    fn new(rows: u32) -> anyhow::Result<Self> {
        let spec = ControllerSpec {
            id: "loaded".parse()?,
            plan: DoorPlan::new([0]),
            holds: Holds::Digested(DigestKey::new([9; 16])),
        };
        let holder: CardholderId = "00000000-0000-4000-8000-000000000001".parse()?;
        let access = CardAccess::everywhere(holder);
        let card = |at: u32| H10301.encode(u64::from(at >> 16), u64::from(at & 0xFFFF));
        let cards: Result<Vec<_>, _> =
            (0..rows).map(|at| Ok::<_, anyhow::Error>((card(at)?, access))).collect();
        Ok(Self { fleet: Fleet::new(vec![spec], Revision(1), cards?), rows_began: None })
    }

    fn is_proven(&self) -> bool {
        self.fleet.status(0).is_some_and(|status| status.state == SyncState::Proven)
    }
}

/// The fleet's calendar follows the virtual clock.
fn calendar(now: Micros) -> Timestamp {
    let micros = i64::try_from(now.0).unwrap_or(i64::MAX);
    Timestamp::from_microsecond(1_800_000_000_000_000 + micros).unwrap_or(Timestamp::MAX)
}

impl Caller for Loader {
    fn demand(&mut self, now: Micros, _: usize) -> Demand {
        match self.fleet.demand(0, calendar(now)) {
            sync::Demand::None => Demand::None,
            sync::Demand::Bulk => Demand::Bulk,
            sync::Demand::Urgent => Demand::Urgent,
        }
    }

    fn command(&mut self, now: Micros, _: usize, _: bool, room: &mut [u8]) -> Option<(usize, [u8; 3])> {
        const PUT_ROWS: u8 = 0x10;
        let mut frame = Frame::new(room);
        let len = self.fleet.next(0, calendar(now), &mut frame).then(|| frame.filled())??;
        if room[0] == PUT_ROWS {
            self.rows_began.get_or_insert(now);
        }
        Some((len, OUI))
    }

    fn answer(&mut self, now: Micros, _: usize, bytes: &[u8]) {
        match card_table::answer(bytes) {
            Some(answer) => self.fleet.answered(0, calendar(now), &answer),
            None => self.fleet.failed(0, calendar(now), Failure::Malformed),
        }
        while self.fleet.poll_output().is_some() {}
    }
}

pub(crate) fn measure(plan: Plan, figures: &mut Figures) -> anyhow::Result<()> {
    figures.title(format!(
        "{} rows to one panel: share of the line rate that carries rows (virtual clock)",
        plan.rows
    ));
    figures.say("   baud  reply ms   seconds    rows/s   frames   share    aim");
    for baud in BAUDS {
        for (reply_time, aim) in AIMS {
            let (seconds, frames) = load(baud, reply_time, plan.rows)?;
            let share = f64::from(plan.rows * ROW * 10) / (seconds * f64::from(baud));
            let reply_ms = reply_time.as_millis();
            let verdict = figures.judge(
                format!("share {share:.3} of {baud} baud with {reply_ms} ms of reply time"),
                share >= aim,
            );
            figures.say(format!(
                "{baud:>7} {reply_ms:>9} {seconds:>9.2} {:>9.0} {frames:>8} {share:>7.3} >= {aim:.2} {verdict}",
                f64::from(plan.rows) / seconds
            ));
        }
    }
    Ok(())
}

/// Seconds from the first row to the proof, and how many frames the CP sent meanwhile.
fn load(baud: u32, reply_time: Duration, rows: u32) -> anyhow::Result<(f64, u64)> {
    let mut line = Line::up(LineConfig::new(baud), 1, reply_time);
    let mut loader = Loader::new(rows)?;
    let mut before = line.frames;
    while !loader.is_proven() {
        line.step(&mut loader);
        if loader.rows_began.is_none() {
            before = line.frames;
        }
    }
    let panel = &line.devices[0].handler.panel;
    ensure!(panel.table().len() == rows, "the panel holds {} rows of {rows}", panel.table().len());
    let began = loader.rows_began.unwrap_or(line.now);
    Ok((line.now.since(began).as_secs_f64(), line.frames - before))
}

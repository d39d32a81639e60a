//! Loading an empty panel, alone on its line, with a whole card table: the seconds that its doors stand shut, and for rows that
//! compact runs can't say, the share of the line's rate that carries them.
//!
//! What to send is decided by the gateway's own synchronisation. The clock runs from the first row's command to the
//! proof of the whole table.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::ensure;
use gateway::access::{CardAccess, DoorPlan};
use gateway::domain::{CardholderId, Revision};
use gateway::links::card_table::{self, Frame};
use gateway::sync::{self, ControllerSpec, Failure, Fleet, Holds, SyncState};
use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::osdp::cp::{Demand, LineConfig};
use panel_protocol::panel::OUI;
use panel_protocol::table::DigestKey;
use panel_protocol::testing::Dice;
use panel_protocol::time::{Micros, UtcSeconds};
use panel_protocol::wiegand::H10301;
use tests::figures::Figures;

use crate::line::{Caller, Line};
use crate::{BAUDS, Plan};

/// Reply times of the panel, and the least share that is aimed at.
const AIMS: [(Duration, f64); 2] = [(Duration::ZERO, 0.90), (Duration::from_millis(3), 0.85)];

/// Bytes of a 26-bit card's row that ends at some second.
const ROW: u32 = 12;

/// Where the random cards begin.
const SEED: u64 = 0x5EED_0010;

/// Which cards a panel is loaded with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cards {
    /// Of one facility, at random among its 65,536.
    OneFacility,
    /// At random among all that 26 bits can be.
    Any,
    /// As many as a facility has, one after the other, each until some second: no run says that.
    Ending,
}

impl Cards {
    const fn name(self) -> &'static str {
        match self {
            Self::OneFacility => "one facility",
            Self::Any => "any 26 bits",
            Self::Ending => "with an end",
        }
    }

    /// Of how many there are.
    const fn among(self) -> u64 {
        match self {
            Self::OneFacility | Self::Ending => 1 << 16,
            Self::Any => 1 << 26,
        }
    }

    fn draw(self, count: u32) -> anyhow::Result<Vec<Credential>> {
        let mut dice = Dice(SEED);
        let mut numbers = BTreeSet::new();
        while numbers.len() < count as usize {
            let next = if self == Self::Ending { numbers.len() as u64 } else { dice.below(self.among()) };
            numbers.insert(next);
        }
        let card = |number: u64| -> anyhow::Result<Credential> {
            Ok(match self {
                Self::Any => Credential::new(26, number)?,
                Self::OneFacility | Self::Ending => H10301.encode(100, number)?,
            })
        };
        numbers.into_iter().map(card).collect()
    }

    /// The bytes that tell which of all there are.
    fn entropy(self, count: u32) -> f64 {
        let bits = |at: u32| ((self.among() as f64 - f64::from(at)) / f64::from(at + 1)).log2();
        (0..count).map(bits).sum::<f64>() / 8.0
    }
}

/// Most seconds that are aimed at for 10,000 cards, by line rate.
const SECONDS: [(Cards, u32, f64); 4] = [
    (Cards::OneFacility, 115_200, 1.3),
    (Cards::OneFacility, 9600, 15.0),
    (Cards::Any, 115_200, 2.3),
    (Cards::Any, 9600, 26.0),
];

/// A fleet of one controller, and when its first row left.
struct Loader {
    fleet: Fleet,
    rows_began: Option<Micros>,
}

impl Loader {
    fn new(cards: Cards, rows: u32) -> anyhow::Result<Self> {
        let spec = ControllerSpec {
            id: "loaded".parse()?,
            plan: DoorPlan::new([0]),
            holds: Holds::Digested(DigestKey::new([9; 16])),
        };
        let holder: CardholderId = "00000000-0000-4000-8000-000000000001".parse()?;
        let valid_until = (cards == Cards::Ending).then_some(UtcSeconds(2_000_000_000));
        let access = CardAccess { valid_until, ..CardAccess::everywhere(holder) };
        let cards = cards.draw(rows)?.into_iter().map(|card| (card, access));
        Ok(Self { fleet: Fleet::new(vec![spec], Revision(1), cards), rows_began: None })
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
        const ROWS_OR_RUNS: [u8; 2] = [0x10, 0x16];
        let mut frame = Frame::new(room);
        let len = self.fleet.next(0, calendar(now), &mut frame).then(|| frame.filled())??;
        if ROWS_OR_RUNS.contains(&room[0]) {
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
    figures.title(format!("{} cards into one empty panel: seconds until proven (virtual clock)", plan.rows));
    figures.say("cards          baud   seconds   frames   aim of 10,000   the set's entropy");
    for (cards, baud, aim) in SECONDS {
        let (seconds, frames) = load(cards, baud, Duration::ZERO, plan.rows)?;
        let (name, entropy) = (cards.name(), cards.entropy(plan.rows));
        let verdict = figures.judge(format!("{seconds:.2} s for {name} at {baud} baud"), seconds <= aim);
        figures.say(format!(
            "{name:<12} {baud:>6} {seconds:>9.2} {frames:>8} <= {aim:>6.1} s {verdict}   {entropy:.0} bytes"
        ));
    }
    figures.title(format!(
        "{} rows with an end to one panel: share of the line rate that carries rows (virtual clock)",
        plan.rows
    ));
    figures.say("   baud  reply ms   seconds    rows/s   frames   share    aim");
    for baud in BAUDS {
        for (reply_time, aim) in AIMS {
            let (seconds, frames) = load(Cards::Ending, baud, reply_time, plan.rows)?;
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
fn load(cards: Cards, baud: u32, reply_time: Duration, rows: u32) -> anyhow::Result<(f64, u64)> {
    let mut line = Line::up(LineConfig::new(baud), 1, reply_time);
    let mut loader = Loader::new(cards, rows)?;
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

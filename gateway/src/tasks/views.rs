//! The site as people are shown it.

mod identity;

use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use jiff::{SignedDuration, Timestamp};
use panel_protocol::osdp::cp::PdCounters;
use panel_protocol::osdp::reply::DeviceId;
use panel_protocol::wiegand::Format;
use tokio::sync::watch;

use super::board::{Board, ControllerBoard, LineBoard};
use super::clock;
use super::identity::new_token;
use super::site::Site;
use crate::config::{ControllerKind, Line, Protocol};
use crate::domain::{Cardholder, ControllerId, EventKind, LineId, Receipt, ReceiptAction};
use crate::links::osdp::{LineHandle, LineStatus, PanelStatus};
use crate::osdpcap::Record;
use crate::sync::{ControllerStatus, Fleet, SyncState};
use crate::views::{
    AccessSource, Actor, AlarmView, CaptureError, CardOrder, CardOrderDone, CardOrderError, CardText,
    ControllerState, ControllerView, Counts, DoorView, EventView, Exposure, FaultCounts, InstallMinutes,
    InstallModeError, InstallModeOpened, Level, LineView, Notice, OperationView, ReAuthenticateError,
    ReAuthenticated, Readiness, ReceiptView, RefusedCardView, SiteFacts, SiteSource, SiteView, TableView,
};

/// Most entries of each list on the page.
const MAX_RECEIPTS: usize = 20;
const MAX_EXPOSED: usize = 1000;
const MAX_REFUSED: usize = 100;
const MAX_EVENTS: usize = 30;
const MAX_UNDONE: usize = 20;

/// A controller that was not heard for so long since the start is offline, not starting.
const STARTING: SignedDuration = SignedDuration::from_secs(15);

impl SiteSource for Site {
    fn site(&self) -> SiteView {
        let now = clock::now();
        let refused_cards = self.refused_cards();
        let counts = self.counts(refused_cards.len());
        let events = self.card_reads();
        let identity = self.identity_view(now);
        let undone = self.undone_reactivations();
        let wires = self.wires();
        let revision = self.directory.stats().revision;
        let fleet = self.fleet();
        let board = self.board();
        let controllers: Vec<ControllerView> = (0..self.config.controllers.len())
            .map(|at| self.controller(now, at, &fleet, &board.controllers[at], wires.panel(at)))
            .collect();
        let mut notices = undone;
        notices.extend(board.notices.iter().cloned());
        let exposed =
            bounded(exposed(&fleet, &controllers, self.config.cards.default_format), &mut notices, now);
        let facts = SiteFacts {
            name: self.config.site.name.clone(),
            time_zone: self.time_zone().to_owned(),
            at: now,
            started: self.started,
            uptime_s: self.running.seconds(),
            revision,
            counts,
            lines: (0..self.config.lines.len())
                .map(|at| line_view(&self.config.lines[at], &board.lines[at], wires.lines[at].as_ref()))
                .collect(),
            controllers,
            receipts: receipts(&fleet, self.config.cards.default_format),
            exposed,
            refused_cards,
            identity,
            alarms: alarms(&board),
            events,
            notices,
        };
        drop((board, fleet));
        SiteView::of(facts)
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.watch()
    }

    fn readiness(&self) -> Readiness {
        let directory_open = self.directory.stats().failed.is_none();
        let links_started = self.board().lines.iter().all(|line| line.since.is_some());
        Readiness { directory_open, links_started }
    }

    fn access(&self) -> &dyn AccessSource {
        &self.access
    }

    fn open_install_mode(
        &self,
        controller: &ControllerId,
        minutes: InstallMinutes,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<InstallModeOpened, InstallModeError>> {
        let (controller, actor) = (controller.clone(), actor.clone());
        Box::pin(async move {
            let at = self.config.controllers.iter().position(|known| known.id == controller);
            let at = at.ok_or_else(|| InstallModeError::UnknownController(controller.clone()))?;
            let unavailable =
                |why: String| InstallModeError::Unavailable { controller: controller.clone(), why };
            let line = self.line_of(at).ok_or_else(|| unavailable("its line has not started".to_owned()))?;
            let span = SignedDuration::from_mins(i64::from(minutes.get()));
            let until = clock::now() + span;
            self.board().install_mode(at, until);
            let opened = line.open_install_mode(at, span.unsigned_abs()).await;
            opened.map_err(|error| unavailable(error.to_string()))?;
            tracing::warn!(%controller, ?actor, %until, "install mode opened");
            self.bump();
            Ok(InstallModeOpened { controller, until })
        })
    }

    fn capture(&self, line: &LineId, actor: &Actor) -> Result<BoxStream<'static, Record>, CaptureError> {
        self.listen(line, actor)
    }

    fn operations(&self, before: Option<u64>, count: usize) -> Vec<OperationView> {
        self.operation_views(before, count)
    }

    fn re_authenticate(
        &self,
        source: &str,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<ReAuthenticated, ReAuthenticateError>> {
        let (source, actor) = (source.to_owned(), actor.clone());
        Box::pin(async move {
            let (tokens, name) = (Arc::clone(self.identity.tokens()), source.clone());
            let made = tokio::task::spawn_blocking(move || new_token(&tokens, &name)).await;
            let made = made.map_err(|_| ReAuthenticateError::Unavailable)??;
            tracing::warn!(token = source, ?actor, "re-authenticated");
            self.bump();
            Ok(made)
        })
    }

    fn change_card(
        &self,
        order: CardOrder,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<CardOrderDone, CardOrderError>> {
        Box::pin(self.order_card(order, actor.clone(), clock::now()))
    }
}

/// What the lines' tasks last told of their wires.
struct Wires {
    lines: Vec<Option<LineStatus>>,
}

impl Wires {
    fn panel(&self, controller: usize) -> Option<&PanelStatus> {
        let panels = self.lines.iter().flatten().flat_map(|line| &line.panels);
        panels.into_iter().find(|panel| panel.controller == controller)
    }
}

impl Site {
    fn wires(&self) -> Wires {
        let status = |line: &OnceLock<LineHandle>| line.get().map(|line| line.status().borrow().clone());
        Wires { lines: self.lines.iter().map(status).collect() }
    }

    fn controller(
        &self,
        now: Timestamp,
        at: usize,
        fleet: &Fleet,
        board: &ControllerBoard,
        wire: Option<&PanelStatus>,
    ) -> ControllerView {
        let config = &self.config.controllers[at];
        let last_heard = wire.and_then(|wire| wire.last_heard);
        let silent = board.state == ControllerState::Starting
            && last_heard.is_none()
            && now.duration_since(self.started) > STARTING;
        let ControllerKind::Panel = config.kind;
        ControllerView {
            id: config.id.clone(),
            line: config.line.clone(),
            address: config.address,
            kind: crate::views::ControllerKind::Panel,
            state: if silent { ControllerState::Offline } else { board.state },
            state_since: if silent { Some(self.started) } else { board.since },
            last_heard,
            identity: wire.and_then(|wire| wire.about).map(|(device, _)| identity(&device)),
            table: fleet.status(at).map(|status| table(fleet, &status)),
            faults: wire.map(|wire| faults(&wire.counters)).unwrap_or_default(),
            install_mode_until: board.install_until.filter(|until| now < *until),
            doors: config
                .doors
                .iter()
                .map(|door| DoorView { id: door.id.clone(), name: door.name.clone(), reader: door.reader })
                .collect(),
        }
    }

    fn counts(&self, refused: usize) -> Counts {
        let counts = self.directory.stats().counts;
        Counts {
            people: counts.cardholders,
            active_people: counts.active,
            cards: counts.cards,
            active_cards: counts.active_cards,
            groups: counts.groups,
            refused_cards: counts.refused_cards.max(refused as u64),
            access_levels: counts.access_levels,
            rules: counts.rules,
        }
    }

    fn refused_cards(&self) -> Vec<RefusedCardView> {
        let view = self.directory.read();
        let people = view.refused().take(MAX_REFUSED).filter_map(Result::ok);
        let views = |person: Cardholder| {
            let (id, name) = (person.id, person.display_name);
            person.refused_cards.into_iter().map(move |refused| RefusedCardView::of(id, &name, &refused))
        };
        people.flat_map(views).take(MAX_REFUSED).collect()
    }

    fn undone_reactivations(&self) -> Vec<Notice> {
        let view = self.directory.read();
        let people = view.undone().take(MAX_UNDONE).filter_map(Result::ok);
        people.filter_map(|person| undone_reactivation(&person)).collect()
    }

    fn card_reads(&self) -> Vec<EventView> {
        let format = self.config.cards.default_format;
        let door_name = |read: &crate::domain::CardRead| {
            let doors = self.config.controllers.iter().flat_map(|controller| &controller.doors);
            doors.into_iter().find(|door| Some(&door.id) == read.door.as_ref()).map(|door| door.name.as_str())
        };
        let recent = self.events.recent(MAX_EVENTS * 4);
        recent
            .iter()
            .filter_map(|logged| match &logged.event.kind {
                EventKind::CardRead(read) => Some(EventView::of_card_read(
                    logged.event.at,
                    read,
                    door_name(read),
                    CardText::of_credential(&read.credential, format),
                )),
                _ => None,
            })
            .take(MAX_EVENTS)
            .collect()
    }
}

/// Why somebody who was just made active is inactive, and what to do if they should not be.
fn undone_reactivation(person: &Cardholder) -> Option<Notice> {
    let reactivation = person.reactivation.as_ref()?;
    let at = reactivation.undone?;
    let seconds = at.duration_since(reactivation.at).as_secs();
    let (name, token) = (&person.display_name, &reactivation.token);
    let text = format!(
        "{name} was made inactive {seconds} s after being made active again, both by the SCIM token {token}. Okta is \
         known to send an outdated active=false so soon after a reactivation. It was obeyed, as every suspension is. \
         If {name} should be active: at the identity provider, take {name}'s assignment to this application away and \
         give it again, or push the profile once more."
    );
    Some(Notice { at, level: Level::Attention, text })
}

fn table(fleet: &Fleet, status: &ControllerStatus) -> TableView {
    let work = status.work;
    TableView {
        held: status.rows.map(u64::from),
        desired: fleet.cards().len() as u64,
        capacity: status.info.map(|info| u64::from(info.row_capacity)),
        proven: status.state == SyncState::Proven,
        since: status.verified_at,
        pending: work.rows as u64 + u64::from(work.buckets_to_read) + u64::from(work.buckets_to_load),
    }
}

fn faults(counters: &PdCounters) -> FaultCounts {
    FaultCounts {
        timeouts: counters.timeouts.into(),
        bad_check: counters.bad_check.into(),
        bad_mac: counters.bad_mac.into(),
        foreign: u64::from(counters.foreign_address)
            + u64::from(counters.stale)
            + u64::from(counters.violations),
        nak: counters.naks.into(),
    }
}

fn identity(device: &DeviceId) -> String {
    let [a, b, c] = device.vendor;
    let [major, minor, build] = device.firmware;
    format!(
        "vendor {a:02X}-{b:02X}-{c:02X}, model {} version {}, serial {}, firmware {major}.{minor}.{build}",
        device.model, device.version, device.serial
    )
}

fn line_view(line: &Line, board: &LineBoard, wire: Option<&LineStatus>) -> LineView {
    let Protocol::Osdp = line.protocol;
    let sum = |count: fn(&PdCounters) -> u32| {
        wire.map_or(0, |wire| wire.panels.iter().map(|panel| u64::from(count(&panel.counters))).sum())
    };
    LineView {
        id: line.id.clone(),
        protocol: "osdp".to_owned(),
        port: line.port.display().to_string(),
        baud: line.baud,
        state: board.state.clone(),
        since: board.since,
        frames_sent: sum(|counters| counters.frames_sent),
        frames_received: sum(|counters| counters.replies),
        noise_bytes: wire.map_or(0, |wire| wire.counters.noise_bytes.into()),
        stray_frames: wire.map_or(0, |wire| {
            u64::from(wire.counters.bad_length) + u64::from(wire.counters.unexpected_frames)
        }),
    }
}

fn alarms(board: &Board) -> Vec<AlarmView> {
    board.alarms.iter().rev().map(|(since, alarm)| AlarmView::of(*since, alarm)).collect()
}

/// Those under way first, then the finished; newest first in both.
fn receipts(fleet: &Fleet, format: &Format) -> Vec<ReceiptView> {
    let mut open: Vec<&Receipt> = fleet.receipts().open().collect();
    open.sort_by_key(|receipt| std::cmp::Reverse(receipt.revision));
    open.into_iter()
        .chain(fleet.receipts().recent())
        .take(MAX_RECEIPTS)
        .map(|receipt| receipt_view(receipt, format))
        .collect()
}

fn receipt_view(receipt: &Receipt, format: &Format) -> ReceiptView {
    ReceiptView::of(receipt, CardText::of_credential(&receipt.credential, format))
}

fn exposed(fleet: &Fleet, controllers: &[ControllerView], format: &Format) -> Vec<Exposure> {
    let revocations = fleet.receipts().open().filter(|receipt| receipt.action == ReceiptAction::Deactivate);
    let mut exposed: Vec<Exposure> = revocations
        .flat_map(|receipt| {
            let unproven = receipt.landings.iter().filter(|landing| landing.proven.is_none());
            unproven.filter_map(|landing| {
                let at = controllers.iter().find(|controller| controller.id == landing.controller)?;
                Some(exposure(receipt, at, format))
            })
        })
        .collect();
    exposed.sort_by_key(|exposure| exposure.since);
    exposed
}

/// Cuts the list to what a page can show, and says so.
fn bounded(mut exposed: Vec<Exposure>, notices: &mut Vec<Notice>, now: Timestamp) -> Vec<Exposure> {
    if exposed.len() > MAX_EXPOSED {
        let more = exposed.len() - MAX_EXPOSED;
        let text = format!("{more} more revocations are not proven than are listed; the oldest are listed.");
        notices.insert(0, Notice { at: now, level: Level::Problem, text });
        exposed.truncate(MAX_EXPOSED);
    }
    exposed
}

fn exposure(receipt: &Receipt, at: &ControllerView, format: &Format) -> Exposure {
    Exposure {
        revision: receipt.revision,
        holder: receipt.holder,
        holder_name: receipt.holder_name.clone(),
        card: CardText::of_credential(&receipt.credential, format),
        controller: at.id.clone(),
        doors: at.doors.iter().map(|door| door.name.clone()).collect(),
        since: receipt.committed,
        state: at.state,
        state_since: at.state_since,
    }
}

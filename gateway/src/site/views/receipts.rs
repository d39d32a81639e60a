//! Receipts, and the revocations that they don't prove yet.

use jiff::Timestamp;
use panel_protocol::wiegand::Format;

use super::super::clock;
use super::super::running::Site;
use crate::domain::{Exposure, Level, Notice, Receipt, UnprovenAt};
use crate::sync::Fleet;
use crate::views::{CardText, ControllerView, ExposureView, ReceiptView, ShowReceipts};

/// Most receipts on the page.
const MAX_RECEIPTS: usize = 20;

/// Most exposures.
const MAX_EXPOSED: usize = 1000;

impl ShowReceipts for Site {
    fn receipts(&self) -> Vec<ReceiptView> {
        newest(&self.fleet(), self.config.cards.default_format)
    }

    fn exposed(&self) -> Vec<ExposureView> {
        let links = self.link_statuses();
        let fleet = self.fleet();
        let controllers = self.controller_views(&fleet, &self.health(), &links, clock::now());
        exposed(&unproven(&fleet, &controllers), self.config.cards.default_format)
    }
}

/// Those under way first, then the finished; newest first in both.
pub(super) fn newest(fleet: &Fleet, format: &Format) -> Vec<ReceiptView> {
    let mut open: Vec<&Receipt> = fleet.receipts().open().collect();
    open.sort_by_key(|receipt| std::cmp::Reverse(receipt.revision));
    open.into_iter()
        .chain(fleet.receipts().recent())
        .take(MAX_RECEIPTS)
        .map(|receipt| receipt_view(fleet, receipt, format))
        .collect()
}

fn receipt_view(fleet: &Fleet, receipt: &Receipt, format: &Format) -> ReceiptView {
    let mut view = ReceiptView::of(receipt, CardText::of_credential(receipt.credential, format));
    for landing in &mut view.landings {
        landing.by_reading_back = fleet.reads_back(&landing.controller);
    }
    view
}

/// Every revoked card at every controller that has not proven it, the oldest first, with its receipt.
pub(super) fn unproven<'a>(
    fleet: &'a Fleet,
    controllers: &'a [ControllerView],
) -> Vec<(&'a Receipt, &'a ControllerView, Exposure)> {
    let mut exposed: Vec<_> = fleet
        .unproven_revocations()
        .flat_map(|receipt| {
            let unproven = receipt.landings.iter().filter(|landing| landing.proven.is_none());
            unproven.filter_map(move |landing| {
                let at = controllers.iter().find(|controller| controller.id == landing.controller)?;
                Some((receipt, at, exposure(receipt, at)))
            })
        })
        .collect();
    exposed.sort_by_key(|(_, _, exposure)| exposure.at.since);
    exposed
}

fn exposure(receipt: &Receipt, at: &ControllerView) -> Exposure {
    Exposure {
        revision: receipt.revision,
        card: receipt.credential,
        at: UnprovenAt {
            controller: at.id.clone(),
            since: receipt.committed,
            state: at.state,
            state_since: at.state_since,
        },
    }
}

/// As many of them as a page can show.
pub(super) fn exposed(
    unproven: &[(&Receipt, &ControllerView, Exposure)],
    format: &Format,
) -> Vec<ExposureView> {
    let shown = unproven.iter().take(MAX_EXPOSED).map(|(receipt, at, exposure)| ExposureView {
        revision: receipt.revision,
        holder: receipt.holder,
        holder_name: receipt.holder_name.clone(),
        card: CardText::of_credential(receipt.credential, format),
        doors: at.doors.iter().map(|door| door.name.clone()).collect(),
        at: exposure.at.clone(),
    });
    shown.collect()
}

/// That the list was cut, if it was.
pub(super) fn cut(unproven: usize, now: Timestamp) -> Option<Notice> {
    let more = unproven.checked_sub(MAX_EXPOSED).filter(|more| *more > 0)?;
    let text = format!("{more} more revocations are not proven than are listed; the oldest are listed.");
    Some(Notice { at: now, level: Level::Problem, text })
}

//! Receipts, and the revocations that they don't prove yet.

use jiff::Timestamp;
use panel_protocol::wiegand::Format;

use super::super::running::Site;
use crate::domain::{Level, Notice, Receipt};
use crate::sync::Fleet;
use crate::views::{CardText, ControllerView, Exposure, ReceiptView, ShowReceipts};

/// Most receipts on the page.
const MAX_RECEIPTS: usize = 20;

/// Most exposures.
const MAX_EXPOSED: usize = 1000;

impl ShowReceipts for Site {
    fn receipts(&self) -> Vec<ReceiptView> {
        newest(&self.fleet(), self.config.cards.default_format)
    }

    fn exposed(&self) -> Vec<Exposure> {
        let fleet = self.fleet();
        let controllers = self.controller_views(&fleet, &self.board());
        let mut exposed = exposed(&fleet, &controllers, self.config.cards.default_format);
        exposed.truncate(MAX_EXPOSED);
        exposed
    }
}

/// Those under way first, then the finished; newest first in both.
pub(super) fn newest(fleet: &Fleet, format: &Format) -> Vec<ReceiptView> {
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

pub(super) fn exposed(fleet: &Fleet, controllers: &[ControllerView], format: &Format) -> Vec<Exposure> {
    let mut exposed: Vec<Exposure> = fleet
        .unproven_revocations()
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
pub(super) fn bounded(
    mut exposed: Vec<Exposure>,
    notices: &mut Vec<Notice>,
    now: Timestamp,
) -> Vec<Exposure> {
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

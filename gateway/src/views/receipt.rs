//! Receipts of changes, and who is exposed until they are complete.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::masking::CardText;
use crate::domain::{CardholderId, ControllerId, Landing, Receipt, ReceiptAction, Revision, UnprovenAt};

/// The way of one card's change from the directory to every controller.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct ReceiptView {
    /// The change.
    pub revision: Revision,
    /// What it did.
    pub action: ReceiptAction,
    /// The card.
    pub card: CardText,
    /// Whose card.
    pub holder: Option<CardholderId>,
    /// Their name.
    pub holder_name: String,
    /// When the change was durable.
    pub committed: Timestamp,
    /// Every controller that had to change has proven it.
    pub complete: bool,
    /// From durable to proven at the slowest controller, in milliseconds; absent until complete.
    pub proven_ms: Option<f64>,
    /// One for each controller that had to change.
    pub landings: Vec<LandingView>,
}

/// How far a change has come at one controller: milliseconds since the change was durable, to a tenth. Absent while a
/// step has not happened, or is unknown because the gateway was restarted meanwhile.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct LandingView {
    /// Which controller.
    pub controller: ControllerId,
    /// The row was computed.
    pub compiled_ms: f64,
    /// The command was handed to the line.
    pub sent_ms: Option<f64>,
    /// The controller said that it was done.
    pub acknowledged_ms: Option<f64>,
    /// The controller's digest proved it, or its rows when they were read back.
    pub proven_ms: Option<f64>,
    /// When it was proven.
    pub proven: Option<Timestamp>,
    /// The controller makes no digests: what proves it is its rows, read back.
    pub by_reading_back: bool,
}

impl ReceiptView {
    /// A receipt, complete or not. `card` is how its credential is to be written.
    pub fn of(receipt: &Receipt, card: CardText) -> Self {
        let landings: Vec<LandingView> =
            receipt.landings.iter().map(|landing| LandingView::of(receipt.committed, landing)).collect();
        let slowest = landings
            .iter()
            .map(|landing| landing.proven_ms)
            .try_fold(0.0, |slowest: f64, ms| ms.map(|ms| slowest.max(ms)));
        Self {
            revision: receipt.revision,
            action: receipt.action,
            card,
            holder: receipt.holder,
            holder_name: receipt.holder_name.clone(),
            committed: receipt.committed,
            complete: slowest.is_some(),
            proven_ms: slowest,
            landings,
        }
    }

    /// How many controllers have proven it.
    pub fn proven_count(&self) -> usize {
        self.landings.iter().filter(|landing| landing.proven.is_some()).count()
    }

    /// What it did, in a word or two.
    pub const fn action_words(&self) -> &'static str {
        match self.action {
            ReceiptAction::Activate => "activated",
            ReceiptAction::Update => "updated",
            ReceiptAction::Deactivate => "revoked",
        }
    }
}

impl LandingView {
    fn of(committed: Timestamp, landing: &Landing) -> Self {
        let since = |at: Timestamp| milliseconds(committed, at);
        Self {
            controller: landing.controller.clone(),
            compiled_ms: since(landing.compiled),
            sent_ms: landing.sent.map(since),
            acknowledged_ms: landing.acknowledged.map(since),
            proven_ms: landing.proven.map(since),
            proven: landing.proven,
            by_reading_back: false,
        }
    }
}

/// To a tenth of a millisecond; zero when a clock was set back in between.
fn milliseconds(from: Timestamp, to: Timestamp) -> f64 {
    let tenths = to.as_microsecond().saturating_sub(from.as_microsecond()).max(0) / 100;
    u32::try_from(tenths).map_or(f64::from(u32::MAX), f64::from) / 10.0
}

/// A revoked card at a controller that has not yet proven it.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct ExposureView {
    /// The revocation.
    pub revision: Revision,
    /// Whose card.
    pub holder: Option<CardholderId>,
    /// Their name.
    pub holder_name: String,
    /// The card.
    pub card: CardText,
    /// Where it may still open doors, and why.
    #[serde(flatten)]
    pub at: UnprovenAt,
    /// The doors that it may still open, as people call them.
    pub doors: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    fn landing(controller: &str, proven: Option<Timestamp>) -> Landing {
        Landing {
            controller: controller.parse().unwrap(),
            compiled: at(1),
            sent: Some(at(2)),
            acknowledged: None,
            proven,
        }
    }

    fn receipt(landings: Vec<Landing>) -> ReceiptView {
        let receipt = Receipt {
            revision: Revision(7),
            action: ReceiptAction::Deactivate,
            credential: panel_protocol::credential::Credential::new(26, 0x2F6_23AE).unwrap(),
            holder: None,
            holder_name: "Ann".to_owned(),
            committed: at(0),
            landings,
        };
        ReceiptView::of(&receipt, CardText::new("100-1234"))
    }

    #[test]
    fn a_receipt_is_complete_only_when_every_controller_has_proven_it() {
        let half = receipt(vec![landing("a", Some(at(30))), landing("b", None)]);
        assert_eq!((half.complete, half.proven_ms, half.proven_count()), (false, None, 1));
        let whole = receipt(vec![landing("a", Some(at(30))), landing("b", Some(at(41)))]);
        assert_eq!((whole.complete, whole.proven_ms, whole.proven_count()), (true, Some(41.0), 2));
    }

    #[test]
    fn a_clock_set_back_makes_no_negative_times() {
        assert_eq!(receipt(vec![landing("a", Some(at(-500)))]).proven_ms, Some(0.0));
    }

    #[test]
    fn steps_are_told_to_a_tenth_of_a_millisecond() {
        let proven = Timestamp::from_microsecond(at(0).as_microsecond() + 12_345).unwrap();
        assert_eq!(receipt(vec![landing("a", Some(proven))]).landings[0].proven_ms, Some(12.3));
    }
}

//! The one place where card numbers are hidden from those who need not see them.
//!
//! A masked number keeps its last two characters, and never more than half of what it has, so that two people at a
//! desk can still tell which card is meant. Masking takes a whole [`SiteView`](super::SiteView) apart, field by
//! field: a new field doesn't compile until somebody has said here whether it can hold a card number.

mod card_text;

use super::access::HoldView;
use super::event::EventView;
use super::identity_providers::{IdentityProvidersView, OperationView};
use super::receipt::{ExposureView, ReceiptView};
use super::site::{RefusedCardView, SiteFacts, SiteView};
use super::source::{ConfiguredSourceView, DeadLetterView};

pub use card_text::CardText;

use crate::domain::EventFault;

/// What shows card numbers, and can do without.
pub trait Masked {
    /// For those who need not see card numbers.
    #[must_use]
    fn masked(self) -> Self;
}

impl Masked for SiteView {
    fn masked(self) -> Self {
        let SiteFacts {
            name,
            time_zone,
            at,
            started,
            uptime_s,
            revision,
            access_mode,
            counts,
            lines,
            controllers,
            receipts,
            exposed,
            refused_cards,
            identity_providers,
            sources,
            alarms,
            alarms_over,
            events,
            door_events,
            notices,
        } = self.facts;
        let facts = SiteFacts {
            controllers,
            receipts: receipts.into_iter().map(ReceiptView::masked).collect(),
            exposed: exposed.into_iter().map(ExposureView::masked).collect(),
            refused_cards: refused_cards.into_iter().map(RefusedCardView::masked).collect(),
            identity_providers: identity_providers.masked(),
            sources: sources.into_iter().map(ConfiguredSourceView::masked).collect(),
            events: events.into_iter().map(EventView::masked).collect(),
            name,
            time_zone,
            at,
            started,
            uptime_s,
            revision,
            access_mode,
            counts,
            lines,
            alarms,
            alarms_over,
            door_events,
            notices,
        };
        Self { verdict: self.verdict, facts }
    }
}

impl Masked for HoldView {
    fn masked(mut self) -> Self {
        self.card = self.card.map(|card| card.masked());
        self
    }
}

impl Masked for ReceiptView {
    fn masked(mut self) -> Self {
        self.card = self.card.masked();
        self
    }
}

impl Masked for ExposureView {
    fn masked(mut self) -> Self {
        self.card = self.card.masked();
        self
    }
}

impl Masked for EventView {
    fn masked(mut self) -> Self {
        self.card = self.card.as_ref().map(CardText::masked);
        self
    }
}

impl Masked for RefusedCardView {
    /// The full reason may quote the number or speak of its parts, so the brief one takes its place.
    fn masked(mut self) -> Self {
        self.number = self.number.masked();
        self.reason.clone_from(&self.reason_without_number);
        self
    }
}

impl Masked for IdentityProvidersView {
    fn masked(mut self) -> Self {
        for error in self.sources.iter_mut().filter_map(|source| source.last_error.as_mut()) {
            error.detail = None;
        }
        self
    }
}

impl Masked for ConfiguredSourceView {
    /// What went wrong may quote a card number.
    fn masked(mut self) -> Self {
        if let Some(error) = &mut self.last_error {
            error.fault = without_number(&error.fault);
        }
        self
    }
}

impl Masked for DeadLetterView {
    fn masked(mut self) -> Self {
        self.fault = without_number(&self.fault);
        self.body = None;
        self
    }
}

/// Value and message may quote a card number; which field it is, is told to all.
fn without_number(fault: &EventFault) -> EventFault {
    EventFault::new(fault.field.clone(), "can't be followed", "ask a manager, who sees why")
}

impl Masked for OperationView {
    /// The detail may quote a card number.
    fn masked(mut self) -> Self {
        self.operation.detail = None;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn no_card_number_survives_masking_anywhere_in_the_view() {
        let view = fixture::seen(fixture::everything());
        let open = serde_json::to_string(&view).unwrap();
        let masked = serde_json::to_string(&view.masked()).unwrap();
        for number in fixture::CARD_NUMBERS {
            assert!(open.contains(number), "the fixture shows {number} to those who may see it");
            assert!(!masked.contains(number), "{number} is in {masked}");
        }
    }
}

//! Controllers without a card table: the gateway decides by what is durable, and what is durable is in force.

use panel_protocol::decide::Reason;

use super::*;
use crate::domain::Revocation;

const HOLDER: CardholderId = CardholderId(Uuid::nil());
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn fleet(cards: impl IntoIterator<Item = (Credential, CardAccess)>) -> Fleet {
    let reader = ControllerSpec {
        id: "turnstile".parse().unwrap(),
        plan: DoorPlan::new([0, 2]),
        holds: Holds::Nothing,
    };
    Fleet::new(vec![reader], Revision(1), cards)
}

fn decided(fleet: &Fleet, reader: u8, raw: u64, at: u32) -> Reason {
    fleet.decide(0, reader, card(raw), UtcSeconds(at)).reason
}

#[test]
fn a_revocation_is_in_force_and_proven_before_the_change_returns() {
    let mut fleet = fleet([]);
    let access = Some(CardAccess::everywhere(HOLDER));
    fleet.apply(Revision(2), vec![change(Revision(2), card(7), access)], NOW);
    assert_eq!(decided(&fleet, 2, 7, 0), Reason::Granted);
    assert_eq!(fleet.decide(0, 0, card(7), UtcSeconds(0)).holder, Some(HOLDER));
    assert_eq!(decided(&fleet, 1, 7, 0), Reason::NoAccess, "no door has that reader");
    fleet.apply(Revision(3), vec![change(Revision(3), card(7), None)], NOW);
    assert_eq!(decided(&fleet, 2, 7, 0), Reason::UnknownCard);
    let receipt = fleet.receipts().recent().next().unwrap();
    assert_eq!((receipt.revision, receipt.action), (Revision(3), ReceiptAction::Deactivate));
    assert_eq!((receipt.landings[0].sent, receipt.landings[0].proven), (None, Some(NOW)));
    assert_eq!((fleet.receipts().open_len(), fleet.unproven_revocations().count()), (0, 0));
}

#[test]
fn a_validity_counts_to_the_second() {
    let access = CardAccess {
        valid_from: Some(UtcSeconds(10)),
        valid_until: Some(UtcSeconds(20)),
        ..CardAccess::everywhere(HOLDER)
    };
    let fleet = fleet([(card(7), access)]);
    let expected =
        [(9, Reason::NotYetValid), (10, Reason::Granted), (19, Reason::Granted), (20, Reason::Expired)];
    for (at, reason) in expected {
        assert_eq!(decided(&fleet, 0, 7, at), reason, "at {at}");
    }
}

#[test]
fn nothing_is_ever_asked_of_it_and_nothing_is_in_doubt_after_a_restart() {
    let mut fleet = fleet([(card(7), CardAccess::everywhere(HOLDER))]);
    assert_eq!(fleet.demand(0, NOW), Demand::None);
    assert!(fleet.status(0).is_none());
    assert_eq!(fleet.oldest_doubt(&BTreeMap::new()), Revision(1));
    let revoked = Revocation {
        revision: Revision(1),
        at: NOW,
        by: None,
        credential: card(9),
        holder: HOLDER,
        holder_name: "Ada".to_owned(),
    };
    fleet.resume(Past { events: vec![], proven: BTreeMap::new(), revocations: vec![revoked] }, NOW);
    assert_eq!(fleet.unproven_revocations().count(), 0);
    assert!(std::iter::from_fn(|| fleet.poll_output()).all(|it| matches!(it, Output::Finished(_))));
}

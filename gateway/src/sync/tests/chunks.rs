//! Changes that touch every card of a large site, and what comes in the middle of them.

use super::*;
use crate::sync::limits::MAX_CHANGES_AT_ONCE;

const CARDS: u64 = 100_000;

/// Cards of a large site: more than one facility code has.
fn card_of(at: u64) -> Credential {
    H10301.encode(100 + at / 50_000, at % 50_000).unwrap()
}

fn large() -> Site {
    let cards = (0..CARDS).map(|at| (card_of(at), access()));
    let mut site = Site::of(vec![DoorPlan::new([0, 1])], Revision(1), cards, 200_000);
    site.frame = 1400;
    site.settle();
    site.assert_equal();
    site
}

/// What a compiler would make of a chunk: every card ends at this second.
fn compiled(chunk: &Chunk, until: u32) -> Vec<CardChange> {
    let access = CardAccess { valid_until: Some(UtcSeconds(until)), ..access() };
    let changes = chunk.cards.iter().filter(|(_, before)| before.is_some());
    changes.map(|(card, _)| change(chunk.revision, *card, Some(access))).collect()
}

fn ends(site: &Site, card: Credential) -> Option<u32> {
    site.fleet.cards().get(card).and_then(|access| access.valid_until).map(|until| until.0)
}

#[test]
fn a_revocation_in_the_middle_of_a_change_of_a_hundred_thousand_cards_waits_for_one_chunk_at_most() {
    let mut site = large();
    site.fleet.recompile(Revision(2), site.now);
    let (mut chunks, mut revoked) = (0, Vec::new());
    while let Some(chunk) = site.fleet.next_chunk() {
        assert!(chunk.cards.len() <= MAX_CHANGES_AT_ONCE);
        chunks += 1;
        if chunks % 100 == 50 {
            // While the chunk is compiled: a card of it, one that is done, and one that is to come.
            let (of_chunk, _) = chunk.cards[7];
            let (done, _) = site.fleet.cards().iter().next().unwrap();
            let (to_come, _) = site.fleet.cards().iter().last().unwrap();
            for card in [of_chunk, done, to_come] {
                site.revision = site.revision.next();
                site.fleet.apply(site.revision, vec![change(site.revision, card, None)], site.now);
                assert_eq!(site.fleet.demand(0, site.now), Demand::Urgent);
                revoked.push(card);
            }
            let before = site.operations;
            site.exchange(0, Fate::Delivered);
            let proven = |card| site.panels[0].table().get(card).is_none();
            assert!(revoked.iter().all(|card| proven(*card)), "by the very next operation");
            assert_eq!(site.operations, before + 1);
        }
        site.fleet.apply_chunk(compiled(&chunk, 2_000_000_000), site.now);
        site.exchange(0, Fate::Delivered);
    }
    assert_eq!(chunks, (CARDS as usize).div_ceil(MAX_CHANGES_AT_ONCE));
    assert_eq!(revoked.len(), 12);
    assert!(revoked.iter().all(|card| site.fleet.cards().get(*card).is_none()), "what is newer stays");
    assert_eq!(site.fleet.cards().len() as u64, CARDS - 12);
    assert!(
        site.fleet.cards().iter().all(|(_, access)| access.valid_until == Some(UtcSeconds(2_000_000_000)))
    );
    site.settle();
    site.assert_equal();
}

#[test]
fn a_change_that_comes_in_the_middle_begins_anew_and_leaves_nothing_out() {
    let mut site = Site::new(1, 2000);
    (0..1000).for_each(|number| site.set(number, true));
    site.settle();
    site.fleet.recompile(Revision(2000), site.now);
    let first = site.fleet.next_chunk().unwrap();
    site.fleet.apply_chunk(compiled(&first, 7), site.now);
    let outdated = site.fleet.next_chunk().unwrap();
    site.fleet.recompile(Revision(2001), site.now);
    site.fleet.apply_chunk(compiled(&outdated, 7), site.now);
    assert_eq!(ends(&site, outdated.cards[0].0), None, "it was read before the newer change");
    let again = site.fleet.next_chunk().unwrap();
    assert_eq!((&again.cards[0].0, again.revision), (&first.cards[0].0, Revision(2001)));
    assert_eq!(site.fleet.next_chunk().as_ref(), Some(&again), "handed out again where it never came back");
    site.fleet.apply_chunk(compiled(&again, 8), site.now);
    while let Some(chunk) = site.fleet.next_chunk() {
        site.fleet.apply_chunk(compiled(&chunk, 8), site.now);
    }
    assert!((0..1000).all(|number| ends(&site, card(number)) == Some(8)));
    site.settle();
    site.assert_equal();
}

#[test]
fn nothing_of_a_revision_is_called_proven_before_all_of_it_is_compiled() {
    let mut site = Site::new(1, 2000);
    (0..1000).for_each(|number| site.set(number, true));
    site.settle();
    let proven = |site: &mut Site| {
        let said = site.outputs().into_iter().filter_map(|output| match output {
            Output::Proven { revision, .. } => Some(revision.0),
            _ => None,
        });
        said.collect::<Vec<_>>()
    };
    site.fleet.recompile(Revision(1001), site.now);
    site.fleet.recompile(Revision(1002), site.now);
    site.revision = Revision(1002);
    let chunk = site.fleet.next_chunk().unwrap();
    site.set(7, false);
    let mut request = [0; 64];
    let len = site.next(0, &mut request).unwrap();
    let mut answer = [0; 64];
    let len = site.panels[0].operate(Micros(0), &request[..len], &mut answer);
    site.answered(0, &answer[..len]);
    assert_eq!(proven(&mut site), [1000], "1001 may still take something from somebody");
    site.fleet.apply_chunk(Vec::new(), site.now);
    assert!(chunk.revision == Revision(1002) && proven(&mut site).is_empty());
    while site.fleet.next_chunk().is_some() {
        site.fleet.apply_chunk(Vec::new(), site.now);
    }
    assert_eq!(proven(&mut site), [1003]);
    assert_eq!(site.fleet.next_chunk(), None);
}

#[test]
fn cards_that_could_not_be_looked_up_are_compiled_by_name_be_they_active_or_not() {
    let mut site = Site::new(1, 2000);
    (0..600).for_each(|number| site.set(number, true));
    site.settle();
    let lost: Vec<Credential> = (0..300).map(card).collect();
    (0..300).for_each(|number| site.set(number, false));
    site.fleet.recompile_cards(site.revision, site.now, lost.iter().copied());
    let mut again = Vec::new();
    while let Some(chunk) = site.fleet.next_chunk() {
        assert!(chunk.cards.iter().all(|(_, before)| before.is_none()));
        again.extend(chunk.cards.iter().map(|(card, _)| *card));
        let changes = chunk.cards.iter().map(|(card, _)| change(chunk.revision, *card, Some(access())));
        site.fleet.apply_chunk(changes.collect(), site.now);
    }
    again.sort_unstable();
    assert_eq!(again, lost);
    assert_eq!(site.fleet.cards().len(), 600);
    site.settle();
    site.assert_equal();
}

#[test]
fn a_bulk_change_in_pieces_is_proven_with_its_last() {
    let mut site = Site::new(1, 2000);
    site.settle();
    site.outputs();
    let changes =
        |from: u64| (from..from + 50).map(|number| change(Revision(9), card(number), Some(access())));
    site.fleet.change(changes(0).collect(), site.now);
    site.exchange(0, Fate::Delivered);
    site.fleet.apply(Revision(9), changes(50).collect(), site.now);
    site.settle();
    site.assert_equal();
    assert_eq!(site.fleet.cards().len(), 100);
}

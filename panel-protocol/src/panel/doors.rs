//! What a panel remembers of its doors and of the cards that came last; nothing of it is kept beyond a loss of power
//! but where cards went.

use core::time::Duration;

use heapless::Vec;

use crate::credential::Credential;
use crate::decide::{CardState, DoorState, Mode, Tries, Waiting};
use crate::limits::MAX_READERS;
use crate::time::{Micros, UtcSeconds};

/// Most doors at which somebody waits for a second person at one time.
const MAX_WAITING: usize = 4;

/// `K` cards at most are remembered; those that came first are forgotten first.
#[derive(Debug, Default)]
pub(super) struct Doors<const K: usize> {
    cards: Vec<(Credential, CardState), K>,
    waiting: Vec<(u8, Waiting), MAX_WAITING>,
    unlocked: Vec<(u8, UtcSeconds), MAX_READERS>,
    modes: Vec<(u8, (Mode, Micros)), MAX_READERS>,
    unlocks: Vec<(u8, u16), MAX_READERS>,
    /// The readers whose doors stand open, a bit each.
    pub(super) open: u16,
}

impl<const K: usize> Doors<K> {
    pub(super) const fn new() -> Self {
        Self {
            cards: Vec::new(),
            waiting: Vec::new(),
            unlocked: Vec::new(),
            modes: Vec::new(),
            unlocks: Vec::new(),
            open: 0,
        }
    }

    /// A loss of power: times on the clock that is never set mean nothing any more.
    pub(super) fn reboot(&mut self) {
        let cards = self.cards.iter().filter(|(_, state)| state.passage.is_some());
        let cards =
            cards.map(|(card, state)| (*card, CardState { tries: Tries::default(), ..*state })).collect();
        *self = Self { cards, ..Self::new() };
    }

    /// All that somebody has said or that cards have left behind.
    pub(super) fn forget(&mut self) {
        *self = Self { open: self.open, ..Self::new() };
    }

    pub(super) fn card(&self, card: Credential) -> CardState {
        find(&self.cards, card).unwrap_or_default()
    }

    pub(super) fn door(&self, reader: u8) -> DoorState {
        DoorState { unlocked_until: find(&self.unlocked, reader), waiting: find(&self.waiting, reader) }
    }

    pub(super) fn keep(&mut self, card: Credential, card_state: CardState, reader: u8, door: DoorState) {
        keep(&mut self.cards, card, Some(card_state).filter(|state| *state != CardState::default()));
        keep(&mut self.unlocked, reader, door.unlocked_until);
        keep(&mut self.waiting, reader, door.waiting);
    }

    /// How the door stands otherwise than its settings say.
    pub(super) fn mode(&self, now: Micros, reader: u8) -> Option<Mode> {
        find(&self.modes, reader).filter(|(_, until)| now < *until).map(|(mode, _)| mode)
    }

    pub(super) fn set_mode(&mut self, now: Micros, reader: u8, mode: Option<(Mode, u32)>) {
        let timed = mode.map(|(mode, seconds)| (mode, now + Duration::from_secs(seconds.into())));
        keep(&mut self.modes, reader, timed);
    }

    pub(super) fn unlock(&mut self, reader: u8, tenths: u16) {
        keep(&mut self.unlocks, reader, Some(tenths));
    }

    /// A door that is to be unlocked for a moment, and for how long.
    pub(super) fn take_unlock(&mut self) -> Option<(u8, Duration)> {
        let (reader, tenths) = self.unlocks.pop()?;
        Some((reader, Duration::from_millis(u64::from(tenths) * 100)))
    }
}

fn find<Key: PartialEq + Copy, T: Copy>(list: &[(Key, T)], key: Key) -> Option<T> {
    list.iter().find(|(of, _)| *of == key).map(|(_, value)| *value)
}

/// Keeps the value as the latest, or forgets it.
fn keep<Key: PartialEq, T: Copy + PartialEq, const N: usize>(
    list: &mut Vec<(Key, T), N>,
    key: Key,
    value: Option<T>,
) {
    let place = list.iter().position(|(of, _)| *of == key);
    match (place, value) {
        (Some(at), Some(value)) if list[at].1 == value => {}
        (Some(at), value) => {
            list.remove(at);
            push(list, key, value);
        }
        (None, value) => push(list, key, value),
    }
}

fn push<Key, T, const N: usize>(list: &mut Vec<(Key, T), N>, key: Key, value: Option<T>) {
    let Some(value) = value else { return };
    if list.is_full() && N > 0 {
        list.remove(0);
    }
    let _without_memory = list.push((key, value));
}

//! From what comes over the wire to cards and keys, each once. Reads no clock: time is an argument.
//!
//! [`Frames::handle`] takes bytes, [`Frames::tick`] the time once [`Frames::due`] has come; then [`Frames::poll`] is drained. A
//! pause ends a frame whatever the profile says, so a lost end costs one frame and not two. A lone character that is a key
//! of a keypad is a key.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use panel_protocol::credential::Credential;
use panel_protocol::time::Micros;

use super::limits::{MAX_FRAME_LEN, PAUSE, SAME_CARD, STUCK};
use super::profile::{End, Profile};
use super::value::Broken;

/// What an adapter's line told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// A frame came, no longer ago than `age`.
    Frame {
        /// Its characters, without start and end.
        frame: Vec<u8>,
        /// The card that was presented, or why it is none.
        card: Result<Credential, Broken>,
        /// Since its first byte.
        age: Duration,
    },
    /// A key was pressed.
    Key(char),
    /// The same card comes again and again: the adapter is stuck, or a card lies on the reader.
    Stuck(Credential),
}

/// One adapter's line.
#[derive(Debug)]
pub struct Frames {
    profile: Profile,
    frame: Vec<u8>,
    /// More came than any frame has: the rest is passed over until an end.
    overlong: bool,
    /// When the first and the last byte of the frame came.
    began: Micros,
    last_byte: Micros,
    last_card: Option<LastCard>,
    told: VecDeque<Told>,
    /// Frames that were no cards, by reason.
    broken: BTreeMap<Broken, u64>,
}

#[derive(Debug)]
struct LastCard {
    card: Credential,
    at: Micros,
    repeats: u32,
}

impl Frames {
    /// A line of which nothing has come.
    pub fn new(profile: Profile) -> Self {
        Self {
            profile,
            frame: Vec::with_capacity(MAX_FRAME_LEN),
            overlong: false,
            began: Micros(0),
            last_byte: Micros(0),
            last_card: None,
            told: VecDeque::new(),
            broken: BTreeMap::new(),
        }
    }

    /// Bytes have come. What they tell waits for [`poll`](Self::poll): at most one thing a byte.
    pub fn handle(&mut self, now: Micros, bytes: &[u8]) {
        self.tick(now);
        for byte in bytes {
            self.take(now, *byte);
        }
    }

    /// When [`tick`](Self::tick) has something to do.
    pub fn due(&self) -> Option<Micros> {
        let is_open = !self.frame.is_empty() || self.overlong;
        is_open.then(|| self.last_byte + PAUSE)
    }

    /// Ends a frame after which a pause came.
    pub fn tick(&mut self, now: Micros) {
        if self.due().is_some_and(|due| now >= due) {
            self.pause(now);
        }
    }

    /// What there is to tell, oldest first.
    pub fn poll(&mut self) -> Option<Told> {
        self.told.pop_front()
    }

    /// Frames that were no cards, by reason.
    pub fn broken(&self) -> impl Iterator<Item = (Broken, u64)> + '_ {
        self.broken.iter().map(|(why, count)| (*why, *count))
    }

    fn take(&mut self, now: Micros, byte: u8) {
        self.last_byte = now;
        if self.profile.start == Some(byte) {
            self.give_up(now);
            self.began = now;
            return;
        }
        if self.profile.end.is_byte(byte) {
            return self.end(now);
        }
        if self.frame.is_empty() {
            self.began = now;
        }
        if self.frame.len() == MAX_FRAME_LEN {
            self.overlong = true;
        } else {
            self.frame.push(byte);
        }
    }

    /// A byte that ends frames. Of two that end one, the second ends nothing.
    fn end(&mut self, now: Micros) {
        if self.overlong {
            self.give_up(now);
        } else if !self.frame.is_empty() {
            self.read(now);
        }
    }

    fn pause(&mut self, now: Micros) {
        match (&self.frame[..], self.profile.end) {
            ([key @ (b'0'..=b'9' | b'*' | b'#')], _) if !self.overlong => {
                self.told.push_back(Told::Key(char::from(*key)));
                self.frame.clear();
            }
            (_, End::Pause) if !self.overlong => self.read(now),
            _ => self.give_up(now),
        }
    }

    /// What is there of a frame will never be one.
    fn give_up(&mut self, now: Micros) {
        if self.overlong || !self.frame.is_empty() {
            self.tell(now, Err(Broken::End));
        }
        self.overlong = false;
        self.frame.clear();
    }

    fn read(&mut self, now: Micros) {
        match self.profile.card(&self.frame) {
            Ok(card) if self.is_repeat(now, card) => self.frame.clear(),
            card => self.tell(now, card),
        }
    }

    /// One who holds a card before a reader presents it once.
    fn is_repeat(&mut self, now: Micros, card: Credential) -> bool {
        let same = self.last_card.as_mut().filter(|last| last.card == card && now.since(last.at) < SAME_CARD);
        let Some(last) = same else {
            self.last_card = Some(LastCard { card, at: now, repeats: 0 });
            return false;
        };
        last.at = now;
        last.repeats += 1;
        if last.repeats == STUCK {
            self.told.push_back(Told::Stuck(card));
        }
        true
    }

    fn tell(&mut self, now: Micros, card: Result<Credential, Broken>) {
        if let Err(why) = card {
            *self.broken.entry(why).or_default() += 1;
        }
        let frame = std::mem::take(&mut self.frame);
        self.told.push_back(Told::Frame { frame, card, age: now.since(self.began) });
    }
}

impl End {
    const fn is_byte(self, byte: u8) -> bool {
        match self {
            Self::CrLf => matches!(byte, b'\r' | b'\n'),
            Self::Cr => byte == b'\r',
            Self::Lf => byte == b'\n',
            Self::Etx => byte == 0x03,
            Self::Pause => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use panel_protocol::wiegand::H10301;
    use proptest::prelude::*;

    use super::super::profile::shipped;
    use super::*;

    const MS: u64 = 1_000;

    fn told(frames: &mut Frames) -> Vec<Told> {
        std::iter::from_fn(|| frames.poll()).collect()
    }

    fn card(number: u64) -> Credential {
        H10301.encode(100, number).unwrap()
    }

    fn line(number: u64) -> String {
        format!("{:06X}\r\n", 100 << 16 | number)
    }

    fn cards(told: &[Told]) -> Vec<Credential> {
        let card = |told: &Told| if let Told::Frame { card, .. } = told { card.ok() } else { None };
        told.iter().filter_map(card).collect()
    }

    fn broken(told: &[Told]) -> Vec<Broken> {
        let why = |told: &Told| if let Told::Frame { card, .. } = told { card.err() } else { None };
        told.iter().filter_map(why).collect()
    }

    fn wie232() -> Frames {
        Frames::new(shipped("wie232-26").unwrap())
    }

    #[test]
    fn frames_that_are_glued_together_or_come_in_pieces_are_all_read() {
        let mut frames = wie232();
        frames.handle(Micros(0), (line(1) + &line(2)).as_bytes());
        assert_eq!(cards(&told(&mut frames)), [card(1), card(2)]);
        for (at, byte) in line(3).bytes().enumerate() {
            frames.handle(Micros(MS * (100 + at as u64)), &[byte]);
        }
        let told = told(&mut frames);
        assert_eq!(cards(&told), [card(3)]);
        let Told::Frame { age, frame, .. } = &told[0] else { panic!() };
        assert_eq!((*age, &frame[..]), (Duration::from_millis(6), &b"640003"[..]), "since its first byte");
        assert_eq!(frames.due(), None);
    }

    #[test]
    fn a_frame_whose_end_is_lost_is_no_card_and_costs_no_other_one() {
        let mut frames = wie232();
        frames.handle(Micros(0), b"640001");
        assert_eq!(frames.due(), Some(Micros(50 * MS)));
        frames.tick(Micros(49 * MS));
        assert_eq!(told(&mut frames), []);
        frames.handle(Micros(60 * MS), line(2).as_bytes());
        let told = told(&mut frames);
        assert_eq!(broken(&told), [Broken::End]);
        assert_eq!(cards(&told), [card(2)]);
        assert_eq!(frames.broken().collect::<Vec<_>>(), [(Broken::End, 1)]);
    }

    #[test]
    fn noise_never_becomes_a_part_of_a_card() {
        let mut frames = wie232();
        frames.handle(Micros(0), b"\xFF\x006400");
        frames.handle(Micros(10 * MS), line(1).as_bytes());
        let told_first = told(&mut frames);
        assert_eq!(broken(&told_first), [Broken::Length], "two frames mixed into one are none");
        assert_eq!(cards(&told_first), []);
        frames.handle(Micros(100 * MS), &[b'6'; 10 * MAX_FRAME_LEN]);
        frames.handle(Micros(101 * MS), line(2).as_bytes());
        assert_eq!(broken(&told(&mut frames)), [Broken::End]);
        frames.handle(Micros(102 * MS), line(3).as_bytes());
        assert_eq!(cards(&told(&mut frames)), [card(3)]);
    }

    #[test]
    fn a_start_in_the_middle_of_a_frame_begins_another() {
        let mut frames = Frames::new(shipped("em4100-uart").unwrap());
        frames.handle(Micros(0), b"\x0262E30\x0262E3086CED08\x03");
        let told = told(&mut frames);
        assert_eq!(broken(&told), [Broken::End]);
        assert_eq!(cards(&told), [Credential::new(32, 0xE308_6CED).unwrap()]);
    }

    #[test]
    fn keys_have_no_end_and_are_told_after_a_pause() {
        let mut frames = Frames::new(shipped("s4a-ethernet").unwrap());
        let mut keys = Vec::new();
        for (at, key) in b"12#".iter().enumerate() {
            frames.handle(Micros(at as u64 * 300 * MS), &[*key]);
            frames.tick(frames.due().unwrap());
            keys.extend(told(&mut frames));
        }
        assert_eq!(keys, [Told::Key('1'), Told::Key('2'), Told::Key('#')]);
    }

    #[test]
    fn a_card_that_stays_before_the_reader_is_presented_once_and_a_stuck_line_is_told_of() {
        let mut frames = wie232();
        let mut all = Vec::new();
        for second in 0..=u64::from(STUCK) {
            frames.handle(Micros(second * 1_000 * MS), line(1).as_bytes());
            all.extend(told(&mut frames));
        }
        assert_eq!(cards(&all), [card(1)]);
        assert_eq!(all.last(), Some(&Told::Stuck(card(1))));
        let after = Micros((u64::from(STUCK) + 2) * 1_000 * MS);
        frames.handle(after, line(1).as_bytes());
        assert_eq!(cards(&told(&mut frames)), [card(1)], "it was taken away in between");
    }

    #[test]
    fn another_card_in_between_is_no_repeat() {
        let mut frames = wie232();
        frames.handle(Micros(0), (line(1) + &line(2) + &line(1)).as_bytes());
        assert_eq!(cards(&told(&mut frames)), [card(1), card(2), card(1)]);
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_memory_is_bounded(
            pieces in prop::collection::vec((0_u64..100, prop::collection::vec(any::<u8>(), 0..300)), 0..20),
            at in 0..3_usize,
        ) {
            let mut frames = Frames::new(super::super::profile::SHIPPED[at].profile());
            let mut now = 0;
            for (pause, bytes) in pieces {
                now += pause * MS;
                frames.handle(Micros(now), &bytes);
                prop_assert!(frames.frame.len() <= MAX_FRAME_LEN);
                prop_assert!(told(&mut frames).len() <= bytes.len() + 1);
            }
        }
    }
}

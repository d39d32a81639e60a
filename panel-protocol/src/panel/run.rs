//! Rows of one profile without limits, PIN or rights, as a compact run: sorted, with their gaps instead of their keys.
//!
//! ```text
//! profile u16, bits u8 (0x80 added if the parity bits are left out), gap bits u8, count u16, first value,
//! then for each other card its value less the one before, less one, in a Rice code; zeros to a whole byte
//! ```
//! A gap's Rice code is its part above the gap bits as so many ones and a zero, then the gap bits themselves, most
//! significant first; codes follow each other without regard to bytes. A value is the card's raw value; where the
//! parity bits are left out it is the 24 bits between the parity bits of a card of 26, even over the first half and odd
//! over the second, as H10301 has them. The first value takes as many whole bytes as such a value needs.

use crate::bytes::{Reader, Writer};
use crate::credential::Credential;
use crate::table::Row;

/// Added to the bit count where the parity bits are left out.
const WITHOUT_PARITY: u8 = 0x80;

/// The one length that can go without its parity bits.
const PARITY_BITS: u8 = 26;

/// Most bits of a gap that are written as they are.
const MAX_GAP_BITS: u8 = 63;

/// How the cards of a run are written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Shape(u8);

impl Shape {
    fn from_code(code: u8) -> Option<Self> {
        let sound = matches!(code, 1..=64) || code == PARITY_BITS | WITHOUT_PARITY;
        sound.then_some(Self(code))
    }

    /// Bits of a value.
    const fn width(self) -> u8 {
        if self.0 & WITHOUT_PARITY == 0 { self.0 } else { PARITY_BITS - 2 }
    }

    fn card(self, value: u64) -> Option<Credential> {
        if self.0 & WITHOUT_PARITY == 0 {
            return Credential::new(self.0, value).ok();
        }
        (value >> self.width() == 0).then(|| Credential::new(PARITY_BITS, with_parity(value)).ok()).flatten()
    }
}

/// 24 bits between an even parity bit over the first twelve and an odd one over the rest.
fn with_parity(inner: u64) -> u64 {
    let even = u64::from((inner >> 12).count_ones() & 1);
    let odd = u64::from(!(inner & 0xFFF).count_ones() & 1);
    even << 25 | inner << 1 | odd
}

/// One run, not yet gone through.
#[derive(Clone, Copy, Debug)]
struct Run<'a> {
    profile: u16,
    shape: Shape,
    gap_bits: u8,
    left: u16,
    /// The next card's value, or the last one's when none is left.
    value: u64,
    bits: Bits<'a>,
}

/// One or more runs, each checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Runs<'a>(pub(super) &'a [u8]);

impl<'a> Runs<'a> {
    /// The runs in those bytes; `None` if any of them is none.
    pub fn checked(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let mut run = Run::begin(rest)?;
            while run.left > 0 {
                run.next()?;
            }
            rest = run.bits.rest()?;
        }
        (!bytes.is_empty()).then_some(Self(bytes))
    }

    /// The rows.
    pub fn iter(self) -> impl Iterator<Item = Row> + Clone + 'a {
        let (mut rest, mut run) = (self.0, None::<Run<'a>>);
        core::iter::from_fn(move || {
            if run.is_none_or(|run| run.left == 0) {
                if let Some(run) = run {
                    rest = run.bits.rest()?;
                }
                run = Some(Run::begin(rest).filter(|_| !rest.is_empty())?);
            }
            run.as_mut()?.next()
        })
    }
}

impl<'a> Run<'a> {
    fn begin(from: &'a [u8]) -> Option<Self> {
        let mut body = Reader(from);
        let profile = body.u16()?;
        let shape = Shape::from_code(body.u8()?)?;
        let gap_bits = body.u8().filter(|bits| *bits <= MAX_GAP_BITS)?;
        let left = body.u16().filter(|count| *count > 0)?;
        let mut value = 0;
        for _ in 0..shape.width().div_ceil(8) {
            value = value << 8 | u64::from(body.u8()?);
        }
        Some(Self { profile, shape, gap_bits, left, value, bits: Bits { bytes: body.rest(), at: 0 } })
    }

    fn next(&mut self) -> Option<Row> {
        let row = Row::new(self.shape.card(self.value)?, self.profile);
        self.left = self.left.checked_sub(1)?;
        if self.left > 0 {
            let gap = self.bits.rice(self.gap_bits)?;
            self.value = self.value.checked_add(gap)?.checked_add(1)?;
        }
        Some(row)
    }
}

/// Bits, most significant first.
#[derive(Clone, Copy, Debug)]
struct Bits<'a> {
    bytes: &'a [u8],
    /// Bits that have been read.
    at: usize,
}

impl<'a> Bits<'a> {
    fn bit(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte << (self.at % 8) & 0x80 != 0;
        self.at += 1;
        Some(bit)
    }

    fn rice(&mut self, gap_bits: u8) -> Option<u64> {
        let mut above = 0u64;
        while self.bit()? {
            above += 1;
        }
        // What doesn't fit in 64 bits is no gap.
        if above.leading_zeros() < u32::from(gap_bits) {
            return None;
        }
        let mut gap = above;
        for _ in 0..gap_bits {
            gap = gap << 1 | u64::from(self.bit()?);
        }
        Some(gap)
    }

    /// The bytes behind, if what is left of this one is zeros.
    fn rest(mut self) -> Option<&'a [u8]> {
        while !self.at.is_multiple_of(8) {
            if self.bit()? {
                return None;
            }
        }
        self.bytes.get(self.at / 8..)
    }
}

/// Where a card stands among others in runs that leave parity bits out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RunPlace(Shape, u64);

impl RunPlace {
    /// The place of a card.
    pub fn of(card: Credential) -> Self {
        let (shape, value) = RunEncoder::WITHOUT_PARITY.shape(card);
        Self(shape, value)
    }

    /// The card at this place.
    pub fn card(self) -> Credential {
        self.0.card(self.1).expect("a place is made of a card")
    }
}

/// Makes runs of a set of cards.
#[derive(Clone, Copy, Debug)]
pub struct RunEncoder {
    leaves_parity_out: bool,
}

impl RunEncoder {
    /// Leaves out all parity bits that are right. Cards are sorted by their [places](RunPlace).
    pub const WITHOUT_PARITY: Self = Self { leaves_parity_out: true };

    /// For these cards: where most of those of 26 bits have the parity bits that they should, these are left out.
    pub fn for_cards(cards: impl IntoIterator<Item = Credential>) -> Self {
        let (with, without) = cards.into_iter().filter(|card| card.bits() == PARITY_BITS).fold(
            (0u32, 0u32),
            |(with, without), card| match inner(card) {
                Some(_) => (with + 1, without),
                None => (with, without + 1),
            },
        );
        Self { leaves_parity_out: with > without }
    }

    /// What cards are to be sorted by.
    pub fn order(&self, card: Credential) -> impl Ord + use<> {
        self.shape(card)
    }

    /// Writes as many cards as fit to the front of `to`, as one run; `cards` are sorted by [`order`](Self::order), and
    /// those of another shape than the first are left for the next run. How many bytes it has, and how many cards are
    /// in it; `None` if not even one fits.
    pub fn encode(&self, to: &mut [u8], profile: u16, cards: &[Credential]) -> Option<(usize, usize)> {
        let (shape, first) = self.shape(*cards.first()?);
        let same = cards.iter().map(|card| self.shape(*card)).take_while(|(of, _)| *of == shape);
        let values = same.map(|(_, value)| value);
        let gaps =
            values.clone().zip(values.skip(1)).map(|(one, next)| next.checked_sub(one)?.checked_sub(1));
        // Equal or unsorted cards end the run before them.
        let gaps = gaps.take(usize::from(u16::MAX) - 1).map_while(|gap| gap);
        let gap_bits = gap_bits_for(gaps.clone());
        let mut head = Writer::new(to);
        head.put(&profile.to_le_bytes())?;
        head.put(&[shape.0, gap_bits, 0, 0])?;
        let width = usize::from(shape.width().div_ceil(8));
        head.put(&first.to_be_bytes()[8 - width..])?;
        let at = head.len();
        let mut out = BitWriter { to: &mut to[at..], len: 0 };
        let more = gaps.take_while(|gap| out.rice(*gap, gap_bits)).count();
        let (len, count) = (at + out.len.div_ceil(8), more + 1);
        to[4..6].copy_from_slice(&u16::try_from(count).ok()?.to_le_bytes());
        Some((len, count))
    }

    /// The shape that a card has here, and the value that stands for it.
    fn shape(&self, card: Credential) -> (Shape, u64) {
        let value = inner(card).filter(|_| self.leaves_parity_out);
        let without = value.map(|value| (Shape(PARITY_BITS | WITHOUT_PARITY), value));
        without.unwrap_or((Shape(card.bits()), card.raw()))
    }
}

/// What stands between the parity bits of a card of 26 bits, if they are right.
fn inner(card: Credential) -> Option<u64> {
    let value = card.raw() >> 1 & 0xFF_FFFF;
    (card.bits() == PARITY_BITS && with_parity(value) == card.raw()).then_some(value)
}

/// Rice codes are shortest with about log2 of 0.7 times the mean gap as gap bits.
fn gap_bits_for(gaps: impl Iterator<Item = u64>) -> u8 {
    let (sum, count) = gaps.fold((0u128, 0u128), |(sum, count), gap| (sum + u128::from(gap), count + 1));
    let scaled = (sum * 7 / 10 + count * 7 / 20).checked_div(count).unwrap_or(0);
    scaled.checked_ilog2().and_then(|bits| u8::try_from(bits).ok()).unwrap_or(0).min(MAX_GAP_BITS)
}

struct BitWriter<'a> {
    to: &'a mut [u8],
    /// Bits that have been written.
    len: usize,
}

impl BitWriter<'_> {
    /// Whether the gap fitted; else nothing of it is there.
    fn rice(&mut self, gap: u64, gap_bits: u8) -> bool {
        let above = gap >> gap_bits;
        let needed =
            usize::try_from(above).ok().and_then(|above| above.checked_add(1 + usize::from(gap_bits)));
        let room = self.to.len() * 8 - self.len;
        if needed.is_none_or(|needed| needed > room) {
            return false;
        }
        for _ in 0..above {
            self.bit(true);
        }
        self.bit(false);
        for bit in (0..gap_bits).rev() {
            self.bit(gap >> bit & 1 == 1);
        }
        true
    }

    fn bit(&mut self, one: bool) {
        let (at, mask) = (self.len / 8, 0x80 >> (self.len % 8));
        if mask == 0x80 {
            self.to[at] = 0;
        }
        if one {
            self.to[at] |= mask;
        }
        self.len += 1;
    }
}

//! From a frame's characters to the card that a reader would have sent. What can't be read whole is no card.

use panel_protocol::credential::Credential;

use super::profile::{ByteOrder, Charset, Checksum, ParityBits, Profile};

/// Why a frame is no card.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, thiserror::Error)]
pub enum Broken {
    /// Something stands before it that should not, or what should does not.
    #[error("it does not begin as the profile says")]
    Begin,
    /// It has another number of digits.
    #[error("it has another number of digits than the profile says")]
    Length,
    /// A character that is no digit.
    #[error("a character of it is no digit of the profile's")]
    Digit,
    /// The checksum is wrong.
    #[error("its checksum is wrong")]
    Checksum,
    /// The number needs more bits than the card has.
    #[error("its number needs more bits than the profile says")]
    TooGreat,
    /// It never ended, or nothing was in it.
    #[error("it did not end as the profile says")]
    End,
}

impl Profile {
    /// The card of a frame without its start and its end.
    ///
    /// # Errors
    /// When the frame is not exactly as the profile says.
    pub fn card(&self, frame: &[u8]) -> Result<Credential, Broken> {
        let digits = frame.strip_prefix(self.prefix.as_bytes()).ok_or(Broken::Begin)?;
        let digits = self.guarded(digits)?;
        if digits.len() != self.length {
            return Err(Broken::Length);
        }
        let number = digits.get(self.skip..).filter(|number| !number.is_empty()).ok_or(Broken::Length)?;
        // Those that are left out are digits too: noise in them is noise.
        value(self.charset, &digits[..self.skip])?;
        let number = self.ordered(value(self.charset, number)?)?;
        self.with_parity(number)
    }

    /// The digits without their checksum, if it is right.
    fn guarded<'a>(&self, digits: &'a [u8]) -> Result<&'a [u8], Broken> {
        if self.checksum == Checksum::None {
            return Ok(digits);
        }
        let (digits, sum) = digits.split_last_chunk::<2>().ok_or(Broken::Length)?;
        let sum = value(Charset::Hex, sum)?;
        let mut bytes = digits.chunks(2).map(|byte| value(Charset::Hex, byte));
        let right = bytes.try_fold(0, |sum, byte| byte.map(|byte| sum ^ byte))?;
        if right == sum { Ok(digits) } else { Err(Broken::Checksum) }
    }

    /// The number with its most significant byte first.
    fn ordered(&self, number: u64) -> Result<u64, Broken> {
        let bits = self.data_bits();
        if number > u64::MAX >> (64 - bits) {
            return Err(Broken::TooGreat);
        }
        Ok(match self.order {
            ByteOrder::MostSignificantFirst => number,
            ByteOrder::LeastSignificantFirst => number.swap_bytes() >> (64 - u32::from(bits.div_ceil(8)) * 8),
        })
    }

    /// The card as the reader sent it to the adapter.
    fn with_parity(&self, number: u64) -> Result<Credential, Broken> {
        let whole = match (self.parity, self.parity_format()) {
            (ParityBits::Stripped, Some(format)) => {
                let below = format.number.length;
                format.encode(number >> below, number & ((1 << below) - 1)).ok()
            }
            _ => Credential::new(self.bits, number).ok(),
        };
        whole.ok_or(Broken::TooGreat)
    }
}

/// The number that the digits write; 0 of none.
fn value(charset: Charset, digits: &[u8]) -> Result<u64, Broken> {
    digits.iter().try_fold(0_u64, |number, digit| {
        let digit = char::from(*digit).to_digit(charset.radix()).ok_or(Broken::Digit)?;
        let shifted = number.checked_mul(charset.radix().into()).ok_or(Broken::TooGreat)?;
        shifted.checked_add(digit.into()).ok_or(Broken::TooGreat)
    })
}

#[cfg(test)]
mod tests {
    use panel_protocol::wiegand::{Format, H10301};
    use proptest::prelude::*;

    use super::super::profile::shipped;
    use super::*;

    #[test]
    fn published_frames_are_the_cards_that_they_were_made_of() {
        let wie232 = shipped("wie232-26").unwrap();
        assert_eq!(wie232.card(b"7B11D7"), Ok(H10301.encode(123, 4567).unwrap()));
        let s4a = shipped("s4a-ethernet").unwrap();
        let of_34 = Format::by_id("H10306").unwrap().encode(1, 0xE256).unwrap();
        assert_eq!(s4a.card(b"0000123478"), Ok(of_34), "0x1E256 is 123478");
        let em4100 = shipped("em4100-uart").unwrap();
        assert_eq!(em4100.card(b"62E3086CED08"), Ok(Credential::new(32, 0xE308_6CED).unwrap()));
    }

    #[test]
    fn a_frame_that_is_not_whole_is_no_card() {
        let wie232 = shipped("wie232-26").unwrap();
        for (frame, why) in [
            (&b""[..], Broken::Length),
            (b"7B11D", Broken::Length),
            (b"7B11D77", Broken::Length),
            (b"7B11Dx", Broken::Digit),
            (b"7B 1D7", Broken::Digit),
            (b"\xFFB11D7", Broken::Digit),
        ] {
            assert_eq!(wie232.card(frame), Err(why), "{frame:?}");
        }
        let em4100 = shipped("em4100-uart").unwrap();
        assert_eq!(em4100.card(b"62E3086CED09"), Err(Broken::Checksum));
        assert_eq!(em4100.card(b"6ZE3086CED08"), Err(Broken::Digit));
        let s4a = shipped("s4a-ethernet").unwrap();
        assert_eq!(s4a.card(b"4294967296"), Err(Broken::TooGreat), "33 bits");
        let prefixed = Profile { prefix: "A".into(), ..wie232 };
        assert_eq!(prefixed.card(b"7B11D7"), Err(Broken::Begin));
        assert!(prefixed.card(b"A7B11D7").is_ok());
    }

    #[test]
    fn bytes_that_come_the_other_way_round_are_turned() {
        let kept = Profile::lines(Charset::Hex, 32, ParityBits::Kept);
        let turned = Profile { order: ByteOrder::LeastSignificantFirst, ..kept };
        assert_eq!(turned.card(b"ED6C08E3"), Ok(Credential::new(32, 0xE308_6CED).unwrap()));
    }

    proptest! {
        #[test]
        fn every_card_comes_back_from_what_an_adapter_writes(facility in 0_u64..256, number in 0_u64..65_536) {
            let card = H10301.encode(facility, number).unwrap();
            let stripped = shipped("wie232-26").unwrap();
            let digits = format!("{:06x}", facility << 16 | number);
            prop_assert_eq!(stripped.card(digits.as_bytes()), Ok(card));
            let kept = Profile::lines(Charset::Decimal, 26, ParityBits::Kept);
            prop_assert_eq!(kept.card(format!("{:08}", card.raw()).as_bytes()), Ok(card));
        }

        #[test]
        fn no_bytes_panic(frame in prop::collection::vec(any::<u8>(), 0..80), at in 0..3_usize) {
            let _ = super::super::profile::SHIPPED[at].profile().card(&frame);
        }
    }
}

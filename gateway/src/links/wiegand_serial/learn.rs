//! Which profile and which format fit a card whose number somebody knows.

use panel_protocol::credential::Credential;
use panel_protocol::wiegand::{FORMATS, Format};

use super::profile::{ByteOrder, Charset, ParityBits, Profile, SHIPPED};

/// A way to read a frame that gives the number that was known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fit {
    /// The name of a shipped profile, if it is one.
    pub shipped: Option<&'static str>,
    /// How the frame is read.
    pub profile: Profile,
    /// By which format the card has that number.
    pub format: &'static str,
    /// The card.
    pub card: Credential,
}

/// All ways to read `digits`, a frame without what stands around it, by which the card has this number, and this facility
/// code where one is known. Shipped profiles come first.
pub fn fits(digits: &[u8], facility: Option<u64>, number: u64) -> Vec<Fit> {
    let shipped = SHIPPED.iter().map(|one| (Some(one.name), one.profile()));
    let others = others(digits.len()).map(|profile| (None, profile));
    let mut found: Vec<Fit> = Vec::new();
    for (name, profile) in shipped.chain(others) {
        let Ok(card) = profile.card(digits) else { continue };
        let is_known = |format: &&Format| is_number(format, card, facility, number);
        let known = found.iter().any(|fit| fit.card == card && fit.profile.charset == profile.charset);
        if let Some(format) = FORMATS.iter().filter(is_known).find(|format| format.is_exact(card.into()))
            && !known
        {
            found.push(Fit { shipped: name, profile, format: format.id, card });
        }
    }
    found
}

fn is_number(format: &Format, card: Credential, facility: Option<u64>, number: u64) -> bool {
    format.decode(card).is_ok_and(|reading| {
        reading.number == number && facility.is_none_or(|facility| reading.facility == Some(facility))
    })
}

/// Plain lines of so many digits, of every kind of digit, order and card length that a format has.
fn others(length: usize) -> impl Iterator<Item = Profile> {
    let mut lengths: Vec<u8> =
        FORMATS.iter().filter(|format| format.fits_credential()).map(|format| format.bits).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let with_parity = lengths
        .into_iter()
        .flat_map(|bits| [ParityBits::Stripped, ParityBits::Kept].map(|parity| (bits, parity)));
    let with_order = with_parity.flat_map(|(bits, parity)| {
        [ByteOrder::MostSignificantFirst, ByteOrder::LeastSignificantFirst].map(|order| (bits, parity, order))
    });
    with_order.flat_map(move |(bits, parity, order)| {
        let of = |charset| Profile { order, length, ..Profile::lines(charset, bits, parity) }.checked().ok();
        [Charset::Hex, Charset::Decimal, Charset::Binary].into_iter().filter_map(of).collect::<Vec<_>>()
    })
}

#[cfg(test)]
mod tests {
    use panel_protocol::wiegand::H10301;

    use super::*;

    #[test]
    fn a_shipped_profile_is_named_before_any_other() {
        let fits = fits(b"7B11D7", Some(123), 4567);
        assert_eq!((fits[0].shipped, fits[0].format), (Some("wie232-26"), "H10301"));
        assert_eq!(fits[0].card, H10301.encode(123, 4567).unwrap());
    }

    #[test]
    fn decimal_digits_with_parity_are_found_without_a_facility_code() {
        let card = H10301.encode(100, 1234).unwrap();
        let fits = fits(card.raw().to_string().as_bytes(), None, 1234);
        let expected = |fit: &Fit| {
            (fit.profile.charset, fit.profile.parity, fit.format)
                == (Charset::Decimal, ParityBits::Kept, "H10301")
        };
        assert!(fits.iter().any(|fit| fit.card == card && expected(fit)), "{fits:?}");
    }

    #[test]
    fn turned_bytes_are_found() {
        let fits = fits(b"ED6C08E3", None, 0xE308_6CED);
        assert!(
            fits.iter()
                .any(|fit| fit.profile.order == ByteOrder::LeastSignificantFirst && fit.format == "CSN32"),
            "{fits:?}"
        );
    }

    #[test]
    fn nothing_fits_a_number_that_is_not_in_the_frame() {
        assert_eq!(fits(b"7B11D7", None, 4568), []);
        assert_eq!(fits(b"", None, 0), []);
    }
}

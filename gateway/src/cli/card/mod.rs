//! `gateway card`

mod decode;
mod encode;
mod formats;
mod guess;
mod hand;
mod learn;
mod printed;

use clap::{Args, Subcommand};
use panel_protocol::wiegand::{CardBits, FORMATS, Format, Part};

use super::Failure;
use super::suggestion::meant;

/// Cards: decode, encode, formats; learn an adapter's way; add and deactivate by hand
///
/// A card is its bit count and its raw value. Facility code and card number are what a format makes of them.
#[derive(Args)]
pub(super) struct Card {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Add(hand::Add),
    Deactivate(hand::Deactivate),
    Decode(decode::Decode),
    Encode(encode::Encode),
    Formats(formats::Formats),
    Learn(learn::Learn),
}

impl Card {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match &self.action {
            Action::Add(add) => add.run(),
            Action::Deactivate(deactivate) => deactivate.run(),
            Action::Decode(decode) => decode.run(),
            Action::Encode(encode) => encode.run(),
            Action::Formats(formats) => formats.run(),
            Action::Learn(learn) => learn.run(),
        }
    }
}

fn by_id(id: &str) -> Result<&'static Format, Failure> {
    let names = || FORMATS.iter().flat_map(Format::names);
    Format::by_id(id).ok_or_else(|| {
        let near = meant(id, names().collect::<Vec<_>>());
        let known = FORMATS.iter().map(|format| format.id).collect::<Vec<_>>().join(", ");
        Failure::Usage(format!("--format \"{id}\" is not known{near}\nknown formats: {known}, KEY4, KEY8"))
    })
}

fn raw(card: CardBits) -> String {
    let digits = usize::from(card.bits()).div_ceil(4);
    format!("0x{:0digits$X}", card.raw())
}

fn binary(card: CardBits) -> String {
    let digits = usize::from(card.bits());
    format!("{:0digits$b}", card.raw())
}

/// The word for a part in JSON and among the options.
const fn word(part: Part) -> &'static str {
    match part {
        Part::Facility => "facility",
        Part::Issue => "issue",
        Part::Oem => "oem",
        Part::Number => "number",
    }
}

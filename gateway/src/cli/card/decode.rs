//! `gateway card decode`

use clap::Args;
use panel_protocol::credential::Credential;
use panel_protocol::wiegand::keypad::{Burst, Key};
use panel_protocol::wiegand::{CardBits, FORMATS, Format, Part, Reading, readings};
use serde_json::{Value, json};

use super::guess::{Guess, guesses};
use super::{binary, printed, raw, word};
use crate::cli::table::Table;
use crate::cli::{Failure, say, tell};

/// Say everything that a card could mean: each format whose length and checks it fits
///
/// The likeliest format comes first, but the bits alone never tell: look up which format the cards were ordered in.
/// Bits that no format fits are a card all the same, known by bit count and raw value. Where a number is only printed or
/// told, or its parity, byte order or wires are not as they should be, what the card may be is guessed.
#[derive(Args)]
#[command(after_help = "Examples:
  gateway card decode --bits 26 --raw 0x2F623AE
  gateway card decode --raw 0b10111101100010001110101110
  gateway card decode --bits 24 --raw 7625328
  gateway card decode \"0007625328 116,23152\"
  gateway card decode --bits 32 --raw 3735928559 --json | jq '.readings[0].number'")]
pub(super) struct Decode {
    /// What is printed on the card: a decimal number, facility code and number as 116,23152, or both
    #[arg(value_name = "PRINTED", conflicts_with_all = ["bits", "raw"])]
    printed: Vec<String>,

    /// How many bits the reader sent, 1 to 128; needed unless all are given in binary
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=128))]
    bits: Option<u8>,

    /// The bits as a number: hexadecimal as 0x…, binary as 0b…, or decimal
    #[arg(long, value_name = "VALUE", value_parser = value, required_unless_present = "printed")]
    raw: Option<Raw>,

    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// A number, and how many binary digits it was written in.
#[derive(Clone, Copy)]
struct Raw {
    value: u128,
    digits: Option<u8>,
}

/// A format that has the card's length and does not fit.
struct Misfit {
    format: &'static Format,
    why: String,
}

impl Decode {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let card = self.card()?;
        if self.json {
            return say(as_json(card));
        }
        say(format_args!("{card}  {}", binary(card)))?;
        let table = table(card);
        if !table.is_empty() {
            say(table)?;
        }
        for misfit in misfits(card) {
            tell(format_args!("{} does not fit: {}", misfit.format.id, misfit.why));
        }
        let guesses = guesses(card);
        if readings(card).next().is_none() && keys(card).next().is_none() {
            tell(unknown(card));
        }
        if !guesses.is_empty() {
            say("perhaps, if a card of yours at its reader says the same:")?;
        }
        guesses.iter().try_for_each(|guess| say(format_args!("  {guess}")))
    }

    fn card(&self) -> Result<CardBits, Failure> {
        let Some(given) = self.raw else { return printed::card(&self.printed) };
        let Some(bits) = self.bits.or(given.digits) else {
            return Err(Failure::Usage(
                "--bits is missing: the same value in 26 bits and in 28 is two cards; give how many the reader sent"
                    .into(),
            ));
        };
        CardBits::new(bits, given.value).map_err(|error| {
            let needed = u128::BITS - given.value.leading_zeros();
            Failure::Usage(format!("--raw: {error}; it needs --bits {needed} at least"))
        })
    }
}

/// The likeliest first.
fn table(card: CardBits) -> Table<5> {
    let mut table = Table::new(["FORMAT", "FACILITY", "NUMBER", "ALSO", "NAME"]);
    for (format, reading) in readings(card) {
        let facility = reading.facility.map(|facility| facility.to_string()).unwrap_or_default();
        let also = also(card, format, reading);
        table.row([format.id.into(), facility, reading.number.to_string(), also, format.name.into()]);
    }
    for (burst, key) in keys(card) {
        let order = order(burst).unwrap_or_default();
        table.row([burst.id().into(), String::new(), String::new(), format!("key {key}"), order.into()]);
    }
    table
}

/// What a format says beside facility code and number.
fn also(card: CardBits, format: &Format, reading: Reading) -> String {
    let mut also = Vec::new();
    also.extend(reading.issue.map(|issue| format!("issue {issue}")));
    also.extend(reading.oem.map(|oem| format!("OEM {oem}")));
    also.extend(format.reversed(reading.number).map(|number| format!("bytes reversed: {number}")));
    if !format.is_exact(card) {
        also.push("bits left over".into());
    }
    also.join(", ")
}

fn as_json(card: CardBits) -> Value {
    let keys = keys(card)
        .map(|(burst, key)| json!({ "format": burst.id(), "key": key.to_string(), "order": order(burst) }));
    let misfits = misfits(card).map(|misfit| json!({ "format": misfit.format.id, "why": misfit.why }));
    json!({
        "credential": Credential::try_from(card).ok().map(|card| card.to_string()),
        "bits": card.bits(),
        "raw": raw(card),
        "binary": binary(card),
        "readings": readings(card).map(|(format, reading)| read(card, format, reading)).collect::<Value>(),
        "keys": keys.collect::<Value>(),
        "guesses": guesses(card).iter().map(guessed).collect::<Value>(),
        "misfits": misfits.collect::<Value>(),
    })
}

fn read(card: CardBits, format: &Format, reading: Reading) -> Value {
    let mut shown = json!({ "format": format.id, "name": format.name, "exact": format.is_exact(card) });
    for part in Part::ALL {
        if let Some(number) = reading.part(part) {
            shown[word(part)] = json!(number);
        }
    }
    if let Some(number) = format.reversed(reading.number) {
        shown["number_reversed"] = json!(number);
    }
    shown
}

fn guessed(guess: &Guess) -> Value {
    let mut shown = read(guess.card, guess.format, guess.reading);
    shown["why"] = json!(guess.why.to_string());
    shown["credential"] = json!(guess.card.to_string());
    shown
}

fn misfits(card: CardBits) -> impl Iterator<Item = Misfit> {
    let same_length = FORMATS.iter().filter(move |format| format.bits == card.bits());
    same_length.filter_map(move |format| Some(Misfit { format, why: format.read(card).err()?.to_string() }))
}

fn keys(card: CardBits) -> impl Iterator<Item = (Burst, Key)> {
    Burst::ALL.into_iter().filter_map(move |burst| Some((burst, burst.decode(card)?)))
}

const fn order(burst: Burst) -> Option<&'static str> {
    match burst {
        Burst::Four => None,
        Burst::ComplementFirst => Some("complement first"),
        Burst::KeyFirst => Some("key first"),
    }
}

fn unknown(card: CardBits) -> String {
    let none = "no known format";
    match Credential::try_from(card) {
        Ok(_) => format!("{none}; as a card number, write raw:{}:{}", card.bits(), raw(card)),
        Err(error) => format!("{none}, and too long to be a credential: {error}"),
    }
}

fn value(text: &str) -> Result<Raw, String> {
    let lower = text.to_ascii_lowercase();
    let (digits, radix) = match (lower.strip_prefix("0x"), lower.strip_prefix("0b")) {
        (Some(hexadecimal), _) => (hexadecimal, 16),
        (_, Some(binary)) => (binary, 2),
        _ => (lower.as_str(), 10),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(match u128::from_str_radix(digits, 16) {
            Ok(_) if radix == 10 => format!("hexadecimal digits are written 0x{text}"),
            _ => "write 0x and hexadecimal digits, 0b and binary digits, or a decimal number".into(),
        });
    }
    let value = u128::from_str_radix(digits, radix).map_err(|_| "no card has more than 128 bits")?;
    Ok(Raw { value, digits: u8::try_from(digits.len()).ok().filter(|_| radix == 2) })
}

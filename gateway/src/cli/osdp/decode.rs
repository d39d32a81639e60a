//! `gateway osdp decode`

use std::io::{self, IsTerminal};

use clap::Args;
use jiff::tz::TimeZone;

use super::Failure;
use super::explain::Explainer;
use super::fields::Secrets;
use super::input::Input;
use super::keys;
use super::shown::Shown;
use crate::cli::{say, tell};
use crate::domain::osdpcap::Hex;

/// Explain OSDP frames: digits, a file of them, or an OSDPCAP file
///
/// Frames are found wherever they begin, with or without mark bytes; noise and damaged frames are shown too. With the
/// device's key the secure channel is followed from its handshake on: MACs are verified and encrypted data is shown. The
/// default key (SCBK-D) is always tried, and a key that the conversation itself installs opens the handshakes after it.
#[derive(Args)]
#[command(after_help = "Examples:
  gateway osdp decode FF 53 00 09 00 04 61 00 C0 66
  gateway osdp decode --scbk-file keys/lobby.scbk north.osdpcap
  gateway osdp decode --scbk 5=000102030405060708090A0B0C0D0E0F --json north.osdpcap | jq 'select(.mac_ok == false)'
  gateway osdp capture --line north | gateway osdp decode")]
pub(super) struct Decode {
    /// Hexadecimal digits, or a file of digits or OSDPCAP records [default: standard input]
    ///
    /// Between bytes there may be blanks, commas, colons, hyphens and 0x. A file whose name could be digits is given as
    /// ./NAME; - is standard input.
    #[arg(value_name = "HEX|FILE")]
    input: Vec<String>,

    /// A device's key, 32 hexadecimal digits; with ADDRESS= for that device alone; may be repeated
    ///
    /// Other users of this machine can see it while the command runs; --scbk-file keeps it from them.
    #[arg(long, value_name = "[ADDRESS=]HEX")]
    scbk: Vec<String>,

    /// A file with a device's key, as the configuration's scbk_file; may be repeated
    #[arg(long, value_name = "[ADDRESS=]FILE")]
    scbk_file: Vec<String>,

    /// One JSON object a frame: index, direction, address, sequence, check, code, name, scs, mac_ok, plaintext, fields,
    /// and remark where there is one
    #[arg(long)]
    json: bool,

    /// Print keys that the conversation carries, too
    #[arg(long)]
    show_keys: bool,
}

/// How results leave.
struct Printer {
    json: bool,
    colours: bool,
    zone: TimeZone,
}

impl Decode {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let keys = keys::ring(&self.scbk, &self.scbk_file)?;
        let secrets = if self.show_keys { Secrets::Shown } else { Secrets::Hidden };
        let mut input = Input::of(&self.input)?;
        let mut explainer = Explainer::new(keys, secrets);
        let printer = Printer::new(self.json);
        let mut frames = 0;
        while let Some(record) = input.next()? {
            frames += printer.print(&explainer.take(&record))?;
        }
        frames += printer.print(&explainer.end())?;
        if frames == 0 {
            tell("no frame was found");
        }
        Ok(())
    }
}

impl Printer {
    fn new(json: bool) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colours = io::stdout().is_terminal() && !no_color;
        Self { json, colours, zone: TimeZone::system() }
    }

    /// Prints all; gives how many frames there were.
    fn print(&self, all: &[Shown]) -> Result<usize, Failure> {
        all.iter().map(|shown| self.print_one(shown)).sum()
    }

    fn print_one(&self, shown: &Shown) -> Result<usize, Failure> {
        match shown {
            Shown::Frame(frame) if self.json => {
                say(serde_json::to_string(frame).map_err(anyhow::Error::from)?)?;
                return Ok(1);
            }
            Shown::Frame(frame) => {
                say(frame.for_people(&self.zone, self.colours))?;
                return Ok(1);
            }
            Shown::Noise(bytes) => self.remark(&format!("no frame: {}", Hex(bytes)))?,
            Shown::Note(note) => self.remark(&format!("note: {note}"))?,
        }
        Ok(0)
    }

    /// What is no frame: among the frames for people, beside the results for programs.
    fn remark(&self, text: &str) -> Result<(), Failure> {
        if self.json {
            tell(text);
            return Ok(());
        }
        say(format_args!("      {text}"))
    }
}

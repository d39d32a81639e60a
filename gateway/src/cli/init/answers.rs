//! What `gateway init` needs to know: from flags, from questions, else by default.

use std::fmt::Display;
use std::fs;
use std::io::{BufRead, Write};
use std::net::SocketAddr;
use std::str::FromStr;

use anyhow::{Context, bail};
use jiff::tz::TimeZone;

use super::{Init, owner, rates};
use crate::config::BAUD_RATES;

/// A new site in a few words.
pub(super) struct Answers {
    pub(super) name: String,
    pub(super) time_zone: String,
    pub(super) data_dir: String,
    pub(super) listen: SocketAddr,
    pub(super) port: String,
    pub(super) baud: u32,
    pub(super) controllers: u8,
    pub(super) doors: u8,
    pub(super) facility: Option<u8>,
}

impl Answers {
    /// The flags, and defaults for the rest.
    pub(super) fn defaults(flags: &Init) -> Self {
        let (listen, baud, controllers, doors) = if flags.simulator {
            (SocketAddr::from(([127, 0, 0, 1], 8443)), 38_400, 2, 2)
        } else {
            (SocketAddr::from(([0, 0, 0, 0], 8443)), 9600, 1, 1)
        };
        Self {
            name: flags.name.clone().unwrap_or_else(|| "My site".into()),
            time_zone: flags.time_zone.clone().unwrap_or_else(own_time_zone),
            data_dir: flags.data_dir.clone().unwrap_or_else(|| data_dir(flags)),
            listen: flags.listen.unwrap_or(listen),
            port: flags
                .port
                .clone()
                .unwrap_or_else(|| if flags.simulator { "north.pty".into() } else { first_port() }),
            baud: flags.baud.unwrap_or(baud),
            controllers: flags.controllers.unwrap_or(controllers),
            doors: flags.doors.unwrap_or(doors),
            facility: flags.facility.or(flags.simulator.then_some(100)),
        }
    }

    /// The flags, and for the rest what the person at the terminal says.
    pub(super) fn asked(
        flags: &Init,
        input: &mut dyn BufRead,
        output: &mut dyn Write,
    ) -> anyhow::Result<Self> {
        let default = Self::defaults(flags);
        let mut dialogue = Dialogue { input, output };
        let known = flags.name.clone();
        let name = dialogue.unless(known, "What is the site called?", default.name, site_name)?;
        let known = flags.time_zone.clone();
        let time_zone = dialogue.unless(known, "In which time zone is it?", default.time_zone, time_zone)?;
        let question = "On which address and port shall the page and SCIM be served?";
        let listen = dialogue.unless(flags.listen, question, default.listen, listen)?;
        let known = flags.port.clone().or(flags.simulator.then(|| default.port.clone()));
        let port = dialogue.unless(known, "Which device is the RS-485 line?", default.port, path)?;
        let baud =
            dialogue.unless(flags.baud, "At how many bits a second does it run?", default.baud, baud)?;
        let question = "How many controllers are on it?";
        let controllers = dialogue.unless(flags.controllers, question, default.controllers, controllers)?;
        let doors = dialogue.unless(flags.doors, "How many doors has each?", default.doors, doors)?;
        let known = flags.facility.map(Code::Given);
        let question = "Which facility code have card numbers that come without one?";
        let facility = dialogue.unless(known, question, default.facility.into(), FromStr::from_str)?;
        let facility = facility.into();
        let data_dir = default.data_dir;
        Ok(Self { name, time_zone, data_dir, listen, port, baud, controllers, doors, facility })
    }
}

/// A facility code, or none.
#[derive(Clone, Copy)]
enum Code {
    None,
    Given(u8),
}

impl From<Option<u8>> for Code {
    fn from(code: Option<u8>) -> Self {
        code.map_or(Self::None, Self::Given)
    }
}

impl From<Code> for Option<u8> {
    fn from(code: Code) -> Self {
        match code {
            Code::None => None,
            Code::Given(code) => Some(code),
        }
    }
}

impl Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Given(code) => code.fmt(f),
        }
    }
}

impl FromStr for Code {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" { Ok(Self::None) } else { facility(text).map(Self::Given) }
    }
}

/// Questions and answers, one line each.
struct Dialogue<'a> {
    input: &'a mut dyn BufRead,
    output: &'a mut dyn Write,
}

impl Dialogue<'_> {
    /// Asks until the answer can be read, unless it is known. An empty answer takes the default.
    fn unless<T: Display>(
        &mut self,
        known: Option<T>,
        question: &str,
        default: T,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> anyhow::Result<T> {
        if let Some(known) = known {
            return Ok(known);
        }
        loop {
            write!(self.output, "{question} [{default}] ").context("the terminal can't be written")?;
            self.output.flush().context("the terminal can't be written")?;
            let mut answer = String::new();
            if self.input.read_line(&mut answer).context("the terminal can't be read")? == 0 {
                bail!("no answer to \"{question}\"; nothing was written");
            }
            match (answer.trim(), parse(answer.trim())) {
                ("", _) => return Ok(default),
                (_, Ok(value)) => return Ok(value),
                (_, Err(why)) => writeln!(self.output, "  {why}").context("the terminal can't be written")?,
            }
        }
    }
}

pub(super) fn site_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > 100 || name.contains(char::is_control) {
        return Err("a name is one line of 1 to 100 characters".into());
    }
    Ok(name.to_owned())
}

pub(super) fn time_zone(text: &str) -> Result<String, String> {
    match TimeZone::get(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => {
            let near = crate::config::similar_time_zone(text);
            let near = near.unwrap_or_else(|| "a name such as Europe/Berlin or UTC".into());
            Err(format!("no time zone is called \"{text}\"; try {near}"))
        }
    }
}

pub(super) fn path(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.contains(char::is_control) {
        return Err("a path can't be empty or contain control characters".into());
    }
    Ok(text.to_owned())
}

pub(super) fn baud(text: &str) -> Result<u32, String> {
    let known = text.parse().ok().filter(|rate| BAUD_RATES.contains(rate));
    known.ok_or_else(|| format!("OSDP runs at one of {}", rates()))
}

pub(super) fn controllers(text: &str) -> Result<u8, String> {
    number(text, 1, 32)
}

pub(super) fn doors(text: &str) -> Result<u8, String> {
    number(text, 1, 16)
}

pub(super) fn facility(text: &str) -> Result<u8, String> {
    number(text, 0, 255)
}

fn listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "an IP address and a port, such as 0.0.0.0:8443 or 127.0.0.1:8443".into())
}

fn number(text: &str, least: u8, most: u8) -> Result<u8, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("a whole number, {least} to {most}"))
}

/// Beside the configuration, but never below /etc, where a service may not write.
fn data_dir(flags: &Init) -> String {
    if owner::is_of_the_box(&flags.folder) { "/var/lib/gatehouse".into() } else { "data".into() }
}

fn own_time_zone() -> String {
    TimeZone::system().iana_name().unwrap_or("UTC").to_owned()
}

/// The first serial adapter by its lasting name, else what most boxes call their first USB adapter.
fn first_port() -> String {
    let adapters = fs::read_dir("/dev/serial/by-id").into_iter().flatten().flatten();
    let first = adapters.map(|entry| entry.path().display().to_string()).min();
    first.unwrap_or_else(|| "/dev/ttyUSB0".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        init: Init,
    }

    fn asked(flags: &[&str], answers: &str) -> (anyhow::Result<Answers>, String) {
        let flags = Line::parse_from(["init"].iter().chain(flags)).init;
        let mut output = Vec::new();
        let result = Answers::asked(&flags, &mut answers.as_bytes(), &mut output);
        (result, String::from_utf8(output).unwrap())
    }

    #[test]
    fn answers_are_taken_and_empty_ones_are_defaults() {
        let (answers, _) = asked(&[], "Harbour Street\nEurope/Berlin\n\n/dev/ttyS1\n115200\n3\n\n100\n");
        let answers = answers.unwrap();
        assert_eq!((answers.name.as_str(), answers.time_zone.as_str()), ("Harbour Street", "Europe/Berlin"));
        assert_eq!((answers.port.as_str(), answers.baud), ("/dev/ttyS1", 115_200));
        assert_eq!((answers.controllers, answers.doors, answers.facility), (3, 1, Some(100)));
        assert_eq!(answers.listen, "0.0.0.0:8443".parse().unwrap());
    }

    #[test]
    fn data_is_never_kept_below_etc() {
        let data_dir = |folder| Answers::defaults(&Line::parse_from(["init", folder]).init).data_dir;
        assert_eq!([data_dir("/etc/gatehouse"), data_dir("try")], ["/var/lib/gatehouse", "data"]);
    }

    #[test]
    fn a_wrong_answer_is_explained_and_asked_again() {
        let (answers, shown) =
            asked(&["--name", "x"], "Berlin\nEurope/Berlin\n\n\n1200\n9600\n33\n2\n\nnone\n");
        let answers = answers.unwrap();
        assert_eq!(
            (answers.time_zone.as_str(), answers.baud, answers.controllers),
            ("Europe/Berlin", 9600, 2)
        );
        assert_eq!(answers.facility, None);
        assert!(
            shown.contains("try Europe/Berlin") && shown.contains("one of 9600") && shown.contains("1 to 32"),
            "{shown}"
        );
    }

    #[test]
    fn what_a_flag_says_is_not_asked() {
        let flags = [
            "--name",
            "x",
            "--time-zone",
            "UTC",
            "--listen",
            "[::1]:1",
            "--baud",
            "9600",
            "--controllers",
            "1",
            "--doors",
            "1",
            "--facility",
            "7",
            "--simulator",
        ];
        let (answers, shown) = asked(&flags, "");
        assert_eq!((answers.unwrap().port.as_str(), shown.as_str()), ("north.pty", ""));
    }

    #[test]
    fn a_closed_terminal_ends_the_questions() {
        assert!(asked(&[], "Harbour Street\n").0.is_err());
    }
}

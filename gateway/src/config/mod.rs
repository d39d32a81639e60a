//! The installer's TOML file, and every way in which it can be wrong.
//!
//! [`load`] gives a [`Config`] that holds no nonsense, or all [`Problems`] at once, each with its place in the file.
//! Paths come out absolute: what is relative in the file is relative to the file's folder. People, cards and access
//! never stand here; hardware, addresses and the places of secrets do, the secrets themselves never.

mod access_file;
mod alarms;
mod cards;
mod controller;
mod door;
mod feedback;
mod forwarder;
mod hardware;
pub mod icalendar;
mod limits;
mod modbus;
mod mqtt;
mod mqtt_device;
mod peer;
mod problem;
mod register_map;
mod section;
mod site;
mod source;
mod taken;
mod web;
mod wiegand_serial;

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use panel_protocol::wiegand::Format;
use toml::de::DeTable;

use crate::domain::{BadgeType, Feedback, LineId};
use crate::forward::Forwarder;

pub use crate::domain::closest;
pub use crate::links::osdp::key_file::{Key, KeyFileError, read as read_key, write as write_key};
pub use access_file::{AccessFile, Remark, written};
pub use controller::{Attachment, Controller, ControllerKind, Door, Line, Protocol};
pub use hardware::{BAUD_RATES, HIGHEST_ADDRESS, MAX_CONTROLLERS, MAX_LINES};
pub use mqtt::{BROKER_ID, Broker, BrokerElsewhere, BrokerPlace, BrokerTls};
pub use problem::{Problem, Problems};
pub use site::similar_time_zone;
pub use source::{MAX_SOURCES, Source, SourceKind};

use section::{Review, Section};

/// Longest configuration file that is read, in bytes.
const MAX_FILE_LEN: u64 = 1024 * 1024;

/// One site, as its installer described it.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file that it was read from, absolute.
    pub file: PathBuf,
    /// `[site]`
    pub site: Site,
    /// `[web]`
    pub web: Web,
    /// `[cards]`
    pub cards: Cards,
    /// `[alarms]`
    pub alarms: Alarms,
    /// `[limits]`
    pub limits: Limits,
    /// `[[line]]`, in the file's order, and behind them the broker of `[mqtt]`.
    pub lines: Vec<Line>,
    /// `[[controller]]`, in the file's order; each one's line is among [`Self::lines`].
    pub controllers: Vec<Controller>,
    /// `[[forwarder]]`, in the file's order.
    pub forwarders: Vec<Forwarder>,
    /// `[[source]]`, in the file's order.
    pub sources: Vec<Source>,
}

impl Config {
    /// The controllers of one line, in the file's order.
    pub fn controllers_on<'a>(&'a self, line: &'a LineId) -> impl Iterator<Item = &'a Controller> {
        self.controllers.iter().filter(move |controller| controller.line() == line)
    }

    /// Whether nobody on a controller's link can read or forge what passes on it.
    pub fn is_secure(&self, controller: &Controller) -> bool {
        match &controller.attachment {
            Attachment::Osdp { scbk_file, .. } => scbk_file.is_some(),
            Attachment::Modbus { .. } | Attachment::WiegandSerial { .. } => false,
            Attachment::Mqtt { dialect, .. } => self.lines.iter().all(|line| match &line.protocol {
                Protocol::Mqtt(broker) => broker.is_secure_for(dialect),
                Protocol::Osdp { .. } | Protocol::Modbus { .. } | Protocol::WiegandSerial { .. } => true,
            }),
        }
    }

    /// Who may connect to the broker inside: users and hashes of their secrets.
    pub fn broker_passwords(&self) -> PathBuf {
        self.site.data_dir.join("mqtt/passwords")
    }

    /// The folder of the certificate that the broker inside makes for itself.
    pub fn broker_tls(&self) -> PathBuf {
        self.site.data_dir.join("mqtt/tls")
    }

    /// Where the audit log is.
    pub fn audit_dir(&self) -> PathBuf {
        self.site.data_dir.join("audit")
    }

    /// Where the running service listens for the command line on the same box.
    pub fn socket_path(&self) -> PathBuf {
        self.site.data_dir.join(site::SOCKET_NAME)
    }
}

/// The place and its data.
#[derive(Clone, Debug)]
pub struct Site {
    /// What people call it; never empty.
    pub name: String,
    /// The zone in which schedules and the page's times are meant.
    pub time_zone: TimeZone,
    /// Journal, directory, event log, tokens and accounts; made at the first start.
    pub data_dir: PathBuf,
}

/// Where the page, the API and SCIM are served.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Web {
    /// Address and port.
    pub listen: SocketAddr,
    /// Who ends TLS, and with what.
    pub tls: Tls,
    /// The operator says that a proxy in front ends TLS, so plain HTTP may leave loopback.
    pub behind_proxy: bool,
}

impl Web {
    /// How clients address the service: `https` where TLS ends here or at a proxy in front, else `http`.
    pub fn scheme(&self) -> &'static str {
        if self.tls == Tls::Off && !self.behind_proxy { "http" } else { "https" }
    }
}

/// How connections are encrypted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tls {
    /// By a certificate made at the first start, kept in the data folder.
    SelfSigned,
    /// By the operator's own, both PEM.
    Files {
        /// The certificate, followed by its intermediates.
        cert: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
    /// Not at all; only on loopback or behind a proxy.
    Off,
}

/// How card numbers from the directory become credentials.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cards {
    /// The format of a number that names none.
    pub default_format: &'static Format,
    /// The facility code of a number that names none; fits [`Self::default_format`].
    pub default_facility: Option<u64>,
    /// What kind of card one is that comes without a badge type.
    pub default_badge_type: BadgeType,
    /// What happens to the card when the identity provider takes its number away.
    pub when_number_removed: WhenNumberRemoved,
    /// Numbers that mean none at all, compared without regard to case and space.
    pub none_values: Vec<String>,
    /// Refuse the person together with a card number that can't be used, instead of keeping the person without it.
    pub strict: bool,
}

/// What happens to a card whose number the identity provider took away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhenNumberRemoved {
    /// It opens nothing any more.
    Deactivate,
    /// It stays as it is.
    Keep,
}

/// From when on something is told as an alarm.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Alarms {
    /// The share of all people, above 0 to 1, that must lose access within ten minutes.
    pub mass_revocation_share: f64,
    /// … and at least so many of them.
    pub mass_revocation_people: u32,
    /// How long an identity provider may be silent, in hours; 0: for ever.
    pub source_silent_hours: u32,
}

/// How much is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Events in the log, the oldest make room.
    pub events: u64,
    /// How long events are kept, in days.
    pub event_days: u32,
    /// How long audit entries are kept, in days.
    pub audit_days: u32,
}

impl Limits {
    /// How long audit entries are kept.
    pub fn audit_age(&self) -> std::time::Duration {
        std::time::Duration::from_secs(u64::from(self.audit_days) * 24 * 3600)
    }
}

/// Whether the files that a configuration names are looked into as well.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NamedFiles {
    /// Only their names matter, for commands that don't use them.
    Ignored,
    /// Keys and certificates that exist must be usable and private.
    Checked,
}

/// Reads and validates a configuration file.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn load(path: &Path, files: NamedFiles) -> Result<Config, Problems> {
    match read(path) {
        Ok(text) => parse(path, &text, files),
        Err(error) => Err(unreadable(path, &error)),
    }
}

/// Validates a configuration's text as if it stood in the file `path`.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn parse(path: &Path, text: &str, files: NamedFiles) -> Result<Config, Problems> {
    let (document, syntax) = DeTable::parse_recoverable(text);
    if !syntax.is_empty() {
        return Err(Problems::new(path, text, syntax.iter().map(Problem::syntax).collect()));
    }
    let file = std::path::absolute(path).map_err(|error| unreadable(path, &error))?;
    let folder = file.parent().unwrap_or(Path::new("/")).to_owned();
    let review = Review { folder, files, problems: RefCell::new(Vec::new()) };
    let config = whole(&review, file, document.get_ref());
    let problems = review.problems.into_inner();
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(Problems::new(path, text, problems)),
    }
}

fn whole(review: &Review, file: PathBuf, document: &DeTable<'_>) -> Option<Config> {
    let root = Section::new(review, "the file", section::ROOT, 0..0, document);
    let site = root.required_section("site", "[site]", section::SITE);
    let web = root.required_section("web", "[web]", section::WEB);
    let cards = root.section("cards", "[cards]", section::CARDS);
    let alarms = root.section("alarms", "[alarms]", section::ALARMS);
    let limits = root.section("limits", "[limits]", section::LIMITS);
    let mqtt = root.section("mqtt", "[mqtt]", section::MQTT);
    let feedback = root.section("feedback", "[feedback]", section::FEEDBACK);
    let lines = root.sections("line", "[[line]]", section::LINE);
    let controllers = root.sections("controller", "[[controller]]", section::CONTROLLER);
    let forwarders = root.sections("forwarder", "[[forwarder]]", section::FORWARDER);
    let sources = root.sections("source", "[[source]]", section::SOURCE);
    let site = site.and_then(|site| site::read(&site));
    let web = web.and_then(|web| web::read(&web));
    let cards = cards::read(cards.as_ref());
    let alarms = alarms::read(alarms.as_ref());
    let limits = limits::read(limits.as_ref());
    let broker =
        mqtt.as_ref().and_then(|mqtt| mqtt::read(mqtt, site.as_ref().map(|site| site.name.as_str())));
    let feedback = feedback::read(feedback.as_ref(), Feedback::default());
    let (lines, controllers) = hardware::read(&lines, &controllers, mqtt.as_ref(), broker, &feedback);
    let forwarders = forwarder::read(&forwarders);
    let sources = source::read(&sources);
    Some(Config {
        file,
        site: site?,
        web: web?,
        cards: cards?,
        alarms,
        limits,
        lines,
        controllers,
        forwarders,
        sources,
    })
}

fn unreadable(path: &Path, error: &io::Error) -> Problems {
    Problems::unreadable(path, "the configuration", "`gateway init` writes a new one", error)
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    file.take(MAX_FILE_LEN + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE_LEN {
        let error = format!("it is longer than {MAX_FILE_LEN} bytes, which no configuration needs");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, error));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;

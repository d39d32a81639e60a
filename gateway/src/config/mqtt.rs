//! `[mqtt]`: the site's broker.
//!
//! There is one broker: the one inside the gateway, or one elsewhere. It is listed behind the lines, as one more link.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use toml::Spanned;

use super::problem::Problem;
use super::section::{self, Section};
use super::{Tls, web};
use crate::domain::LineId;
use crate::links::mqtt::Dialect;
use crate::links::mqtt::topic::{MAX_LEVEL_LEN, check_level, level_of};

/// What the broker is called among the lines.
pub const BROKER_ID: &str = "mqtt";

/// The site's broker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broker {
    /// The site in topics.
    pub site: String,
    /// Where it is.
    pub place: BrokerPlace,
}

/// Where the broker is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BrokerPlace {
    /// Inside the gateway.
    Embedded {
        /// Where controllers reach it.
        listen: SocketAddr,
        /// Who ends TLS, and with what.
        tls: Tls,
        /// Where devices reach it that can't do TLS.
        plain: Option<SocketAddr>,
    },
    /// Somewhere else.
    Elsewhere(BrokerElsewhere),
}

impl Broker {
    /// Whether nobody on the network can read or forge what passes between it and a device of that dialect.
    pub fn is_secure_for(&self, dialect: &Dialect) -> bool {
        match &self.place {
            // In clear on loopback, and for those who can do no better.
            BrokerPlace::Embedded { plain, .. } => {
                dialect.is_native() || plain.is_none_or(|plain| plain.ip().is_loopback())
            }
            BrokerPlace::Elsewhere(BrokerElsewhere { host, tls, .. }) => {
                let ip: Option<IpAddr> = host.parse().ok();
                tls.is_some() || host == "localhost" || ip.is_some_and(|ip| ip.is_loopback())
            }
        }
    }
}

impl Broker {
    /// Whether nobody reaches it without TLS.
    pub(super) fn wants_tls(&self) -> bool {
        match &self.place {
            BrokerPlace::Embedded { tls, plain, .. } => *tls != Tls::Off && plain.is_none(),
            BrokerPlace::Elsewhere(_) => false, // it may have other doors
        }
    }
}

impl fmt::Display for Broker {
    /// Where it is, as people write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            BrokerPlace::Embedded { listen, .. } => write!(f, "embedded, {listen}"),
            BrokerPlace::Elsewhere(elsewhere) => elsewhere.fmt(f),
        }
    }
}

impl fmt::Display for BrokerElsewhere {
    /// As people write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls.is_some() { "mqtts" } else { "mqtt" };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        write!(f, "{scheme}://{host}:{}", self.port)
    }
}

/// A broker that others run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BrokerElsewhere {
    /// Its name or IP address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What TLS needs; `None`: in clear.
    pub tls: Option<BrokerTls>,
    /// A file with one line, `USER:PASSWORD`.
    pub credentials_file: Option<PathBuf>,
}

/// How the broker's certificate is checked, and which one is shown to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BrokerTls {
    /// The authorities that are believed, PEM; `None`: the system's.
    pub ca: Option<PathBuf>,
    /// Our certificate and its key, both PEM.
    pub client: Option<(PathBuf, PathBuf)>,
}

/// The broker; `site_name` is what people call the site.
pub(super) fn read(section: &Section<'_, '_>, site_name: Option<&str>) -> Option<Broker> {
    let site = match section.text("site") {
        Some(text) => level(section, &text, "site"),
        None if section.value("site").is_some() => None,
        None => site_name.and_then(|name| level_of(name).or_else(|| unnamed(section))),
    };
    let broker = section.required_text("broker", "broker = \"embedded\"")?;
    let place = match *broker.get_ref() {
        "embedded" => embedded(section),
        _ => {
            misplaced(section, &["listen", "plain_listen", "tls"], "broker = \"embedded\"");
            let help = "it is \"embedded\", or a place such as \"mqtts://broker.example:8883\"";
            elsewhere(section, &broker, help).map(BrokerPlace::Elsewhere)
        }
    };
    Some(Broker { site: site?, place: place? })
}

fn unnamed(section: &Section<'_, '_>) -> Option<String> {
    section.missing("site", "site = \"harbour\", as topics shall have it");
    None
}

fn embedded(section: &Section<'_, '_>) -> Option<BrokerPlace> {
    misplaced(section, &["credentials_file", "ca", "client_cert"], "a broker elsewhere");
    let text = section.required_text("listen", "listen = \"0.0.0.0:8883\"");
    let listen = text.as_ref().and_then(|text| address(section, text, "listen"));
    let plain = section.text("plain_listen").and_then(|text| address(section, &text, "plain_listen"));
    if plain.is_some() && plain == listen {
        let message = "`plain_listen` can't be where `listen` is";
        let place = section.value("plain_listen").map_or(section.header.clone(), Spanned::span);
        section.review.note(Problem::at(place, message).help("choose another port, such as 1883"));
    }
    let (tls, place) = web::tls(section);
    if tls == Some(Tls::Off) && listen.is_some_and(|listen| !listen.ip().is_loopback()) {
        let message = "tls = \"off\" would send the controllers' secrets in clear over the network";
        let help = "listen on 127.0.0.1, or use tls = \"self-signed\"";
        section.review.note(Problem::at(place, message).help(help));
    }
    Some(BrokerPlace::Embedded { listen: listen?, tls: tls?, plain })
}

fn address(section: &Section<'_, '_>, text: &Spanned<&str>, key: &str) -> Option<SocketAddr> {
    let parsed = text.get_ref().parse().ok();
    if parsed.is_none() {
        let message = format!("`{key}` can't be \"{}\": it is an IP address and a port", text.get_ref());
        let help = "such as \"0.0.0.0:8883\" (every network) or \"127.0.0.1:1883\" (this box, may be plain)";
        section.review.note(Problem::at(text.span(), message).help(help));
    }
    parsed
}

/// A broker that others run; `help` says what may stand in the place of a mistake.
pub(super) fn elsewhere(
    section: &Section<'_, '_>,
    broker: &Spanned<&str>,
    help: &str,
) -> Option<BrokerElsewhere> {
    let place = host_and_port(broker.get_ref());
    if place.is_none() {
        let message = format!("`broker` can't be \"{}\"", broker.get_ref());
        section.review.note(Problem::at(broker.span(), message).help(help));
    }
    let path = |section: &Section<'_, '_>, key| {
        section.text(key).map(|text: Spanned<&str>| section.review.path(text.get_ref()))
    };
    let credentials_file = path(section, "credentials_file");
    let ca = path(section, "ca");
    let client = section.section("client_cert", "`client_cert`", section::TLS).and_then(|files| {
        let cert = files.required_text("cert", "cert = \"mqtt/cert.pem\"");
        let key = files.required_text("key", "key = \"mqtt/key.pem\"");
        Some((section.review.path(cert?.get_ref()), section.review.path(key?.get_ref())))
    });
    let (secure, host, port) = place?;
    if !secure {
        misplaced(section, &["ca", "client_cert"], "a broker with TLS, broker = \"mqtts://…\"");
    }
    let tls = secure.then_some(BrokerTls { ca, client });
    Some(BrokerElsewhere { host: host.to_owned(), port, tls, credentials_file })
}

/// Whether it has TLS, its host and its port.
fn host_and_port(text: &str) -> Option<(bool, &str, u16)> {
    let (scheme, rest) = text.split_once("://")?;
    let (secure, usual) = match scheme {
        "mqtt" => (false, 1883),
        "mqtts" => (true, 8883),
        _ => return None,
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') && !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (rest, usual),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    (!host.is_empty() && host.len() <= 253 && host.chars().all(fits) && port > 0)
        .then_some((secure, host, port))
}

/// Notes keys that belong to the other kind of broker.
fn misplaced(section: &Section<'_, '_>, keys: &[&str], where_to: &str) {
    for key in keys {
        if let Some(value) = section.value(key) {
            let message = format!("`{key}` belongs to {where_to}");
            section.review.note(Problem::at(value.span(), message).help("remove it"));
        }
    }
}

/// One level of a topic.
pub(super) fn level(section: &Section<'_, '_>, text: &Spanned<&str>, key: &str) -> Option<String> {
    if check_level(text.get_ref()) {
        return Some((*text.get_ref()).to_owned());
    }
    let message = format!("`{key}` can't be \"{}\" in a topic", text.get_ref());
    let help = format!("use 1 to {MAX_LEVEL_LEN} of a to z, 0 to 9 and hyphens");
    let problem = Problem::at(text.span(), message);
    section.review.note(match level_of(text.get_ref()) {
        Some(near) => problem.help(format!("{help}, such as \"{near}\"")),
        None => problem.help(help),
    });
    None
}

/// The broker's name among the lines.
pub(super) fn broker_id() -> LineId {
    BROKER_ID.parse().expect("a constant that is a name")
}

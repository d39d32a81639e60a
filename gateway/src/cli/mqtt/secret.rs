//! The file that a controller needs to reach the broker: where it is, whom to believe, its name and its secret.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use anyhow::{Context, anyhow};
use jiff::Timestamp;

use crate::cli::Failure;
use crate::config::{Attachment, Broker, BrokerElsewhere, BrokerPlace, Config, Controller, Protocol, Tls};
use crate::links::mqtt::{Dialect, passwords, topic};
use crate::web::tls::{self, Certificate};

/// The site's broker, if it has one.
pub(in crate::cli) fn broker(config: &Config) -> Option<&Broker> {
    config.lines.iter().find_map(|line| match &line.protocol {
        Protocol::Mqtt(broker) => Some(broker),
        Protocol::Osdp { .. } | Protocol::Modbus { .. } | Protocol::WiegandSerial { .. } => None,
    })
}

/// A controller's name as user of the broker, and what it speaks there; `None` for one on a line.
pub(in crate::cli) fn at_broker(controller: &Controller) -> Option<(&str, &Dialect)> {
    match &controller.attachment {
        Attachment::Mqtt { user, dialect, .. } => Some((user, dialect)),
        Attachment::Osdp { .. } | Attachment::Modbus { .. } | Attachment::WiegandSerial { .. } => None,
    }
}

/// Gives a controller a new secret, in place of the one before; the file that it needs, as text. `host` is where it
/// reaches the broker, if that is not to be guessed.
pub(in crate::cli) fn give(
    config: &Config,
    user: &str,
    dialect: &Dialect,
    host: Option<&str>,
) -> Result<String, Failure> {
    let broker = broker(config).ok_or_else(|| anyhow!("the configuration has no section [mqtt]"))?;
    let reached = Reached::at(config, broker, dialect, host)?;
    let secret = passwords::new_secret().context("a secret can't be made")?;
    let path = config.broker_passwords();
    let set = passwords::set(&path, user, &secret);
    set.with_context(|| format!("{} can't be written", path.display()))?;
    Ok(reached.file(&broker.site, user, dialect, &secret))
}

/// Where the broker is for its clients.
struct Reached {
    host: String,
    port: u16,
    tls: bool,
    /// Whom to believe, PEM; nothing where the client's own authorities do.
    ca: Option<String>,
}

impl Reached {
    fn at(config: &Config, broker: &Broker, dialect: &Dialect, host: Option<&str>) -> Result<Self, Failure> {
        Ok(match &broker.place {
            BrokerPlace::Embedded { plain: Some(plain), .. } if !dialect.is_native() => Self {
                host: host.map_or_else(|| likely_host(*plain), ToOwned::to_owned),
                port: plain.port(),
                tls: false,
                ca: None,
            },
            BrokerPlace::Embedded { listen, tls, .. } => Self {
                host: host.map_or_else(|| likely_host(*listen), ToOwned::to_owned),
                port: listen.port(),
                tls: *tls != Tls::Off,
                ca: authority(config, *listen, tls)?,
            },
            BrokerPlace::Elsewhere(BrokerElsewhere { host: its, port, tls, .. }) => Self {
                host: host.unwrap_or(its).to_owned(),
                port: *port,
                tls: tls.is_some(),
                ca: match tls.as_ref().and_then(|tls| tls.ca.as_ref()) {
                    Some(path) => Some(read(path)?),
                    None => None,
                },
            },
        })
    }

    fn file(&self, site: &str, user: &str, dialect: &Dialect, secret: &str) -> String {
        let Self { host, port, tls, ca } = self;
        let base = match dialect {
            Dialect::Native { topic } => topic::to(site, topic, "").trim_end_matches("/to/").to_owned(),
            other => other.topic().to_owned(),
        };
        let mut text = format!(
            "# What the controller \"{user}\" needs to reach its broker. The secret is shown this once: keep it.\n\
             host = \"{host}\"\nport = {port}\ntls = {tls}\nclient_id = \"{user}\"\nuser = \"{user}\"\n\
             secret = \"{secret}\"\ntopics = \"{base}\"\n"
        );
        if let Some(ca) = ca {
            writeln!(text, "ca = \"\"\"\n{}\n\"\"\"", ca.trim_end()).expect("a String takes what is written");
        }
        text.trim_end().to_owned()
    }
}

/// What clients of the broker inside have to believe: its own certificate where it signed that itself.
fn authority(config: &Config, listen: SocketAddr, tls: &Tls) -> Result<Option<String>, Failure> {
    match tls {
        Tls::Off => Ok(None),
        Tls::Files { cert, .. } => read(cert).map(Some),
        Tls::SelfSigned => {
            let folder = config.broker_tls();
            Certificate::self_signed(&folder, tls::local_names(listen), Timestamp::now())
                .map_err(|error| anyhow!("{error}; {}", error.remedy()))?;
            read(&folder.join("cert.pem")).map(Some)
        }
    }
}

/// An address or a name by which a controller is likely to reach this box.
fn likely_host(listen: SocketAddr) -> String {
    let names = tls::local_names(listen);
    let is_outside = |name: &&String| name.parse::<IpAddr>().is_ok_and(|ip| !ip.is_loopback());
    let named = names.iter().find(|name| name.parse::<IpAddr>().is_err() && *name != "localhost");
    match listen.ip() {
        ip if !ip.is_unspecified() => ip.to_string(),
        _ => names.iter().find(is_outside).or(named).cloned().unwrap_or_else(|| "localhost".to_owned()),
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    Ok(std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?)
}

//! `[[forwarder]]`: who else is told of events.

use std::collections::BTreeSet;

use toml::Spanned;

use super::problem::Problem;
use super::section::{self, Section};
use crate::domain::ForwarderId;
use crate::forward::limits::MAX_FORWARDERS;
use crate::forward::{
    Forwarder, Framing, Receiver, ShownCards, SyslogReceiver, TlsFiles, WebhookMode, WebhookPlaceError,
    WebhookReceiver,
};

/// What kind of receiver it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Webhook,
    Syslog,
}

const KINDS: [(&str, Kind); 2] = [("webhook", Kind::Webhook), ("syslog", Kind::Syslog)];

const MODES: [(&str, WebhookMode); 3] =
    [("structured", WebhookMode::Structured), ("binary", WebhookMode::Binary), ("batch", WebhookMode::Batch)];

const FRAMINGS: [(&str, Framing); 2] =
    [("octet-counting", Framing::OctetCounting), ("newline", Framing::Newline)];

const CARDS: [(&str, ShownCards); 2] = [("masked", ShownCards::Masked), ("full", ShownCards::Full)];

/// Port of syslog over TLS (RFC 5425, 4.1).
const USUAL_PORT: u16 = 6514;

const OF_WEBHOOKS: [&str; 3] = ["url", "secret_file", "mode"];
const OF_SYSLOG: [&str; 3] = ["peer", "tls", "framing"];

/// All of them; the wrong have been noted.
pub(super) fn read(sections: &[Section<'_, '_>]) -> Vec<Forwarder> {
    if let Some(beyond) = sections.get(MAX_FORWARDERS) {
        let message = format!("there are more than {MAX_FORWARDERS} forwarders");
        beyond.review.note(Problem::at(beyond.header.clone(), message).help("remove some"));
    }
    let mut taken = BTreeSet::new();
    sections.iter().filter_map(|section| one(section, &mut taken)).collect()
}

fn one(section: &Section<'_, '_>, taken: &mut BTreeSet<ForwarderId>) -> Option<Forwarder> {
    let id = section.id::<ForwarderId>("id = \"siem\"");
    if let Some(id) = &id
        && !taken.insert(id.get_ref().clone())
    {
        let message = format!("the id \"{}\" is taken", id.get_ref());
        section.review.note(Problem::at(id.span(), message).help("give each forwarder a name of its own"));
    }
    if section.value("kind").is_none() {
        section.missing("kind", "kind = \"webhook\"");
    }
    let kind = section.word("kind", &KINDS, &["mqtt"]);
    let cards = section.word("cards", &CARDS, &[]).unwrap_or_default();
    let to = match kind? {
        Kind::Webhook => webhook(section).map(Receiver::Webhook),
        Kind::Syslog => syslog(section).map(Receiver::Syslog),
    };
    Some(Forwarder { id: id?.into_inner(), to: to?, cards })
}

fn webhook(section: &Section<'_, '_>) -> Option<WebhookReceiver> {
    section.unused(&OF_SYSLOG, "at a webhook", "remove it, or write kind = \"syslog\"");
    let url = section.required_text("url", "url = \"https://hooks.example.org/gatehouse\"");
    let place = url.and_then(|url| {
        url.get_ref()
            .parse()
            .map_err(|error: WebhookPlaceError| {
                let help = match error {
                    WebhookPlaceError::NotAUrl => "such as \"https://hooks.example.org/gatehouse\"",
                    WebhookPlaceError::HasCredentials => {
                        "sign messages instead: secret_file = \"secrets/hook\""
                    }
                    WebhookPlaceError::InClear => {
                        "use https; the receiver's own authority can be given as `ca`"
                    }
                };
                let problem = Problem::at(url.span(), format!("`url`: {error}")).help(help);
                // A path may be as good as a password.
                section.review.note(problem.hidden());
            })
            .ok()
    });
    let secret_file = section.text("secret_file").map(|text| section.review.path(text.get_ref()));
    let mode = section.word("mode", &MODES, &[]).unwrap_or_default();
    let tls = tls_files(section);
    Some(WebhookReceiver { place: place?, secret_file, mode, tls })
}

fn syslog(section: &Section<'_, '_>) -> Option<SyslogReceiver> {
    section.unused(&OF_WEBHOOKS, "at a syslog receiver", "remove it, or write kind = \"webhook\"");
    let peer = section.required_text("peer", "peer = \"logs.example.org:6514\"");
    let peer = peer.and_then(|text| host_and_port(section, &text));
    let in_clear = section.value("tls").is_some() && !section.flag("tls");
    let framing = section.word("framing", &FRAMINGS, &[]).unwrap_or_default();
    let files = tls_files(section);
    if in_clear {
        section.unused(&["ca", "client_cert"], "in clear", "remove it, or let TLS be used: tls = true");
    }
    let (host, port) = peer?;
    Some(SyslogReceiver { host, port, tls: (!in_clear).then_some(files), framing })
}

/// The usual port is that of RFC 5425.
fn host_and_port(section: &Section<'_, '_>, text: &Spanned<&str>) -> Option<(String, u16)> {
    let text_of = *text.get_ref();
    let (host, port) = match text_of.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok().filter(|port| *port > 0)),
        _ => (text_of, Some(USUAL_PORT)),
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    match port {
        Some(port) if !bare.is_empty() && bare.len() <= 253 && bare.chars().all(fits) => {
            Some((bare.to_owned(), port))
        }
        _ => {
            let problem = Problem::at(text.span(), format!("`peer` can't be \"{text_of}\""));
            section.review.note(problem.help("name host and port, such as peer = \"logs.example.org:6514\""));
            None
        }
    }
}

fn tls_files(section: &Section<'_, '_>) -> TlsFiles {
    let ca = section.text("ca").map(|text| section.review.path(text.get_ref()));
    let client = section.section("client_cert", "`client_cert`", section::TLS).and_then(|files| {
        let cert = files.required_text("cert", "cert = \"secrets/siem.pem\"");
        let key = files.required_text("key", "key = \"secrets/siem.key\"");
        Some((section.review.path(cert?.get_ref()), section.review.path(key?.get_ref())))
    });
    TlsFiles { ca, client }
}

//! `[web]`

use std::net::SocketAddr;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::problem::Problem;
use super::section::{self, Section};
use super::{NamedFiles, Tls, Web};
use crate::web::tls;

pub(super) fn read(section: &Section<'_, '_>) -> Option<Web> {
    let listen = section.required_text("listen", "listen = \"0.0.0.0:8443\"");
    let listen = listen.and_then(|text| address(section, &text));
    let behind_proxy = section.flag("behind_proxy");
    let (tls, place) = tls(section);
    let exposed = listen.is_some_and(|listen| !listen.ip().is_loopback());
    if tls == Some(Tls::Off) && exposed && !behind_proxy {
        let message = "tls = \"off\" would send passwords and tokens in clear over the network";
        let help = "listen on 127.0.0.1, or use tls = \"self-signed\", \
                    or say behind_proxy = true if a proxy in front ends TLS";
        section.review.note(Problem::at(place, message).help(help));
    }
    Some(Web { listen: listen?, tls: tls?, behind_proxy })
}

/// A section's `tls`, and where it stands.
pub(super) fn tls(section: &Section<'_, '_>) -> (Option<Tls>, Range<usize>) {
    match section.value("tls") {
        None => (Some(Tls::SelfSigned), section.header.clone()),
        Some(value) => (tls_of(section, value), value.span()),
    }
}

fn address(section: &Section<'_, '_>, text: &Spanned<&str>) -> Option<SocketAddr> {
    let parsed = text.get_ref().parse().ok();
    if parsed.is_none() {
        let message = format!("`listen` can't be \"{}\": it is an IP address and a port", text.get_ref());
        let help = "such as \"0.0.0.0:8443\" (every network), \"127.0.0.1:8443\" (this box) or \"[::]:8443\"";
        section.review.note(Problem::at(text.span(), message).help(help));
    }
    parsed
}

fn tls_of<'t>(section: &Section<'_, 't>, value: &'t Spanned<DeValue<'t>>) -> Option<Tls> {
    if !matches!(value.get_ref(), DeValue::String(_) | DeValue::Table(_)) {
        let message = "`tls` must be \"self-signed\", \"off\" or { cert = \"…\", key = \"…\" }";
        section.review.note(Problem::at(value.span(), message));
        return None;
    }
    if matches!(value.get_ref(), DeValue::String(_)) {
        return section.word("tls", &[("self-signed", 0), ("off", 1)], &[]).map(|word| match word {
            0 => Tls::SelfSigned,
            _ => Tls::Off,
        });
    }
    let files = section.section("tls", "`tls`", section::TLS)?;
    let cert = files.required_text("cert", "cert = \"tls/cert.pem\"");
    let key = files.required_text("key", "key = \"tls/key.pem\"");
    let (cert, key) = (cert?, key?);
    let [cert_path, key_path] = [&cert, &key].map(|text| section.review.path(text.get_ref()));
    if section.review.files == NamedFiles::Checked
        && let Err(error) = tls::Certificate::from_files(&cert_path, &key_path)
    {
        let place = if error.path() == key_path { key.span() } else { cert.span() };
        section.review.note(Problem::at(place, error.to_string()).help(error.remedy()));
    }
    Some(Tls::Files { cert: cert_path, key: key_path })
}

//! Asks the SCIM endpoint now and then what a client would be answered, and says what is about to expire.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::sync::watch;

use super::running::Site;
use super::{clock, losses};
use crate::config::Tls;
use crate::domain::{Level, LocalClock};
use crate::sources::scim::{self, Scim};
use crate::views::ConnectionTestView;

/// How often the endpoint is asked, and alarms are looked at that pass with time.
const EVERY: Duration = Duration::from_secs(30);

/// Asks the endpoint, ends alarms that have passed, and says once a day in the log what is about to expire. Until `stop`.
pub async fn watch_providers(site: Arc<Site>, scim: Scim, mut stop: watch::Receiver<bool>) {
    let mut told: Option<Date> = None;
    loop {
        let asked = scim::probe(&scim).await;
        site.providers.reached(&asked);
        *site.providers.test() = Some(verdict(&site, asked, clock::now()));
        losses::pass(&site, clock::now());
        let today = clock::now().to_zoned(TimeZone::UTC).date();
        if told != Some(today) {
            told = Some(today);
            tell(&site);
        }
        site.bump();
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => return,
        }
    }
}

/// What a client would find, from what the endpoint answers and what stands in front of it.
fn verdict(site: &Site, asked: Result<(), String>, now: Timestamp) -> ConnectionTestView {
    let unfit = site.providers.certificate_validity().and_then(|validity| match validity {
        _ if validity.until <= now => Some("the TLS certificate has expired".to_owned()),
        _ if validity.from > now => Some("the TLS certificate is not valid yet".to_owned()),
        _ => None,
    });
    let failures: Vec<String> = asked.err().into_iter().chain(unfit).collect();
    let passed = failures.is_empty();
    let web = &site.config.web;
    let caution = match (&web.tls, web.behind_proxy) {
        (Tls::SelfSigned, _) => Some(
            "the TLS certificate is self-signed: a cloud takes only one of a public authority, Entra ID's \
             provisioning agent one that its machine trusts",
        ),
        (Tls::Off, false) => Some("plain HTTP on this box alone: no cloud reaches it"),
        _ => None,
    };
    let reasons = failures.into_iter().chain(caution.map(str::to_owned)).collect();
    ConnectionTestView { at: now, passed, reasons }
}

fn tell(site: &Site) {
    let clock = LocalClock::new(site.time_zone(), clock::now());
    for finding in site.identity_providers_at(clock.now()).findings() {
        match finding.level {
            Level::Problem => tracing::error!("{}", finding.text),
            Level::Attention => tracing::warn!("{}", finding.text),
            Level::Well => {}
        }
    }
}

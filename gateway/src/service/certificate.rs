//! Keeps the certificate that clients are shown usable while the service runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::domain::Level;
use crate::site::{Site, clock};
use crate::web::tls::{Certificate, Served};

/// How often it is looked at. A clock may be set at any time, and an operator may bring new files.
const EVERY: Duration = Duration::from_secs(10);

/// Until `stop`.
pub(super) async fn keep(served: Arc<Served>, site: Arc<Site>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => return,
        }
        let looking = Arc::clone(&served);
        match spawn_blocking(move || looking.look(clock::now())).await {
            Ok(Ok(false)) | Err(_) => {}
            Ok(Ok(true)) => {
                let certificate = served.certificate();
                site.providers().certificate(certificate.validity());
                tell("new certificate", &certificate);
            }
            Ok(Err(error)) => {
                let text = format!("The certificate in use goes on: {error}; {}.", error.remedy());
                tracing::warn!("{text}");
                site.notice(Level::Attention, text);
            }
        }
    }
}

/// Into the log.
pub(super) fn tell(what: &'static str, certificate: &Certificate) {
    let validity = certificate.validity();
    let fingerprint = certificate.fingerprint();
    tracing::info!(fingerprint, from = %validity.from, until = %validity.until, "{what}");
}

//! What the service tells its supervisor (systemd's `Type=notify`): that it is ready, that it stops, and, where a watchdog is
//! set, that its work goes on. Without a supervisor nothing happens here.

use sd_notify::NotifyState;
use tokio::sync::watch;

use crate::site::Pulse;

/// The watchdog is fed so many times in the span after which it bites.
const FEEDS_A_SPAN: u32 = 3;

/// Tells that the service answers, and where.
pub(super) fn ready(page: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(&format!("the page is at {page}"))]);
}

/// Tells that the service ends because it shall, and how many doors stop with it.
pub(super) fn stopping(doors: usize) {
    let status = match doors {
        0 => "stopping".to_owned(),
        1 => "stopping, and with it 1 door for which this box decides".to_owned(),
        doors => format!("stopping, and with it {doors} doors for which this box decides"),
    };
    if doors > 0 {
        tracing::warn!("{status}");
    } else {
        tracing::info!("{status}");
    }
    tell(&[NotifyState::Stopping, NotifyState::Status(&status)]);
}

/// Feeds the watchdog at every beat, until `stopped`.
pub(super) async fn feed(mut pulse: Pulse, mut stopped: watch::Receiver<bool>) {
    let Some(span) = sd_notify::watchdog_enabled() else { return };
    let feeding = async {
        loop {
            pulse.beat().await;
            tell(&[NotifyState::Watchdog]);
            tokio::time::sleep(span / FEEDS_A_SPAN).await;
        }
    };
    tokio::select! {
        () = feeding => {}
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the supervisor can't be told how the service is");
    }
}

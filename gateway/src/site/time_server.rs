//! Whether a time server sets the box's clock.

use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;

/// How often that is asked.
const EVERY: Duration = Duration::from_secs(5 * 60);

/// What was last told, until `stop`; `None` before the first answer.
pub(super) fn watch(mut stop: watch::Receiver<bool>) -> watch::Receiver<Option<bool>> {
    let (tell, told) = watch::channel(None);
    tokio::spawn(async move {
        loop {
            let by_server = spawn_blocking(sets_the_clock).await.unwrap_or_default();
            tell.send_replace(by_server);
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                _ = stop.changed() => return,
            }
        }
    });
    told
}

/// As `timedatectl` tells; `None` where the box has no such program or it can't tell. Blocks.
fn sets_the_clock() -> Option<bool> {
    let mut asking = Command::new("timedatectl");
    asking.args(["show", "--property=NTPSynchronized", "--value"]).stdin(Stdio::null()).stderr(Stdio::null());
    let told = asking.output().ok().filter(|told| told.status.success())?;
    said(&told.stdout)
}

fn said(text: &[u8]) -> Option<bool> {
    match text.trim_ascii() {
        b"yes" => Some(true),
        b"no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_and_no_are_answers() {
        let told: [&[u8]; 4] = [b"yes\n", b"no\n", b"", b"n/a\n"];
        assert_eq!(told.map(said), [Some(true), Some(false), None, None]);
    }
}

//! What a scan says while it runs: one line that is written over on a terminal, and a line for each device.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use super::report;
use crate::cli::{counted, tell};
use crate::links::osdp::scan::Event;

/// Clears the line that the cursor is in.
const CLEAR_LINE: &str = "\r\x1b[K";

pub(super) struct Progress {
    on_terminal: bool,
    found: usize,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { on_terminal: io::stderr().is_terminal(), found: 0 }
    }

    pub(super) fn tell(&mut self, event: &Event, left: Duration) {
        match event {
            Event::Listening { baud } => self.show(&format!("listening at {baud} baud …")),
            Event::Asking { baud, address } => {
                let whom = address.map_or("everybody".into(), |address| format!("address {address}"));
                let found = counted(self.found, "device");
                let left = left.as_secs() + 1;
                self.show(&format!("{baud} baud, {whom}; {found} found; {left} s left"));
            }
            Event::Found(device) => {
                self.found += 1;
                self.say(&format!("found {}", report::line(device)));
            }
            Event::Unclear { baud, address } => self.say(&format!(
                "address {address} at {baud} baud: something answers, but damaged; two devices may share the address"
            )),
        }
    }

    /// Shows where the scan is, on a terminal only.
    fn show(&self, text: &str) {
        if self.on_terminal {
            let mut error = io::stderr().lock();
            // There is nowhere to complain.
            let _ = write!(error, "{CLEAR_LINE}{text}").and_then(|()| error.flush());
        }
    }

    fn say(&self, text: &str) {
        self.show("");
        tell(text);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.show("");
    }
}

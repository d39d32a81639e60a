//! A file to one device, alone on its line: the share of the line's rate that carries its bytes. Beside it stands what
//! libosdp makes of the same file, and of the same frame length where that is its limit.

use std::time::Duration;

use anyhow::ensure;
use panel_protocol::osdp::cp::{FileOffer, LineConfig};
use tests::figures::Figures;

use crate::device::{BUFFER, LIBOSDP_BUFFER};
use crate::line::{Line, Silent};
use crate::{BAUDS, Plan};

pub(crate) fn measure(plan: Plan, figures: &mut Figures) -> anyhow::Result<()> {
    figures
        .title(format!("a file of {} bytes to one device, secure, reply time 0 (virtual clock)", plan.file));
    figures.say("   baud  receive buffer   seconds   bytes/s   share of the line rate");
    for baud in BAUDS {
        for buffer in [LIBOSDP_BUFFER, BUFFER] {
            let seconds = send(baud, buffer, plan.file)?;
            let rate = f64::from(plan.file) / seconds;
            let share = rate * 10.0 / f64::from(baud);
            figures.say(format!("{baud:>7} {buffer:>15} {seconds:>9.2} {rate:>9.0} {share:>8.3}"));
        }
    }
    Ok(())
}

/// Seconds until the device has said that it has the file.
fn send(baud: u32, buffer: u16, len: u32) -> anyhow::Result<f64> {
    let mut line = Line::with_buffers(LineConfig::new(baud), 1, Duration::ZERO, buffer);
    let began = line.now;
    line.cp.send_file(began, line.pds[0], FileOffer { kind: 1, total: len })?;
    line.run(&mut Silent, |line| line.files > 0);
    let arrived = line.devices[0].handler.file.0.len();
    ensure!(arrived == len as usize, "{arrived} bytes of {len} arrived");
    Ok(line.now.since(began).as_secs_f64())
}

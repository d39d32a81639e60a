//! What a service with many idle readers takes of the processor, as a process of its own.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context;
use tests::figures::Figures;
use tokio::process::Command;

use crate::Plan;
use crate::rig::{Site, Wanted};

const BAUD: u32 = 38_400;

/// Most readers of a line.
const ON_LINE: u8 = 32;

/// Most of one core, in percent.
const AIM: f64 = 5.0;

/// Sessions of all readers are up after this.
const SETTLED: Duration = Duration::from_secs(15);

/// The kernel counts a process's time in these (`USER_HZ`, the same on every Linux).
const TICKS_A_SECOND: f64 = 100.0;

pub(crate) async fn measure(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    let readers = plan.idle_readers;
    figures.title(format!("{readers} idle readers at {BAUD} baud: share of one core, the simulator apart"));
    let lines = readers.div_ceil(ON_LINE);
    let site = Site::new(Wanted { readers: Some((lines, readers / lines, BAUD)), boards: None })?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("run").arg("--config").arg(&site.config).env("RUST_LOG", "error").kill_on_drop(true);
    let mut service = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let id = service.id().context("the service has ended")?;
    tokio::time::sleep(SETTLED.min(Duration::from_secs(plan.idle_seconds))).await;
    let (began, before) = (Instant::now(), ticks(id)?);
    tokio::time::sleep(Duration::from_secs(plan.idle_seconds)).await;
    let spent = (ticks(id)? - before) / TICKS_A_SECOND;
    let share = spent / began.elapsed().as_secs_f64() * 100.0;
    let online = site.hardware.devices()?.iter().filter(|it| is_secure(it)).count();
    let verdict = figures.judge(format!("idle: {share:.1} %"), share <= AIM);
    figures.say(format!(
        "{online} of {readers} in their secure channels; {share:.2} % of one core over {} s, aim {AIM} %   {verdict}",
        plan.idle_seconds
    ));
    service.kill().await?;
    Ok(())
}

const fn is_secure(device: &firmware_sim::site::DeviceStatus) -> bool {
    matches!(device, firmware_sim::site::DeviceStatus::Reader(reader) if reader.secure)
}

/// Time that a process has had, in user code and in the kernel.
fn ticks(id: u32) -> anyhow::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    let after_name = stat.rsplit_once(')').context("no name")?.1;
    let field = |at: usize| {
        after_name.split_whitespace().nth(at).context("too short")?.parse::<f64>().context("no number")
    };
    Ok(field(11)? + field(12)?)
}

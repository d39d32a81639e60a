//! How exactly a simulated line keeps to its time, and what it costs.
//!
//! A command is written, and the time until the last byte of its reply can be read is compared with what the same
//! bytes take on a real wire. `release` is the simulator's own share: how late it handed over the last byte. The rest
//! is the two processes' wake-ups. Short commands ask for the identity; long ones are as long as a bulk load's and
//! are refused, since they come in clear. Then the CPU time of an idle line.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use firmware_sim::config::{LineConfig, PanelConfig};
use firmware_sim::{SimConfig, Site};
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::frame::{Header, emit};
use panel_protocol::osdp::payload::Manufacturer;
use panel_protocol::panel::OUI;
use rustix::time::{ClockId, clock_gettime};

/// Mark, frame header, code, twelve bytes of identity, CRC.
const IDENTITY_LEN: usize = 1 + 5 + 1 + 12 + 2;

/// Mark, frame header, code, reason, CRC.
const REFUSAL_LEN: usize = 1 + 5 + 1 + 1 + 2;

const IDLE: Duration = Duration::from_secs(3);

/// A command, how long its reply is, and how often to send it.
struct Exchange<'a> {
    name: &'static str,
    command: Command<'a>,
    reply_len: usize,
    times: u32,
}

fn main() -> anyhow::Result<()> {
    println!(
        "    baud panels command   ideal us   error median    p99    max   release median    p99    max   CPU us"
    );
    let rows = Manufacturer { oui: OUI, data: &[0; 1_000] };
    for (baud, times) in [(9_600, 60), (38_400, 300), (115_200, 600), (230_400, 1_000)] {
        for panels in [1, 8, 32] {
            let short = Exchange { name: "short", command: Command::Id, reply_len: IDENTITY_LEN, times };
            measure(baud, panels, &short)?;
        }
        let command = Command::Manufacturer(rows);
        measure(baud, 32, &Exchange { name: "long", command, reply_len: REFUSAL_LEN, times: times / 10 })?;
    }
    let site = Site::start(&config(9_600, 8))?;
    let port = open(&site)?;
    println!("idle line, port open: {} us of CPU in {} s", idle().as_micros(), IDLE.as_secs());
    drop(port);
    println!("idle line, port closed: {} us of CPU in {} s", idle().as_micros(), IDLE.as_secs());
    Ok(())
}

fn config(baud: u32, panels: u8) -> SimConfig {
    let panels = (0..panels).map(|address| PanelConfig::new(format!("panel-{address}"), "north", address));
    SimConfig {
        lines: vec![LineConfig::new("north", baud)],
        panels: panels.collect(),
        ..SimConfig::default()
    }
}

fn open(site: &Site) -> anyhow::Result<File> {
    Ok(OpenOptions::new().read(true).write(true).open(site.port("north").expect("it is there"))?)
}

fn measure(baud: u32, panels: u8, exchange: &Exchange<'_>) -> anyhow::Result<()> {
    let site = Site::start(&config(baud, panels))?;
    let mut port = open(&site)?;
    let (mut buffer, mut errors, mut ideal) = ([0; 1_440], Vec::new(), Duration::ZERO);
    let before = cpu_time();
    for number in 0..exchange.times {
        let address = u8::try_from(number % u32::from(panels))?;
        let frame = emit(&mut buffer, Header::command(address, 0), None, &exchange.command)?;
        let characters = u64::try_from(frame.len() + 2 + exchange.reply_len)?;
        ideal =
            Duration::from_millis(1) + Duration::from_nanos(characters * 10_000_000_000 / u64::from(baud));
        let began = Instant::now();
        port.write_all(frame)?;
        port.read_exact(&mut buffer[..exchange.reply_len])?;
        errors.push((began.elapsed().as_secs_f64() - ideal.as_secs_f64()) * 1e6);
    }
    let cpu = (cpu_time() - before).as_micros() / u128::from(exchange.times);
    errors.sort_by(f64::total_cmp);
    let at = |share: usize| errors[(errors.len() * share / 100).min(errors.len() - 1)];
    let own = site.line("north")?.lateness;
    println!(
        "{baud:>8} {panels:>6} {:>7} {:>10} {:>14.0} {:>6.0} {:>6.0} {:>16.0} {:>6.0} {:>6.0} {cpu:>8}",
        exchange.name,
        ideal.as_micros(),
        at(50),
        at(99),
        at(100),
        own.median_us,
        own.p99_us,
        own.max_us,
    );
    Ok(())
}

fn idle() -> Duration {
    let before = cpu_time();
    std::thread::sleep(IDLE);
    cpu_time() - before
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

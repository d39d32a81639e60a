//! How exactly a simulated line keeps to its time, and what it costs.
//!
//! For each baud rate: a command is written, and the time until the last byte of its reply can be read is compared
//! with what the same bytes take on a real wire. `release` is the simulator's own share: how late it handed over the
//! last byte. The rest is the two processes' wake-ups. Then the CPU time of an idle line.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use firmware_sim::config::{LineConfig, PanelConfig};
use firmware_sim::{SimConfig, Site};
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::frame::{Header, emit};
use rustix::time::{ClockId, clock_gettime};

/// Mark, frame header, code, twelve bytes of identity, CRC.
const REPLY_LEN: usize = 1 + 5 + 1 + 12 + 2;

const IDLE: Duration = Duration::from_secs(3);

fn main() -> anyhow::Result<()> {
    println!(
        "    baud  exchanges  ideal us   error median      p99      max   release median      p99      max"
    );
    for baud in [9_600, 38_400, 115_200, 230_400] {
        measure(baud)?;
    }
    let site = Site::start(&config(9_600))?;
    let port = OpenOptions::new().read(true).write(true).open(site.port("north").expect("it is there"))?;
    let before = cpu_time();
    std::thread::sleep(IDLE);
    let idle = cpu_time().saturating_sub(before);
    println!("idle line, port open: {} us of CPU in {} s", idle.as_micros(), IDLE.as_secs());
    drop(port);
    let before = cpu_time();
    std::thread::sleep(IDLE);
    println!(
        "idle line, port closed: {} us of CPU in {} s",
        (cpu_time() - before).as_micros(),
        IDLE.as_secs()
    );
    Ok(())
}

fn config(baud: u32) -> SimConfig {
    let panels =
        (0..8).map(|address| PanelConfig::new(format!("panel-{address}"), "north", address)).collect();
    SimConfig { control: None, lines: vec![LineConfig::new("north", baud)], panels }
}

fn measure(baud: u32) -> anyhow::Result<()> {
    let site = Site::start(&config(baud))?;
    let mut port =
        OpenOptions::new().read(true).write(true).open(site.port("north").expect("it is there"))?;
    let mut buffer = [0; 64];
    let mut errors = Vec::new();
    let exchanges = if baud < 38_400 { 100 } else { 1_000 };
    let mut ideal = Duration::ZERO;
    let before = cpu_time();
    for number in 0..exchanges {
        let address = u8::try_from(number % 8)?;
        let frame = emit(&mut buffer, Header::command(address, 0), None, &Command::Id)?;
        let characters = u64::try_from(frame.len() + 2 + REPLY_LEN)?;
        ideal =
            Duration::from_millis(1) + Duration::from_nanos(characters * 10_000_000_000 / u64::from(baud));
        let began = Instant::now();
        port.write_all(frame)?;
        port.read_exact(&mut [0; REPLY_LEN])?;
        errors.push(began.elapsed().as_secs_f64() * 1e6 - ideal.as_secs_f64() * 1e6);
    }
    let cpu = (cpu_time() - before).as_micros() / exchanges;
    errors.sort_by(f64::total_cmp);
    let at = |share: usize| errors[(errors.len() * share / 100).min(errors.len() - 1)];
    let own = site.line("north")?.lateness;
    println!(
        "{baud:>8} {exchanges:>10} {:>9} {:>14.0} {:>8.0} {:>8.0} {:>16.1} {:>8.1} {:>8.1}   ({cpu} us of CPU each)",
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

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

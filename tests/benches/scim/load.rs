//! Requests, as many as there is room for, and what they cost whom.

use std::fs;
use std::sync::Mutex;
use std::time::Instant;

use anyhow::Context;
use rustix::time::{ClockId, clock_gettime};
use tests::figures::Times;

/// Ticks of processor time in `/proc`, a second.
const TICKS: f64 = 100.0;

/// What was measured.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) took: Times,
    pub(crate) seconds: f64,
    /// Processor time of this process, in seconds.
    pub(crate) client_cpu_s: f64,
    /// Processor time of the server, in seconds.
    pub(crate) server_cpu_s: f64,
}

impl Load {
    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.took.len() as f64 / self.seconds
    }

    /// How much of the machine the clients took, and how much the server did, in percent.
    pub(crate) fn shares(&self) -> [f64; 2] {
        let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
        [self.client_cpu_s, self.server_cpu_s].map(|cpu_s| 100.0 * cpu_s / (cores * self.seconds))
    }
}

/// Each client asks for the next number as soon as the last one is answered, until there are none.
///
/// # Errors
/// With the first that any client meets.
pub(crate) fn run<C: Send>(
    server: u32,
    clients: Vec<C>,
    next: impl Fn() -> Option<u32> + Sync,
    ask: impl Fn(&mut C, u32) -> anyhow::Result<()> + Sync,
) -> anyhow::Result<Load> {
    let all = Mutex::new(Times::default());
    let (began, own_before, server_before) = (Instant::now(), own_cpu_s(), cpu_s(server)?);
    let one = |mut client: C| {
        let mut took = Times::default();
        while let Some(number) = next() {
            let asked = Instant::now();
            ask(&mut client, number)?;
            took.add_span(asked.elapsed());
        }
        all.lock().unwrap_or_else(std::sync::PoisonError::into_inner).join(took);
        anyhow::Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = clients.into_iter().map(|client| scope.spawn(|| one(client))).collect();
        let ended = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        ended.collect::<anyhow::Result<()>>()
    })?;
    Ok(Load {
        took: all.into_inner().unwrap_or_default(),
        seconds: began.elapsed().as_secs_f64(),
        client_cpu_s: own_cpu_s() - own_before,
        server_cpu_s: cpu_s(server)? - server_before,
    })
}

fn own_cpu_s() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Processor time that a process has taken, user and system.
fn cpu_s(process: u32) -> anyhow::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let after_name = stat.rsplit_once(')').context("/proc has another form here")?.1;
    let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / TICKS)
}

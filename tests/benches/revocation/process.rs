//! `gateway run` as a process of its own: how long until it is ready, and how much memory it takes.

use std::fs;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tests::figures::Figures;
use tokio::process::{Child, Command};

use crate::people::Organisation;
use crate::preload::preload;
use crate::rig::Wiring;

/// The line of the service that is measured.
const BAUD: u32 = 115_200;
const PANELS: u8 = 8;

/// How often the service is asked whether it is ready.
const ASK_AGAIN: Duration = Duration::from_millis(2);

/// A service that is not ready after this never will be.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn start_up(organisation: &Organisation, figures: &mut Figures) -> anyhow::Result<()> {
    figures.title(format!(
        "`gateway run` on that data, a process of its own, one line with {PANELS} panels at {BAUD} baud"
    ));
    let listen = format!("127.0.0.1:{}", free_port()?);
    let wiring = Wiring::new(BAUD, PANELS, organisation, &listen)?;
    preload(&wiring.simulator, PANELS, organisation)?;
    figures.say(
        "started after        ready in, ms   memory when ready, MiB   when all is proven   most (VmHWM)",
    );
    for (after, kill) in [("a copy", "TERM"), ("a stop", "KILL"), ("kill -9", "TERM")] {
        let began = Instant::now();
        let mut service = spawn(&wiring)?;
        until_answer(&format!("http://{listen}/readyz"), "").await?;
        let ready = began.elapsed();
        let at_start = memory(&service, "VmRSS")?;
        until_answer(&format!("http://{listen}/metrics"), &proven_line()).await?;
        let (proven, most) = (memory(&service, "VmRSS")?, memory(&service, "VmHWM")?);
        figures.say(format!(
            "{after:<20} {:>12.0} {at_start:>24.1} {proven:>20.1} {most:>14.1}",
            ready.as_secs_f64() * 1e3
        ));
        end(&mut service, kill).await?;
    }
    Ok(())
}

/// What the metrics say when every panel has proven its table.
fn proven_line() -> String {
    format!("gatehouse_controllers_proven {PANELS}\n")
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn spawn(wiring: &Wiring) -> anyhow::Result<Child> {
    let program = std::env::current_exe()?;
    let mut command = Command::new(program);
    command.arg("run").arg("--config").arg(&wiring.config.file).env("RUST_LOG", "error").kill_on_drop(true);
    command.stdin(Stdio::null()).spawn().context("the service can't be started")
}

/// Waits for an answer of success that contains `text`.
async fn until_answer(url: &str, text: &str) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let asking = async {
        loop {
            if let Ok(answer) = client.get(url).send().await
                && answer.status().is_success()
                && answer.text().await.is_ok_and(|body| body.contains(text))
            {
                return;
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    };
    if tokio::time::timeout(PATIENCE, asking).await.is_err() {
        bail!("{url} did not answer as expected within {PATIENCE:?}");
    }
    Ok(())
}

/// A figure of the process, in MiB.
fn memory(service: &Child, what: &str) -> anyhow::Result<f64> {
    let id = service.id().context("the service has ended")?;
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.split_whitespace().next()).context("no such figure")?;
    Ok(kib.parse::<f64>()? / 1024.0)
}

async fn end(service: &mut Child, signal: &str) -> anyhow::Result<()> {
    let id = service.id().context("the service has ended")?;
    let killed = Command::new("kill").args(["-s", signal, &id.to_string()]).status().await?;
    ensure!(killed.success(), "the service can't be stopped");
    tokio::time::timeout(PATIENCE, service.wait()).await.context("the service does not stop")??;
    Ok(())
}

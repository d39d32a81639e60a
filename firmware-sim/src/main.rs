//! `firmware-sim`: simulated door controllers on simulated lines, without a gateway.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Parser, Subcommand};
use firmware_sim::config::Problems;
use firmware_sim::control::{self, ControlError};
use firmware_sim::{SimConfig, Site};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Door hardware that isn't there, on lines that aren't there either, or on a broker that is.
///
/// Each line is a pseudo-terminal that a gateway opens like a serial port, or a TCP port that it connects to. Panels keep their
/// card tables and decide at their doors; readers, boards and Wiegand adapters do what a gateway tells them; all answer in the
/// line's own time. The control API presents cards, switches power and breaks
/// wires.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the site that a configuration file describes, until Ctrl-C or SIGTERM
    #[command(after_help = EXAMPLES)]
    Run {
        /// The site's TOML file; config/sim.toml, config/sim-doors.toml and config/sim-mqtt.toml are the documented examples
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Where the control API listens (loopback only; port 0 picks a free one) instead of the file's [control]
        #[arg(long, value_name = "ADDR")]
        control: Option<SocketAddr>,
    },
}

const EXAMPLES: &str = "\
Examples:
  firmware-sim run --config config/sim.toml
  firmware-sim run --config config/sim-doors.toml
  firmware-sim run --config config/sim-mqtt.toml
  curl http://127.0.0.1:7070/controllers
  curl http://127.0.0.1:7070/controllers/lobby/cards
  curl http://127.0.0.1:7070/controllers/lobby/swipe -d '{\"reader\":0,\"card\":{\"format\":\"H10301\",\"facility\":100,\"number\":1234}}'
  curl http://127.0.0.1:7070/controllers/lobby/power -d '{\"state\":\"wiped\"}'
  curl http://127.0.0.1:7070/lines/north/faults -d '{\"drop_rate\":0.05,\"seed\":7}'

Standard output: one line for each simulated line with the port to open or the peer to connect to, one for each broker, then the control API's
address.
Exit codes: 0 stopped by a signal, 1 failure, 2 wrong usage or configuration. RUST_LOG sets the log's level.";

fn main() -> ExitCode {
    let Arguments { command: Command::Run { config, control } } = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
    match run(&config, control) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("firmware-sim: {error:#}");
            let usage =
                error.is::<Problems>() || matches!(error.downcast_ref(), Some(ControlError::NotLoopback(_)));
            ExitCode::from(if usage { 2 } else { 1 })
        }
    }
}

fn run(file: &std::path::Path, control: Option<SocketAddr>) -> anyhow::Result<()> {
    let mut config = SimConfig::load(file)?;
    config.control = control.or(config.control);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(&config))
}

async fn serve(config: &SimConfig) -> anyhow::Result<()> {
    let listener = match config.control {
        Some(address) => Some(control::listen(address).await?),
        None => None,
    };
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let site = Arc::new(Site::start(config)?);
    announce(&site, listener.as_ref()).context("standard output")?;
    let stop = async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        tracing::info!("stopping");
    };
    match listener {
        Some(listener) => {
            let router = control::router(site);
            tokio::select! { served = axum::serve(listener, router) => served?, () = stop => {} }
        }
        None => stop.await,
    }
    Ok(())
}

fn announce(site: &Site, listener: Option<&TcpListener>) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in site.lines()? {
        if let Some(path) = &line.path {
            let port = line.symlink.as_ref().unwrap_or(path).display();
            writeln!(out, "line {}: port {port} at {} baud ({})", line.id, line.baud, path.display())?;
        }
        if let Some(address) = line.address {
            writeln!(out, "line {}: peer {address}", line.id)?;
        }
    }
    for broker in site.brokers().brokers()? {
        writeln!(out, "broker {}: devices connect to {}", broker.id, broker.address)?;
    }
    match listener {
        Some(listener) => writeln!(out, "control: http://{}", listener.local_addr()?)?,
        None => writeln!(out, "control: off")?,
    }
    out.flush()?;
    Ok(())
}

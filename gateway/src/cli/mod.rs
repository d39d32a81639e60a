//! The command line: one file a command.
//!
//! Results go to standard output, everything else to standard error. The exit code is 0 for success, 1 for failure
//! and 2 for bad usage or a bad configuration. A reader that closes the pipe early ends a command quietly.

mod accept_loss;
mod access;
mod alarm;
mod audit;
mod audited;
mod card;
mod check;
mod client;
mod completions;
#[cfg(feature = "demo")]
mod demo;
mod device;
mod door;
mod door_test;
mod enrol;
mod events;
mod explain;
mod hold;
mod import_calendar;
mod init;
mod mqtt;
mod osdp;
mod password;
mod run;
mod scan;
mod source;
mod status;
mod suggestion;
mod table;
mod token;
mod user;

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::config::{Config, NamedFiles, Problems};
use crate::domain::LocalClock;
use audited::audited;
use client::{Client, ClientError};
use suggestion::{command_line, meant};

/// What a shell reports of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// Gatehouse: the box between the cloud and the doors.
#[derive(Parser)]
#[command(name = "gateway", version, arg_required_else_help = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    AcceptLoss(accept_loss::AcceptLoss),
    Access(access::Access),
    Alarm(alarm::Alarm),
    Audit(audit::Audit),
    Card(card::Card),
    Check(check::Check),
    Completions(completions::Completions),
    #[cfg(feature = "demo")]
    Demo(demo::Demo),
    Device(device::Device),
    Door(door::Door),
    Enrol(enrol::Enrol),
    Events(events::Events),
    Explain(explain::Explain),
    Hold(hold::Hold),
    Init(init::Init),
    Mqtt(mqtt::Mqtt),
    Osdp(osdp::Osdp),
    Run(run::Run),
    Scan(scan::Scan),
    Source(source::Source),
    Status(status::Status),
    Token(token::Token),
    User(user::User),
}

/// Which site a command is about.
#[derive(Args)]
struct SiteFile {
    /// The site's configuration file
    #[arg(long, value_name = "FILE", default_value = "/etc/gatehouse/gateway.toml")]
    config: PathBuf,
}

impl SiteFile {
    fn load(&self, files: NamedFiles) -> Result<Config, Failure> {
        crate::config::load(&self.config, files).map_err(|problems| Failure::Config(Box::new(problems)))
    }

    /// The site's clock on the wall.
    fn clock(&self) -> Result<LocalClock, Failure> {
        let zone = self.load(NamedFiles::Ignored)?.site.time_zone;
        Ok(LocalClock::in_zone(zone, jiff::Timestamp::now()))
    }

    /// The site's data folder, for a command that writes files there. They would be of no use to the service if
    /// they belonged to somebody else, so only the folder's owner may.
    fn own_data_dir(&self) -> Result<PathBuf, Failure> {
        let folder = self.load(NamedFiles::Ignored)?.site.data_dir;
        let me = rustix::process::geteuid().as_raw();
        match std::fs::metadata(&folder) {
            Ok(data) if data.uid() != me => {
                let (folder, owner) = (folder.display(), data.uid());
                Err(Failure::Usage(format!(
                    "{folder} belongs to user {owner}, and you are user {me}; run this as its owner: sudo -u '#{owner}' gateway …"
                )))
            }
            _ => Ok(folder),
        }
    }
}

/// Why a command did not do what it was asked.
enum Failure {
    /// The configuration is wrong.
    Config(Box<Problems>),
    /// The arguments make no sense together, or name what isn't there.
    Usage(String),
    /// It was tried, and failed.
    Failed(anyhow::Error),
    /// Nobody reads the results any more.
    OutputClosed,
    /// It was done, and what was found out is bad news; that has been told.
    Told,
    /// The operator stopped it; what was found until then has been told.
    Interrupted,
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

/// The command line as data, for whoever checks or describes it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    // The first call wins, and this is it: TLS is ring's everywhere in this process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let outcome = match command_line().command {
        Command::AcceptLoss(accept_loss) => accept_loss.run(),
        Command::Access(access) => access.run(),
        Command::Alarm(alarm) => alarm.run(),
        Command::Audit(audit) => audit.run(),
        Command::Card(card) => card.run(),
        Command::Check(check) => check.run(),
        Command::Completions(completions) => completions.run(),
        #[cfg(feature = "demo")]
        Command::Demo(demo) => demo.run(),
        Command::Device(device) => device.run(),
        Command::Door(door) => door.run(),
        Command::Enrol(enrol) => enrol.run(),
        Command::Events(events) => events.run(),
        Command::Explain(explain) => explain.run(),
        Command::Hold(hold) => hold.run(),
        Command::Init(init) => init.run(),
        Command::Mqtt(mqtt) => mqtt.run(),
        Command::Osdp(osdp) => osdp.run(),
        Command::Run(run) => run.run(),
        Command::Scan(scan) => scan.run(),
        Command::Source(source) => source.run(),
        Command::Status(status) => status.run(),
        Command::Token(token) => token.run(),
        Command::User(user) => user.run(),
    };
    match outcome {
        Ok(()) | Err(Failure::OutputClosed) => ExitCode::SUCCESS,
        Err(Failure::Told) => ExitCode::FAILURE,
        Err(Failure::Interrupted) => ExitCode::from(INTERRUPTED),
        Err(Failure::Config(problems)) => {
            tell(problems.render(colours_wanted()));
            ExitCode::from(2)
        }
        Err(Failure::Usage(message)) => {
            tell(format_args!("error: {message}"));
            ExitCode::from(2)
        }
        Err(Failure::Failed(error)) => {
            tell(format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// What the running service of a site answers.
fn asked<T>(
    config: &Config,
    question: impl AsyncFnOnce(&Client) -> Result<T, ClientError>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("the asynchronous runtime can't start")?;
    let answer = runtime.block_on(async { question(&Client::new(config.socket_path())?).await });
    answer.map_err(|error| match error {
        ClientError::NotRunning(_) => {
            let file = config.file.display();
            anyhow!("{error}; start it with `gateway run --config {file}`").into()
        }
        other => anyhow::Error::new(other).into(),
    })
}

/// Writes one line of the result.
fn say(line: impl Display) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match writeln!(output, "{line}").and_then(|()| output.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::OutputClosed),
        Err(error) => Err(anyhow::Error::new(error).context("standard output can't be written").into()),
    }
}

/// Writes one line for people, beside the result. There is nowhere to complain if that fails.
fn tell(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

fn colours_wanted() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// `1 door`, `2 doors`.
fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Sends the log to standard error, coloured on a terminal only.
fn log_to_stderr(default_level: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default_level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours_wanted())
        .with_writer(io::stderr)
        .init();
}

/// The runtime of commands that run on.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| Failure::Failed(anyhow!("the runtime can't be started: {error}")))
}

//! `gateway device`

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Client, ClientError};
use super::{Failure, SiteFile, asked, meant, say, tell};
use crate::config::{Config, NamedFiles};

/// A device may take so long until what was asked of it is certain.
const PATIENCE: Duration = Duration::from_secs(90);

/// Longest file that is sent, in bytes.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Tend a device at the running service: find it, move it, give it a new key or a file
///
/// All of it is said to the device inside its secure channel, beside polls and revocations, and is told as done only when
/// the device has been spoken to afterwards.
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Device {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Identify(Identify),
    SetAddress(SetAddress),
    SetSpeed(SetSpeed),
    RotateKey(RotateKey),
    SendFile(SendFile),
}

/// Which device, and how to answer.
#[derive(Args)]
struct One {
    #[command(flatten)]
    site: SiteFile,

    /// The controller's id in the configuration
    controller: String,

    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// Have a device blink and beep for some seconds, to tell it from others
#[derive(Args)]
#[command(after_help = "Example:\n  gateway device identify turnstile")]
struct Identify {
    #[command(flatten)]
    one: One,
}

/// Have a device listen at another address of its line
///
/// The address must be nobody's: those of the configuration are refused, and the line is asked first whether something
/// answers there. The device is then spoken to at its new address, and you are told what to change in the configuration.
#[derive(Args)]
#[command(after_help = "Example:\n  gateway device set-address turnstile 5")]
struct SetAddress {
    #[command(flatten)]
    one: One,

    /// From 0 to 126
    #[arg(value_parser = clap::value_parser!(u8).range(0..=126))]
    address: u8,
}

/// Have a device, and its line with it, speak at another speed
///
/// For a device that is alone on its line: others could not be heard any more. If the device isn't heard at the new speed
/// within 20 s, the line goes back to the old one.
#[derive(Args)]
#[command(after_help = "Example:\n  gateway device set-speed turnstile 115200")]
struct SetSpeed {
    #[command(flatten)]
    one: One,

    /// In bits a second: 9600, 19200, 38400, 57600, 115200 or 230400
    baud: u32,
}

/// Give a device a new key in place of the one that it has
///
/// The new key is on the disk before the device is told of it, and the old one is kept until a session with the new one is
/// up: a power cut at any instant loses neither.
#[derive(Args)]
#[command(after_help = "Example:\n  gateway device rotate-key turnstile")]
struct RotateKey {
    #[command(flatten)]
    one: One,
}

/// Send a device a file, such as its maker's firmware
///
/// Polls, cards and revocations go on meanwhile. A device that takes nothing beside a file is interrupted by a revocation;
/// then send the file again.
#[derive(Args)]
#[command(after_help = "Example:\n  gateway device send-file turnstile reader-2.1.bin")]
struct SendFile {
    #[command(flatten)]
    one: One,

    /// The file, at most 16 MiB
    file: PathBuf,

    /// What kind of file, by its maker's numbers; 1 is opaque
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=255))]
    kind: u8,
}

/// What the service answers.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", tag = "done")]
enum Tended {
    Identified { light: bool, tone: bool },
    Moved { address: u8, baud: u32, configuration: String },
    KeyRotated,
}

/// How far a file has come.
#[derive(Deserialize)]
struct Progress {
    sent: u64,
    total: u64,
    ended: bool,
    restarts: bool,
    error: Option<String>,
}

impl Device {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match &self.action {
            Action::Identify(Identify { one }) => one.tend("identify", &json!({})),
            Action::SetAddress(SetAddress { one, address }) => {
                one.tend("address", &json!({ "address": address }))
            }
            Action::SetSpeed(SetSpeed { one, baud }) => one.tend("speed", &json!({ "baud": baud })),
            Action::RotateKey(RotateKey { one }) => one.tend("key", &json!({})),
            Action::SendFile(send) => send.run(),
        }
    }
}

impl One {
    fn config(&self) -> Result<Config, Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let known = || config.controllers.iter().map(|it| it.id.as_str());
        if known().any(|id| id == self.controller) {
            return Ok(config);
        }
        let (file, near) = (config.file.display(), meant(&self.controller, known()));
        Err(Failure::Usage(format!("no controller in {file} has the id \"{}\"{near}", self.controller)))
    }

    fn path(&self, verb: &str) -> String {
        format!("/api/v1/controllers/{}/{verb}", self.controller)
    }

    fn tend(&self, verb: &str, body: &Value) -> Result<(), Failure> {
        let (config, path) = (self.config()?, self.path(verb));
        let answer = asked(&config, async |client| client.post_patiently(&path, body, PATIENCE).await)?;
        if self.json {
            return say(String::from_utf8(answer).context("the service's answer is not UTF-8")?);
        }
        let tended = serde_json::from_slice(&answer).context("the service's answer can't be read")?;
        self.told(&tended)
    }

    fn told(&self, tended: &Tended) -> Result<(), Failure> {
        let id = &self.controller;
        match tended {
            Tended::Identified { light: true, tone: true } => say(format!("{id}: blinks and beeps")),
            Tended::Identified { light: true, tone: false } => say(format!("{id}: blinks; it has no buzzer")),
            Tended::Identified { .. } => say(format!("{id}: beeps; it has no light")),
            Tended::Moved { address, baud, configuration } => {
                say(format!("{id}: answers at address {address}, {baud} baud"))?;
                tell(format!("Now {configuration}."));
                Ok(())
            }
            Tended::KeyRotated => say(format!("{id}: has a new key, which has worked")),
        }
    }
}

impl SendFile {
    fn run(&self) -> Result<(), Failure> {
        let config = self.one.config()?;
        let content = self.content()?;
        let path = format!("{}?kind={}", self.one.path("file"), self.kind);
        let last = asked(&config, async |client: &Client| self.send(client, &path, content).await)?;
        let last = last.ok_or_else(|| anyhow!("the service has ended the transfer"))?;
        if self.one.json {
            say(
                json!({ "sent": last.sent, "total": last.total, "restarts": last.restarts, "error": last.error }),
            )?;
        }
        match &last.error {
            Some(error) => Err(anyhow!("{error}").into()),
            None if self.one.json => Ok(()),
            None => {
                let restarts = if last.restarts { "; it starts anew to use it" } else { "" };
                say(format!("{}: has taken all {} bytes{restarts}", self.one.controller, last.total))
            }
        }
    }

    fn content(&self) -> Result<Vec<u8>, Failure> {
        let file = self.file.display();
        let data = std::fs::metadata(&self.file).with_context(|| format!("{file} can't be read"))?;
        if data.len() == 0 || data.len() > MAX_FILE_BYTES {
            let what = format!("{file} has {} bytes; a file has 1 to {MAX_FILE_BYTES}", data.len());
            return Err(Failure::Usage(what));
        }
        Ok(std::fs::read(&self.file).with_context(|| format!("{file} can't be read"))?)
    }

    /// The end of the transfer, if it came.
    async fn send(
        &self,
        client: &Client,
        path: &str,
        content: Vec<u8>,
    ) -> Result<Option<Progress>, ClientError> {
        let mut incoming = client.post_stream(path, content).await?;
        let (mut begun, mut bar) = (Vec::new(), Bar::new());
        while let Some(bytes) = incoming.next().await? {
            begun.extend_from_slice(&bytes);
            while let Some(end) = begun.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = begun.drain(..=end).collect();
                let Ok(progress) = serde_json::from_slice::<Progress>(&line) else { continue };
                bar.show(&progress);
                if progress.ended {
                    return Ok(Some(progress));
                }
            }
        }
        Ok(None)
    }
}

/// How far a file has come, on a terminal.
struct Bar {
    shown: bool,
}

impl Bar {
    const WIDTH: u64 = 40;

    fn new() -> Self {
        Self { shown: io::stderr().is_terminal() }
    }

    fn show(&mut self, progress: &Progress) {
        if !self.shown {
            return;
        }
        let total = progress.total.max(1);
        let full = usize::try_from(progress.sent * Self::WIDTH / total).unwrap_or(0);
        let (full, percent) = ("#".repeat(full), progress.sent * 100 / total);
        let end = if progress.ended { "\n" } else { "" };
        let mut stderr = io::stderr().lock();
        let _ = write!(stderr, "\r[{full:<40}] {percent:3} % of {total} bytes{end}")
            .and_then(|()| stderr.flush());
    }
}

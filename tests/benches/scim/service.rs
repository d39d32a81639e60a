//! `gateway run` as a process of its own, on a data folder of its own. No controllers: this is about the endpoint.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use gateway::site::clock;
use gateway::store::tokens::Tokens;
use tempfile::TempDir;

use crate::client::Client;
use crate::disk::Slower;
use crate::people;

/// How often the service is asked whether it is ready.
const ASK_AGAIN: Duration = Duration::from_millis(2);

/// What the metrics page calls the service's flushes, in seconds.
const FLUSHES: &str = "gatehouse_journal_fdatasync_seconds";

/// A service that is not ready after this never will be.
const PATIENCE: Duration = Duration::from_secs(600);

/// A data folder that nothing runs on, and its configuration.
pub(crate) struct Site {
    pub(crate) folder: TempDir,
    token: String,
}

impl Site {
    /// With so many people in it.
    pub(crate) fn of(people: u32) -> anyhow::Result<Self> {
        let on = env!("CARGO_TARGET_TMPDIR");
        let folder = tempfile::tempdir_in(on).with_context(|| format!("can't make a folder in {on}"))?;
        let data = folder.path().join("data");
        fs::create_dir_all(&data)?;
        let token = Tokens::open(&data).create("bench", None, None, clock::now())?.expose().to_owned();
        if people > 0 {
            people::fill(&data, people)?;
        }
        Ok(Self { folder, token })
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The part of the data folder that holds people.
    pub(crate) fn directory(&self) -> PathBuf {
        self.data().join("directory")
    }

    /// Starts the service, waits until it is ready, and tells how long that took.
    pub(crate) fn start(&self) -> anyhow::Result<(Service, Duration)> {
        self.launch(|_| {})
    }

    /// Starts the service on a slower disk than there is.
    pub(crate) fn start_on(&self, disk: &Slower) -> anyhow::Result<Service> {
        self.launch(|command| disk.under(command)).map(|(service, _)| service)
    }

    fn launch(&self, prepare: impl FnOnce(&mut Command)) -> anyhow::Result<(Service, Duration)> {
        let address = free_address()?;
        let config = self.folder.path().join("gateway.toml");
        fs::write(
            &config,
            format!(
                "[site]\nname = \"Measured\"\ntime_zone = \"UTC\"\ndata_dir = \"data\"\n\
                 [web]\nlisten = \"{address}\"\ntls = \"off\"\n\
                 [cards]\ndefault_format = \"H10301\"\ndefault_facility = {}\n",
                people::FACILITY
            ),
        )?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("run").arg("--config").arg(&config).env("RUST_LOG", "error").stdin(Stdio::null());
        prepare(&mut command);
        let began = Instant::now();
        let child = command.spawn().context("the service can't be started")?;
        let mut service = Service { child, address, token: self.token.clone() };
        service.until_ready()?;
        Ok((service, began.elapsed()))
    }
}

/// An address on which nobody listens, most likely.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// The running service. It is killed when this is dropped.
pub(crate) struct Service {
    child: Child,
    address: SocketAddr,
    token: String,
}

impl Service {
    /// The system's number for it.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// A new client with a token.
    pub(crate) fn client(&self) -> Client {
        Client::new(self.address, Some(&self.token))
    }

    /// So many.
    pub(crate) fn clients(&self, count: usize) -> Vec<Client> {
        (0..count).map(|_| self.client()).collect()
    }

    fn until_ready(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Ok(answer) = self.client().ask("GET", "/readyz", "")
                && answer.status == 200
            {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the service has ended: {status}");
            }
            std::thread::sleep(ASK_AGAIN);
        }
        bail!("the service was not ready within {PATIENCE:?}")
    }

    /// The flushes that it has made.
    pub(crate) fn flushes(&self) -> anyhow::Result<Flushes> {
        Ok(Flushes {
            count: self.metric(&format!("{FLUSHES}_count"))?,
            seconds: self.metric(&format!("{FLUSHES}_sum"))?,
        })
    }

    /// A figure of the metrics page.
    fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let mut client = self.client();
        let answer = client.ask("GET", "/metrics", "")?;
        let text = answer.expect(200)?;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(value.with_context(|| format!("there is no {name}"))?.parse()?)
    }

    /// A figure of the process, such as `VmRSS`, in MiB.
    pub(crate) fn memory_mib(&self, what: &str) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
        let kib = line.and_then(|line| line.split_whitespace().next()).context("no such figure")?;
        Ok(kib.parse::<f64>()? / 1024.0)
    }

    /// Has it stop in order.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        let id = self.process().to_string();
        ensure!(Command::new("kill").args(["-s", "TERM", &id]).status()?.success(), "it can't be stopped");
        let status = self.child.wait()?;
        ensure!(status.success(), "the service ended badly: {status}");
        Ok(())
    }
}

/// Flushes of a journal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flushes {
    pub(crate) count: f64,
    seconds: f64,
}

impl Flushes {
    /// Those since `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self { count: self.count - before.count, seconds: self.seconds - before.seconds }
    }

    /// What one took on average, in milliseconds.
    pub(crate) fn mean_ms(self) -> f64 {
        1e3 * self.seconds / self.count.max(1.0)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! `scim2-server`, the independent SCIM server for tests, from the Python package index: in a Python environment of
//! its own, run as its documentation says. It keeps everything in memory and closes each connection.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::client::Client;
use crate::people;
use crate::service::free_address;

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// The running peer. It is killed when this is dropped.
pub(crate) struct Peer {
    child: Child,
    address: SocketAddr,
}

impl Peer {
    /// Installs it if need be, starts it, and has it create people.
    ///
    /// # Errors
    /// When there is no Python, or the packages can't be had.
    pub(crate) fn with(people: u32) -> anyhow::Result<Self> {
        let program = installed()?;
        let address = free_address()?;
        let mut command = Command::new(program);
        command.args(["--hostname", "127.0.0.1", "--port", &address.port().to_string()]);
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let peer = Self { child: quiet.spawn().context("scim2-server can't be started")?, address };
        let began = Instant::now();
        while let Err(error) = peer.client().ask("GET", "/v2/ServiceProviderConfig", "") {
            ensure!(began.elapsed() < PATIENCE, "scim2-server doesn't answer: {error:#}");
            std::thread::sleep(Duration::from_millis(50));
        }
        let mut client = peer.client();
        for number in 0..people {
            client.ask("POST", "/v2/Users", &people::sent_without_card(number).to_string())?.expect(201)?;
        }
        Ok(peer)
    }

    /// The system's number for it.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    fn client(&self) -> Client {
        Client::new(self.address, None)
    }

    /// So many clients.
    pub(crate) fn clients(&self, count: usize) -> Vec<Client> {
        (0..count).map(|_| self.client()).collect()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, installed from `requirements.txt` unless it is there already.
fn installed() -> anyhow::Result<PathBuf> {
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/scim/requirements.txt");
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("venv-scim2-server");
    let program = venv.join("bin/scim2-server");
    if !program.is_file() {
        eprintln!("installing scim2-server into {}", venv.display());
        done(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        let mut pip = Command::new(venv.join("bin/pip"));
        done(pip.args(["install", "--quiet", "--requirement"]).arg(requirements))?;
    }
    Ok(program)
}

fn done(command: &mut Command) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("can't run {command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} failed: {}", said.trim());
    Ok(())
}

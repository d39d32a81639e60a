//! A real broker: the program `mosquitto`, on a free port of this machine.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::port::known_port;
use crate::process::Process;
use crate::waiting::eventually;

/// How often another port is tried when somebody was faster.
const ATTEMPTS: usize = 5;

/// A running broker. It is killed when this is dropped.
#[derive(Debug)]
pub struct Mosquitto {
    process: Process,
    port: u16,
    folder: TempDir,
}

impl Mosquitto {
    /// Starts a broker that lets in everybody.
    ///
    /// # Panics
    /// When mosquitto is not installed or doesn't come up.
    pub async fn start() -> Self {
        Self::with("allow_anonymous true\n", &[]).await
    }

    /// Starts a broker with these lines in its configuration, in which `FOLDER` stands for the folder of these files.
    ///
    /// # Panics
    /// When mosquitto is not installed or doesn't come up.
    pub async fn with(lines: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        let lines = lines.replace("FOLDER", folder.path().to_str().unwrap());
        for _ in 0..ATTEMPTS {
            let port = known_port();
            if let Some(process) = launch(folder.path(), port, &lines).await {
                return Self { process, port, folder };
            }
        }
        panic!("mosquitto found no free port in {ATTEMPTS} attempts");
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Kills it without a word.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again after it was killed, on the same port, with an empty memory.
    ///
    /// # Panics
    /// When somebody else has its port by now.
    pub async fn restart(&mut self) {
        let config = self.folder.path().join("mosquitto.conf");
        self.process = started(&config).await.expect("its port is still free");
    }
}

async fn launch(folder: &Path, port: u16, lines: &str) -> Option<Process> {
    let mut config = String::from("persistence false\nlog_dest stderr\nlog_type all\n");
    // Whoever runs the tests reads the files that they wrote.
    let user = if rustix::process::geteuid().is_root() { "user root\n" } else { "" };
    write!(config, "{user}listener {port} 127.0.0.1\n{lines}").unwrap();
    let path = folder.join("mosquitto.conf");
    fs::write(&path, config).unwrap();
    started(&path).await
}

async fn started(config: &Path) -> Option<Process> {
    let program = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"]
        .into_iter()
        .find(|path| Path::new(path).is_file());
    let mut command = Command::new(program.unwrap_or("mosquitto"));
    command.arg("-c").arg(config).stdin(Stdio::null());
    let process = Process::start(command);
    let said = |text: &str| process.errors().iter().any(|line| line.contains(text));
    let look = async || (said(" running"), said("Address already in use"));
    let (_, taken) = eventually("mosquitto runs", look, |(runs, taken)| *runs || *taken).await;
    (!taken).then_some(process)
}

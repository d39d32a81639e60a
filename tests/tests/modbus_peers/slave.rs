//! A board of libmodbus, built from `tests/peers/modbus_slave.c` by the C compiler that the workspace needs anyway.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use tests::{Process, eventually, workspace};

/// It, running.
pub(crate) struct Slave {
    process: Process,
    heard_at: String,
    _folder: TempDir,
}

impl Slave {
    /// On a free port of this machine.
    pub(crate) async fn in_the_network() -> Self {
        Self::start(&["tcp"]).await
    }

    /// On a serial port.
    pub(crate) async fn on_a_pair(port: &Path) -> Self {
        Self::start(&["rtu", port.to_str().unwrap()]).await
    }

    async fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(build(folder.path()));
        command.args(arguments).stdin(Stdio::piped());
        let process = Process::start(command);
        let heard_at = process.says("listening ").await;
        Self { process, heard_at, _folder: folder }
    }

    pub(crate) fn port(&self) -> u16 {
        self.heard_at.trim().parse().unwrap()
    }

    /// Sets an input.
    pub(crate) fn input(&mut self, number: usize, active: bool) {
        self.process.tell(&format!("input {number} {}", u8::from(active)));
    }

    /// What its coils have done so far.
    pub(crate) fn changes(&self) -> Vec<String> {
        self.process.output().into_iter().filter(|line| line.starts_with("coil ")).collect()
    }

    /// Waits until a coil was switched so for the `times`th time.
    pub(crate) async fn coil(&self, number: usize, state: &str, times: usize) {
        let wanted = format!("coil {number} {state}");
        let count = async || self.changes().iter().filter(|line| **line == wanted).count();
        eventually(&format!("{wanted}, {times} times"), count, |count| *count >= times).await;
    }
}

fn build(folder: &Path) -> PathBuf {
    let (source, program) = (workspace().join("tests/peers/modbus_slave.c"), folder.join("modbus_slave"));
    let mut command = Command::new("cc");
    command.arg("-I/usr/include/modbus").arg(source).arg("-o").arg(&program).arg("-lmodbus");
    let ran = command.output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "libmodbus-dev is installed: tests/run does it\n{said}");
    program
}

//! `scim` of scim2-cli, a SCIM client that knows nothing of Gatehouse.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::gateway::Gateway;
use crate::process::{Process, workspace};

/// The independent client, with the gateway's address and a token.
#[derive(Debug)]
pub struct ScimCli {
    program: std::path::PathBuf,
    base: String,
    token: String,
}

/// What it said, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// Whether it was content.
    pub success: bool,
    /// Its standard output.
    pub output: String,
    /// Its standard error.
    pub errors: String,
}

impl ScimCli {
    /// For the endpoint of a running gateway.
    ///
    /// # Panics
    /// When the client is not installed, with the command that installs it.
    pub fn new(gateway: &Gateway) -> Self {
        let program = workspace().join("target/venv/bin/scim");
        assert!(
            program.is_file(),
            "{} is not there; tests/run installs it, or: python3 -m venv target/venv && \
             target/venv/bin/pip install --requirement tests/requirements.txt",
            program.display()
        );
        Self { program, base: gateway.scim_base(), token: gateway.token().to_owned() }
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it doesn't end.
    pub async fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Said {
        let mut command = Command::new(&self.program);
        command.args(["-u", &self.base, "-h", &format!("Authorization: Bearer {}", self.token)]);
        command.args(arguments).env("NO_COLOR", "1").stdin(Stdio::null());
        let mut process = Process::start(command);
        let status = process.ended().await;
        let (output, errors) = (process.output().join("\n"), process.errors().join("\n"));
        Said { success: status.success(), output, errors }
    }

    /// Runs it and gives the resource that it prints; null when it prints none.
    ///
    /// # Panics
    /// When it is not content.
    pub async fn done<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Value {
        let said = self.run(arguments).await;
        assert!(said.success, "{said:?}");
        serde_json::from_str(&said.output).unwrap_or(Value::Null)
    }
}

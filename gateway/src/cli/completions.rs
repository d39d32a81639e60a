//! `gateway completions`

use std::io::{self, ErrorKind, Write};

use clap::Args;
use clap_complete::Shell;

use super::{Failure, command};

/// Write a shell's completions of this program's commands and options to standard output
#[derive(Args)]
#[command(after_help = "Examples:
  gateway completions bash > /etc/bash_completion.d/gateway
  gateway completions zsh > /usr/local/share/zsh/site-functions/_gateway
  gateway completions fish > ~/.config/fish/completions/gateway.fish")]
pub(super) struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command(), "gateway", &mut script);
        match io::stdout().lock().write_all(&script) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::OutputClosed),
            Err(error) => Err(anyhow::Error::new(error).context("standard output can't be written").into()),
        }
    }
}

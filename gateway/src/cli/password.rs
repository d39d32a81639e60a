//! Where a new password comes from: standard input, a terminal that doesn't show it, or chance.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use anyhow::{Context, bail};
use clap::Args;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::Failure;

/// Most bytes of a line that are read.
const MAX_LINE_LEN: u64 = 4096;

/// Letters and digits that nobody confuses; 32 of them, so that each says five bits.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Groups of five in a password that is made up: 100 bits.
const GROUPS: usize = 4;

#[derive(Args)]
pub(super) struct PasswordSource {
    /// Read the password from standard input, up to the end of the first line
    #[arg(long)]
    password_stdin: bool,
}

/// A password, and whether anybody knows it yet.
pub(super) enum NewPassword {
    /// By the person at the keyboard or by standard input.
    Given(Zeroizing<String>),
    /// By chance; it has to be shown.
    MadeUp(Zeroizing<String>),
}

impl NewPassword {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Given(text) | Self::MadeUp(text) => text,
        }
    }
}

impl PasswordSource {
    pub(super) fn get(&self) -> Result<NewPassword, Failure> {
        if self.password_stdin {
            return Ok(NewPassword::Given(line()?));
        }
        if !io::stdin().is_terminal() {
            return Ok(NewPassword::MadeUp(made_up()?));
        }
        let first = asked("Password: ")?;
        if first != asked("The same again: ")? {
            return Err(Failure::Usage("the two passwords differ; nothing was changed".into()));
        }
        Ok(NewPassword::Given(first))
    }
}

/// The first line of standard input without its end.
fn line() -> anyhow::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    let read = io::stdin().lock().take(MAX_LINE_LEN).read_line(&mut line);
    if read.context("the password can't be read from standard input")? == 0 {
        bail!("standard input has ended without a password");
    }
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// A line typed on the terminal, unseen.
fn asked(prompt: &str) -> anyhow::Result<Zeroizing<String>> {
    let _hidden = Hidden::begin().context("the terminal can't hide what is typed; use --password-stdin")?;
    let mut terminal = io::stderr().lock();
    write!(terminal, "{prompt}").and_then(|()| terminal.flush()).context("the terminal can't be written")?;
    let line = line();
    writeln!(terminal).context("the terminal can't be written")?;
    line
}

/// A terminal that doesn't show what is typed, until this is dropped.
struct Hidden {
    before: Termios,
}

impl Hidden {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Self { before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // A terminal that is gone shows nothing anyway.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

fn made_up() -> anyhow::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0_u8; 5 * GROUPS]);
    getrandom::fill(&mut *bytes).context("the system gives no random numbers")?;
    let mut text = Zeroizing::new(String::with_capacity(6 * GROUPS));
    for (place, byte) in bytes.iter().enumerate() {
        if place > 0 && place % 5 == 0 {
            text.push('-');
        }
        text.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_are_made_up_differ_and_are_easy_to_type() {
        let (one, other) = (made_up().unwrap(), made_up().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 23);
        assert!(one.split('-').all(|group| group.len() == 5 && group.bytes().all(|c| ALPHABET.contains(&c))));
    }
}

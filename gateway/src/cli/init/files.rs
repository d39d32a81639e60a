//! What `gateway init` puts on the disk, and what it refuses to touch.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::answers::Answers;
use super::owner::KEYS_NAME;
use super::template;
use crate::cli::Failure;
use crate::config::{self, Key, NamedFiles};

pub(super) const CONFIG_NAME: &str = "gateway.toml";
const SIMULATION_NAME: &str = "sim.toml";

/// Says no before anything is asked or written.
pub(super) fn refuse_to_overwrite(folder: &Path, simulator: bool) -> Result<(), Failure> {
    let names = [CONFIG_NAME, SIMULATION_NAME];
    let wanted = if simulator { &names[..] } else { &names[..1] };
    match wanted.iter().map(|name| folder.join(name)).find(|path| path.symlink_metadata().is_ok()) {
        Some(path) => {
            let path = path.display();
            Err(Failure::Usage(format!(
                "{path} exists and is not overwritten; remove it or choose another folder"
            )))
        }
        None => Ok(()),
    }
}

/// Writes the site's files, the configuration last, and names them.
pub(super) fn write(folder: &Path, answers: &Answers, simulator: bool) -> Result<Vec<PathBuf>, Failure> {
    let path = folder.join(CONFIG_NAME);
    let text = template::configuration(answers, simulator);
    config::parse(&path, &text, NamedFiles::Ignored)
        .map_err(|problems| Failure::Config(Box::new(problems)))?;
    let keys = folder.join(KEYS_NAME);
    let make = || DirBuilder::new().recursive(true).mode(0o700).create(&keys);
    make().with_context(|| format!("the folder {} can't be made", keys.display()))?;
    let mut written = Vec::new();
    if simulator {
        for number in 1..=answers.controllers {
            written.push(key(&folder.join(template::key_file(number)))?);
        }
        written.push(file(folder.join(SIMULATION_NAME), &template::simulation(answers))?);
    }
    written.push(file(path, &text)?);
    Ok(written)
}

fn file(path: PathBuf, text: &str) -> anyhow::Result<PathBuf> {
    let create = || OpenOptions::new().write(true).create_new(true).open(&path)?.write_all(text.as_bytes());
    create().with_context(|| format!("{} can't be written", path.display()))?;
    Ok(path)
}

/// A random key that both the gateway and its simulated controller use; one that is there is kept.
fn key(path: &Path) -> anyhow::Result<PathBuf> {
    if config::read_key(path)?.is_none() {
        let mut key = Key::default();
        getrandom::fill(&mut *key).context("the system gives no random numbers")?;
        config::write_key(path, &key).with_context(|| format!("{} can't be written", path.display()))?;
    }
    Ok(path.to_owned())
}

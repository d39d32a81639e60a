//! The tables `[[reader]]`, `[[board]]` and `[[adapter]]` of a configuration file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::doors::USUAL_THINKING;
use super::doors::{
    AdapterConfig, BoardConfig, Charset, End, Follow, Frames, LockPlace, Model, ReaderConfig,
};
use super::key_words::KeyWords;
use super::problem::{Place, Problem};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReaderTable {
    id: String,
    line: String,
    address: u8,
    #[serde(default = "default_inputs")]
    inputs: u8,
    #[serde(default = "default_outputs")]
    outputs: u8,
    serial: Option<u32>,
    scbk: Option<String>,
    scbk_file: Option<PathBuf>,
    #[serde(default)]
    factory: bool,
    #[serde(default)]
    clear: bool,
    #[serde(default)]
    contact_follows_lock: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BoardTable {
    id: String,
    line: String,
    address: u8,
    model: String,
    answers_after_ms: Option<u64>,
    watchdog_ms: Option<u64>,
    #[serde(default)]
    contacts: Vec<FollowTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AdapterTable {
    id: String,
    line: String,
    frames: FramesWord,
    lock: Option<LockTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LockTable {
    controller: String,
    output: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FollowTable {
    input: u8,
    output: u8,
}

/// The name of a shipped profile, or one written out.
#[derive(Deserialize)]
#[serde(untagged, expecting = "the name of a profile, or { charset, end, bits, … }")]
enum FramesWord {
    Named(String),
    Written(FramesTable),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FramesTable {
    #[serde(default)]
    charset: Charset,
    #[serde(default)]
    end: End,
    bits: u8,
    parity: ParityWord,
    length: Option<usize>,
    #[serde(default)]
    prefix: String,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ParityWord {
    Kept,
    Stripped,
}

const fn default_inputs() -> u8 {
    2
}

const fn default_outputs() -> u8 {
    1
}

impl ReaderTable {
    pub(super) fn resolve(self, index: usize, folder: &Path, problems: &mut Vec<Problem>) -> ReaderConfig {
        let key = KeyWords {
            table: "reader",
            id: &self.id,
            scbk: self.scbk.as_deref(),
            scbk_file: self.scbk_file.as_deref(),
            // One in clear has no key, as one that was just delivered.
            factory: self.factory || self.clear,
        };
        ReaderConfig {
            key: key.resolve(index, folder, problems),
            serial: self.serial.unwrap_or(u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)),
            id: self.id,
            line: self.line,
            address: self.address,
            inputs: self.inputs,
            outputs: self.outputs,
            in_clear: self.clear,
            contact_follows_lock: self.contact_follows_lock,
        }
    }
}

impl LockTable {
    fn place(self) -> LockPlace {
        LockPlace { controller: self.controller, output: self.output }
    }
}

impl BoardTable {
    pub(super) fn resolve(self, index: usize, problems: &mut Vec<Problem>) -> BoardConfig {
        let model = Model::by_name(&self.model).unwrap_or_else(|| {
            let known: Vec<_> = Model::ALL.iter().map(|model| format!("\"{}\"", model.name())).collect();
            let message = format!("model = \"{}\" is none that this simulator knows", self.model);
            let place = Place { table: "board", index, key: "model" };
            problems.push(Problem::at(place, message, format!("one of {}", known.join(", "))));
            Model::Standard8
        });
        let follow = |follow: FollowTable| Follow { input: follow.input, output: follow.output };
        BoardConfig {
            id: self.id,
            line: self.line,
            address: self.address,
            model,
            answers_after: self.answers_after_ms.map_or(USUAL_THINKING, Duration::from_millis),
            watchdog: self.watchdog_ms.map(Duration::from_millis),
            contacts: self.contacts.into_iter().map(follow).collect(),
        }
    }
}

impl AdapterTable {
    pub(super) fn resolve(self, index: usize, problems: &mut Vec<Problem>) -> AdapterConfig {
        let frames = match self.frames {
            FramesWord::Written(table) => table.frames(),
            FramesWord::Named(name) => Frames::shipped(&name).unwrap_or_else(|| {
                let place = Place { table: "adapter", index, key: "frames" };
                let message = format!("frames = \"{name}\" is no profile that this simulator knows");
                let known: Vec<_> = Frames::SHIPPED.iter().map(|known| format!("\"{known}\"")).collect();
                problems.push(Problem::at(place, message, format!("one of {}", known.join(", "))));
                Frames::default()
            }),
        };
        AdapterConfig { id: self.id, line: self.line, frames, lock: self.lock.map(LockTable::place) }
    }
}

impl FramesTable {
    fn frames(self) -> Frames {
        let plain = Frames {
            charset: self.charset,
            end: self.end,
            bits: self.bits,
            parity_is_stripped: self.parity == ParityWord::Stripped,
            prefix: self.prefix,
            ..Frames::default()
        };
        let length = self.length.unwrap_or_else(|| plain.shortest());
        Frames { length, ..plain }
    }
}

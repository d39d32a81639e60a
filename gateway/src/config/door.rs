//! `[[controller.door]]`: what a door consists of, be it of one device or of several.
//!
//! Doors of a panel are described to the panel itself; of them only the names stand here. Of a reader's doors the
//! gateway drives every part, so each output and each input belongs to one of them.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use panel_protocol::limits::MAX_READERS;
use toml::Spanned;

use super::closest;
use super::controller::{ControllerKind, Door};
use super::problem::Problem;
use super::section::{self, Section};
use super::taken::Once;
use crate::domain::{
    Contact, DoorId, DoorParts, InputPlace, Lock, OutputPlace, Place, PlaceError, ReaderPlace,
};

/// Outputs and inputs of one device that can be named: 0 up to this.
const MAX_POINTS: u64 = 64;

/// Longest time that a lock is let go for, in seconds.
const MAX_LOCK_SECONDS: u64 = 600;

/// Longest time that a door may be kept open before somebody is told, in seconds.
const MAX_HELD_SECONDS: u64 = 24 * 3600;

/// After so long a door that stands open is told of where the file says nothing else, in seconds.
const HELD_AFTER_SECONDS: u64 = 30;

/// A controller as the doors of others may name it.
pub(super) struct Named {
    pub(super) id: String,
    pub(super) kind: Option<ControllerKind>,
    /// How many outputs and inputs it has, where the file says so.
    pub(super) points: Option<Points>,
}

/// How many outputs and inputs a device has.
#[derive(Clone, Copy)]
pub(super) struct Points {
    pub(super) outputs: u8,
    pub(super) inputs: u8,
    /// Why no more, and what to do.
    pub(super) why: &'static str,
    pub(super) help: &'static str,
}

/// The controllers that doors may name, and what the doors have taken of them.
#[derive(Default)]
pub(super) struct Doors {
    controllers: Vec<Named>,
    ids: Once<DoorId>,
    readers: Once<(usize, u64)>,
    outputs: Once<(usize, u64)>,
    inputs: Once<(usize, u64)>,
    used: BTreeSet<usize>,
}

impl Doors {
    /// None yet, of these controllers in the file's order.
    pub(super) fn of(controllers: Vec<Named>) -> Self {
        Self { controllers, ..Self::default() }
    }

    /// Whether some door has a part at this controller.
    pub(super) fn uses(&self, at: usize) -> bool {
        self.used.contains(&at)
    }

    /// One door of the controller at that place of the file.
    pub(super) fn read(&mut self, at: usize, section: &Section<'_, '_>) -> Option<Door> {
        let id = section.id::<DoorId>("id = \"lobby-main\"");
        if let Some(id) = &id {
            let what = format!("the door id \"{}\"", id.get_ref());
            self.ids.take(section, id.get_ref().clone(), id.span(), what);
        }
        let kind = self.controllers.get(at).and_then(|controller| controller.kind);
        let reader = self.reader(at, kind, section);
        let place = place(section);
        let parts = match kind {
            Some(ControllerKind::Reader | ControllerKind::Io) => Some(self.parts(at, section)),
            Some(ControllerKind::Panel) => {
                panel_drives_its_own(section);
                None
            }
            None => None,
        };
        let id = id?.into_inner();
        let name = section.name("name").unwrap_or_else(|| id.to_string());
        let parts = match parts {
            Some(parts) => Some(parts?),
            None => None,
        };
        Some(Door { id, name, place, reader, parts })
    }

    /// The reader of the door's own controller. A panel's door has one.
    fn reader(&mut self, at: usize, kind: Option<ControllerKind>, section: &Section<'_, '_>) -> Option<u8> {
        let (range, example) = (0..MAX_READERS as u64, "reader = 0");
        if kind == Some(ControllerKind::Io) {
            let help =
                "describe the door below the controller that has the reader, and name this one in its `lock`";
            section.unused(&["reader", "exit_reader"], "at an I/O board, which has no reader", help);
            return None;
        }
        let reader = match kind {
            Some(ControllerKind::Reader) => section.number("reader", range),
            _ => section.required_number("reader", range, example),
        }?;
        let what = format!("reader {} of this controller", reader.get_ref());
        self.readers.take(section, (at, *reader.get_ref()), reader.span(), what);
        u8::try_from(reader.into_inner()).ok()
    }

    /// What the gateway drives of a door.
    fn parts(&mut self, at: usize, section: &Section<'_, '_>) -> Option<DoorParts> {
        if section.value("lock").is_none() {
            section.missing("lock", "lock = { output = 0, seconds = 5 }");
        }
        let lock = section.inline("lock", section::LOCK, "{ output = 0, seconds = 5 }");
        let lock = lock.and_then(|lock| self.lock(at, &lock));
        let contact = section.inline("contact", section::CONTACT, "{ input = 0, open = true }");
        let contact = contact.map(|contact| self.contact(at, &contact));
        let button = section.inline("request_to_exit", section::REQUEST_TO_EXIT, "{ input = 1 }");
        let button = button.map(|button| self.input(at, &button));
        let exit =
            section.inline("exit_reader", section::EXIT_READER, "{ controller = \"lobby-out\", reader = 0 }");
        if let (Some(exit), None) = (&exit, section.value("reader")) {
            let problem =
                Problem::at(exit.header.clone(), "`exit_reader` needs a `reader` on the other side");
            section.review.note(problem.help("for example: reader = 0"));
        }
        let exit_reader = exit.map(|exit| self.exit_reader(&exit));
        let held_after = held_after(section);
        Some(DoorParts {
            lock: lock?,
            contact: transposed(contact)?,
            request_to_exit: transposed(button)?,
            exit_reader: transposed(exit_reader)?,
            held_after,
        })
    }

    fn lock(&mut self, at: usize, lock: &Section<'_, '_>) -> Option<Lock> {
        let device = self.device(at, lock);
        let output = lock.required_number("output", 0..MAX_POINTS, "output = 0");
        if let (Some(device), Some(output)) = (device, &output) {
            self.exists(lock, device, output, "output");
            let what = format!("output {} of {}", output.get_ref(), self.name(device));
            self.outputs.take(lock, (device, *output.get_ref()), output.span(), what);
        }
        let seconds = lock.required_number("seconds", 1..MAX_LOCK_SECONDS + 1, "seconds = 5");
        let output = u8::try_from(output?.into_inner()).ok()?;
        let span = Duration::from_secs(seconds?.into_inner());
        Some(Lock { output: OutputPlace { device: device?, output }, span })
    }

    fn contact(&mut self, at: usize, contact: &Section<'_, '_>) -> Option<Contact> {
        let open_when_active = contact.value("open").is_none() || contact.flag("open");
        Some(Contact { input: self.input(at, contact)?, open_when_active })
    }

    fn input(&mut self, at: usize, section: &Section<'_, '_>) -> Option<InputPlace> {
        let device = self.device(at, section);
        let input = section.required_number("input", 0..MAX_POINTS, "input = 0");
        if let (Some(device), Some(input)) = (device, &input) {
            self.exists(section, device, input, "input");
            let what = format!("input {} of {}", input.get_ref(), self.name(device));
            self.inputs.take(section, (device, *input.get_ref()), input.span(), what);
        }
        Some(InputPlace { device: device?, input: u8::try_from(input?.into_inner()).ok()? })
    }

    fn exit_reader(&mut self, exit: &Section<'_, '_>) -> Option<ReaderPlace> {
        if exit.value("controller").is_none() {
            exit.missing("controller", "controller = \"lobby-out\"");
        }
        let device = exit.value("controller").and_then(|_| self.device(usize::MAX, exit));
        let reader = exit.required_number("reader", 0..MAX_READERS as u64, "reader = 0");
        if let (Some(device), Some(reader)) = (device, &reader) {
            if self.controllers.get(device).and_then(|known| known.kind) == Some(ControllerKind::Io) {
                let message = format!("{} is an I/O board, which has no reader", self.name(device));
                let help = "name a controller of kind = \"reader\"";
                exit.review.note(Problem::at(exit.header.clone(), message).help(help));
            }
            let what = format!("reader {} of {}", reader.get_ref(), self.name(device));
            self.readers.take(exit, (device, *reader.get_ref()), reader.span(), what);
        }
        Some(ReaderPlace { device: device?, reader: u8::try_from(reader?.into_inner()).ok()? })
    }

    /// The device that a part is at: the one that it names, else the door's own.
    fn device(&mut self, own: usize, section: &Section<'_, '_>) -> Option<usize> {
        if section.value("controller").is_none() {
            return Some(own);
        }
        let text = section.text("controller")?;
        let Some(at) = self.controllers.iter().position(|known| known.id == *text.get_ref()) else {
            section.review.note(self.unknown(text.get_ref(), text.span()));
            return None;
        };
        if let Some(ControllerKind::Panel) = self.controllers[at].kind {
            let message = format!("\"{}\" is a panel, which drives its outputs by itself", text.get_ref());
            let help = "name a controller of kind = \"reader\" or \"io\"";
            section.review.note(Problem::at(text.span(), message).help(help));
            return None;
        }
        self.used.insert(at);
        Some(at)
    }

    /// Notes an output or input that a board doesn't have.
    fn exists(&self, section: &Section<'_, '_>, device: usize, number: &Spanned<u64>, what: &str) {
        let Some(points) = self.controllers.get(device).and_then(|known| known.points) else { return };
        let count = u64::from(if what == "output" { points.outputs } else { points.inputs });
        if *number.get_ref() < count {
            return;
        }
        let has =
            if count == 0 { format!("no {what}s") } else { format!("{what}s 0 to {} alone", count - 1) };
        let message = format!("{} has {has}{}", self.name(device), points.why);
        section.review.note(Problem::at(number.span(), message).help(points.help));
    }

    fn unknown(&self, id: &str, place: Range<usize>) -> Problem {
        let problem = Problem::at(place, format!("no [[controller]] has the id \"{id}\""));
        match closest(id, self.controllers.iter().map(|known| known.id.as_str())) {
            Some(near) => problem.help(format!("did you mean \"{near}\"?")),
            None => problem.help(format!("describe it in a section [[controller]] with id = \"{id}\"")),
        }
    }

    fn name(&self, at: usize) -> String {
        self.controllers.get(at).map(|known| format!("\"{}\"", known.id)).unwrap_or_default()
    }
}

/// When a door that stands open is told of; only one with a contact can be.
/// Where it is, if that can be said of a door.
fn place(section: &Section<'_, '_>) -> Option<Place> {
    let text = section.text("place")?;
    let place = text.get_ref().parse().map_err(|error: PlaceError| {
        section.review.note(Problem::at(text.span(), error.to_string()).help(PlaceError::REMEDY));
    });
    place.ok()
}

fn held_after(section: &Section<'_, '_>) -> Duration {
    let seconds = section.number("held_after", 1..MAX_HELD_SECONDS + 1);
    if let (Some(seconds), None) = (&seconds, section.value("contact")) {
        let problem = Problem::at(seconds.span(), "`held_after` needs a `contact`");
        section.review.note(problem.help("for example: contact = { input = 0, open = true }"));
    }
    Duration::from_secs(seconds.map_or(HELD_AFTER_SECONDS, Spanned::into_inner))
}

/// The parts that only a door of a reader has in the file.
const DRIVEN_BY_THE_GATEWAY: [&str; 5] = ["lock", "contact", "request_to_exit", "exit_reader", "held_after"];

fn panel_drives_its_own(section: &Section<'_, '_>) {
    for key in DRIVEN_BY_THE_GATEWAY {
        if let Some(value) = section.value(key) {
            let message = format!("a panel drives its doors by itself, so `{key}` has no use here");
            let help = "remove it, or set kind = \"reader\" if the gateway is to decide";
            section.review.note(Problem::at(value.span(), message).help(help));
        }
    }
}

/// What was left out is none; what is wrong spoils the whole.
#[expect(clippy::option_option, reason = "left out, wrong and right are three things")]
const fn transposed<T: Copy>(part: Option<Option<T>>) -> Option<Option<T>> {
    match part {
        None => Some(None),
        Some(None) => None,
        Some(part) => Some(part),
    }
}

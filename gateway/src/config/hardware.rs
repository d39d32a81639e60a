//! `[[line]]`, `[[controller]]` and `[[controller.door]]`

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use panel_protocol::limits::{MAX_PDS_PER_LINE, MAX_READERS};
use toml::Spanned;

use super::NamedFiles;
use super::closest;
use super::controller::{Attachment, Controller, ControllerKind, Door, Line, Protocol};
use super::problem::Problem;
use super::section::{self, Section};
use crate::domain::{ControllerId, DoorId, LineId, NameError, Place, PlaceError};
use crate::links::osdp::key_file;

/// Most controllers of one gateway.
pub const MAX_CONTROLLERS: usize = 64;

/// Most lines of one gateway: no more than controllers.
pub const MAX_LINES: usize = MAX_CONTROLLERS;

/// The highest address of a device (OSDP 2.2, 5.9: 127 is the broadcast).
pub const HIGHEST_ADDRESS: u8 = 126;

/// OSDP's line rates, in bits a second (OSDP 2.2, 5.1).
pub const BAUD_RATES: [u32; 6] = [9600, 19_200, 38_400, 57_600, 115_200, 230_400];

/// What a line's `protocol` can be.
#[derive(Clone, Copy)]
enum Spoken {
    Osdp,
}

const PROTOCOLS: [(&str, Spoken); 1] = [("osdp", Spoken::Osdp)];
const KINDS: [(&str, ControllerKind); 1] = [("panel", ControllerKind::Panel)];

pub(super) fn read(
    lines: &[Section<'_, '_>],
    controllers: &[Section<'_, '_>],
) -> (Vec<Line>, Vec<Controller>) {
    too_many(lines, MAX_LINES, "lines");
    too_many(controllers, MAX_CONTROLLERS, "controllers");
    let mut taken = Taken::default();
    let lines_read: Vec<_> = lines.iter().map(|section| line(section, &mut taken)).collect();
    let controllers = controllers.iter().filter_map(|section| controller(section, &mut taken)).collect();
    (lines_read.into_iter().flatten().collect(), controllers)
}

/// What may be given out once, and where it was.
#[derive(Default)]
struct Taken {
    /// Unfit ids too, so that a controller on such a line is not told that there is none.
    lines: Once<String>,
    ports: Once<PathBuf>,
    controllers: Once<ControllerId>,
    addresses: Once<(LineId, u64)>,
    on_line: BTreeMap<LineId, usize>,
    key_files: Once<PathBuf>,
    doors: Once<DoorId>,
}

/// The first place of each value.
struct Once<T>(BTreeMap<T, Range<usize>>);

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Ord> Once<T> {
    /// Takes the value, or notes that it was taken before.
    fn take(&mut self, section: &Section<'_, '_>, value: T, place: Range<usize>, what: impl Display) {
        if let Some(first) = self.0.get(&value) {
            let problem = Problem::at(place, format!("{what} is used twice")).label("again here");
            section.review.note(problem.earlier(first.clone(), "first used here"));
        } else {
            self.0.insert(value, place);
        }
    }
}

fn line(section: &Section<'_, '_>, taken: &mut Taken) -> Option<Line> {
    let id = id::<LineId>(section, "id = \"north\"");
    if let Some(text) = section.value("id").and_then(|id| id.get_ref().as_str().map(|text| (text, id.span())))
    {
        taken.lines.take(section, text.0.to_owned(), text.1, format!("the line id \"{}\"", text.0));
    }
    if section.value("protocol").is_none() {
        section.missing("protocol", "protocol = \"osdp\"");
    }
    let spoken = section.word("protocol", &PROTOCOLS, &["modbus", "wiegand-serial"]);
    // The port and the rate are checked even where the protocol is none.
    let osdp = osdp(section, taken);
    let protocol = match spoken? {
        Spoken::Osdp => osdp?,
    };
    Some(Line { id: id?.into_inner(), protocol })
}

fn osdp(section: &Section<'_, '_>, taken: &mut Taken) -> Option<Protocol> {
    let port = section.required_text("port", "port = \"/dev/ttyUSB0\"").map(|text| {
        let path = section.review.path(text.get_ref());
        taken.ports.take(section, path.clone(), text.span(), format!("the port {}", text.get_ref()));
        path
    });
    let baud = baud(section);
    Some(Protocol::Osdp { port: port?, baud: baud? })
}

fn baud(section: &Section<'_, '_>) -> Option<u32> {
    let baud = section.required_number("baud", 0..u64::MAX, "baud = 9600")?;
    let known = BAUD_RATES.into_iter().find(|rate| u64::from(*rate) == *baud.get_ref());
    if known.is_none() {
        let nearest = BAUD_RATES.into_iter().min_by_key(|rate| u64::from(*rate).abs_diff(*baud.get_ref()));
        let rates = BAUD_RATES.map(|rate| rate.to_string()).join(", ");
        let problem = Problem::at(baud.span(), format!("OSDP has no line rate of {} baud", baud.get_ref()));
        let nearest = nearest.map_or_else(String::new, |rate| format!("; the nearest is {rate}"));
        section.review.note(problem.help(format!("use one of {rates}{nearest}")));
    }
    known
}

fn controller(section: &Section<'_, '_>, taken: &mut Taken) -> Option<Controller> {
    let id = id::<ControllerId>(section, "id = \"lobby\"");
    if let Some(id) = &id {
        let what = format!("the controller id \"{}\"", id.get_ref());
        taken.controllers.take(section, id.get_ref().clone(), id.span(), what);
    }
    let line = line_of(section, taken);
    let address = address(section, taken, line.as_ref());
    if section.value("kind").is_none() {
        section.missing("kind", "kind = \"panel\"");
    }
    let kind = section.word("kind", &KINDS, &["reader"]);
    let scbk_file = scbk_file(section, taken);
    let doors = doors(section, taken);
    let attachment = Attachment::Osdp { line: line?, address: address?, scbk_file: scbk_file? };
    Some(Controller { id: id?.into_inner(), kind: kind?, attachment, doors })
}

fn address(section: &Section<'_, '_>, taken: &mut Taken, line: Option<&LineId>) -> Option<u8> {
    let addresses = 0..u64::from(HIGHEST_ADDRESS) + 1;
    let address = section.required_number("address", addresses, "address = 1")?;
    if let Some(line) = line {
        let what = format!("address {} of line \"{line}\"", address.get_ref());
        taken.addresses.take(section, (line.clone(), *address.get_ref()), address.span(), what);
    }
    u8::try_from(address.into_inner()).ok()
}

/// The line that a controller names, which must be one of the file's.
fn line_of(section: &Section<'_, '_>, taken: &mut Taken) -> Option<LineId> {
    let text = section.required_text("line", "line = \"north\"")?;
    if !taken.lines.0.contains_key(*text.get_ref()) {
        let problem = Problem::at(text.span(), format!("no [[line]] has the id \"{}\"", text.get_ref()));
        section.review.note(match closest(text.get_ref(), taken.lines.0.keys().map(String::as_str)) {
            Some(near) => problem.help(format!("did you mean \"{near}\"?")),
            None => problem
                .help(format!("describe the line in a section [[line]] with id = \"{}\"", text.get_ref())),
        });
        return None;
    }
    let line: LineId = text.get_ref().parse().ok()?;
    let count = taken.on_line.entry(line.clone()).or_default();
    *count += 1;
    if *count == MAX_PDS_PER_LINE + 1 {
        let message = format!("line \"{line}\" has more than {MAX_PDS_PER_LINE} devices");
        section.review.note(Problem::at(text.span(), message).help("put the rest on another line"));
    }
    Some(line)
}

fn scbk_file(section: &Section<'_, '_>, taken: &mut Taken) -> Option<PathBuf> {
    let text = section.required_text("scbk_file", "scbk_file = \"keys/lobby.scbk\"")?;
    let path = section.review.path(text.get_ref());
    taken.key_files.take(section, path.clone(), text.span(), format!("the key file {}", text.get_ref()));
    if section.review.files == NamedFiles::Checked
        && let Err(error) = key_file::read(&path)
    {
        section.review.note(Problem::at(text.span(), error.to_string()).help(error.remedy()));
    }
    Some(path)
}

fn doors(section: &Section<'_, '_>, taken: &mut Taken) -> Vec<Door> {
    let doors = section.sections("door", "[[controller.door]]", section::DOOR);
    if section.value("door").is_none() {
        let problem = Problem::at(section.header.clone(), "the controller has no door");
        section.review.note(problem.help("describe each in a section [[controller.door]] below it"));
    }
    let mut readers = Once::default();
    doors.iter().filter_map(|section| door(section, taken, &mut readers)).collect()
}

fn door(section: &Section<'_, '_>, taken: &mut Taken, readers: &mut Once<u64>) -> Option<Door> {
    let id = id::<DoorId>(section, "id = \"lobby-main\"");
    if let Some(id) = &id {
        taken.doors.take(
            section,
            id.get_ref().clone(),
            id.span(),
            format!("the door id \"{}\"", id.get_ref()),
        );
    }
    let reader = section.required_number("reader", 0..MAX_READERS as u64, "reader = 0");
    if let Some(reader) = &reader {
        let what = format!("reader {} of this controller", reader.get_ref());
        readers.take(section, *reader.get_ref(), reader.span(), what);
    }
    let id = id?.into_inner();
    let name = section.name("name").unwrap_or_else(|| id.to_string());
    Some(Door { id, name, place: place(section), reader: u8::try_from(reader?.into_inner()).ok()? })
}

fn place(section: &Section<'_, '_>) -> Option<Place> {
    let text = section.text("place")?;
    let place = text.get_ref().parse().map_err(|error: PlaceError| {
        section.review.note(Problem::at(text.span(), error.to_string()).help(PlaceError::REMEDY));
    });
    place.ok()
}

fn id<T: FromStr<Err = NameError>>(section: &Section<'_, '_>, example: &str) -> Option<Spanned<T>> {
    let text = section.required_text("id", example)?;
    match text.get_ref().parse() {
        Ok(id) => Some(Spanned::new(text.span(), id)),
        Err(error) => {
            section.review.note(Problem::at(text.span(), format!("the id \"{}\" {error}", text.get_ref())));
            None
        }
    }
}

fn too_many(sections: &[Section<'_, '_>], most: usize, what: &str) {
    if let Some(first_over) = sections.get(most) {
        let message = format!("{} {what} are described; one gateway drives at most {most}", sections.len());
        first_over.review.note(Problem::at(first_over.header.clone(), message).label("the first too many"));
    }
}

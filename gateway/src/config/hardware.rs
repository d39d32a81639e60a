//! `[[line]]`, `[[controller]]` and `[[controller.door]]`

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use panel_protocol::limits::MAX_PDS_PER_LINE;

use super::NamedFiles;
use super::closest;
use super::controller::{Attachment, Controller, ControllerKind, Door, Line, Protocol};
use super::door::{Doors, Named, Points};
use super::feedback;
use super::modbus;
use super::mqtt::{self, Broker};
use super::mqtt_device::{self, OnBroker};
use super::problem::Problem;
use super::register_map;
use super::section::{self, Section};
use super::taken::Once;
use super::wiegand_serial;
use crate::domain::{ControllerId, Feedback, LineId};
use crate::links::modbus::map::RegisterMap;
use crate::links::mqtt::Dialect;
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
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spoken {
    Osdp,
    Modbus,
    ModbusTcp,
    WiegandSerial,
}

const PROTOCOLS: [(&str, Spoken); 4] = [
    ("osdp", Spoken::Osdp),
    ("modbus", Spoken::Modbus),
    ("modbus-tcp", Spoken::ModbusTcp),
    ("wiegand-serial", Spoken::WiegandSerial),
];
const KINDS: [(&str, ControllerKind); 3] =
    [("panel", ControllerKind::Panel), ("reader", ControllerKind::Reader), ("io", ControllerKind::Io)];

/// The register map of each controller that has one.
type Maps = Vec<Option<Arc<RegisterMap>>>;

pub(super) fn read(
    lines: &[Section<'_, '_>],
    controllers: &[Section<'_, '_>],
    mqtt: Option<&Section<'_, '_>>,
    broker: Option<Broker>,
    feedback: &Feedback,
) -> (Vec<Line>, Vec<Controller>) {
    too_many(lines, MAX_LINES, "lines");
    too_many(controllers, MAX_CONTROLLERS, "controllers");
    let mut taken = Taken::default();
    if let Some(section) = mqtt {
        taken.broker = Some(mqtt::broker_id());
        let what = format!("the line id \"{}\"", mqtt::BROKER_ID);
        taken.lines.take(section, mqtt::BROKER_ID.to_owned(), section.header.clone(), what);
    }
    let lines_read: Vec<_> = lines.iter().map(|section| line(section, &mut taken)).collect();
    let maps: Maps = controllers.iter().map(map).collect();
    let mut doors =
        Doors::of(controllers.iter().zip(&maps).map(|controller| named(&taken, controller)).collect());
    let read = controllers.iter().zip(&maps).enumerate();
    let mut controllers_read: Vec<_> =
        read.map(|(at, (section, map))| controller(at, section, map, &mut taken, &mut doors)).collect();
    for (at, section) in controllers.iter().enumerate() {
        if section.value("door").is_none() && !doors.uses(at) {
            let problem = Problem::at(section.header.clone(), "the controller has no door");
            section.review.note(problem.help("describe each in a section [[controller.door]] below it"));
        }
    }
    for (section, read) in controllers.iter().zip(&mut controllers_read) {
        let changed = feedback_of(section, feedback);
        if let Some(controller) = read {
            controller.feedback = Arc::new(changed);
        }
    }
    let mut controllers: Vec<_> = controllers_read.into_iter().flatten().collect();
    settle_boards(&mut controllers, broker.as_ref(), mqtt);
    let broker = broker.map(|broker| Line { id: mqtt::broker_id(), protocol: Protocol::Mqtt(broker) });
    for (section, line) in lines.iter().zip(&lines_read) {
        let Some(line) = line else { continue };
        let boards: Vec<_> = controllers.iter().filter(|controller| *controller.line() == line.id).collect();
        modbus::refuse_slow(section, &line.protocol, &boards);
    }
    (lines_read.into_iter().flatten().chain(broker).collect(), controllers)
}

/// What a controller's readers show people: the site's, but for what the controller has of its own. Only OSDP readers are
/// told.
fn feedback_of(section: &Section<'_, '_>, site: &Feedback) -> Feedback {
    if kind_of(section).is_some_and(|kind| kind != ControllerKind::Reader) || section.value("mqtt").is_some()
    {
        let help = "remove it: what people see there is the device's own affair";
        section.unused(&["feedback"], "at a device that is no reader", help);
        return site.clone();
    }
    let own = section.inline("feedback", section::FEEDBACK, "{ refused = { light = \"red\", beeps = 1 } }");
    feedback::read(own.as_ref(), site.clone())
}

fn kind_of(section: &Section<'_, '_>) -> Option<ControllerKind> {
    let word = section.value("kind").and_then(|value| value.get_ref().as_str());
    KINDS.iter().find(|(name, _)| Some(*name) == word).map(|(_, kind)| *kind)
}

/// The register map of an I/O board.
fn map(section: &Section<'_, '_>) -> Option<Arc<RegisterMap>> {
    match kind_of(section)? {
        ControllerKind::Io if section.value("mqtt").is_some() => None,
        ControllerKind::Io => register_map::named(section),
        ControllerKind::Panel | ControllerKind::Reader => {
            let help = "remove it, or set kind = \"io\" if it is a Modbus board";
            section.unused(&["map", "timeout_ms"], "at a device that is no I/O board", help);
            None
        }
    }
}

/// A controller as doors may name it, whatever else is wrong with it.
fn named(taken: &Taken, (section, map): (&Section<'_, '_>, &Option<Arc<RegisterMap>>)) -> Named {
    let line = section.value("line").and_then(|value| value.get_ref().as_str());
    let spoken = line.and_then(|line| taken.spoken.get(line));
    let id = section.value("id").and_then(|value| value.get_ref().as_str()).unwrap_or_default();
    let points = map.as_ref().map(|map| Points {
        outputs: map.outputs.map_or(0, |outputs| outputs.points.count),
        inputs: map.inputs.map_or(0, |inputs| inputs.count),
        why: ", by its register map",
        help: "correct the number, or `map` of that controller",
    });
    let adapter = (spoken == Some(&Spoken::WiegandSerial)).then_some(Points {
        outputs: 0,
        inputs: 0,
        why: ": it is a reader behind an adapter",
        help: "name the controller that has it: { controller = \"relays\", … }",
    });
    let points = points.or(adapter).or_else(|| mqtt_device::points(section));
    Named { id: id.to_owned(), kind: kind_of(section), points }
}

/// What may be given out once, and where it was.
#[derive(Default)]
struct Taken {
    /// Unfit ids too, so that a controller on such a line is not told that there is none.
    lines: Once<String>,
    /// What is spoken on lines, where that could be read.
    spoken: BTreeMap<String, Spoken>,
    ports: Once<PathBuf>,
    peers: Once<String>,
    controllers: Once<ControllerId>,
    addresses: Once<(LineId, u64)>,
    on_line: BTreeMap<LineId, usize>,
    key_files: Once<PathBuf>,
    /// Lines whose adapter has its controller.
    adapters: Once<LineId>,
    /// The broker, if there is one.
    broker: Option<LineId>,
    topics: Once<String>,
}

fn line(section: &Section<'_, '_>, taken: &mut Taken) -> Option<Line> {
    let id = section.id::<LineId>("id = \"north\"");
    if let Some(text) = section.value("id").and_then(|id| id.get_ref().as_str().map(|text| (text, id.span())))
    {
        taken.lines.take(section, text.0.to_owned(), text.1, format!("the line id \"{}\"", text.0));
    }
    if section.value("protocol").is_none() {
        section.missing("protocol", "protocol = \"osdp\"");
    }
    let spoken = section.word("protocol", &PROTOCOLS, &[]);
    if let (Some(id), Some(spoken)) = (section.value("id").and_then(|id| id.get_ref().as_str()), spoken) {
        taken.spoken.insert(id.to_owned(), spoken);
    }
    if !matches!(spoken, Some(Spoken::WiegandSerial)) {
        section.unused(
            &["frames"],
            "on a line without an adapter",
            "set protocol = \"wiegand-serial\", or remove it",
        );
    }
    let protocol = match spoken {
        Some(Spoken::WiegandSerial) => {
            let Taken { ports, peers, .. } = taken;
            let baud = |section: &Section<'_, '_>| baud(section, "an adapter", &wiegand_serial::BAUD_RATES);
            wiegand_serial::read(section, |section| port(section, ports), baud, peers)
        }
        Some(Spoken::Modbus) => {
            let Taken { ports, peers, .. } = taken;
            let baud = |section: &Section<'_, '_>| baud(section, "Modbus", &modbus::BAUD_RATES);
            modbus::rtu(section, |section| port(section, ports), baud, peers)
        }
        Some(Spoken::ModbusTcp) => modbus::tcp(section, &mut taken.peers),
        Some(Spoken::Osdp) => osdp(section, taken),
        // The port and the rate are checked even where the protocol is none.
        None => osdp(section, taken).and(None),
    };
    Some(Line { id: id?.into_inner(), protocol: protocol? })
}

fn osdp(section: &Section<'_, '_>, taken: &mut Taken) -> Option<Protocol> {
    section.unused(
        &["peer", "gap_ms"],
        "on an OSDP line",
        "OSDP is spoken on a `port`, at a speed of `baud`",
    );
    let (port, baud) = (port(section, &mut taken.ports), baud(section, "OSDP", &BAUD_RATES));
    Some(Protocol::Osdp { port: port?, baud: baud? })
}

fn port(section: &Section<'_, '_>, ports: &mut Once<PathBuf>) -> Option<PathBuf> {
    let text = section.required_text("port", "port = \"/dev/ttyUSB0\"")?;
    let path = section.review.path(text.get_ref());
    ports.take(section, path.clone(), text.span(), format!("the port {}", text.get_ref()));
    Some(path)
}

fn baud(section: &Section<'_, '_>, spoken: &str, rates: &[u32]) -> Option<u32> {
    let baud = section.required_number("baud", 0..u64::MAX, "baud = 9600")?;
    let known = rates.iter().copied().find(|rate| u64::from(*rate) == *baud.get_ref());
    if known.is_none() {
        let nearest = rates.iter().min_by_key(|rate| u64::from(**rate).abs_diff(*baud.get_ref()));
        let rates: Vec<String> = rates.iter().map(ToString::to_string).collect();
        let rates = rates.join(", ");
        let message = format!("{spoken} has no line rate of {} baud", baud.get_ref());
        let problem = Problem::at(baud.span(), message);
        let nearest = nearest.map_or_else(String::new, |rate| format!("; the nearest is {rate}"));
        section.review.note(problem.help(format!("use one of {rates}{nearest}")));
    }
    known
}

fn controller(
    at: usize,
    section: &Section<'_, '_>,
    map: &Option<Arc<RegisterMap>>,
    taken: &mut Taken,
    doors: &mut Doors,
) -> Option<Controller> {
    let id = section.id::<ControllerId>("id = \"lobby\"");
    if let Some(id) = &id {
        let what = format!("the controller id \"{}\"", id.get_ref());
        taken.controllers.take(section, id.get_ref().clone(), id.span(), what);
    }
    if section.value("kind").is_none() {
        section.missing("kind", "kind = \"panel\"");
    }
    let kind = section.word("kind", &KINDS, &[]);
    let own_id = id.as_ref().map(toml::Spanned::get_ref);
    let attachment = match (kind, section.value("mqtt")) {
        (_, Some(_)) => on_broker(section, kind, own_id, taken),
        (Some(ControllerKind::Io), None) => board(section, map.as_ref(), taken),
        (_, None) => on_line(section, kind, taken),
    };
    let doors = doors_of(at, section, doors);
    if let Some(Attachment::Mqtt { dialect: Dialect::EspRfid(_), .. }) = &attachment
        && doors.iter().any(|door| door.reader != Some(0))
    {
        let problem =
            Problem::at(section.header.clone(), "an esp-rfid has one reader, reader 0, and one door");
        section.review.note(problem.help("describe one door with reader = 0"));
    }
    let feedback = Arc::default();
    Some(Controller { id: id?.into_inner(), kind: kind?, attachment: attachment?, feedback, doors })
}

fn on_line(section: &Section<'_, '_>, kind: Option<ControllerKind>, taken: &mut Taken) -> Option<Attachment> {
    let line = line_of(section, taken);
    if let Some(line) = &line
        && taken.spoken.get(line.as_str()) == Some(&Spoken::WiegandSerial)
    {
        return behind_adapter(section, kind, line, taken);
    }
    let line = line.filter(|line| kind.is_none() || speaks(section, taken, line, false));
    let address = address(section, taken, line.as_ref(), 0..u64::from(HIGHEST_ADDRESS) + 1);
    let scbk_file = match is_secure(section, kind) {
        true => scbk_file(section, taken).map(Some),
        false => Some(None),
    };
    Some(Attachment::Osdp { line: line?, address: address?, scbk_file: scbk_file? })
}

/// The reader behind a line's adapter.
fn behind_adapter(
    section: &Section<'_, '_>,
    kind: Option<ControllerKind>,
    line: &LineId,
    taken: &mut Taken,
) -> Option<Attachment> {
    if let (Some(ControllerKind::Panel), Some(kind)) = (kind, section.value("kind")) {
        let problem = Problem::at(kind.span(), format!("behind the adapter of line \"{line}\" is a reader"));
        section.review.note(problem.help("set kind = \"reader\"; the gateway decides for it"));
    }
    section.unused(&["address", "scbk_file", "secure"], "at a reader behind an adapter", "remove it");
    let place = section.value("line").map_or(section.header.clone(), toml::Spanned::span);
    taken.adapters.take(section, line.clone(), place, format!("the adapter of line \"{line}\""));
    Some(Attachment::WiegandSerial { line: line.clone() })
}

/// An I/O board on a Modbus line.
fn board(section: &Section<'_, '_>, map: Option<&Arc<RegisterMap>>, taken: &mut Taken) -> Option<Attachment> {
    let line = line_of(section, taken).filter(|line| speaks(section, taken, line, true));
    let address = address(section, taken, line.as_ref(), modbus::ADDRESSES);
    let timeout = modbus::timeout(section);
    section.unused(&["scbk_file", "secure"], "at an I/O board, which knows no keys", "remove it");
    Some(Attachment::Modbus { line: line?, address: address?, map: map?.clone(), timeout: timeout? })
}

/// Whether boards, or else readers and panels, can hang on that line.
fn speaks(section: &Section<'_, '_>, taken: &Taken, line: &LineId, modbus: bool) -> bool {
    let Some(spoken) = taken.spoken.get(line.as_str()) else { return true };
    let is_right = matches!(spoken, Spoken::Modbus | Spoken::ModbusTcp) == modbus;
    if !is_right {
        let place = section.value("kind").map_or(section.header.clone(), toml::Spanned::span);
        let problem = match modbus {
            true => {
                let other = if *spoken == Spoken::Osdp { "speaks OSDP" } else { "has an adapter" };
                Problem::at(place, format!("an I/O board hangs on a Modbus line, and \"{line}\" {other}"))
                    .help("name a line with protocol = \"modbus\" or \"modbus-tcp\"")
            }
            false => {
                Problem::at(place, format!("line \"{line}\" speaks Modbus, and on it are I/O boards alone"))
                    .help("set kind = \"io\" and the board's register map, or name an OSDP line")
            }
        };
        section.review.note(problem);
    }
    is_right
}

fn on_broker(
    section: &Section<'_, '_>,
    kind: Option<ControllerKind>,
    id: Option<&ControllerId>,
    taken: &mut Taken,
) -> Option<Attachment> {
    let OnBroker { dialect, user, name, what } =
        mqtt_device::device(section, kind, id, taken.broker.is_some())?;
    taken.topics.take(section, name.get_ref().clone(), name.span(), what);
    if !dialect.is_native() {
        let place = section.value("id").map_or(section.header.clone(), toml::Spanned::span);
        let what = format!("the broker's user \"{user}\", which a topic is called too,");
        taken.topics.take(section, user.clone(), place, what);
    }
    Some(Attachment::Mqtt { broker: taken.broker.clone()?, dialect, user })
}

/// Boards that share a topic know of each other, and one that can't do TLS has a door that asks for none.
fn settle_boards(controllers: &mut [Controller], broker: Option<&Broker>, section: Option<&Section<'_, '_>>) {
    let board = |controller: &Controller| match &controller.attachment {
        Attachment::Mqtt { dialect: Dialect::EspRfid(board), .. } => Some((board.topic.clone(), board.ip)),
        _ => None,
    };
    let all: Vec<_> = controllers.iter().filter_map(board).collect();
    for controller in controllers {
        if let Attachment::Mqtt { dialect: Dialect::EspRfid(board), .. } = &mut controller.attachment {
            let others = all.iter().filter(|(topic, ip)| *topic == board.topic && *ip != board.ip);
            board.neighbours = others.map(|(_, ip)| *ip).collect();
        }
    }
    if let (false, Some(broker), Some(section)) = (all.is_empty(), broker, section)
        && broker.wants_tls()
    {
        let problem =
            Problem::at(section.header.clone(), "an esp-rfid can't do TLS, and the broker asks for it");
        section.review.note(problem.help(
            "give it a door of its own on a network that is kept for such boards: plain_listen = \"192.0.2.1:1883\"",
        ));
    }
}

/// Whether the device is talked to in secret alone. Only for a reader can the file say no.
fn is_secure(section: &Section<'_, '_>, kind: Option<ControllerKind>) -> bool {
    let Some(value) = section.value("secure") else { return true };
    if section.flag("secure") {
        return true;
    }
    if kind == Some(ControllerKind::Panel) {
        let message = "a panel is never talked to without secure channel";
        section.review.note(Problem::at(value.span(), message).help("remove the line `secure = false`"));
        return true;
    }
    if let Some(key) = section.value("scbk_file") {
        let problem = Problem::at(key.span(), "`scbk_file` has no use beside secure = false");
        section.review.note(problem.help("keep one of the two"));
    }
    false
}

fn address(
    section: &Section<'_, '_>,
    taken: &mut Taken,
    line: Option<&LineId>,
    addresses: Range<u64>,
) -> Option<u8> {
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
    if taken.broker.is_some() && *text.get_ref() == mqtt::BROKER_ID {
        let problem = Problem::at(text.span(), "the broker is no line");
        let help = "for a controller on the broker write mqtt = { dialect = \"native\", topic = \"shed\" }";
        section.review.note(problem.help(help));
        return None;
    }
    if !taken.lines.values().any(|id| id == *text.get_ref()) {
        let problem = Problem::at(text.span(), format!("no [[line]] has the id \"{}\"", text.get_ref()));
        section.review.note(match closest(text.get_ref(), taken.lines.values().map(String::as_str)) {
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

fn doors_of(at: usize, section: &Section<'_, '_>, doors: &mut Doors) -> Vec<Door> {
    let sections = section.sections("door", "[[controller.door]]", section::DOOR);
    sections.iter().filter_map(|section| doors.read(at, section)).collect()
}

fn too_many(sections: &[Section<'_, '_>], most: usize, what: &str) {
    if let Some(first_over) = sections.get(most) {
        let message = format!("{} {what} are described; one gateway drives at most {most}", sections.len());
        first_over.review.note(Problem::at(first_over.header.clone(), message).label("the first too many"));
    }
}

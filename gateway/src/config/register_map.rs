//! Register maps of Modbus boards: those that are shipped, and files of one's own, with the configuration's way of pointing
//! at mistakes.
//!
//! A map is refused that could make one request mean two things: outputs that are inputs, on that is off, a pulse that is
//! either.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use toml::Spanned;
use toml::de::DeTable;

use super::NamedFiles;
use super::closest;
use super::problem::{Problem, Problems};
use super::section::{Review, Section};
use crate::links::modbus::limits::MAX_POINTS;
use crate::links::modbus::map::{Outputs, Points, Pulse, RegisterMap, Write, WriteFunction};
use crate::links::modbus::request::Table;

/// The maps that are part of the program, by the names that a configuration has for them.
pub(super) const SHIPPED: [(&str, &str); 5] = [
    ("waveshare-relay-8", include_str!("../../../config/modbus/waveshare-relay-8.toml")),
    ("waveshare-relay-8-inputs", include_str!("../../../config/modbus/waveshare-relay-8-inputs.toml")),
    ("wp8025adam", include_str!("../../../config/modbus/wp8025adam.toml")),
    ("r421a08", include_str!("../../../config/modbus/r421a08.toml")),
    ("standard-8", include_str!("../../../config/modbus/standard-8.toml")),
];

const ROOT: &[&str] = &["name", "source", "outputs", "inputs"];
const OUTPUTS: &[&str] = &["count", "read", "on", "off", "pulse"];
const INPUTS: &[&str] = &["count", "read", "active"];
const READ: &[&str] = &["table", "first", "packed"];
const WRITE: &[&str] = &["function", "first", "value"];
const PULSE: &[&str] = &["function", "first", "plus", "unit_ms", "most"];

const TABLES: [(&str, Table); 4] = [
    ("coils", Table::Coils),
    ("discrete-inputs", Table::DiscreteInputs),
    ("holding-registers", Table::HoldingRegisters),
    ("input-registers", Table::InputRegisters),
];

const READ_EXAMPLE: &str = "{ table = \"coils\", first = 0 }";
const WRITE_EXAMPLE: &str = "{ function = 5, first = 0, value = 0xFF00 }";
const PULSE_EXAMPLE: &str = "{ function = 5, first = 0x0200, unit_ms = 100, most = 0x7FFF }";

/// Addresses of one table.
const ADDRESSES: u64 = 1 << 16;

/// Longest unit of a pulse, in milliseconds.
const MAX_UNIT_MS: u64 = 60_000;

/// The map that a controller names: one that is shipped, or a file.
pub(super) fn named(section: &Section<'_, '_>) -> Option<Arc<RegisterMap>> {
    let text = section.required_text("map", "map = \"waveshare-relay-8\"")?;
    let name = *text.get_ref();
    let read = if let Some((_, shipped)) = SHIPPED.iter().find(|(known, _)| *known == name) {
        parse(Path::new(name), shipped)
    } else if name.contains('/') || name.ends_with(".toml") {
        file(&section.review.path(name))
    } else {
        section.review.note(unknown(&text));
        return None;
    };
    match read {
        Ok(map) => Some(Arc::new(map)),
        Err(problems) => {
            let problem = Problem::at(text.span(), format!("the register map {name} can't be used"));
            section.review.note(problem.help(problems.render(false)));
            None
        }
    }
}

fn unknown(text: &Spanned<&str>) -> Problem {
    let problem = Problem::at(text.span(), format!("no register map \"{}\" is shipped", text.get_ref()));
    let names = SHIPPED.map(|(name, _)| name);
    match closest(text.get_ref(), names) {
        Some(near) => problem.help(format!("did you mean \"{near}\"?")),
        None => problem.help(format!(
            "there are {}; or name a file of your own, such as map = \"maps/board.toml\"",
            names.join(", ")
        )),
    }
}

fn file(path: &Path) -> Result<RegisterMap, Problems> {
    let remedy = "write one like those in config/modbus, or name one that is shipped";
    let text =
        super::read(path).map_err(|error| Problems::unreadable(path, "the register map", remedy, &error))?;
    parse(path, &text)
}

/// Reads a map's text as if it stood in that file.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub(super) fn parse(path: &Path, text: &str) -> Result<RegisterMap, Problems> {
    let (document, syntax) = DeTable::parse_recoverable(text);
    if !syntax.is_empty() {
        return Err(Problems::new(path, text, syntax.iter().map(Problem::syntax).collect()));
    }
    let review =
        Review { folder: Path::new("").to_owned(), files: NamedFiles::Ignored, problems: RefCell::default() };
    let map = whole(&Section::new(&review, "the map", ROOT, 0..0, document.get_ref()));
    let problems = review.problems.into_inner();
    match map {
        Some(map) if problems.is_empty() => Ok(map),
        _ => Err(Problems::new(path, text, problems)),
    }
}

fn whole(root: &Section<'_, '_>) -> Option<RegisterMap> {
    root.required_text("name", "name = \"Relay board, 8 channels\"");
    root.required_text("source", "source = \"the maker's manual, page 12\"");
    let outputs = root.section("outputs", "[outputs]", OUTPUTS);
    let inputs = root.section("inputs", "[inputs]", INPUTS);
    if root.value("outputs").is_none() && root.value("inputs").is_none() {
        let problem = Problem::at(root.header.clone(), "the map has neither [outputs] nor [inputs]");
        root.review.note(problem.help("describe at least one of them"));
    }
    let outputs = outputs.map(|section| self::outputs(&section));
    let inputs = inputs.map(|section| (points(&section, true), section));
    if let (Some(Some(outputs)), Some((Some(inputs), section))) = (&outputs, &inputs) {
        refuse_shared(outputs.points, *inputs, section);
    }
    Some(RegisterMap {
        name: root.name("name")?,
        outputs: match outputs {
            Some(outputs) => Some(outputs?),
            None => None,
        },
        inputs: match inputs {
            Some((inputs, _)) => Some(inputs?),
            None => None,
        },
    })
}

/// What an output is read back by must be no input.
fn refuse_shared(outputs: Points, inputs: Points, section: &Section<'_, '_>) {
    let overlap = overlap((outputs.first, outputs.addresses()), (inputs.first, inputs.addresses()));
    if outputs.table == inputs.table && overlap {
        let place = section.value("read").map_or(section.header.clone(), Spanned::span);
        let problem = Problem::at(place, "inputs and outputs are read at the same addresses");
        section.review.note(problem.help("give each its own addresses, or another table"));
    }
}

fn overlap((one, one_len): (u16, u16), (other, other_len): (u16, u16)) -> bool {
    let end = |first: u16, len: u16| u32::from(first) + u32::from(len);
    u32::from(one) < end(other, other_len) && u32::from(other) < end(one, one_len)
}

/// Points that are read together.
fn points(section: &Section<'_, '_>, may_be_inverted: bool) -> Option<Points> {
    let count = section.required_number("count", 1..u64::from(MAX_POINTS) + 1, "count = 8");
    if section.value("read").is_none() {
        section.missing("read", &format!("read = {READ_EXAMPLE}"));
    }
    let read = section.inline("read", READ, READ_EXAMPLE)?;
    if read.value("table").is_none() {
        read.missing("table", "table = \"coils\"");
    }
    let table = read.word("table", &TABLES, &[]);
    let first = address(&read);
    let packed = read.flag("packed");
    if let (Some(table), Some(value), true) = (table, read.value("packed"), packed)
        && table.has_bits()
    {
        let problem = Problem::at(value.span(), "`packed` is for registers, and this table has bits");
        read.review.note(problem.help("remove it"));
    }
    let active = !may_be_inverted || section.value("active").is_none() || section.flag("active");
    let count = u8::try_from(count?.into_inner()).ok()?;
    let points = Points { table: table?, first: *first.as_ref()?.get_ref(), count, packed, active };
    fits(&read, &first?, points.addresses()).then_some(points)
}

fn address(section: &Section<'_, '_>) -> Option<Spanned<u16>> {
    let first = section.required_number("first", 0..ADDRESSES, "first = 0")?;
    Some(Spanned::new(first.span(), u16::try_from(*first.get_ref()).ok()?))
}

/// Whether all addresses exist.
fn fits(section: &Section<'_, '_>, first: &Spanned<u16>, addresses: u16) -> bool {
    let last = u64::from(*first.get_ref()) + u64::from(addresses) - 1;
    if last >= ADDRESSES {
        let message = format!("the last of {addresses} addresses would be {last}; there is none above 65535");
        section.review.note(Problem::at(first.span(), message).help("lower `first` or `count`"));
    }
    last < ADDRESSES
}

fn outputs(section: &Section<'_, '_>) -> Option<Outputs> {
    let points = points(section, false);
    let count = points.map_or(1, |points| points.count);
    let on = write(section, "on", count);
    let off = write(section, "off", count);
    let pulse = section.inline("pulse", PULSE, PULSE_EXAMPLE).map(|it| (pulse(&it, count), it));
    if let (Some(on), Some(off)) = (on, off)
        && means_both(on, off, count)
    {
        let place = section.value("off").map_or(section.header.clone(), Spanned::span);
        let problem = Problem::at(place, "what switches an output off switches one on as well");
        section.review.note(problem.help("give `on` and `off` different values"));
    }
    if let Some((Some(pulse), it)) = &pulse {
        let ambiguous = [on, off].into_iter().flatten().any(|write| is_pulse_too(write, *pulse, count));
        if ambiguous {
            let problem = Problem::at(it.header.clone(), "some time of the pulse means on or off");
            it.review.note(problem.help("give it addresses of its own, or another `plus` or `most`"));
        }
    }
    Some(Outputs {
        points: points?,
        on: on?,
        off: off?,
        pulse: match pulse {
            Some((pulse, _)) => Some(pulse?),
            None => None,
        },
    })
}

fn means_both(on: Write, off: Write, count: u8) -> bool {
    let count = u16::from(count);
    on.function == off.function && on.value == off.value && overlap((on.first, count), (off.first, count))
}

fn is_pulse_too(write: Write, pulse: Pulse, count: u8) -> bool {
    let count = u16::from(count);
    let times = pulse.plus.saturating_add(1)..=pulse.plus.saturating_add(pulse.most);
    write.function == pulse.function
        && overlap((write.first, count), (pulse.first, count))
        && times.contains(&write.value)
}

fn write(section: &Section<'_, '_>, key: &'static str, count: u8) -> Option<Write> {
    if section.value(key).is_none() {
        section.missing(key, &format!("{key} = {WRITE_EXAMPLE}"));
    }
    let it = section.inline(key, WRITE, WRITE_EXAMPLE)?;
    let (function, first) = (function(&it), address(&it));
    let value = it.required_number("value", 0..ADDRESSES, "value = 0xFF00");
    let value = u16::try_from(value?.into_inner()).ok()?;
    let first = first?;
    fits(&it, &first, count.into()).then_some(Write { function: function?, first: first.into_inner(), value })
}

fn pulse(it: &Section<'_, '_>, count: u8) -> Option<Pulse> {
    let (function, first) = (function(it), address(it));
    let plus = it.number("plus", 0..ADDRESSES).map_or(Some(0), |plus| u16::try_from(plus.into_inner()).ok());
    let unit = it.required_number("unit_ms", 1..MAX_UNIT_MS + 1, "unit_ms = 100");
    let most = it.required_number("most", 1..ADDRESSES, "most = 0x7FFF");
    let (plus, first) = (plus?, first?);
    let unit = Duration::from_millis(unit?.into_inner());
    let most_at = most?;
    let most = u16::try_from(*most_at.get_ref()).ok()?;
    if plus.checked_add(most).is_none() {
        let problem = Problem::at(most_at.span(), "`plus` and `most` together are above 65535");
        it.review.note(problem.help(format!("`most` can be {} here", u16::MAX - plus)));
        return None;
    }
    let pulse = Pulse { function: function?, first: *first.get_ref(), plus, unit, most };
    fits(it, &first, count.into()).then_some(pulse)
}

fn function(it: &Section<'_, '_>) -> Option<WriteFunction> {
    let code = it.required_number("function", 0..256, "function = 5")?;
    match code.get_ref() {
        5 => Some(WriteFunction::Coil),
        6 => Some(WriteFunction::Register),
        other => {
            let message = format!("function {other} does not switch one output");
            let help = "use 5, which writes a coil, or 6, which writes a register";
            it.review.note(Problem::at(code.span(), message).help(help));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        let problems = parse(Path::new("board.toml"), text).expect_err("should be refused");
        problems.list().iter().map(|problem| problem.message().to_owned()).collect()
    }

    const BOARD: &str = r#"
name = "Board"
source = "a manual"
[outputs]
count = 8
read = { table = "coils", first = 0 }
on = { function = 5, first = 0, value = 0xFF00 }
off = { function = 5, first = 0, value = 0 }
pulse = { function = 5, first = 0x200, unit_ms = 100, most = 0x7FFF }
[inputs]
count = 8
read = { table = "discrete-inputs", first = 0 }
"#;

    #[test]
    fn every_shipped_map_is_right_and_names_its_source() {
        for (name, text) in SHIPPED {
            let map = parse(Path::new(name), text).unwrap_or_else(|problems| panic!("{problems}"));
            assert!(map.outputs.is_some() && text.contains("source = "), "{name}");
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../config/modbus/{name}.toml"));
            assert!(file.exists(), "{name}");
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/modbus");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), SHIPPED.len(), "one of them is not built in");
    }

    #[test]
    fn a_waveshare_pulse_is_the_makers_flash_command() {
        use crate::links::modbus::request::Request;
        let map = parse(Path::new("it"), SHIPPED[0].1).unwrap();
        let pulse = map.outputs.unwrap().pulse.unwrap();
        let (request, span) = pulse.of(7, Duration::from_secs(5)).unwrap();
        assert_eq!(request, Request::WriteCoil { address: 0x207, value: 50 });
        assert_eq!(span, Duration::from_secs(5));
    }

    #[test]
    fn what_could_mean_two_things_or_nothing_is_refused_with_its_place() {
        assert!(parse(Path::new("it"), BOARD).is_ok());
        for (from, to, message) in [
            (
                "function = 5, first = 0, value = 0 ",
                "function = 15, first = 0, value = 0 ",
                "function 15 does not",
            ),
            ("first = 0, value = 0 }", "first = 4, value = 0xFF00 }", "switches one on as well"),
            ("first = 0x200, unit", "first = 0x7, plus = 0x8000, unit", "means on or off"),
            ("most = 0x7FFF", "plus = 0x9000, most = 0x7FFF", "together are above 65535"),
            ("pulse = { function = 5, first = 0x200,", "pulse = { function = 5,", "pulse has no `first`"),
            ("first = 0x200", "first = 0xFFF9", "there is none above 65535"),
            ("\"discrete-inputs\"", "\"coils\"", "read at the same addresses"),
            ("\"discrete-inputs\"", "\"coil\"", "`table` can't be \"coil\""),
            ("\"coils\", first = 0", "\"coils\", first = 0, packed = true", "this table has bits"),
            (
                "count = 8\nread = { table = \"coils\"",
                "count = 65\nread = { table = \"coils\"",
                "must be 1 to 64",
            ),
            ("source = \"a manual\"", "", "has no `source`"),
            ("unit_ms = 100", "unit = 100", "unknown key `unit`"),
        ] {
            let text = BOARD.replacen(from, to, 1);
            assert_ne!(text, BOARD, "{from}");
            let told = messages(&text);
            assert!(told.iter().any(|told| told.contains(message)), "{to}: {told:?}");
        }
        assert!(messages("name = \"a\"\nsource = \"b\"").concat().contains("neither [outputs] nor [inputs]"));
    }

    #[test]
    fn no_text_makes_it_panic() {
        for cut in 0..BOARD.len() {
            let _ = parse(Path::new("it"), &BOARD[..cut]);
            let _ = parse(Path::new("it"), &BOARD[cut..]);
        }
    }
}

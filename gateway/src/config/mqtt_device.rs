//! The `mqtt` table of a controller: what it speaks at the broker, and under which names.

use std::net::Ipv4Addr;

use toml::Spanned;

use super::controller::ControllerKind;
use super::door::Points;
use super::mqtt::level;
use super::problem::Problem;
use super::section::{self, Section};
use crate::domain::ControllerId;
use crate::links::mqtt::topic::GATEWAY;
use crate::links::mqtt::{Component, Dialect, EspHome, EspRfid, Numbers, Tasmota};

/// What a device can speak.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spoken {
    Native,
    EspRfid,
    Tasmota,
    EspHome,
}

const DIALECTS: [(&str, Spoken); 4] = [
    ("native", Spoken::Native),
    ("esp-rfid", Spoken::EspRfid),
    ("tasmota", Spoken::Tasmota),
    ("esphome", Spoken::EspHome),
];

/// Keys of the `mqtt` table that belong to some dialects alone.
const OF_ESP_RFID: [&str; 3] = ["ip", "numbers", "bits"];
const OF_TASMOTA: [&str; 2] = ["full_topic", "parity"];
const OF_ESPHOME: [&str; 2] = ["outputs", "inputs"];

const NUMBERS: [(&str, Numbers); 2] = [("hex", Numbers::Hexadecimal), ("decimal", Numbers::Decimal)];
const PARITY_KEPT: [(&str, bool); 2] = [("stripped", false), ("kept", true)];

/// How long the cards are that a board's Wiegand reader reads.
const CARD_BITS: [u64; 4] = [24, 26, 32, 34];

/// Longest topic of a board, and its longest level, in characters.
const MAX_TOPIC_LEN: usize = 64;

/// Outputs or inputs of a node.
const MAX_COMPONENTS: usize = 16;

/// What topics of others begin with.
const TAKEN: [&str; 7] = ["gatehouse", "tasmota", "esphome", "homeassistant", "cmnd", "stat", "tele"];

const FULL_TOPIC: &str = "%prefix%/%topic%/";

/// A device's place on the broker.
pub(super) struct OnBroker {
    pub(super) dialect: Dialect,
    /// Its name as user of the broker.
    pub(super) user: String,
    /// What must be its alone, where it stands, and how it is called.
    pub(super) name: Spanned<String>,
    pub(super) what: String,
}

/// The `mqtt` table of a controller. `broker`: the file has one.
pub(super) fn device(
    controller: &Section<'_, '_>,
    kind: Option<ControllerKind>,
    id: Option<&ControllerId>,
    broker: bool,
) -> Option<OnBroker> {
    let table = controller.section("mqtt", "`mqtt`", section::MQTT_DEVICE)?;
    if !broker {
        let problem =
            Problem::at(table.header.clone(), "the controller is on a broker, and the file has none");
        controller
            .review
            .note(problem.help("describe it in a section [mqtt], such as broker = \"embedded\""));
    }
    for key in ["line", "address", "scbk_file", "secure", "map", "timeout_ms"] {
        if let Some(value) = controller.value(key) {
            let message = format!("`{key}` is for a controller on a line, and this one is on the broker");
            controller.review.note(Problem::at(value.span(), message).help("keep `mqtt` or the line"));
        }
    }
    if table.value("dialect").is_none() {
        table.missing("dialect", "dialect = \"native\"");
    }
    let spoken = table.word("dialect", &DIALECTS, &[]);
    if let Some(spoken) = spoken {
        refuse_kind(controller, spoken, kind);
        refuse_keys(&table, spoken);
    }
    let topic = table.required_text("topic", "topic = \"shed\"")?;
    match spoken? {
        Spoken::Native => native(&table, &topic),
        Spoken::EspRfid => esp_rfid(&table, &topic, id),
        Spoken::Tasmota => tasmota(&table, &topic, id),
        Spoken::EspHome => esphome(&table, &topic, id),
    }
}

/// The outputs and inputs of a device at the broker, as far as its table says so.
pub(super) fn points(controller: &Section<'_, '_>) -> Option<Points> {
    let table = controller.value("mqtt")?.get_ref().as_table()?;
    let of = |key: &str| table.get(key).map(Spanned::get_ref);
    let count = |key: &str| of(key).and_then(|it| Some(it.as_array()?.len())).unwrap_or(0);
    let points = |outputs: usize, inputs: usize, why, help| {
        let [outputs, inputs] = [outputs, inputs].map(|count| u8::try_from(count).unwrap_or(u8::MAX));
        Some(Points { outputs, inputs, why, help })
    };
    match of("dialect")?.as_str()? {
        "tasmota" => points(8, 8, ": it is a Tasmota", "POWER1 is output 0, Switch1 input 0"),
        "esphome" => points(
            count("outputs"),
            count("inputs"),
            " in its `mqtt`",
            "name its components: outputs = [\"lock/door\"], inputs = [\"binary_sensor/contact\"]",
        ),
        _ => None,
    }
}

/// Who decides follows from the dialect.
fn refuse_kind(controller: &Section<'_, '_>, spoken: Spoken, kind: Option<ControllerKind>) {
    let Some((kind, place)) = kind.zip(controller.value("kind")) else { return };
    let word = DIALECTS.iter().find(|(_, known)| *known == spoken).map_or("", |(word, _)| word);
    let holds_table = matches!(spoken, Spoken::Native | Spoken::EspRfid);
    let (message, help) = match (holds_table, kind) {
        (true, ControllerKind::Reader | ControllerKind::Io) => {
            (format!("a controller of the {word} dialect holds a card table"), "write kind = \"panel\"")
        }
        (false, ControllerKind::Panel) => (
            format!("a device of the {word} dialect holds no card table"),
            "write kind = \"reader\", or kind = \"io\" if it has no reader; the gateway decides for it",
        ),
        _ => return,
    };
    controller.review.note(Problem::at(place.span(), message).help(help));
}

fn refuse_keys(table: &Section<'_, '_>, spoken: Spoken) {
    let others: [(Spoken, &[&str], &str); 3] = [
        (Spoken::EspRfid, &OF_ESP_RFID, "an esp-rfid"),
        (Spoken::Tasmota, &OF_TASMOTA, "a Tasmota"),
        (Spoken::EspHome, &OF_ESPHOME, "an ESPHome node"),
    ];
    for (of, keys, whose) in others.into_iter().filter(|(of, ..)| *of != spoken) {
        let _ = of;
        for key in keys {
            if let Some(value) = table.value(key) {
                let message = format!("`{key}` is for {whose}");
                table.review.note(Problem::at(value.span(), message).help("remove it"));
            }
        }
    }
}

fn native(table: &Section<'_, '_>, text: &Spanned<&str>) -> Option<OnBroker> {
    let topic = level(table, text, "topic")?;
    if topic == GATEWAY {
        let message = format!("`topic` can't be \"{GATEWAY}\": that is the gateway's own name on the broker");
        table.review.note(Problem::at(text.span(), message));
        return None;
    }
    Some(OnBroker {
        user: topic.clone(),
        what: format!("the topic \"{topic}\""),
        name: Spanned::new(text.span(), topic.clone()),
        dialect: Dialect::Native { topic },
    })
}

/// A board's own name in the file is its user.
fn user(id: Option<&ControllerId>) -> Option<String> {
    id.map(ToString::to_string)
}

fn esp_rfid(table: &Section<'_, '_>, text: &Spanned<&str>, id: Option<&ControllerId>) -> Option<OnBroker> {
    let topic = base(table, text);
    let ip_text = table.required_text("ip", "ip = \"192.0.2.31\", the address that the board has");
    let ip = ip_text.as_ref().and_then(|ip| {
        let parsed: Option<Ipv4Addr> = ip.get_ref().parse().ok();
        if parsed.is_none() {
            let message = format!("`ip` can't be \"{}\": it is the board's IPv4 address", ip.get_ref());
            let help = "a board takes only what names its own address, so give it a fixed one";
            table.review.note(Problem::at(ip.span(), message).help(help));
        }
        parsed
    });
    let numbers = match table.value("numbers") {
        None => Some(Numbers::Hexadecimal),
        Some(_) => table.word("numbers", &NUMBERS, &[]),
    };
    let bits = match table.value("bits") {
        None => Some(26),
        Some(_) => card_bits(table),
    };
    let (ip, place) = ip.zip(ip_text.map(|ip| ip.span()))?;
    let (topic, numbers, bits) = (topic?, numbers?, bits?);
    let board = EspRfid { topic, ip, numbers, bits, neighbours: Vec::new() };
    Some(OnBroker {
        dialect: Dialect::EspRfid(board),
        user: user(id)?,
        name: Spanned::new(place, ip.to_string()),
        what: format!("the address {ip}"),
    })
}

fn card_bits(table: &Section<'_, '_>) -> Option<u8> {
    let bits = table.number("bits", 1..65)?;
    if CARD_BITS.contains(bits.get_ref()) {
        return u8::try_from(*bits.get_ref()).ok();
    }
    let message = format!("its reader reads no cards of {} bits", bits.get_ref());
    table.review.note(Problem::at(bits.span(), message).help("`bits` is 24, 26, 32 or 34"));
    None
}

fn tasmota(table: &Section<'_, '_>, text: &Spanned<&str>, id: Option<&ControllerId>) -> Option<OnBroker> {
    let topic = one_level(table, text);
    let full_topic = match table.text("full_topic") {
        Some(text) => full_topic(table, &text),
        None if table.value("full_topic").is_some() => None,
        None => Some(FULL_TOPIC.to_owned()),
    };
    let parity_kept = match table.value("parity") {
        None => Some(false),
        Some(_) => table.word("parity", &PARITY_KEPT, &[]),
    };
    let (topic, full_topic, parity_kept) = (topic?, full_topic?, parity_kept?);
    let name = Spanned::new(text.span(), format!("tasmota {topic}"));
    let what = format!("the topic \"{topic}\"");
    let dialect = Dialect::Tasmota(Tasmota { topic, full_topic, parity_kept });
    Some(OnBroker { dialect, user: user(id)?, name, what })
}

fn full_topic(table: &Section<'_, '_>, text: &Spanned<&str>) -> Option<String> {
    let full = text.get_ref();
    let both = ["%prefix%", "%topic%"].iter().all(|part| full.matches(part).count() == 1);
    let rest = full.replace("%prefix%", "p").replace("%topic%", "t");
    let fits = rest.trim_end_matches('/').split('/').all(is_level) && full.len() <= MAX_TOPIC_LEN;
    if both && fits {
        return Some((*full).to_owned());
    }
    let message = format!("`full_topic` can't be \"{full}\"");
    let help = format!("it is what the board's FullTopic is, with both parts: \"{FULL_TOPIC}\"");
    table.review.note(Problem::at(text.span(), message).help(help));
    None
}

fn esphome(table: &Section<'_, '_>, text: &Spanned<&str>, id: Option<&ControllerId>) -> Option<OnBroker> {
    let topic = one_level(table, text);
    let outputs = components(table, "outputs", true);
    let inputs = components(table, "inputs", false);
    let (topic, outputs, inputs) = (topic?, outputs?, inputs?);
    let name = Spanned::new(text.span(), format!("esphome {topic}"));
    let what = format!("the topic \"{topic}\"");
    Some(OnBroker {
        dialect: Dialect::EspHome(EspHome { topic, outputs, inputs }),
        user: user(id)?,
        name,
        what,
    })
}

fn components(table: &Section<'_, '_>, key: &str, outputs: bool) -> Option<Vec<Component>> {
    let Some(value) = table.value(key) else { return Some(Vec::new()) };
    let texts = table.texts(key, MAX_COMPONENTS)?;
    let mut found: Vec<Component> = Vec::new();
    for text in texts {
        match text.parse::<Component>() {
            Ok(component) if component.is_output() == outputs && !found.contains(&component) => {
                found.push(component);
            }
            _ => {
                let message = format!("`{key}` can't have \"{text}\"");
                let help = match outputs {
                    true => "an output is a lock or a switch by its name in topics, each once: \"lock/door\"",
                    false => {
                        "an input is a binary sensor by its name in topics, each once: \"binary_sensor/contact\""
                    }
                };
                table.review.note(Problem::at(value.span(), message).help(help));
                return None;
            }
        }
    }
    Some(found)
}

/// What a board's topics begin with: some levels, perhaps an empty one first.
fn base(table: &Section<'_, '_>, text: &Spanned<&str>) -> Option<String> {
    let topic = text.get_ref();
    let levels = topic.strip_prefix('/').unwrap_or(topic);
    let first = levels.split('/').next().unwrap_or_default();
    if topic.len() <= MAX_TOPIC_LEN && levels.split('/').all(is_level) && !TAKEN.contains(&first) {
        return Some((*topic).to_owned());
    }
    refuse_topic(table, text, "it is what the board's topics begin with, such as \"/esprfid\"");
    None
}

fn one_level(table: &Section<'_, '_>, text: &Spanned<&str>) -> Option<String> {
    let topic = *text.get_ref();
    if is_level(topic) && !TAKEN.contains(&topic) {
        return Some(topic.to_owned());
    }
    refuse_topic(table, text, "it is the device's name in its topics, such as \"gate\"");
    None
}

fn refuse_topic(table: &Section<'_, '_>, text: &Spanned<&str>, help: &str) {
    let message = format!("`topic` can't be \"{}\"", text.get_ref());
    table.review.note(Problem::at(text.span(), message).help(help));
}

fn is_level(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=MAX_TOPIC_LEN).contains(&text.len()) && text.chars().all(fits)
}

//! What a right configuration means. The wrong ones stand in `config/invalid/`, each beside its message.

use std::time::Duration;

use super::*;
use crate::domain::{Contact, DoorParts, InputPlace, Lock, OutputPlace, ReaderPlace};
use crate::links::mqtt::Dialect;
use panel_protocol::wiegand::FORMATS;
use proptest::prelude::*;

const SMALL: &str = r#"
[site]
name = "Harbour Street"
time_zone = "Europe/Berlin"
data_dir = "data"

[web]
listen = "127.0.0.1:8080"
tls = "off"

[[line]]
id = "north"
protocol = "osdp"
port = "/dev/ttyUSB0"
baud = 115200

[[controller]]
id = "lobby"
line = "north"
address = 0x7E
kind = "panel"
scbk_file = "keys/lobby.scbk"

[[controller.door]]
id = "lobby-main"
reader = 15
"#;

fn parsed(text: &str) -> Result<Config, Problems> {
    parse(Path::new("/etc/gatehouse/gateway.toml"), text, NamedFiles::Ignored)
}

fn messages(text: &str) -> Vec<String> {
    parsed(text)
        .expect_err("should be refused")
        .list()
        .iter()
        .map(|problem| problem.message().into())
        .collect()
}

#[test]
fn paths_are_relative_to_the_file() {
    let config = parsed(SMALL).unwrap();
    assert_eq!(config.site.data_dir, Path::new("/etc/gatehouse/data"));
    assert_eq!(config.socket_path(), Path::new("/etc/gatehouse/data/gateway.sock"));
    let Protocol::Osdp { port, .. } = &config.lines[0].protocol else { panic!("a line") };
    assert_eq!(port, Path::new("/dev/ttyUSB0"));
    let Attachment::Osdp { scbk_file, .. } = &config.controllers[0].attachment else { panic!("on a line") };
    assert_eq!(scbk_file.as_deref(), Some(Path::new("/etc/gatehouse/keys/lobby.scbk")));
}

#[test]
fn what_is_left_out_has_a_cautious_default() {
    let config = parsed(&SMALL.replace("tls = \"off\"", "")).unwrap();
    assert_eq!(config.web.tls, Tls::SelfSigned);
    assert!(!config.web.behind_proxy);
    assert_eq!(config.cards, Cards::default());
    assert_eq!(config.cards.when_number_removed, WhenNumberRemoved::Deactivate);
    assert_eq!(config.cards.default_badge_type, "Standard");
    assert_eq!(config.cards.none_values, ["NONE", "0"]);
    assert_eq!(config.limits, Limits { events: 1_000_000, event_days: 90, audit_days: 365 });
    assert_eq!(config.alarms, Alarms::default());
    assert_eq!(config.controllers[0].doors[0].name, "lobby-main");
}

#[test]
fn every_format_that_credentials_can_have_can_be_the_default() {
    for format in FORMATS.iter().filter(|format| format.fits_credential()) {
        let config = parsed(&format!("{SMALL}[cards]\ndefault_format = \"{}\"\n", format.id)).unwrap();
        assert_eq!(config.cards.default_format, format);
    }
}

#[test]
fn everything_that_is_given_arrives() {
    let cards = "[cards]\ndefault_format = \"H10301\"\ndefault_facility = 255\ndefault_badge_type = \" Employee \"\nwhen_number_removed = \"keep\"\nnone_values = [\"-\", \"leer\"]\nstrict = true\n[limits]\nevents = 5000\nevent_days = 7\naudit_days = 30\n";
    let config =
        parsed(&format!("{SMALL}{cards}").replace("reader = 15", "reader = 15\nname = \"Lobby, main\""))
            .unwrap();
    assert_eq!(config.site.name, "Harbour Street");
    assert_eq!(config.site.time_zone.iana_name(), Some("Europe/Berlin"));
    assert_eq!(config.cards.default_facility, Some(255));
    assert_eq!(config.cards.when_number_removed, WhenNumberRemoved::Keep);
    assert_eq!(config.cards.default_badge_type, "Employee");
    assert_eq!(config.cards.none_values, ["-", "leer"]);
    assert!(config.cards.strict);
    assert_eq!(config.limits, Limits { events: 5_000, event_days: 7, audit_days: 30 });
    let [controller] = &config.controllers[..] else { panic!("one controller") };
    let Attachment::Osdp { line, address, .. } = &controller.attachment else { panic!("on a line") };
    assert_eq!((line, *address, controller.doors[0].reader), (&config.lines[0].id, 126, Some(15)));
    assert_eq!(controller.doors[0].name, "Lobby, main");
    assert_eq!(config.controllers_on(&config.lines[0].id).count(), 1);
}

#[test]
fn an_alarm_takes_a_share_above_nothing_and_at_most_all() {
    let with = |line: &str| parsed(&format!("{SMALL}[alarms]\n{line}\n"));
    let alarms = with("mass_revocation_share = 0.25\nmass_revocation_people = 2\nsource_silent_hours = 0");
    let expected = Alarms { mass_revocation_share: 0.25, mass_revocation_people: 2, source_silent_hours: 0 };
    assert_eq!(alarms.unwrap().alarms, expected);
    assert!(with("mass_revocation_share = 1").is_ok());
    for wrong in ["0", "0.0", "-0.1", "1.01", "2", "nan", "inf", "\"0.1\""] {
        assert!(with(&format!("mass_revocation_share = {wrong}")).is_err(), "{wrong}");
    }
}

#[test]
fn plain_http_beyond_loopback_needs_the_operators_word() {
    let open = SMALL.replace("127.0.0.1:8080", "0.0.0.0:8080");
    assert_eq!(messages(&open).len(), 1);
    assert!(parsed(&open.replace("tls = \"off\"", "tls = \"off\"\nbehind_proxy = true")).is_ok());
    assert!(parsed(&SMALL.replace("127.0.0.1:8080", "[::1]:8080")).is_ok());
}

#[test]
fn all_problems_are_reported_at_once_in_the_files_order() {
    let wrong =
        SMALL.replace("name", "nmae").replace("Berlin", "Berlim").replace("0x7E", "127").replace("15", "16");
    let found = messages(&wrong);
    let expected =
        ["unknown key `nmae`", "no time zone", "no line rate", "`address` is 127", "`reader` is 16"];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{found} lacks {expected}");
    }
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    let text =
        SMALL.replace("scbk_file = \"keys/lobby.scbk\"", "scbk = \"00112233445566778899aabbccddeeff\"");
    let shown = parsed(&text).unwrap_err().to_string();
    assert!(shown.contains("did you mean `scbk_file`?") && shown.contains(":22:1"), "{shown}");
    assert!(!shown.contains("00112233"), "{shown}");
}

#[test]
fn a_line_takes_32_devices_and_a_gateway_64() {
    let controller = |n: usize, line: &str| {
        format!(
            "[[controller]]\nid = \"c{n}\"\nline = \"{line}\"\naddress = {}\nkind = \"panel\"\n\
             scbk_file = \"keys/c{n}.scbk\"\n[[controller.door]]\nid = \"d{n}\"\nreader = 0\n",
            n % 100
        )
    };
    let head = SMALL.split("[[controller]]").next().unwrap();
    let south = "[[line]]\nid = \"south\"\nprotocol = \"osdp\"\nport = \"/dev/ttyUSB1\"\nbaud = 9600\n";
    let line =
        |from: usize, to: usize, name: &str| (from..to).map(|n| controller(n, name)).collect::<String>();
    assert!(parsed(&format!("{head}{}", line(0, 32, "north"))).is_ok());
    let crowded = messages(&format!("{head}{}", line(0, 33, "north")));
    assert_eq!(crowded, ["line \"north\" has more than 32 devices"]);
    let full = format!("{head}{south}{}{}", line(0, 32, "north"), line(32, 64, "south"));
    assert!(parsed(&full).is_ok());
    let third = "[[line]]\nid = \"east\"\nprotocol = \"osdp\"\nport = \"/dev/ttyUSB2\"\nbaud = 9600\n";
    let over = messages(&format!("{full}{third}{}", controller(64, "east")));
    assert_eq!(over, ["65 controllers are described; one gateway drives at most 64"]);
}

#[test]
fn keys_and_certificates_are_looked_into_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.toml");
    std::fs::create_dir(folder.path().join("keys")).unwrap();
    std::fs::write(folder.path().join("keys/lobby.scbk"), "nonsense").unwrap();
    std::fs::write(folder.path().join("data"), "not a folder").unwrap();
    let text = SMALL.replace("tls = \"off\"", "tls = { cert = \"cert.pem\", key = \"key.pem\" }");
    parse(&file, &text, NamedFiles::Ignored).unwrap();
    let problems = parse(&file, &text, NamedFiles::Checked).unwrap_err();
    assert_eq!(problems.list().len(), 3, "{problems}");
}

#[test]
fn a_file_that_cannot_be_read_is_a_problem_with_a_remedy() {
    let shown = load(Path::new("/nonexistent/gateway.toml"), NamedFiles::Ignored).unwrap_err().to_string();
    assert!(shown.contains("/nonexistent/gateway.toml") && shown.contains("gateway init"), "{shown}");
    let shown = load(Path::new("/"), NamedFiles::Ignored).unwrap_err().to_string();
    assert!(shown.contains("not a regular file"), "{shown}");
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*") {
        let _ = parsed(&text).map_err(|problems| problems.to_string());
    }

    #[test]
    fn no_damaged_configuration_panics(at in 0..SMALL.len(), len in 0_usize..20, with in "\\PC{0,3}|[\\[\\]=\"\n]{0,3}") {
        let end = (at + len).min(SMALL.len());
        let text = format!("{}{with}{}", &SMALL[..at], &SMALL[end..]);
        let _ = parsed(&text).map_err(|problems| problems.render(true));
    }
}

const BROKER: &str = "
[mqtt]
broker = \"mqtts://broker.example\"
credentials_file = \"secrets/mqtt\"
ca = \"mqtt/ca.pem\"

[[controller]]
id = \"shed\"
kind = \"panel\"
mqtt = { dialect = \"native\", topic = \"shed-2\" }

[[controller.door]]
id = \"shed\"
reader = 0
";

#[test]
fn the_broker_is_one_more_link_behind_the_lines() {
    let config = parsed(&format!("{SMALL}{BROKER}")).unwrap();
    let Protocol::Mqtt(broker) = &config.lines[1].protocol else { panic!("a broker") };
    assert_eq!((config.lines[1].id.as_str(), broker.site.as_str()), (BROKER_ID, "harbour-street"));
    assert_eq!(broker.to_string(), "mqtts://broker.example:8883");
    let BrokerPlace::Elsewhere(elsewhere) = &broker.place else { panic!("elsewhere") };
    assert_eq!(elsewhere.credentials_file.as_deref(), Some(Path::new("/etc/gatehouse/secrets/mqtt")));
    let ca = elsewhere.tls.as_ref().and_then(|tls| tls.ca.as_deref());
    assert_eq!(ca, Some(Path::new("/etc/gatehouse/mqtt/ca.pem")));
    let Attachment::Mqtt { user, dialect: Dialect::Native { topic }, .. } = &config.controllers[1].attachment
    else {
        panic!("at the broker")
    };
    assert_eq!(user, topic);
    assert_eq!((topic.as_str(), config.controllers[1].line()), ("shed-2", &config.lines[1].id));
}

#[test]
fn a_broker_s_place_has_a_scheme_a_host_and_perhaps_a_port() {
    for (place, shown) in [
        ("mqtt://192.0.2.1", "mqtt://192.0.2.1:1883"),
        ("mqtts://broker.example:9883", "mqtts://broker.example:9883"),
        ("mqtt://[2001:db8::1]:1884", "mqtt://[2001:db8::1]:1884"),
    ] {
        let text = format!("{SMALL}[mqtt]\nbroker = \"{place}\"\n");
        let config = parsed(&text).unwrap();
        let Protocol::Mqtt(broker) = &config.lines[1].protocol else { panic!("a broker") };
        assert_eq!(broker.to_string(), shown);
    }
    for bad in [
        "broker.example",
        "http://x",
        "mqtt://",
        "mqtt://a b",
        "mqtt://x:0",
        "mqtt://x:99999",
        "mqtts://u:p@x:1",
    ] {
        let told = messages(&format!("{SMALL}[mqtt]\nbroker = \"{bad}\"\n"));
        assert!(told[0].starts_with("`broker` can't be"), "{bad}: {told:?}");
    }
}

const READER: &str = r#"
[[controller]]
id = "gate"
line = "north"
address = 2
kind = "reader"
secure = false

[[controller]]
id = "turnstile"
line = "north"
address = 3
kind = "reader"
scbk_file = "keys/turnstile.scbk"

[[controller.door]]
id = "turnstile"
place = "Harbour Street / Lobby"
reader = 1
exit_reader = { controller = "gate", reader = 0 }
lock = { controller = "gate", output = 3, seconds = 5 }
contact = { input = 0, open = false }
request_to_exit = { controller = "gate", input = 2 }
held_after = 40

[[controller.door]]
id = "hatch"
lock = { output = 0, seconds = 1 }
"#;

#[test]
fn a_readers_doors_are_made_of_parts_of_several_devices() {
    let config = parsed(&format!("{SMALL}{READER}")).unwrap();
    let [_, gate, turnstile] = &config.controllers[..] else { panic!("three controllers") };
    assert_eq!((gate.kind, gate.doors.len()), (ControllerKind::Reader, 0));
    let Attachment::Osdp { scbk_file, .. } = &gate.attachment else { panic!("on a line") };
    assert_eq!(*scbk_file, None);
    let [door, hatch] = &turnstile.doors[..] else { panic!("two doors") };
    assert_eq!(
        (door.place.as_ref().map(ToString::to_string).as_deref(), door.reader),
        (Some("Harbour Street / Lobby"), Some(1))
    );
    let expected = DoorParts {
        lock: Lock { output: OutputPlace { device: 1, output: 3 }, span: Duration::from_secs(5) },
        contact: Some(Contact { input: InputPlace { device: 2, input: 0 }, open_when_active: false }),
        request_to_exit: Some(InputPlace { device: 1, input: 2 }),
        exit_reader: Some(ReaderPlace { device: 1, reader: 0 }),
        held_after: Duration::from_secs(40),
    };
    assert_eq!(door.parts, Some(expected));
    let parts = hatch.parts.unwrap();
    assert_eq!((hatch.reader, parts.contact, parts.held_after), (None, None, Duration::from_secs(30)));
    assert_eq!(config.controllers[0].doors[0].parts, None, "a panel drives its own");
}

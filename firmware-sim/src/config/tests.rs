use std::path::Path;

use super::*;

const SITE: &str = r#"
[control]
listen = "127.0.0.1:7070"

[[line]]
id = "north"
baud = 38400

[[panel]]
id = "lobby"
line = "north"
address = 1
factory = true
"#;

fn parse(text: &str) -> Result<SimConfig, Problems> {
    SimConfig::parse(text, Path::new("/site"))
}

fn refusal(text: &str) -> String {
    parse(text).expect_err("it is wrong").to_string()
}

#[test]
fn what_is_left_out_has_the_documented_value() {
    let config = parse(SITE).unwrap();
    assert_eq!(config.lines, [LineConfig::new("north", 38_400)]);
    assert_eq!(config.panels, [PanelConfig::new("lobby", "north", 1)]);
    assert_eq!(config.control, Some("127.0.0.1:7070".parse().unwrap()));
}

#[test]
fn an_unknown_key_is_refused_with_its_place() {
    let wrong = refusal(&SITE.replace("address", "adress"));
    assert!(wrong.starts_with("12:1: unknown field `adress`"), "{wrong}");
}

#[test]
fn every_problem_is_told_at_once_and_in_order() {
    let text =
        SITE.replace("38400", "5").replace("127.0.0.1", "0.0.0.0").replace("address = 1", "address = 127");
    let wrong = refusal(&text);
    let lines: Vec<_> = wrong.lines().collect();
    assert_eq!(lines.len(), 3, "{wrong}");
    assert!(lines[0].starts_with("3:10: listen = \"0.0.0.0:7070\""), "{wrong}");
    assert!(lines[1].starts_with("7:8: baud = 5"), "{wrong}");
    assert!(lines[2].starts_with("12:11: address = 127 is out of range; 0 to 126"), "{wrong}");
}

#[test]
fn two_panels_with_one_address_or_one_name_are_refused() {
    let twin = "\n[[panel]]\nid = \"lobby\"\nline = \"north\"\naddress = 1\nfactory = true\n";
    let wrong = refusal(&format!("{SITE}{twin}"));
    assert!(wrong.contains("16:6: id = \"lobby\" is there twice"), "{wrong}");
    assert!(wrong.contains("18:11: address = 1 is taken by \"lobby\""), "{wrong}");
}

#[test]
fn a_panel_on_a_line_that_is_not_there_is_refused() {
    let wrong = refusal(&SITE.replace("line = \"north\"", "line = \"south\""));
    assert!(
        wrong.contains("11:8: line = \"south\" is not a line of this site; there is \"north\""),
        "{wrong}"
    );
}

#[test]
fn a_key_is_never_shown_and_there_is_exactly_one() {
    let secret = "00112233445566778899aabbccddeeff";
    let config = parse(&SITE.replace("factory = true", &format!("scbk = \"{secret}\""))).unwrap();
    assert_eq!(config.panels[0].key, PanelKey::from_hex(secret).unwrap());
    assert!(!format!("{config:?}").contains("221"), "{config:?}");
    let short = refusal(&SITE.replace("factory = true", "scbk = \"5ec3e7\""));
    assert!(
        short.contains("13:8: scbk is not 32 hexadecimal digits") && !short.contains("5ec3e7"),
        "{short}"
    );
    assert!(refusal(&SITE.replace("factory = true", "")).contains("has no key"));
    let both = refusal(&SITE.replace("factory = true", &format!("factory = true\nscbk = \"{secret}\"")));
    assert!(both.contains("more than one of"), "{both}");
}

#[test]
fn a_key_file_that_is_not_there_yet_means_factory_state() {
    let folder = tempfile::tempdir().unwrap();
    let text = SITE.replace("factory = true", "scbk_file = \"lobby.scbk\"");
    let load = || SimConfig::parse(&text, folder.path());
    assert_eq!(load().unwrap().panels[0].key, PanelKey::Factory);
    std::fs::write(folder.path().join("lobby.scbk"), "000102030405060708090a0b0c0d0e0f\n").unwrap();
    let key = std::array::from_fn(|byte| u8::try_from(byte).unwrap());
    assert_eq!(load().unwrap().panels[0].key, PanelKey::Scbk(key));
    std::fs::write(folder.path().join("lobby.scbk"), "garbage").unwrap();
    assert!(load().is_err());
}

#[test]
fn devices_on_a_broker_have_the_documented_values_and_their_rules() {
    let site = r#"
[[broker]]
id = "hall"
host = "127.0.0.1"
port = 1883

[[mqtt]]
id = "shed"
broker = "hall"
dialect = "native"
user = "shed"
password = "hut"
"#;
    let config = parse(site).unwrap();
    assert_eq!(config.brokers, [BrokerConfig::new("hall", "127.0.0.1", 1_883)]);
    let shed = MqttConfig::new("shed", "hall", Dialect::Native(NativeConfig::new("site", "shed")));
    let login = Some(Login { user: "shed".into(), password: "hut".into() });
    assert_eq!(config.mqtt, [MqttConfig { login, ..shed }]);
    assert!(!format!("{config:?}").contains("hut"), "a password is never shown");
    for (right, wrong, told) in [
        ("password = \"hut\"", "", "8:6: \"shed\" has a user or a password, but not both"),
        ("id = \"shed\"", "id = \"hall/1\"", "8:6: id = \"hall/1\" is no name"),
        ("user =", "topic = \"Shed\"\nuser =", "11:9: topic = \"Shed\" can't be"),
        ("user =", "receive = 32\nuser =", "11:11: receive = 32 is out of range; 64 to 8192"),
        ("user =", "reconnect_ms = 1\nuser =", "11:16: reconnect_ms = 1 is out of range"),
        ("dialect = \"native\"", "dialect = \"esp-rfid\"", "8:6: \"shed\" has no ip"),
        ("host = \"127.0.0.1\"", "host = \"\"", "4:8: host = \"\" is no host"),
    ] {
        let said = refusal(&site.replace(right, wrong));
        assert!(said.contains(told), "{said}");
    }
    let twin = "[[mqtt]]\nid = \"hut\"\nbroker = \"hall\"\ndialect = \"tasmota\"\nclient_id = \"shed\"\n";
    let said = refusal(&format!("{site}{twin}"));
    assert!(said.contains("client_id \"shed\" is that of \"shed\" too"), "{said}");
}

#[test]
fn the_shipped_examples_are_right_and_each_bad_example_fails_as_it_says() {
    let config = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../config"));
    for example in ["sim.toml", "sim-doors.toml", "sim-mqtt.toml"] {
        SimConfig::load(&config.join(example)).unwrap_or_else(|problems| panic!("{problems}"));
    }
    let mut seen = 0;
    for entry in std::fs::read_dir(config.join("invalid-sim")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let expected = std::fs::read_to_string(path.with_extension("expected")).unwrap();
            let wrong = SimConfig::load(&path).unwrap_err().to_string();
            assert!(wrong.ends_with(&format!("/{}", expected.trim())), "{wrong}");
            seen += 1;
        }
    }
    assert!(seen >= 6, "{seen} bad examples");
}

const DOORS: &str = r#"
[[line]]
id = "annex"
protocol = "modbus"
baud = 9600

[[line]]
id = "roof"
protocol = "modbus-tcp"
listen = "127.0.0.1:0"

[[line]]
id = "gate"
protocol = "wiegand-serial"
baud = 9600

[[reader]]
id = "turnstile"
line = "north"
address = 4
factory = true

[[board]]
id = "relays"
line = "annex"
address = 1
model = "waveshare-relay-8-inputs"

[[adapter]]
id = "gate-reader"
line = "gate"
frames = { bits = 34, parity = "stripped", charset = "decimal" }
lock = { controller = "relays", output = 1 }
"#;

#[test]
fn doors_of_readers_boards_and_adapters_have_the_documented_values() {
    let config = parse(&format!("{SITE}{DOORS}")).unwrap();
    assert_eq!(config.lines[2], LineConfig::modbus_tcp("roof", "127.0.0.1:0".parse().unwrap()));
    assert_eq!(config.readers, [ReaderConfig { serial: 1, ..ReaderConfig::new("turnstile", "north", 4) }]);
    assert_eq!(config.boards, [BoardConfig::new("relays", "annex", 1, Model::WaveshareRelay8Inputs)]);
    assert_eq!(Some(&config.adapters[0].frames), Frames::shipped("s4a-ethernet").as_ref());
}

#[test]
fn doors_that_can_not_be_are_refused_with_what_would_be_right() {
    let text = format!("{SITE}{DOORS}")
        .replace("address = 4", "address = 1")
        .replace("listen = \"127.0.0.1:0\"", "listen = \"0.0.0.0:502\"\nbaud = 9600")
        .replace("line = \"gate\"", "line = \"annex\"")
        .replace("-inputs\"", "-outputs\"")
        .replace("output = 1 }", "output = 8 }");
    let wrong = refusal(&text);
    for said in [
        "listen = \"0.0.0.0:502\" would let other machines switch simulated doors",
        "boards in the network have no rate; remove baud",
        "address = 1 is taken by \"lobby\"",
        "model = \"waveshare-relay-8-outputs\" is none that this simulator knows",
        "line = \"annex\" is a line of protocol \"modbus\"; there is \"gate\"",
        "\"relays\" has 8 outputs, and none is number 8",
    ] {
        assert!(wrong.contains(said), "{said}\n{wrong}");
    }
    assert_eq!(wrong.lines().count(), 6, "{wrong}");
}

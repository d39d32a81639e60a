//! The texts that `gateway init` writes.

use std::fmt::Write as _;

use super::answers::Answers;

/// The site's configuration, every key explained.
pub(super) fn configuration(answers: &Answers, simulator: bool) -> String {
    let Answers { listen, baud, .. } = answers;
    let [name, time_zone, data_dir, port] =
        [&answers.name, &answers.time_zone, &answers.data_dir, &answers.port].map(|text| quoted(text));
    let facility = match answers.facility {
        Some(code) => format!("default_facility = {code}"),
        None => "# default_facility = 100".into(),
    };
    let port_note = if simulator {
        "made by firmware-sim, see sim.toml"
    } else {
        "better: its name in /dev/serial/by-id"
    };
    let mut text = format!(
        "# Gatehouse. Paths are relative to this file. Check it with `gateway check --config FILE`.

[site]
name = {name}
time_zone = {time_zone}
data_dir = {data_dir}                      # journal, directory, events, tokens; keep it on a real disk

[web]
listen = \"{listen}\"              # the page, the API and SCIM
tls = \"self-signed\"                    # or {{ cert = \"…\", key = \"…\" }}, or \"off\" (loopback only)

[cards]
default_format = \"H10301\"              # how a bare number from the directory becomes a credential
{facility}
when_number_removed = \"deactivate\"     # or \"keep\", as some cloud systems do
strict = false                         # true: refuse a person whose card number can't be used

[[line]]
id = \"north\"
protocol = \"osdp\"
port = {port}                     # {port_note}
baud = {baud}
"
    );
    let mut door = 0;
    for number in 1..=answers.controllers {
        text += &controller(number);
        for reader in 0..answers.doors {
            door += 1;
            text += &one_door(door, reader);
        }
    }
    text
}

fn controller(number: u8) -> String {
    format!(
        "
[[controller]]
id = \"panel-{number}\"
line = \"north\"
address = {number}
kind = \"panel\"
scbk_file = \"{}\"        # its key; written when it is enrolled
",
        key_file(number)
    )
}

fn one_door(number: u16, reader: u8) -> String {
    format!(
        "
[[controller.door]]
id = \"door-{number}\"
name = \"Door {number}\"                        # what people call it
reader = {reader}                             # the controller's reader number
"
    )
}

/// A simulated site with the same line, panels and keys.
pub(super) fn simulation(answers: &Answers) -> String {
    let (baud, port) = (answers.baud, quoted(&answers.port));
    let mut text = format!(
        "# A simulated site that fits gateway.toml beside it: firmware-sim run --config sim.toml

[control]
listen = \"127.0.0.1:7070\"

[[line]]
id = \"north\"
baud = {baud}
symlink = {port}
"
    );
    for number in 1..=answers.controllers {
        let (readers, key_file) = (answers.doors, key_file(number));
        let panel = format!(
            "
[[panel]]
id = \"panel-{number}\"
line = \"north\"
address = {number}
readers = {readers}
scbk_file = \"{key_file}\"
"
        );
        text.write_str(&panel).expect("a String takes what is written");
    }
    text
}

/// The key file of a controller, relative to the configuration.
pub(super) fn key_file(number: u8) -> String {
    format!("keys/panel-{number}.scbk")
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

//! `gateway init`: what it writes passes `gateway check`, and what exists stays as it is.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::tempdir;

use crate::program::{Finished, gateway, run};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_new_site_is_right_without_a_single_answer() {
    let folder = tempdir().unwrap();
    let stdout = run(folder.path(), "init site").succeeded();
    assert_eq!(stdout, "site/gateway.toml\n");
    assert_eq!(mode(&folder.path().join("site/keys")), 0o700);
    let stdout = run(folder.path(), "check --config site/gateway.toml").succeeded();
    assert_eq!(stdout, "OK: 1 line, 1 controller, 1 door\n");
    let text = fs::read_to_string(folder.path().join("site/gateway.toml")).unwrap();
    assert!(text.contains("time_zone = \"Europe/Berlin\""), "the machine's zone is not taken:\n{text}");
}

#[test]
fn every_flag_reaches_the_file() {
    let folder = tempdir().unwrap();
    let flags = "init --name Pier --time-zone UTC --data-dir /srv/gatehouse --listen [::1]:9443 \
                 --port /dev/ttyS4 --baud 57600 --controllers 32 --doors 16 --facility 255";
    run(folder.path(), flags).succeeded();
    let text = fs::read_to_string(folder.path().join("gateway.toml")).unwrap();
    for expected in
        ["Pier", "\"UTC\"", "\"/srv/gatehouse\"", "\"[::1]:9443\"", "\"/dev/ttyS4\"", "57600", "= 255"]
    {
        assert!(text.contains(expected), "{expected} is missing in:\n{text}");
    }
    let stdout = run(folder.path(), "check --config gateway.toml").succeeded();
    assert_eq!(stdout, "OK: 1 line, 32 controllers, 512 doors\n");
}

#[test]
fn a_simulated_site_shares_its_keys_with_the_simulator() {
    let folder = tempdir().unwrap();
    let stdout = run(folder.path(), "init --simulator").succeeded();
    assert_eq!(stdout, "./keys/panel-1.scbk\n./keys/panel-2.scbk\n./sim.toml\n./gateway.toml\n");
    let keys = ["keys/panel-1.scbk", "keys/panel-2.scbk"].map(|name| folder.path().join(name));
    assert!(keys.iter().all(|key| mode(key) == 0o600));
    let keys = keys.map(|key| fs::read_to_string(key).unwrap());
    assert_ne!(keys[0], keys[1]);
    let simulation = fs::read_to_string(folder.path().join("sim.toml")).unwrap();
    for shared in ["\"north.pty\"", "keys/panel-1.scbk", "keys/panel-2.scbk", "38400"] {
        assert!(simulation.contains(shared), "{shared} is missing in:\n{simulation}");
    }
    let stdout = run(folder.path(), "check --config gateway.toml").succeeded();
    assert_eq!(stdout, "OK: 1 line, 2 controllers, 4 doors\n");
}

#[test]
fn nothing_is_overwritten() {
    for name in ["gateway.toml", "sim.toml"] {
        let folder = tempdir().unwrap();
        fs::write(folder.path().join(name), "mine").unwrap();
        let stderr = run(folder.path(), "init --simulator").failed(2);
        assert!(stderr.contains(name) && stderr.contains("not overwritten"), "{stderr}");
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), "mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "something was written all the same");
    }
}

#[test]
fn a_link_to_nowhere_is_not_followed() {
    let folder = tempdir().unwrap();
    std::os::unix::fs::symlink("elsewhere.toml", folder.path().join("gateway.toml")).unwrap();
    run(folder.path(), "init").failed(2);
    assert!(!folder.path().join("elsewhere.toml").exists());
}

#[test]
fn wrong_flags_are_refused_with_what_would_be_right() {
    let folder = tempdir().unwrap();
    let cases = [
        ("--baud 1200", "115200"),
        ("--controllers 33", "1 to 32"),
        ("--controllers 0", "1 to 32"),
        ("--doors 17", "1 to 16"),
        ("--facility 256", "0 to 255"),
        ("--time-zone Berlin", "Europe/Berlin"),
        ("--listen localhost", "listen"),
        ("--port /dev/ttyUSB0 --simulator", "--simulator"),
    ];
    for (flags, expected) in cases {
        let stderr = run(folder.path(), &format!("init {flags}")).failed(2);
        assert!(stderr.contains(expected), "{flags}: {stderr}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let stderr = run(folder.path(), "init file/site").failed(1);
    assert!(stderr.contains("file/site/keys"), "{stderr}");
}

#[test]
fn a_name_with_quotes_and_blanks_survives() {
    let folder = tempdir().unwrap();
    let mut command = gateway();
    command.current_dir(folder.path()).args(["init", "--name", r#"Tor "A" \ Süd"#]);
    Finished::of(command.output().unwrap()).succeeded();
    run(folder.path(), "check --config gateway.toml").succeeded();
    let text = fs::read_to_string(folder.path().join("gateway.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(table["site"]["name"].as_str(), Some(r#"Tor "A" \ Süd"#));
}

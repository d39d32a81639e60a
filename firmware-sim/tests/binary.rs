//! The program as an installer runs it.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firmware-sim"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn write(folder: &Path, text: &str) -> String {
    let path = folder.join("sim.toml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

const SITE: &str = "[[line]]\nid = \"north\"\nbaud = 9600\nsymlink = \"port\"\n\
                    [[panel]]\nid = \"lobby\"\nline = \"north\"\naddress = 1\nfactory = true\n";

#[test]
fn it_says_where_its_ports_are_and_leaves_nothing_behind() {
    for signal in [Signal::TERM, Signal::INT] {
        let folder = tempfile::tempdir().unwrap();
        let file = write(folder.path(), SITE);
        let mut child = program(&["run", "--config", &file, "--control", "127.0.0.1:0"]).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told: Vec<_> = lines.take(2).map(Result::unwrap).collect();
        let link = folder.path().join("port");
        assert!(
            told[0].starts_with(&format!("line north: port {} at 9600 baud (/dev/pts/", link.display())),
            "{told:?}"
        );
        assert!(told[1].starts_with("control: http://127.0.0.1:"), "{told:?}");
        assert!(fs::read_link(&link).unwrap().starts_with("/dev/pts"));
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0));
        assert!(fs::symlink_metadata(&link).is_err(), "the link is gone");
    }
}

#[test]
fn a_wrong_configuration_is_exit_2_with_file_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), &SITE.replace("address = 1", "address = 200"));
    let done = program(&["run", "--config", &file]).output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{told}");
    assert!(told.contains(&format!("{file}:8:11: address = 200 is out of range; 0 to 126")), "{told}");
}

#[test]
fn wrong_usage_is_exit_2_and_a_taken_port_exit_1() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), SITE);
    assert_eq!(program(&["walk"]).output().unwrap().status.code(), Some(2));
    let open = program(&["run", "--config", &file, "--control", "0.0.0.0:1"]).output().unwrap();
    assert_eq!(open.status.code(), Some(2), "{}", String::from_utf8_lossy(&open.stderr));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_eq!(
        program(&["run", "--config", &file, "--control", &address]).output().unwrap().status.code(),
        Some(1)
    );
    let missing = program(&["run", "--config", "/nowhere/sim.toml"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(2), "{}", String::from_utf8_lossy(&missing.stderr));
}

#[test]
fn help_shows_how_to_begin() {
    let help = program(&["--help"]).output().unwrap();
    let told = String::from_utf8_lossy(&help.stdout);
    assert!(help.status.success() && told.contains("firmware-sim run --config config/sim.toml"), "{told}");
}

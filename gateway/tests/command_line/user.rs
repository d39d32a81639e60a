//! `gateway user`: passwords come from a terminal, from standard input or from chance, and are shown in the last
//! case alone.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Stdio};

use gateway::store::users::{Role, Users};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::program::{Finished, gateway, run, site};

fn user(folder: &Path, arguments: &str) -> Finished {
    run(folder, &format!("user {arguments} --config gateway.toml"))
}

fn with_input(folder: &Path, arguments: &str, input: &str) -> Finished {
    let mut command = gateway();
    command.current_dir(folder).args(format!("user {arguments} --config gateway.toml").split_whitespace());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Finished::of(child.wait_with_output().unwrap())
}

fn signs_in(folder: &Path, name: &str, password: &str) -> Option<Role> {
    Users::open(&folder.join("data")).verify(name, password).unwrap().map(|user| user.role)
}

#[test]
fn without_a_terminal_a_password_is_made_up_and_is_the_whole_result() {
    let site = site();
    let stdout = user(site.path(), "add anna --role manager").succeeded();
    let password = stdout.strip_suffix('\n').unwrap();
    assert_eq!(signs_in(site.path(), "anna", password), Some(Role::Manager));
    let kept = site.path().join("data/users.json");
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!fs::read_to_string(kept).unwrap().contains(password), "the password stands in its file");
}

#[test]
fn a_password_from_standard_input_is_taken_as_it_is_and_not_repeated() {
    let site = site();
    let secret = " correct horse, süß ";
    let finished =
        with_input(site.path(), "add kiosk --role viewer --password-stdin", &format!("{secret}\r\nrest"));
    assert!(!finished.stderr.contains("horse"), "{finished:?}");
    assert_eq!(finished.succeeded(), "");
    assert_eq!(signs_in(site.path(), "kiosk", secret), Some(Role::Viewer));
}

#[test]
fn a_new_password_replaces_the_old_one() {
    let site = site();
    let old = user(site.path(), "add anna --role installer").succeeded();
    let new = user(site.path(), "password anna").succeeded();
    assert_eq!(signs_in(site.path(), "anna", old.trim_end()), None);
    assert_eq!(signs_in(site.path(), "anna", new.trim_end()), Some(Role::Installer));
}

#[test]
fn accounts_are_listed_and_removed() {
    let site = site();
    assert_eq!(user(site.path(), "list").succeeded(), "");
    user(site.path(), "add anna --role manager").succeeded();
    user(site.path(), "add bert --role viewer").succeeded();
    let table = user(site.path(), "list").succeeded();
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("NAME  ROLE") && lines[1].starts_with("anna  manager"), "{table}");
    assert_eq!(user(site.path(), "remove anna").succeeded(), "");
    let table = user(site.path(), "list").succeeded();
    assert!(!table.contains("anna") && table.contains("bert"), "{table}");
}

#[test]
fn wrong_words_are_refused_and_change_nothing() {
    let site = site();
    user(site.path(), "add anna --role manager").succeeded();
    let before = fs::read(site.path().join("data/users.json")).unwrap();
    let cases = [
        ("add anna --role viewer", "anna"),
        ("add bert --role boss", "viewer, manager or installer"),
        ("add bert", "--role"),
        ("add b,ert --role viewer", "','"),
        ("remove carl", "there is no account named \"carl\"\n"),
        ("password carl", "carl"),
        ("remove ana", "; did you mean \"anna\"?"),
        ("password ann", "; did you mean \"anna\"?"),
        ("add anna --role manager", "`gateway user password anna` gives it another password"),
    ];
    for (arguments, expected) in cases {
        let stderr = user(site.path(), arguments).failed(2);
        assert!(stderr.contains(expected), "{arguments}: {stderr}");
    }
    for (input, code) in [("short\n", 2), ("", 1), ("\n", 2)] {
        with_input(site.path(), "add bert --role viewer --password-stdin", input).failed(code);
    }
    assert_eq!(fs::read(site.path().join("data/users.json")).unwrap(), before);
}

/// A terminal with the program at its other end.
struct Terminal {
    keyboard: File,
    program: Child,
    screen: String,
}

impl Terminal {
    fn start(folder: &Path, arguments: &str) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let end = || File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let mut command = gateway();
        command
            .current_dir(folder)
            .args(format!("user {arguments} --config gateway.toml").split_whitespace());
        let program = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
        Self { keyboard: File::from(controller), program, screen: String::new() }
    }

    /// Waits for a text on the screen, then types a line.
    fn answer(&mut self, prompt: &str, line: &str) {
        while !self.screen.contains(prompt) {
            let mut buffer = [0; 256];
            let read = self.keyboard.read(&mut buffer).unwrap();
            self.screen.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
        writeln!(self.keyboard, "{line}").unwrap();
    }

    /// The exit code, and all that was on the screen.
    fn finish(mut self) -> (Option<i32>, String) {
        let mut buffer = [0; 256];
        // The other end's close reads as an error on Linux.
        while let Ok(read @ 1..) = self.keyboard.read(&mut buffer) {
            self.screen.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
        (self.program.wait().unwrap().code(), self.screen)
    }
}

#[test]
fn a_password_typed_on_a_terminal_is_never_on_the_screen() {
    let site = site();
    let mut terminal = Terminal::start(site.path(), "add anna --role manager");
    terminal.answer("Password: ", "battery staple");
    terminal.answer("The same again: ", "battery staple");
    let (code, screen) = terminal.finish();
    assert_eq!(code, Some(0), "{screen}");
    assert!(!screen.contains("staple"), "{screen}");
    assert_eq!(signs_in(site.path(), "anna", "battery staple"), Some(Role::Manager));
}

#[test]
fn a_slip_on_the_terminal_makes_no_account() {
    let site = site();
    let mut terminal = Terminal::start(site.path(), "add anna --role manager");
    terminal.answer("Password: ", "battery staple");
    terminal.answer("The same again: ", "battery stable");
    let (code, screen) = terminal.finish();
    assert_eq!(code, Some(2), "{screen}");
    assert!(screen.contains("differ"), "{screen}");
    assert_eq!(user(site.path(), "list").succeeded(), "");
}

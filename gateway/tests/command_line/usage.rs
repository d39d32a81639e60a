//! What holds for every command.

use std::path::Path;
use std::process::Stdio;

use crate::program::{Finished, gateway, run, shipped};

const HERE: &str = ".";

#[test]
fn help_and_version_are_results() {
    let help = run(Path::new(HERE), "--help").succeeded();
    for command in [
        "access export",
        "access import",
        "access list",
        "alarm list",
        "alarm acknowledge",
        "alarm comment",
        "alarm mute",
        "alarm unmute",
        "card decode",
        "card add",
        "card deactivate",
        "check",
        "completions",
        "device identify",
        "device set-address",
        "device set-speed",
        "device rotate-key",
        "device send-file",
        "door test",
        "enrol",
        "events",
        "init",
        "osdp capture",
        "osdp decode",
        "scan",
        "status",
        "token create",
        "user add",
    ] {
        let first = command.split(' ').next().unwrap();
        assert!(help.contains(&format!("\n  {first}")), "{first} is missing in:\n{help}");
        let help = run(Path::new(HERE), &format!("{command} --help")).succeeded();
        assert!(help.contains("Example"), "{command} has no example:\n{help}");
    }
    let version = run(Path::new(HERE), "--version").succeeded();
    assert_eq!(version, format!("gateway {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn bad_usage_exits_with_2_and_names_the_word() {
    for (arguments, word) in [("chekc", "check"), ("check --confg x", "--config"), ("init a b", "'b'")] {
        let stderr = run(Path::new(HERE), arguments).failed(2);
        assert!(stderr.contains(word), "{arguments}: {stderr}");
    }
    let finished = run(Path::new(HERE), "");
    assert_eq!(finished.code, Some(2), "{finished:?}");
}

#[test]
fn a_word_that_is_no_command_is_told_which_one_it_may_have_been_or_which_there_are() {
    for (arguments, tip) in [
        ("acces list", "'access'"),
        ("xyzzy", "the commands are accept-loss, access, alarm, audit, card, check,"),
        ("foo", "'door'"),
        ("token revok x", "'revoke'"),
        ("token evo", "'revoke'"),
        ("token token", "the commands are create, list"),
        ("token foo --config x", "the commands are create, list, rotate, revoke"),
    ] {
        let stderr = run(Path::new(HERE), arguments).failed(2);
        assert!(stderr.contains("unrecognized subcommand") && stderr.contains(tip), "{arguments}: {stderr}");
    }
}

#[test]
fn a_closed_pipe_is_no_panic() {
    for arguments in
        [&["check", "--config", "example.toml"][..], &["--help"], &["check", "--config", "none.toml"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = gateway();
        command.current_dir(shipped()).args(arguments);
        command.stdout(writer.try_clone().unwrap()).stderr(Stdio::piped());
        let finished = Finished::of(command.output().unwrap());
        assert!(!finished.stderr.contains("panicked"), "{finished:?}");
        let status = command.stdout(writer.try_clone().unwrap()).stderr(writer).status().unwrap();
        assert_ne!(status.code(), Some(101), "{arguments:?} panicked");
    }
}

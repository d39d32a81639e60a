//! `gateway audit`, and the entries that commands leave.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::program::{gateway, run, site};

/// The commands that change something, and how their entry gets into the audit log. A command that is in neither list fails
/// the test below.
const AT_THE_STORE: [&str; 7] = [
    "accept-loss",
    "token create",
    "token rotate",
    "token revoke",
    "user add",
    "user remove",
    "user password",
];
const BY_THE_API: &[&str] = &[
    "alarm acknowledge",
    "alarm comment",
    "alarm mute",
    "alarm unmute",
    "access import",
    "access import-calendar",
    "card add",
    "card deactivate",
    "door hold",
    "door lock",
    "door lockdown",
    "door normal",
    "device identify",
    "device rotate-key",
    "device send-file",
    "device set-address",
    "device set-speed",
    "door test",
    "door unlock",
    "forwarder resend",
    "forwarder resume",
    "forwarder test",
    "source discard",
    "source resync",
    "source retry",
    "source test",
    "enrol",
    "hold add",
    "hold remove",
    "osdp capture",
];
const CHANGES_NOTHING: &[&str] = &[
    "access export",
    "access list",
    "audit export",
    "audit verify",
    "card decode",
    "card encode",
    "card formats",
    "card learn",
    "check",
    "completions",
    "demo",
    "events",
    "explain",
    "hold list",
    "init",
    "mqtt mosquitto-config",
    "mqtt watch",
    "osdp decode",
    "run",
    "scan",
    "status",
    "token list",
    "user list",
    "alarm list",
    "forwarder list",
    "source letters",
    "source list",
];

fn leaves(command: &clap::Command, path: &str, found: &mut BTreeSet<String>) {
    let own: Vec<_> = command.get_subcommands().filter(|sub| sub.get_name() != "help").collect();
    if own.is_empty() {
        found.insert(path.to_owned());
    }
    for sub in own {
        let path =
            if path.is_empty() { sub.get_name().to_owned() } else { format!("{path} {}", sub.get_name()) };
        leaves(sub, &path, found);
    }
}

#[test]
fn of_every_command_it_is_known_how_it_gets_into_the_audit_log() {
    let mut found = BTreeSet::new();
    leaves(&gateway::cli::command(), "", &mut found);
    let known = || AT_THE_STORE.iter().chain(BY_THE_API).chain(CHANGES_NOTHING);
    let unknown: Vec<_> = found.iter().filter(|path| !known().any(|it| it == path)).collect();
    assert!(unknown.is_empty(), "say here how these get into the audit log: {unknown:?}");
}

fn entries(folder: &Path) -> Vec<Value> {
    let told = run(folder, "audit export --json --config gateway.toml").succeeded();
    told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Each of the store's commands, in an order in which they make sense.
fn at_the_store(folder: &Path, before: usize) {
    let commands = [
        "token create --name okta".to_owned(),
        "token rotate okta".to_owned(),
        "token revoke okta".to_owned(),
        "user add anna --role viewer".to_owned(),
        "user password anna".to_owned(),
        "user remove anna".to_owned(),
    ];
    let mut count = before;
    for command in commands {
        let made = run(folder, &format!("{command} --config gateway.toml"));
        let secret = made.stdout.trim().to_owned();
        made.succeeded();
        count += 1;
        let entries = entries(folder);
        assert_eq!(entries.len(), count, "{command}: {entries:?}");
        let last = entries.last().unwrap();
        let words: Vec<_> = command.split(' ').take(2).collect();
        assert_eq!(last["action"], format!("gateway {}", words.join(" ")));
        assert_eq!((&last["who"], &last["from"]), (&"the command line".into(), &"the box itself".into()));
        assert!(secret.is_empty() || !format!("{entries:?}").contains(&secret), "{entries:?}");
    }
}

#[test]
fn commands_at_the_store_leave_one_entry_each_without_a_service() {
    let site = site();
    at_the_store(site.path(), 0);
    let whole = run(site.path(), "audit verify --config gateway.toml").succeeded();
    assert!(whole.starts_with("All 6 entries from number 1 on hold. The newest hash is "), "{whole}");
    let csv = run(site.path(), "audit export --csv --config gateway.toml").succeeded();
    assert!(csv.starts_with("number,at,local_time,who,from,action,person,what,outcome,hash\r\n1,"), "{csv}");
    assert_eq!(run(site.path(), "audit export --json --to 2020-01-01 --config gateway.toml").succeeded(), "");
}

struct Running(Child);

impl Running {
    fn start(folder: &Path) -> Self {
        let mut command = gateway();
        command.current_dir(folder).args(["run", "--config", "gateway.toml"]).stderr(Stdio::piped());
        let mut service = command.spawn().unwrap();
        let mut log = BufReader::new(service.stderr.take().unwrap()).lines().map(Result::unwrap);
        log.find(|line| line.contains("the page is at")).expect("the service starts");
        // What nobody reads would stop the service.
        std::thread::spawn(move || log.for_each(drop));
        Self(service)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_same_beside_a_running_service_whose_start_and_orders_are_written_down_too() {
    let site = tempfile::tempdir().unwrap();
    let config = "[site]\nname = \"Try\"\ntime_zone = \"UTC\"\ndata_dir = \"data\"\n\
         [web]\nlisten = \"127.0.0.1:0\"\ntls = \"off\"\n\
         [[line]]\nid = \"north\"\nprotocol = \"osdp\"\nport = \"nowhere\"\nbaud = 9600\n\
         [[controller]]\nid = \"hall\"\nline = \"north\"\naddress = 1\nkind = \"panel\"\nscbk_file = \"hall.scbk\"\n\
         [[controller.door]]\nid = \"front\"\nname = \"Front door\"\nreader = 0\n";
    fs::write(site.path().join("gateway.toml"), config).unwrap();
    let service = Running::start(site.path());
    let first = entries(site.path());
    assert_eq!((first.len(), &first[0]["action"]), (1, &"start".into()), "{first:?}");
    assert!(first[0]["what"].as_str().unwrap().contains("SHA-256"), "{first:?}");
    at_the_store(site.path(), 1);
    run(site.path(), "hold add --card raw:26:0x1 --reason lost --config gateway.toml").succeeded();
    let all = entries(site.path());
    assert_eq!((all.len(), &all[7]["action"]), (8, &"POST /api/v1/holds".into()), "{all:?}");
    // The power goes.
    drop(service);
    run(site.path(), "audit verify --config gateway.toml").succeeded();
    assert_eq!(entries(site.path()).len(), 8, "what was answered is there");
}

#[test]
fn a_changed_entry_is_named() {
    let site = site();
    at_the_store(site.path(), 0);
    let folder = site.path().join("data/audit");
    let mut segments = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let path = segments.find(|path| path.extension().is_some_and(|it| it == "seg")).unwrap();
    let bytes = fs::read(&path).unwrap();
    let word = b"gateway token rotate";
    let at = bytes.windows(word.len()).position(|part| part == word).unwrap();
    let mut changed = bytes;
    changed[at] = b'G';
    fs::write(&path, changed).unwrap();
    let told = run(site.path(), "audit verify --config gateway.toml").failed(1);
    assert!(told.contains("is broken at entry 2"), "{told}");
    let told = run(site.path(), "audit verify --json --config gateway.toml");
    assert_eq!(
        (told.code, serde_json::from_str::<Value>(&told.stdout).unwrap()["broken"].clone()),
        (Some(1), 2.into())
    );
}

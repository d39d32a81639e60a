//! `gateway access`, at a service that really runs.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::program::{gateway, run};

const LEVELS: &str = "\
[[access_level]]
name = \"Staff\"
doors = [{ door = \"front\" }, { door = \"back\", schedule = \"always\" }]

[[access_level]]
name = \"Visitors\"
doors = [{ door = \"front\" }]

[[rule]]
group = \"Employees\"
access_level = \"Staff\"
";

/// A site with two doors, one group, and its running service.
struct Running {
    folder: TempDir,
    service: Child,
    address: String,
    token: String,
    /// Where the group is, as SCIM has it.
    group: String,
}

impl Running {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = "[site]\nname = \"Try\"\ntime_zone = \"UTC\"\ndata_dir = \"data\"\n\
             [web]\nlisten = \"127.0.0.1:0\"\ntls = \"off\"\n\
             [[line]]\nid = \"north\"\nprotocol = \"osdp\"\nport = \"nowhere\"\nbaud = 9600\n\
             [[controller]]\nid = \"hall\"\nline = \"north\"\naddress = 1\nkind = \"panel\"\nscbk_file = \"hall.scbk\"\n\
             [[controller.door]]\nid = \"front\"\nname = \"Front door\"\nreader = 0\n\
             [[controller.door]]\nid = \"back\"\nname = \"Back door\"\nreader = 1\n";
        fs::write(folder.path().join("gateway.toml"), config).unwrap();
        let mut command = gateway();
        command.current_dir(folder.path()).args(["run", "--config", "gateway.toml"]).stderr(Stdio::piped());
        let mut service = command.spawn().unwrap();
        let mut log = BufReader::new(service.stderr.take().unwrap()).lines().map(Result::unwrap);
        let line = log.find(|line| line.contains("the page is at")).expect("the service starts");
        let address = line.split("http://").nth(1).unwrap().trim_end_matches('/').to_owned();
        // What nobody reads would stop the service.
        std::thread::spawn(move || log.for_each(drop));
        let token = run(folder.path(), "token create --name try --config gateway.toml").succeeded();
        let token = token.trim().to_owned();
        let body = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Employees"}"#;
        let made = scim(&address, &token, "POST", "/scim/v2/Groups", body);
        assert!(made.starts_with("HTTP/1.1 201"), "{made}");
        let (_, body) = made.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        let group = format!("/scim/v2/Groups/{}", body["id"].as_str().unwrap());
        Self { folder, service, address, token, group }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn access(&self, arguments: &str) -> crate::program::Finished {
        run(self.path(), &format!("access {arguments} --config gateway.toml"))
    }

    fn import(&self, text: &str, arguments: &str) -> crate::program::Finished {
        fs::write(self.path().join("access.toml"), text).unwrap();
        self.access(&format!("import access.toml {arguments}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

/// The answer to a SCIM request.
fn scim(address: &str, token: &str, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
         content-type: application/scim+json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn an_export_imports_into_itself_without_a_change() {
    let site = Running::start();
    let dry = site.import(LEVELS, "--dry-run");
    assert!(dry.stderr.starts_with("3 changes to make; nothing was changed.\n"), "{}", dry.stderr);
    let steps = dry.succeeded();
    let expected = "\
+ access level \"Staff\": back (always), front (always)
+ access level \"Visitors\": front (always)
+ rule: \"Staff\" for Employees
";
    assert_eq!(steps, expected);
    assert_eq!(site.access("list").succeeded(), "", "a dry run changes nothing");
    let done = site.import(LEVELS, "");
    assert!(done.stderr.starts_with("3 changes made.\n"), "{}", done.stderr);
    assert_eq!(done.succeeded(), steps);
    let exported = site.access("export").succeeded();
    let again = site.import(&exported, "");
    assert!(again.stderr.starts_with("Nothing to change"), "{}", again.stderr);
    assert_eq!(again.succeeded(), "");
    let list = site.access("list");
    assert!(list.stderr.contains("The access mode is open"), "{}", list.stderr);
    let expected = "\
ACCESS LEVEL  FOR        DOORS
Staff         Employees  back (always), front (always)
Visitors      -          front (always)
";
    assert_eq!(list.succeeded(), expected);
}

#[test]
fn an_import_undoes_nothing_that_was_changed_after_the_export() {
    let site = Running::start();
    let exported = site.access("export").succeeded();
    site.import(LEVELS, "").succeeded();
    let stderr = site.import(&exported, "").failed(1);
    assert!(stderr.contains("export them again, or delete the line based_on"), "{stderr}");
    assert_eq!(site.access("list").succeeded().lines().count(), 3);
    let without = |text: &str, start: &str| -> String {
        text.lines().filter(|line| !line.starts_with(start)).map(|line| format!("{line}\n")).collect()
    };
    let stderr = site.import(&without(&exported, "based_on"), "").failed(2);
    assert!(stderr.contains("there is nothing in the file"), "{stderr}");
    let newest = site.access("export").succeeded();
    let newest = newest.lines().find(|line| line.starts_with("based_on")).unwrap();
    let removed = site.import(newest, "").succeeded();
    assert!(removed.lines().count() == 3 && removed.lines().all(|line| line.starts_with("- ")), "{removed}");
    let forced = without(LEVELS, "based_on");
    assert_eq!(site.import(&forced, "").succeeded().lines().count(), 3);
}

#[test]
fn every_mistake_is_pointed_at_in_the_file_and_nothing_is_changed() {
    let site = Running::start();
    let wrong = LEVELS
        .replace("\"back\"", "\"bakc\"")
        .replace("Employees", "Employes")
        .replace("access_level = \"Staff\"", "access_level = \"Staf\"");
    let stderr = site.import(&wrong, "").failed(2);
    for expected in [
        "access.toml:3:39",
        "the configuration has no door \"bakc\"",
        "Did you mean \"back\"?",
        "access.toml:10:9",
        "there is no group \"Employes\"",
        "Did you mean \"Employees\"?",
        "access.toml:11:16",
        "Did you mean \"Staff\"?",
        "3 problems in access.toml",
        "^^^^^^",
    ] {
        assert!(stderr.contains(expected), "{expected} is missing:\n{stderr}");
    }
    let stderr = site.import("[[access_level]]\nnam = \"Staff\"\n", "").failed(2);
    assert!(stderr.contains("access.toml:2:1") && stderr.contains("did you mean `name`?"), "{stderr}");
    assert!(site.access("import absent.toml").failed(2).contains("gateway access export"));
    assert_eq!(site.access("list").succeeded(), "");
}

#[test]
fn the_end_of_a_deleted_groups_rules_is_told_on_the_page_and_in_the_event_log() {
    let mut site = Running::start();
    site.import(LEVELS, "").succeeded();
    let gone = scim(&site.address, &site.token, "DELETE", &site.group, "");
    assert!(gone.starts_with("HTTP/1.1 204"), "{gone}");
    assert!(!site.access("list").succeeded().contains("Employees"));
    let status = run(site.path(), "status --json --config gateway.toml").stdout;
    let told = "The group Employees was deleted, and with it the rule that gave it the access level Staff.";
    assert!(status.contains(told), "{status}");
    kill_process(Pid::from_child(&site.service), Signal::TERM).unwrap();
    site.service.wait().unwrap();
    let logged = fs::read_dir(site.path().join("data/events")).unwrap().any(|segment| {
        let bytes = fs::read(segment.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        text.contains(r#""kind":"rule_dropped""#)
            && text.contains(r#""source":{"kind":"scim","token":"try"}"#)
    });
    assert!(logged, "the event log says nothing of it");
}

#[test]
fn holidays_of_an_icalendar_file_become_a_calendar_and_what_is_none_is_refused_with_its_line() {
    let site = Running::start();
    let calendar = "BEGIN:VCALENDAR\nVERSION:2.0\n\
         BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY\nEND:VEVENT\n\
         BEGIN:VEVENT\nDTSTART;VALUE=DATE:20990726\nDTEND;VALUE=DATE:20990807\nEND:VEVENT\n\
         BEGIN:VEVENT\nDTSTART;VALUE=DATE:20200101\nEND:VEVENT\nEND:VCALENDAR\n";
    fs::write(site.path().join("holidays.ics"), calendar).unwrap();
    let import = |more: &str| {
        let mut command = gateway();
        let command = command.current_dir(site.path()).args(["access", "import-calendar", "holidays.ics"]);
        let command = command.args(["--name", "Bank holidays", "--config", "gateway.toml"]);
        crate::program::Finished::of(command.args(more.split_whitespace()).output().unwrap())
    };
    let export = || site.access("export").succeeded();
    let days = "12-25\n2099-07-26 to 2099-08-06\n";
    assert_eq!(import("--dry-run").succeeded(), days);
    assert!(!export().contains("Bank holidays"));
    let made = import("");
    assert!(
        made.stderr.contains("1 day that are over") || made.stderr.contains("over are left out"),
        "{made:?}"
    );
    assert_eq!(made.succeeded(), days);
    let kept = export();
    assert!(
        kept.contains("Bank holidays") && kept.contains("\"12-25\"") && kept.contains("2099-08-06"),
        "{kept}"
    );
    fs::write(site.path().join("holidays.ics"), calendar.replace("20990726", "20990726T080000")).unwrap();
    let told = import("").failed(2);
    assert!(told.contains("holidays.ics: line 8: DTSTART") && told.contains("VALUE=DATE"), "{told}");
    assert_eq!(export(), kept, "nothing was changed");
}

//! `gateway events`, at a service that really runs, over a log that was written before it started.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use gateway::domain::{CardRead, CardholderId, Event, EventKind};
use gateway::store::{EventLimits, EventLog};
use panel_protocol::decide::Reason;
use panel_protocol::wiegand::H10301;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Finished, gateway, run};

const CONFIG: &str = "[site]\nname = \"Try\"\ntime_zone = \"Europe/Berlin\"\ndata_dir = \"data\"\n\
     [web]\nlisten = \"127.0.0.1:0\"\ntls = \"off\"\n\
     [cards]\ndefault_format = \"H10301\"\ndefault_facility = 100\n\
     [[line]]\nid = \"north\"\nprotocol = \"osdp\"\nport = \"nowhere\"\nbaud = 9600\n\
     [[controller]]\nid = \"hall\"\nline = \"north\"\naddress = 1\nkind = \"panel\"\nscbk_file = \"hall.scbk\"\n\
     [[controller.door]]\nid = \"front\"\nname = \"Front door\"\nreader = 0\n\
     [[controller.door]]\nid = \"back\"\nname = \"Back door\"\nreader = 1\n";

/// Card reads, one an hour, through the whole of December 2026 by the clock of Berlin and a day on either side.
const HOURS: i64 = 33 * 24;

/// Midnight of the 30th of November in Berlin.
const BEGIN: &str = "2026-11-29T23:00:00Z";

fn event(hour: i64) -> Event {
    let number = u32::try_from(hour).unwrap();
    let reason = if hour % 3 == 0 { Reason::Expired } else { Reason::Granted };
    let name = if hour % 5 == 0 { "=1+1" } else { "Ann Archer" };
    let read = CardRead {
        controller: "hall".parse().unwrap(),
        door: Some(if hour % 2 == 0 { "front" } else { "back" }.parse().unwrap()),
        reader: 0,
        credential: H10301.encode(100, u64::from(number % 7)).unwrap(),
        holder: Some(CardholderId("00000000-0000-0000-0000-00000000000a".parse().unwrap())),
        holder_name: Some(name.to_owned()),
        granted: reason.granted(),
        reason,
        held_back: None,
        explained: None,
        sequence: number,
        epoch: 1,
    };
    let begin: jiff::Timestamp = BEGIN.parse().unwrap();
    Event { at: begin + jiff::SignedDuration::from_hours(hour), kind: EventKind::CardRead(read) }
}

struct Running {
    folder: TempDir,
    service: Child,
}

impl Running {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("gateway.toml"), CONFIG).unwrap();
        let log = EventLog::open(&folder.path().join("data/events"), EventLimits::default()).unwrap().0;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(log.append_all((0..HOURS).map(event).collect())).unwrap();
        drop(log);
        let mut command = gateway();
        command.current_dir(folder.path()).args(["run", "--config", "gateway.toml"]).stderr(Stdio::piped());
        let mut service = command.spawn().unwrap();
        let mut log = BufReader::new(service.stderr.take().unwrap()).lines().map(Result::unwrap);
        log.find(|line| line.contains("the page is at")).expect("the service starts");
        // What nobody reads would stop the service.
        std::thread::spawn(move || log.for_each(drop));
        Self { folder, service }
    }

    fn events(&self, arguments: &[&str]) -> Finished {
        let mut command = gateway();
        command.current_dir(self.folder.path()).args(["events", "--config", "gateway.toml"]).args(arguments);
        Finished::of(command.output().unwrap())
    }

    /// The hours of the events that JSON lines tell, newest first.
    fn hours(&self, arguments: &[&str]) -> Vec<i64> {
        let told = self.events(&[arguments, &["--json"]].concat()).succeeded();
        let number = |line: &str| serde_json::from_str::<Value>(line).unwrap()["number"].as_i64().unwrap();
        told.lines().map(|line| number(line) - 1).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

/// What is asked, and which hours' events it finds.
type Case<'a> = (&'a [&'a str], &'a dyn Fn(i64) -> bool);

#[test]
fn what_is_asked_for_is_what_the_log_has() {
    let site = Running::start();
    let newest_first =
        |is: &dyn Fn(i64) -> bool| (0..HOURS).rev().filter(|hour| is(*hour)).collect::<Vec<_>>();
    let cases: [Case; 11] = [
        (&[], &|_| true),
        (&["--door", "front"], &|hour| hour % 2 == 0),
        (&["--door", "Back door", "--result", "refused"], &|hour| hour % 2 == 1 && hour % 3 == 0),
        (&["--result", "expired"], &|hour| hour % 3 == 0),
        (&["--person", "ann archer"], &|hour| hour % 5 != 0),
        (&["--person", "00000000-0000-0000-0000-00000000000a"], &|_| true),
        (&["--person", "bo@example.org"], &|_| false),
        (&["--card", "3"], &|hour| hour % 7 == 3),
        (&["--card", "100-3", "--from", "2026-12-24", "--to", "2026-12-24"], &|hour| {
            hour % 7 == 3 && (24 * 24..25 * 24).contains(&hour)
        }),
        (&["--from", "2026-12-24 18:00", "--to", "2026-12-24T20:00:00+01:00"], &|hour| {
            (24 * 24 + 18..24 * 24 + 20).contains(&hour)
        }),
        (&["--limit", "5"], &|hour| hour >= HOURS - 5),
    ];
    for (arguments, is) in cases {
        assert_eq!(site.hours(arguments), newest_first(is), "{arguments:?}");
    }
}

#[test]
fn a_months_csv_adds_up_with_the_log_and_has_no_formula() {
    let site = Running::start();
    let csv = site.events(&["--from", "2026-12-01", "--to", "2026-12-31", "--csv"]).succeeded();
    let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(lines[0], "number,at,local_time,door,controller,who,card,result,reason,reason_text");
    let december = (24..32 * 24).rev();
    assert_eq!(lines.len() - 1, december.clone().count());
    for (hour, line) in december.zip(&lines[1..]) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells[0], (hour + 1).to_string());
        assert!(cells[2].starts_with("2026-12-"), "{line}");
        assert_eq!(cells[5], if hour % 5 == 0 { "'=1+1" } else { "Ann Archer" });
        assert_eq!(cells[7], if hour % 3 == 0 { "refused" } else { "granted" });
    }
    let few = site.events(&["--csv", "--limit", "3"]).succeeded();
    assert_eq!(few.lines().count(), 4);
    assert_eq!(site.events(&["--csv", "--door", "nowhere"]).succeeded().lines().count(), 1, "the head alone");
}

#[test]
fn a_terminal_shows_the_newest_and_says_that_there_are_more() {
    let site = Running::start();
    let shown = site.events(&["--limit", "2", "--to", "2026-12-24"]);
    assert!(shown.stderr.contains("--limit shows more"), "{}", shown.stderr);
    let shown = shown.succeeded();
    let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
    assert!(lines[0].starts_with("WHEN") && lines.len() == 3, "{shown}");
    assert!(lines[1].contains("24 Dec") && lines[1].contains("23:00:00"), "{shown}");
    assert!(lines[1].contains("Back door") && lines[1].contains("Ann Archer"), "{shown}");
    let none = site.events(&["--door", "nowhere"]);
    assert!(none.stderr.contains("no such event"), "{}", none.stderr);
    assert_eq!(none.succeeded(), "");
}

#[test]
fn what_makes_no_sense_is_bad_usage_and_what_is_no_card_is_told_by_the_service() {
    let site = Running::start();
    for (arguments, word) in [
        (&["--from", "yesterday"][..], "2027-01-31"),
        (&["--from", "2026-12-24", "--to", "2026-12-23"], "after 2026-12-24 00:00"),
        (&["--result", "denied"], "granted, refused"),
        (&["--csv", "--json"], "cannot be used with"),
    ] {
        let stderr = site.events(arguments).failed(2);
        assert!(stderr.contains(word), "{arguments:?}: {stderr}");
    }
    let stderr = site.events(&["--card", "H10301:many"]).failed(1);
    assert!(stderr.contains("card"), "{stderr}");
    let stderr = run(crate::program::site().path(), "events --config gateway.toml").failed(1);
    assert!(stderr.contains("not running"), "{stderr}");
}

//! The process in which the store runs: it does what it reads from its standard input, a line at a time, and says what came.

use std::convert::Infallible;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use gateway::domain::{Alarm, AlarmKind, Attributes, Cardholder, CardholderId, Change, Event, EventKind};
use gateway::domain::{Origin, Revision};
use gateway::store::{Directory, DiskCondition, EventLimits, EventLog, StoreError};
use jiff::Timestamp;

use crate::shim::Disk;

const ROLE: &str = "DISK_CHILD";
/// Before what it says, so that what the test harness says is told apart.
const SAYS: &str = "child: ";
const PATIENCE: Duration = Duration::from_secs(60);

/// The child, seen from the test.
pub(crate) struct Store {
    child: Child,
    asks: ChildStdin,
    answers: Receiver<String>,
}

impl Store {
    pub(crate) fn on(disk: &Disk) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child::child", "--nocapture"]).env(ROLE, disk.root());
        disk.under(&mut command);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (heard, answers) = mpsc::channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some((_, answer)) = line.split_once(SAYS) {
                    // The test may be over.
                    let _ = heard.send(answer.to_owned());
                }
            }
        });
        let store = Self { asks: child.stdin.take().unwrap(), child, answers };
        assert_eq!(store.answers.recv_timeout(PATIENCE).unwrap(), "ready");
        store
    }

    pub(crate) fn ask(&mut self, question: &str) -> String {
        writeln!(self.asks, "{question}").unwrap();
        self.answers.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{question}: {error}"))
    }

    /// Asks until the answer begins so.
    pub(crate) fn ask_until(&mut self, question: &str, begins: &str) {
        let began = std::time::Instant::now();
        loop {
            let answer = self.ask(question);
            if answer.starts_with(begins) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{question}: {answer}");
            thread::yield_now();
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs in the child alone.
#[test]
fn child() {
    let Some(root) = std::env::var_os(ROLE) else { return };
    let root = Path::new(&root);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let (directory, _) = Directory::open(&root.join("directory"), Box::new(|_| {})).unwrap();
    let (events, _) = EventLog::open(&root.join("events"), EventLimits::default()).unwrap();
    println!("\n{SAYS}ready");
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let (verb, number) = line.split_once(' ').unwrap_or((&line, "0"));
        let number: u32 = number.parse().unwrap();
        let answer = match verb {
            "put" => runtime.block_on(put(&directory, number)),
            "find" => find(&directory, number),
            "event" => match runtime.block_on(events.append(event(number))) {
                Ok(sequence) => format!("logged {sequence}"),
                Err(error) => format!("refused: {error}"),
            },
            "disk" => match directory.disk() {
                // How much room this machine has is nobody's business here.
                DiskCondition::Low { .. } => format!("{:?}", DiskCondition::Well),
                condition => format!("{condition:?}"),
            },
            "fatal" => runtime.block_on(async {
                tokio::select! {
                    biased;
                    why = directory.fatal() => format!("fatal: {why}"),
                    () = std::future::ready(()) => "not fatal".to_owned(),
                }
            }),
            other => panic!("{other}"),
        };
        println!("{SAYS}{answer}");
    }
}

async fn put(directory: &Directory, number: u32) -> String {
    let change = Change::PutCardholder { cardholder: Box::new(person(number)) };
    let plan = move |_: &gateway::store::View<'_>, _| Ok::<_, Infallible>((vec![change], ()));
    match directory.commit(Origin::CommandLine, Timestamp::UNIX_EPOCH, plan).await {
        Ok(committed) => format!("answered {}", committed.revision),
        Err(error) => format!("refused: {error}"),
    }
}

fn find(directory: &Directory, number: u32) -> String {
    match directory.read().cardholder(id(number)) {
        Ok(Some(_)) => "there".to_owned(),
        Ok(None) => "not there".to_owned(),
        Err(error) => format!("failed: {error}"),
    }
}

pub(crate) fn id(number: u32) -> CardholderId {
    format!("{number:032x}").parse().unwrap()
}

pub(crate) fn person(number: u32) -> Cardholder {
    Cardholder {
        id: id(number),
        user_name: format!("person-{number}"),
        external_id: None,
        display_name: format!("Person {number}"),
        active: true,
        cards: Vec::new(),
        refused_cards: Vec::new(),
        reactivation: None,
        attributes: Attributes::from_iter([("note".to_owned(), "x".repeat(number as usize % 700).into())]),
        created: Timestamp::UNIX_EPOCH,
        modified: Timestamp::UNIX_EPOCH,
        revision: Revision(0),
    }
}

pub(crate) fn event(number: u32) -> Event {
    let what = AlarmKind::LineDown { line: "north".parse().unwrap() };
    let alarm = Alarm::new(what, format!("event {number}"));
    Event { at: Timestamp::UNIX_EPOCH, kind: EventKind::Alarm(alarm) }
}

/// The store below `root`, opened in this process, where the disk is well.
pub(crate) fn reopened(root: &Path) -> Result<(Directory, EventLog), StoreError> {
    let (directory, report) = Directory::open(&root.join("directory"), Box::new(|_| {}))?;
    assert_eq!(report.incomplete, None);
    Ok((directory, EventLog::open(&root.join("events"), EventLimits::default())?.0))
}

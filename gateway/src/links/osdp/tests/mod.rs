//! A line's task against simulated panels on a pty with the timing of a real line.
#![cfg(feature = "demo")] // the simulator comes with it

mod bench;
mod keys;
mod outputs;
mod pace;
mod readers;

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use firmware_sim::config::{LineConfig, PanelConfig, PanelKey};
use firmware_sim::site::Power;
use firmware_sim::{SimConfig, Site};
use tempfile::TempDir;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::key_file::{self, Key};
use super::{DeviceSetup, LineSetup, line};
use crate::domain::{Became, DeviceCondition, LinkCondition};
use crate::links::{DeviceClient, Heard, LinkHandle, LinkStatus};
use crate::sync::{Answer, Demand, Failure, Operation, Room};

/// Longest that anything here may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a client has to send and what it has heard.
#[derive(Default)]
struct Story {
    /// Operations to send, for each controller.
    operations: Vec<VecDeque<Operation>>,
    answers: Vec<(usize, Answer)>,
    failed: Vec<(usize, Failure)>,
    heard: Vec<(usize, Heard)>,
    events: Vec<(usize, Became)>,
    line: Vec<LinkCondition>,
    /// A controller for which there is demand and never an operation, and how often it was asked for one.
    undecided: Option<usize>,
    asked_in_vain: usize,
    /// What happens just before the next operation is sent.
    before_sending: Option<Box<dyn FnOnce() + Send>>,
    /// When each operation was fetched and answered.
    times: Vec<(Instant, Option<Instant>)>,
}

/// A client that sends what it is told to, and remembers what it hears.
#[derive(Default)]
struct Teller {
    story: Mutex<Story>,
    changed: Notify,
}

impl Teller {
    fn story(&self) -> MutexGuard<'_, Story> {
        self.story.lock().unwrap()
    }

    fn note(&self, change: impl FnOnce(&mut Story)) {
        change(&mut self.story());
        self.changed.notify_waiters();
    }

    /// Waits until the story is as it should be.
    async fn until(&self, what: &str, done: impl Fn(&Story) -> bool) {
        let waited = timeout(PATIENCE, async {
            loop {
                let changed = self.changed.notified();
                if done(&self.story()) {
                    return;
                }
                changed.await;
            }
        });
        if waited.await.is_err() {
            let story = self.story();
            panic!("never {what}; line {:?}, events {:?}", story.line, story.events);
        }
    }
}

impl DeviceClient for Teller {
    fn demand(&self, controller: usize) -> Demand {
        let story = self.story();
        let some = !story.operations[controller].is_empty() || story.undecided == Some(controller);
        if some { Demand::Urgent } else { Demand::None }
    }

    fn next(&self, controller: usize, room: &mut dyn Room) -> bool {
        let mut story = self.story();
        let Some(operation) = story.operations[controller].pop_front() else {
            story.asked_in_vain += 1;
            return false;
        };
        if let Some(happens) = story.before_sending.take() {
            happens();
        }
        story.times.push((Instant::now(), None));
        room.operation(&operation)
    }

    fn answered(&self, controller: usize, answer: &Answer) {
        self.note(|story| {
            story.answers.push((controller, answer.clone()));
            story.times.last_mut().unwrap().1 = Some(Instant::now());
        });
    }

    fn failed(&self, controller: usize, failure: Failure) {
        self.note(|story| story.failed.push((controller, failure)));
    }

    fn heard(&self, controller: usize, heard: &Heard) {
        self.note(|story| story.heard.push((controller, heard.clone())));
    }

    fn became(&self, controller: usize, became: &Became) {
        self.note(|story| story.events.push((controller, became.clone())));
    }

    fn link(&self, condition: &LinkCondition) {
        self.note(|story| story.line.push(condition.clone()));
    }
}

/// A simulated line, its folder, and the task that serves it.
struct Scene {
    folder: TempDir,
    site: Option<Arc<Site>>,
    config: SimConfig,
    teller: Arc<Teller>,
    handle: LinkHandle,
    task: JoinHandle<()>,
    end: oneshot::Sender<()>,
}

fn key_of(controller: usize) -> [u8; 16] {
    [controller as u8 + 1; 16]
}

fn key_path(folder: &Path, controller: usize) -> PathBuf {
    folder.join(format!("{controller}.scbk"))
}

impl Scene {
    /// `theirs`: the key of each panel. Ours are `key_of`, but for panels in factory state.
    fn begin(baud: u32, theirs: &[PanelKey]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = folder.path().join("line");
        let mut config = SimConfig::default();
        let symlink = Some(port.clone());
        config.lines.push(LineConfig { symlink, ..LineConfig::new("line", baud) });
        let mut panels = Vec::new();
        for (controller, key) in theirs.iter().enumerate() {
            let address = controller as u8;
            config.panels.push(PanelConfig {
                key: *key,
                ..PanelConfig::new(format!("p{controller}"), "line", address)
            });
            let key_file = key_path(folder.path(), controller);
            if *key != PanelKey::Factory {
                key_file::write(&key_file, &Key::new(key_of(controller))).unwrap();
            }
            let key_file = Some(key_file);
            panels.push(DeviceSetup {
                device: controller,
                address,
                key_file,
                holds_table: true,
                feedback: Arc::default(),
            });
        }
        let teller = Arc::new(Teller::default());
        teller.story().operations.resize(theirs.len(), VecDeque::new());
        let setup = LineSetup { id: "line".parse().unwrap(), port, baud, devices: panels };
        let (handle, task) = line(setup, Arc::clone(&teller) as Arc<dyn DeviceClient>);
        let (end, ended) = oneshot::channel();
        let task = tokio::spawn(Box::pin(task.run(async move { drop(ended.await) })));
        Self { folder, site: None, config, teller, handle, task, end }
    }

    fn plug_in(mut self) -> Self {
        self.site = Some(Arc::new(Site::start(&self.config).unwrap()));
        self
    }

    fn ask_info(&self, controller: usize) {
        self.teller.story().operations[controller].push_back(Operation::Info);
        self.handle.wake();
    }

    async fn until_up(&self, controller: usize, times: usize) {
        let up = |story: &Story| {
            let ups = story
                .events
                .iter()
                .filter(|(of, became)| *of == controller && is(became, DeviceCondition::Online));
            ups.count() >= times
        };
        self.teller.until("up", up).await;
    }

    /// Serves the line anew, as a service does that was stopped and started.
    async fn restart(mut self) -> Self {
        self.end.send(()).unwrap();
        timeout(PATIENCE, self.task).await.expect("the task ends when it is told to").unwrap();
        self.teller.story().events.clear();
        let panels = self.config.panels.iter().enumerate().map(|(controller, panel)| {
            let key_file = key_path(self.folder.path(), controller);
            let key_file = Some(key_file);
            DeviceSetup {
                device: controller,
                address: panel.address,
                key_file,
                holds_table: true,
                feedback: Arc::default(),
            }
        });
        let (port, baud) = (self.folder.path().join("line"), self.config.lines[0].baud);
        let setup = LineSetup { id: "line".parse().unwrap(), port, baud, devices: panels.collect() };
        let (handle, task) = line(setup, Arc::clone(&self.teller) as Arc<dyn DeviceClient>);
        let (end, ended) = oneshot::channel();
        self.task = tokio::spawn(Box::pin(task.run(async move { drop(ended.await) })));
        (self.handle, self.end) = (handle, end);
        self
    }

    /// Ends the line; everything that it had to write is written then.
    async fn finish(self) -> TempDir {
        self.end.send(()).unwrap();
        timeout(PATIENCE, self.task).await.expect("the task ends when it is told to").unwrap();
        self.folder
    }
}

fn is(became: &Became, condition: DeviceCondition) -> bool {
    matches!(became, Became::Condition { is, .. } if *is == condition)
}

fn installed(count: usize) -> Vec<PanelKey> {
    (0..count).map(|controller| PanelKey::Scbk(key_of(controller))).collect()
}

#[tokio::test]
async fn operations_reach_the_right_panel_and_their_answers_come_back() {
    let scene = Scene::begin(115_200, &installed(3)).plug_in();
    for _ in 0..5 {
        (0..3).for_each(|controller| scene.ask_info(controller));
    }
    scene.teller.until("answered", |story| story.answers.len() == 15).await;
    {
        let story = scene.teller.story();
        assert!(story.failed.is_empty());
        for (_, answer) in &story.answers {
            assert!(matches!(answer, Answer::Info(_)), "{answer:?}");
        }
        assert!((0..3).all(|controller| story.answers.iter().filter(|(c, _)| *c == controller).count() == 5));
    }
    let mut status = scene.handle.status();
    let all_ready = |status: &LinkStatus| {
        let online = status.devices.iter().filter(|device| device.condition == DeviceCondition::Online);
        online.count() == 3
    };
    timeout(PATIENCE, status.wait_for(all_ready)).await.unwrap().unwrap();
    let heard = status.borrow().devices.iter().all(|device| device.last_heard.is_some());
    assert!(heard && status.borrow().condition == Some(LinkCondition::Up));
    scene.finish().await;
}

#[tokio::test]
async fn a_missing_port_is_told_with_a_remedy_when_the_reason_changes_and_served_when_it_comes() {
    let mut scene = Scene::begin(115_200, &installed(1));
    scene.teller.until("down", |story| story.line.len() == 1).await;
    {
        let story = scene.teller.story();
        let [LinkCondition::Down { why }] = &story.line[..] else { panic!("{:?}", story.line) };
        assert!(why.contains("line") && why.contains("/dev/serial/by-id"), "{why}");
    }
    let port = scene.folder.path().join("line");
    fs::write(&port, "no port").unwrap();
    scene.teller.until("tried again", |story| story.line.len() == 2).await;
    fs::remove_file(&port).unwrap();
    scene = scene.plug_in();
    scene.until_up(0, 1).await;
    {
        let story = scene.teller.story();
        assert!(story.line.windows(2).all(|pair| pair[0] != pair[1]), "{:?}", story.line);
        assert_eq!(story.line.last(), Some(&LinkCondition::Up));
    }
    scene.finish().await;
}

#[tokio::test]
async fn an_unplugged_port_is_opened_again_and_what_was_under_way_has_failed() {
    let mut scene = Scene::begin(115_200, &installed(1)).plug_in();
    scene.until_up(0, 1).await;
    let simulated = Arc::clone(scene.site.as_ref().unwrap());
    let cut = move || drop(simulated.power("p0", Power::Off));
    scene.teller.story().before_sending = Some(Box::new(cut));
    scene.ask_info(0);
    scene.teller.until("sent", |story| story.times.len() == 1).await;
    scene.site = None;
    scene.teller.until("down", |story| matches!(story.line.last(), Some(LinkCondition::Down { .. }))).await;
    scene.teller.until("failed", |story| story.failed == [(0, Failure::Lost)]).await;
    scene = scene.plug_in();
    scene.until_up(0, 2).await;
    scene.ask_info(0);
    scene.teller.until("answered", |story| story.answers.len() == 1).await;
    scene.finish().await;
}

//! Readers that the disk makes wait hold up nobody else.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use super::*;
use crate::store::limits::READERS;

/// Longer than anything takes that doesn't hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// A directory whose every read tells that it has come, and waits until it may go on.
struct Slow {
    directory: Directory,
    come: Receiver<()>,
    go_on: Sender<()>,
    reading: Arc<AtomicUsize>,
    _dir: TempDir,
}

impl Slow {
    fn open() -> Self {
        let dir = TempDir::new().unwrap();
        let (came, come) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel();
        let may_go_on = Mutex::new(may_go_on);
        let reading = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&reading);
        let before_read: BeforeRead = Arc::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            came.send(()).unwrap();
            locked(&may_go_on).recv_timeout(PATIENCE).unwrap();
            counted.fetch_sub(1, Ordering::SeqCst);
        });
        let (directory, _) = Directory::open_with(dir.path(), Box::new(|_| {}), Some(before_read)).unwrap();
        Self { directory, come, go_on, reading, _dir: dir }
    }

    fn ask(&self) -> tokio::task::JoinHandle<Result<Option<Cardholder>, StoreError>> {
        let directory = self.directory.clone();
        tokio::spawn(async move { directory.query(|view| view.cardholder(person_id(1))).await })
    }

    async fn until_come(&self) {
        while self.come.try_recv().is_err() {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn async_code_goes_on_while_a_read_waits_for_the_disk_and_so_does_the_writer() {
    let slow = Slow::open();
    let asked = slow.ask();
    slow.until_come().await;
    assert_eq!(commit(&slow.directory, vec![put(person(1, &[1]))]).await, Revision(1));
    assert_eq!(slow.directory.stats().revision, Revision(1), "sled has it");
    slow.go_on.send(()).unwrap();
    assert_eq!(asked.await.unwrap().unwrap(), Some(person(1, &[1])), "it is read when its turn has come");
}

#[tokio::test]
async fn readers_are_bounded_also_when_nobody_waits_for_them_any_more() {
    let slow = Slow::open();
    for _ in 0..READERS {
        let asked = slow.ask();
        slow.until_come().await;
        asked.abort();
        assert!(asked.await.unwrap_err().is_cancelled());
    }
    let late = slow.ask();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(slow.reading.load(Ordering::SeqCst), READERS);
    slow.go_on.send(()).unwrap();
    slow.until_come().await;
    for _ in 0..READERS {
        slow.go_on.send(()).unwrap();
    }
    assert_eq!(late.await.unwrap().unwrap(), None);
}

#[tokio::test]
async fn a_reader_that_panics_is_an_error_to_whoever_asked_and_to_nobody_else() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    let asked = directory.query::<(), StoreError>(|_| panic!("a fault of the question")).await;
    assert!(matches!(asked, Err(StoreError::Fault)));
    assert_eq!(directory.query::<_, StoreError>(|view| Ok(view.revision())).await.unwrap(), Revision(0));
}

#[tokio::test]
async fn a_question_may_be_the_last_that_holds_the_directory() {
    let slow = Slow::open();
    let dir = slow._dir.path().to_owned();
    let asked = slow.ask();
    slow.until_come().await;
    let Slow { directory, go_on, _dir, .. } = slow;
    drop(directory);
    go_on.send(()).unwrap();
    assert_eq!(asked.await.unwrap().unwrap(), None);
    while Directory::open(&dir, Box::new(|_| {})).is_err() {
        tokio::task::yield_now().await;
    }
}

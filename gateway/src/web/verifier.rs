//! Passwords are verified on threads of their own, two at the most: each takes a core and 19 MiB for a moment.
//!
//! Who waits, waits in one of two short queues, and those who have signed in from their address before go first: a flood
//! of guesses from elsewhere keeps nobody out. A request that was given up before its turn costs nothing.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::accounts::Accounts;
use super::limits::{MAX_KNOWN_ADDRESSES, MAX_VERIFICATIONS, MAX_WAITING_VERIFICATIONS};
use crate::store::StoreError;
use crate::store::users::User;

/// Verifies passwords. Its threads end when it is dropped.
pub(super) struct Verifier(Arc<Shared>);

struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    known: VecDeque<Job>,
    strangers: VecDeque<Job>,
    /// From where somebody has signed in; the latest last.
    addresses: VecDeque<IpAddr>,
    closed: bool,
}

struct Job {
    name: String,
    password: Zeroizing<String>,
    answer: oneshot::Sender<Verified>,
}

/// The account, if name and password are right.
pub(super) type Verified = Result<Option<User>, StoreError>;

/// Too many wait already.
#[derive(Debug)]
pub(super) struct Busy;

impl Verifier {
    /// Starts the threads.
    pub(super) fn new(accounts: &Arc<dyn Accounts>) -> Self {
        let shared = Arc::new(Shared { waiting: Mutex::default(), changed: Condvar::new() });
        for _ in 0..MAX_VERIFICATIONS {
            let (shared, accounts) = (Arc::clone(&shared), Arc::clone(accounts));
            let run = move || shared.run(accounts.as_ref());
            let started = std::thread::Builder::new().name("password".to_owned()).spawn(run);
            if let Err(error) = started {
                tracing::error!(%error, "a thread that verifies passwords can't be started");
            }
        }
        Self(shared)
    }

    /// Puts a password in its queue; the answer comes when its turn has.
    ///
    /// # Errors
    /// When that queue is full.
    pub(super) fn ask(
        &self,
        address: IpAddr,
        name: String,
        password: Zeroizing<String>,
    ) -> Result<oneshot::Receiver<Verified>, Busy> {
        let mut waiting = self.0.lock();
        let queue = waiting.queue_of(address);
        queue.retain(|job| !job.answer.is_closed());
        if queue.len() >= MAX_WAITING_VERIFICATIONS {
            return Err(Busy);
        }
        let (answer, answered) = oneshot::channel();
        queue.push_back(Job { name, password, answer });
        drop(waiting);
        self.0.changed.notify_one();
        Ok(answered)
    }

    /// Somebody has signed in from `address`.
    pub(super) fn signed_in(&self, address: IpAddr) {
        let mut waiting = self.0.lock();
        waiting.addresses.retain(|known| *known != address);
        waiting.addresses.push_back(address);
        if waiting.addresses.len() > MAX_KNOWN_ADDRESSES {
            waiting.addresses.pop_front();
        }
    }

    /// Whether somebody has signed in from there.
    pub(super) fn knows(&self, address: IpAddr) -> bool {
        self.0.lock().addresses.contains(&address)
    }
}

impl Drop for Verifier {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}

impl Waiting {
    fn queue_of(&mut self, address: IpAddr) -> &mut VecDeque<Job> {
        if self.addresses.contains(&address) { &mut self.known } else { &mut self.strangers }
    }

    fn next(&mut self) -> Option<Job> {
        self.known.pop_front().or_else(|| self.strangers.pop_front())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, accounts: &dyn Accounts) {
        while let Some(Job { name, password, answer }) = self.take() {
            if !answer.is_closed() {
                // Who asked may be gone by now.
                let _ = answer.send(accounts.verify(&name, &password));
            }
        }
    }

    fn take(&self) -> Option<Job> {
        let mut waiting = self.lock();
        loop {
            if waiting.closed {
                return None;
            }
            if let Some(job) = waiting.next() {
                return Some(job);
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Verifies when it is told to, and tells whom.
    struct Gated {
        begun: mpsc::SyncSender<String>,
        go: Mutex<mpsc::Receiver<()>>,
    }

    impl Accounts for Gated {
        fn verify(&self, name: &str, _: &str) -> Verified {
            self.begun.send(name.to_owned()).unwrap();
            let _ = self.go.lock().unwrap().recv();
            Ok(None)
        }

        fn find(&self, _: &str) -> Verified {
            Ok(None)
        }
    }

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn stranger(number: u8) -> IpAddr {
        IpAddr::from([198, 51, 100, number])
    }

    #[test]
    fn who_signed_in_before_goes_first_and_who_gave_up_costs_nothing() {
        let (begun, begins) = mpsc::sync_channel(64);
        let (go, gate) = mpsc::channel();
        let accounts: Arc<dyn Accounts> = Arc::new(Gated { begun, go: Mutex::new(gate) });
        let verifier = Verifier::new(&accounts);
        verifier.signed_in(HOME);
        let ask = |address, name: &str| verifier.ask(address, name.to_owned(), Zeroizing::default());
        let under_way: Vec<_> = (0..MAX_VERIFICATIONS).map(|_| ask(stranger(1), "first").unwrap()).collect();
        for _ in &under_way {
            assert_eq!(begins.recv().unwrap(), "first");
        }
        let mut waiting: Vec<_> =
            (0..MAX_WAITING_VERIFICATIONS).map(|_| ask(stranger(2), "guess").unwrap()).collect();
        assert!(ask(stranger(3), "guess").is_err(), "the queue of strangers is full");
        let home = ask(HOME, "ann").expect("a full queue of strangers keeps nobody out who signed in before");
        go.send(()).unwrap();
        assert_eq!(begins.recv().unwrap(), "ann");
        waiting.truncate(1);
        let last = ask(stranger(3), "last").expect("those who gave up make room");
        drop(go);
        let rest: Vec<String> = (0..2).map(|_| begins.recv().unwrap()).collect();
        assert_eq!(rest, ["guess", "last"]);
        drop((home, last));
    }
}

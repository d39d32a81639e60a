//! What is known of the doors for which the gateway decides, and the queue of what happened there. No rules, and no site.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::decide::Reason;
use panel_protocol::door::HeldBack;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::access::doors::{DoorSpec, Doors, Standing};
use crate::config::Config;
use crate::domain::{AlarmKind, ControllerId, DoorId, DoorWhat, ReaderPlace};
use crate::links::ActuateError;

/// What waits to be written down of doors; beyond, it is counted and lost.
const WAITING_TO_BE_TOLD: usize = 4096;

/// A door, as people know it.
pub(super) struct Known {
    pub(super) id: DoorId,
    pub(super) name: String,
    pub(super) controller: ControllerId,
}

/// All doors for which the gateway decides, in the order of the configuration.
pub(in crate::site) struct SiteDoors {
    pub(super) known: Vec<Known>,
    pub(super) doors: Mutex<Doors>,
    /// When the next deadline is may have changed.
    pub(super) moved: Notify,
    pub(super) told: mpsc::Sender<Told>,
    pub(super) inbox: Mutex<Option<mpsc::Receiver<Told>>>,
    pub(super) lost: AtomicU64,
    /// Cards are numbered from 0 under an epoch of this run.
    pub(super) epoch: u32,
    pub(super) cards: AtomicU32,
    pub(super) orders: tokio::sync::Mutex<()>,
}

impl SiteDoors {
    /// Those of a configuration.
    pub(in crate::site) fn of(config: &Config, started: Timestamp) -> Self {
        let (mut known, mut specs) = (Vec::new(), Vec::new());
        for (at, controller) in config.controllers.iter().enumerate() {
            for door in &controller.doors {
                let Some(parts) = door.parts else { continue };
                specs.push(DoorSpec { controller: at, reader: door.reader, parts });
                let (id, name, controller) = (door.id.clone(), door.name.clone(), controller.id.clone());
                known.push(Known { id, name, controller });
            }
        }
        let (told, inbox) = mpsc::channel(WAITING_TO_BE_TOLD);
        Self {
            known,
            doors: Mutex::new(Doors::new(&specs)),
            moved: Notify::new(),
            told,
            inbox: Mutex::new(Some(inbox)),
            lost: AtomicU64::new(0),
            epoch: u32::try_from(started.as_second()).unwrap_or(u32::MAX),
            cards: AtomicU32::new(0),
            orders: tokio::sync::Mutex::new(()),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Doors> {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on with the alarms that an earlier run has raised and that were not over.
    pub(in crate::site) fn resume<'a>(&self, open: &(impl Iterator<Item = &'a AlarmKind> + Clone)) {
        let mut doors = self.lock();
        for (at, known) in self.known.iter().enumerate() {
            let told_open = open.clone().any(|what| {
                matches!(what, AlarmKind::DoorForced { door } | AlarmKind::DoorHeld { door } if *door == known.id)
            });
            let tampered = open
                .clone()
                .any(|what| matches!(what, AlarmKind::DoorTampered { door } if *door == known.id));
            doors.resume(at, told_open, tampered);
        }
    }

    /// How a door stands.
    pub(in crate::site) fn standing(&self, door: &DoorId) -> Option<Standing> {
        let at = self.known.iter().position(|known| known.id == *door)?;
        self.lock().standing(at)
    }

    /// Whoever hears is on a link's thread, or holds up somebody who waits.
    pub(super) fn tell(&self, told: Told) {
        if self.told.try_send(told).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Something that happened at a door, or a reader.
pub(super) enum Told {
    Card(Card),
    Door {
        at: Timestamp,
        door: usize,
        what: DoorWhat,
        by: Option<String>,
        reason: Option<String>,
    },
    /// An output is being switched: it is told if that fails.
    Switching {
        door: usize,
        answer: oneshot::Receiver<Result<(), ActuateError>>,
    },
}

/// A card that was decided on.
pub(super) struct Card {
    pub(super) at: Timestamp,
    pub(super) reader: ReaderPlace,
    pub(super) door: Option<usize>,
    pub(super) credential: Credential,
    pub(super) reason: Reason,
    pub(super) held_back: Option<HeldBack>,
    pub(super) sequence: u32,
}

impl Told {
    pub(super) fn door(at: Timestamp, door: usize, what: DoorWhat) -> Self {
        Self::Door { at, door, what, by: None, reason: None }
    }

    pub(super) fn not_switched(at: Timestamp, door: usize, error: &ActuateError) -> Self {
        Self::door(at, door, DoorWhat::NotSwitched { why: error.to_string() })
    }
}

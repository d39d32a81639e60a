//! What people order of doors. A mode is on the disk before it is in force, so a restart forgets none.

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use panel_protocol::door::{Answer, Mode, Order};
use panel_protocol::time::Micros;

use super::state::Told;
use crate::access::doors::Input;
use crate::domain::{DoorId, DoorMode, DoorWhat, Level, one_line};
use crate::links::ActuateError;
use crate::operator::{Actor, DoorOrder, DoorOrderError, DoorOrdered, OrderDoor};
use crate::site::clock;
use crate::site::running::Site;
use crate::store::door_modes;

impl OrderDoor for Site {
    fn order_door(
        &self,
        door: &DoorId,
        order: DoorOrder,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<DoorOrdered, DoorOrderError>> {
        let (door, by) = (door.clone(), actor.to_string());
        Box::pin(async move {
            let at = self.place_of(&door)?;
            tracing::warn!(%door, by, action = ?order.action, reason = one_line(order.reason.as_deref().unwrap_or("")), "ordered");
            match order.action.mode() {
                None => self.unlock(at, &order, by).await,
                Some(mode) => self.set_mode(at, mode, &order, by).await,
            }
        })
    }
}

impl Site {
    fn place_of(&self, door: &DoorId) -> Result<usize, DoorOrderError> {
        if let Some(at) = self.doors.known.iter().position(|known| known.id == *door) {
            return Ok(at);
        }
        let doors =
            || self.config.controllers.iter().flat_map(|it| it.doors.iter().map(move |door| (it, door)));
        match doors().find(|(_, known)| known.id == *door) {
            Some((controller, _)) => {
                Err(DoorOrderError::DecidedByPanel { door: door.clone(), controller: controller.id.clone() })
            }
            None => {
                let ids = doors().map(|(_, door)| door.id.as_str());
                let near = crate::domain::closest(door.as_str(), ids.collect::<Vec<_>>()).map(str::to_owned);
                Err(DoorOrderError::Unknown { door: door.clone(), near })
            }
        }
    }

    /// Lets somebody in once. Answered when the lock's device has confirmed it.
    async fn unlock(&self, at: usize, order: &DoorOrder, by: String) -> Result<DoorOrdered, DoorOrderError> {
        let now = self.running.micros();
        let door = self.doors.known[at].id.clone();
        let (answer, begun) = self.doors_begin(now, Input::Ordered { door: at, order: Order::Unlock });
        if let Some(Answer::HeldBack(why)) = answer {
            return Err(DoorOrderError::HeldBack { door, why });
        }
        for (_, switched) in begun {
            let done = match switched {
                Ok(answer) => answer.await.unwrap_or(Err(ActuateError::Busy)),
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                self.doors.tell(Told::not_switched(clock::now(), at, &error));
                return Err(DoorOrderError::NotSwitched { door, why: error.to_string() });
            }
        }
        self.doors.tell(Told::Door {
            at: clock::now(),
            door: at,
            what: DoorWhat::Unlocked,
            by: Some(by),
            reason: order.reason.clone(),
        });
        let mode = self.doors.lock().standing(at).map(|standing| standing.mode).unwrap_or_default();
        Ok(DoorOrdered { door, mode, until: None })
    }

    /// On the disk first; then it is in force.
    async fn set_mode(
        &self,
        at: usize,
        mode: Mode,
        order: &DoorOrder,
        by: String,
    ) -> Result<DoorOrdered, DoorOrderError> {
        let known = &self.doors.known[at];
        let until = order.until.filter(|_| mode != Mode::Normal);
        let kept =
            DoorMode { mode, until, since: clock::now(), by: by.clone(), reason: order.reason.clone() };
        let one_at_a_time = self.doors.orders.lock().await;
        let (folder, door) = (self.config.site.data_dir.clone(), known.id.clone());
        let kept = tokio::task::spawn_blocking(move || door_modes::keep(&folder, &door, kept)).await;
        match kept {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(not_kept(&error)),
            Err(error) => return Err(not_kept(&error)),
        }
        let order_until = until.map(|until| self.micros_at(until));
        let input = Order::Mode { mode, until: order_until };
        self.doors_handle(self.running.micros(), Input::Ordered { door: at, order: input });
        drop(one_at_a_time);
        self.doors.tell(Told::Door {
            at: clock::now(),
            door: at,
            what: DoorWhat::Mode { mode, until, ended: false },
            by: Some(by),
            reason: order.reason.clone(),
        });
        Ok(DoorOrdered { door: known.id.clone(), mode, until })
    }

    /// An instant of the calendar on the clock of this run.
    fn micros_at(&self, at: Timestamp) -> Micros {
        let ahead = Duration::try_from(at.duration_since(clock::now())).unwrap_or_default();
        self.running.micros() + ahead
    }

    /// A mode's end on the calendar.
    pub(in crate::site) fn instant_of(&self, at: Micros) -> Timestamp {
        clock::now().saturating_add(at.since(self.running.micros())).unwrap_or(Timestamp::MAX)
    }
}

/// Takes up the modes that were ordered before the service was started; those whose time is over are none any more.
pub fn restore_modes(site: &Site) {
    let modes = match door_modes::read(&site.config.site.data_dir) {
        Ok(modes) => modes,
        Err(error) => {
            tracing::error!(%error, "the modes of doors can't be read");
            let text = "What people ordered of doors before the restart can't be read, so all doors are in normal use. Order \
                        holds and lockdowns anew.";
            return site.notice(Level::Problem, text.to_owned());
        }
    };
    for (at, known) in site.doors.known.iter().enumerate() {
        let Some(kept) = modes.get(&known.id) else { continue };
        if kept.until.is_some_and(|until| until <= clock::now()) {
            continue;
        }
        let order = Order::Mode { mode: kept.mode, until: kept.until.map(|until| site.micros_at(until)) };
        site.doors_handle(site.running.micros(), Input::Ordered { door: at, order });
        tracing::info!(door = %known.id, "is {} as before the restart", kept.mode);
    }
}

fn not_kept(error: &dyn std::fmt::Display) -> DoorOrderError {
    tracing::error!(%error, "the mode of a door can't be kept");
    DoorOrderError::Unavailable
}

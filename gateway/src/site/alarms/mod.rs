//! Alarms on the disk: what an earlier run left, what people do about them, and keeping what has changed.
//!
//! What people do is on the disk before it is answered. What opens and closes is written down a moment later, by a task of
//! its own, so that no line waits for the disk.

pub(super) mod state;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::watch;

use super::clock;
use super::running::Site;
use crate::config::Config;
use crate::domain::{AlarmDeed, AlarmKind, AlarmNumber, AlarmRecord, ControllerId, Level, one_line};
use crate::health::Alarms;
use crate::operator::{Actor, AlarmError, HandleAlarm};
use crate::store::alarms::{self, KeptAlarms};
use crate::views::{AlarmView, ShowAlarms};

/// Alarms are written down no more often than this.
const PAUSE: Duration = Duration::from_secs(1);

/// The calendar is looked at so often while an alarm is muted: its clock may be set.
const LOOK: Duration = Duration::from_secs(30);

/// Goes on with the alarms of an earlier run. Blocks.
pub fn restore_alarms(site: &Site) {
    let folder = &site.config.site.data_dir;
    let kept = alarms::read(folder).unwrap_or_else(|error| {
        tracing::error!(%error, "the alarms of before the restart can't be read");
        let place = match alarms::set_aside(folder) {
            Ok(place) => format!("The file is in {}.", place.display()),
            Err(error) => format!("The file can't be moved aside either: {error}."),
        };
        let text = format!(
            "The alarms of before the restart can't be read: {error}. Who acknowledged and muted what is forgotten; what \
             still lasts is told anew. {place}"
        );
        site.notice(Level::Attention, text);
        KeptAlarms::default()
    });
    let config = &site.config;
    let alarms = Alarms::resume(kept.records, kept.last, clock::now(), |what| goes_on(config, what));
    let open = alarms.records().iter().filter(|record| record.over.is_none());
    site.doors.resume(&open.map(AlarmRecord::what));
    site.health().resume_alarms(alarms);
}

/// Whether somebody will tell when it is over: what it is about is still there.
fn goes_on(config: &Config, what: &AlarmKind) -> bool {
    let has = |id: &ControllerId| config.controllers.iter().any(|known| known.id == *id);
    let mut doors = config.controllers.iter().flat_map(|controller| &controller.doors);
    match what {
        AlarmKind::LineDown { line } => config.lines.iter().any(|known| known.id == *line),
        AlarmKind::ControllerOffline { controller }
        | AlarmKind::WrongKey { controller }
        | AlarmKind::Swapped { controller }
        | AlarmKind::BadMac { controller }
        | AlarmKind::TableFull { controller } => has(controller),
        AlarmKind::PartFailing { .. } => true,
        AlarmKind::DoorForced { door } | AlarmKind::DoorHeld { door } => {
            doors.any(|known| known.id == *door && known.parts.is_some_and(|parts| parts.contact.is_some()))
        }
        AlarmKind::DoorTampered { door } => doors.any(|known| known.id == *door && known.parts.is_some()),
        AlarmKind::DirectoryRebuilt | AlarmKind::MassRevocation { .. } => false,
    }
}

/// Writes down what has changed and lets mutes end, until `stop`.
pub async fn keep_alarms(site: Arc<Site>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let muted = site.health().alarm_log().next_end_of_a_mute(clock::now());
        tokio::select! {
            () = site.alarms.moved.notified() => {}
            () = until(muted) => {}
            _ = stop.changed() => {}
        }
        if muted.is_some_and(|until| until <= clock::now()) {
            site.health().forget_alarms(clock::now());
            site.bump();
        }
        if let Err(error) = site.keep_changed_alarms().await {
            tracing::warn!(%error, "the alarms can't be written down now; tried again with the next change");
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = stop.changed() => {}
        }
    }
    drop(site.keep_changed_alarms().await);
}

/// Until that instant, or until it is time to look at the calendar again; for ever where there is none.
async fn until(instant: Option<Timestamp>) {
    match instant {
        Some(instant) => {
            let ahead = Duration::try_from(instant.duration_since(clock::now())).unwrap_or_default();
            tokio::time::sleep(ahead.min(LOOK)).await;
        }
        None => std::future::pending().await,
    }
}

impl Site {
    async fn keep_changed_alarms(&self) -> Result<(), AlarmError> {
        let mut kept = self.alarms.kept.lock().await;
        let alarms = self.health().alarm_log().clone();
        if alarms.changes() == *kept {
            return Ok(());
        }
        self.write_alarms(&alarms).await?;
        *kept = alarms.changes();
        Ok(())
    }

    async fn write_alarms(&self, alarms: &Alarms) -> Result<(), AlarmError> {
        let folder = self.config.site.data_dir.clone();
        let kept = KeptAlarms { last: alarms.last(), records: alarms.records().to_vec() };
        let written = tokio::task::spawn_blocking(move || alarms::keep(&folder, kept)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(not_kept(&error)),
            Err(error) => Err(not_kept(&error)),
        }
    }

    /// On the disk first; then it is so.
    async fn handle(
        &self,
        number: AlarmNumber,
        deed: AlarmDeed,
        by: &str,
    ) -> Result<AlarmRecord, AlarmError> {
        let one_at_a_time = self.alarms.kept.lock().await;
        let mut would_be = self.health().alarm_log().clone();
        would_be.handle(clock::now(), number, &deed, by)?;
        self.write_alarms(&would_be).await?;
        let done = self.health().handle_alarm(clock::now(), number, &deed, by)?;
        drop(one_at_a_time);
        self.alarms.moved.notify_one();
        self.bump();
        Ok(done)
    }

    pub(super) fn alarm_view(&self, record: &AlarmRecord, now: Timestamp) -> AlarmView {
        let mut doors = self.config.controllers.iter().flat_map(|controller| &controller.doors);
        let name = match record.what() {
            AlarmKind::DoorForced { door }
            | AlarmKind::DoorHeld { door }
            | AlarmKind::DoorTampered { door } => doors.find(|known| known.id == *door),
            _ => None,
        };
        AlarmView::of(record, name.map(|door| door.name.as_str()), now)
    }
}

impl HandleAlarm for Site {
    fn handle_alarm(
        &self,
        number: AlarmNumber,
        deed: AlarmDeed,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<AlarmView, AlarmError>> {
        let by = actor.to_string();
        Box::pin(async move {
            let record = self.handle(number, deed.clone(), &by).await?;
            let about = one_line(&record.alarm.text);
            tracing::warn!(alarm = %number, by, deed = one_line(format!("{deed:?}")), "an alarm was handled: {about}");
            Ok(self.alarm_view(&record, clock::now()))
        })
    }
}

impl ShowAlarms for Site {
    fn alarms(&self) -> Vec<AlarmView> {
        let (health, now) = (self.health(), clock::now());
        let over = health.alarm_records().iter().rev().filter(|record| record.over.is_some());
        health.open_alarms().rev().chain(over).map(|record| self.alarm_view(record, now)).collect()
    }
}

fn not_kept(error: &dyn std::fmt::Display) -> AlarmError {
    tracing::error!(%error, "alarms can't be kept");
    AlarmError::Unavailable
}

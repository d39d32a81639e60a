//! Where a PD listens: its address, and a change of it that has not ended.
//!
//! The PD answers COMSET at its old settings and then switches. If that answer is lost it may be at either address, so
//! it is tried at both in turn until it answers at one and proves who it is: it is never lost.

use super::event::Event;
use super::settings_error::SettingsError;
use crate::osdp::payload::ComSettings;

/// One PD's place.
#[derive(Debug)]
pub(super) struct Place {
    address: u8,
    relocation: Option<Relocation>,
}

/// A change of settings on its way.
#[derive(Clone, Copy, Debug)]
struct Relocation {
    old: ComSettings,
    new: ComSettings,
    state: RelocationState,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum RelocationState {
    /// To be asked of the PD, or being asked.
    Wanted,
    /// The PD may have either settings; whether only one of its addresses has been tried since the last pause.
    Unclear { half_tried: bool },
}

impl Place {
    pub(super) const fn new(address: u8) -> Self {
        Self { address, relocation: None }
    }

    pub(super) fn address(&self) -> u8 {
        self.address
    }

    /// Whether the PD has this address, or may have it or get it.
    pub(super) fn claims(&self, address: u8) -> bool {
        let on_its_way = self.relocation.is_some_and(|r| [r.old.address, r.new.address].contains(&address));
        self.address == address || on_its_way
    }

    /// It is to be asked to move.
    pub(super) fn begin(&mut self, baud: u32, new: ComSettings) -> Result<(), SettingsError> {
        if self.relocation.is_some() {
            return Err(SettingsError::UnderWay);
        }
        let old = ComSettings { address: self.address, baud };
        self.relocation = Some(Relocation { old, new, state: RelocationState::Wanted });
        Ok(())
    }

    /// The settings to ask for, if there are any.
    pub(super) fn wanted(&self) -> Option<ComSettings> {
        self.relocation.filter(|r| r.state == RelocationState::Wanted).map(|r| r.new)
    }

    /// It has said where it goes.
    pub(super) fn moved(&mut self, settings: ComSettings) {
        (self.address, self.relocation) = (settings.address, None);
    }

    /// It stays where it is.
    pub(super) fn stays(&mut self) {
        self.relocation = None;
    }

    /// Nobody knows any more whether it has moved.
    pub(super) fn lose_track(&mut self) {
        if let Some(relocation) = &mut self.relocation {
            relocation.state = RelocationState::Unclear { half_tried: false };
        }
    }

    /// The conversation is over. A change that was asked for may have been made; one that was not will not be.
    pub(super) fn unsettle(&mut self, asked: bool) -> Option<Event> {
        let mut told = None;
        if asked {
            self.lose_track();
        } else if self.relocation.is_some() && !self.is_sought() {
            self.relocation = None;
            told = Some(Event::NotMoved { reason: None });
        }
        if let Some(Relocation { old, new, state: RelocationState::Unclear { .. } }) = self.relocation {
            self.address = if self.address == old.address { new.address } else { old.address };
        }
        told
    }

    /// Whether the PD may be at another address too, and that one has not been tried since the last pause.
    pub(super) fn tries_other_address(&mut self) -> bool {
        match &mut self.relocation {
            Some(Relocation { state: RelocationState::Unclear { half_tried }, .. }) => {
                *half_tried = !*half_tried;
                *half_tried
            }
            _ => false,
        }
    }

    /// Whether it is not known where the PD is.
    pub(super) fn is_sought(&self) -> bool {
        self.relocation.is_some_and(|r| r.state != RelocationState::Wanted)
    }

    /// The PD answers here, and is the right one: a search, if there was one, is over.
    pub(super) fn found(&mut self, baud: u32) -> Option<Event> {
        if !self.is_sought() {
            return None;
        }
        let Relocation { old, .. } = self.relocation.take()?;
        let settings = ComSettings { address: self.address, baud };
        let is_old = settings == old;
        Some(if is_old { Event::NotMoved { reason: None } } else { Event::Moved { settings } })
    }
}

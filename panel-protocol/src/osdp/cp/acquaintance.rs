//! Who a PD is: the device that should be there, the one that says it is, and what stands between it and its use.

use super::event::{Capabilities, Deviation, DeviceIdentity, Event, IdFault, KeyFault};
use super::output::PdState;
use crate::limits::MIN_FRAME_LEN;
use crate::osdp::reply::DeviceId;

/// Whether a PD answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Presence {
    Unknown,
    Online,
    Offline,
}

/// A condition that is told once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Trouble {
    NoIdentity(IdFault),
    NoSession(KeyFault),
    Swapped(DeviceIdentity),
}

/// One PD, as far as it is known.
#[derive(Debug)]
pub(super) struct Acquaintance {
    expected: Option<DeviceIdentity>,
    presence: Presence,
    about: Option<(DeviceId, Capabilities)>,
    trouble: Option<Trouble>,
    /// What last stood in a session's way, if the line may have been at fault.
    passing: Option<KeyFault>,
    /// The deviations that have been told, a bit each.
    deviations: u8,
}

impl Acquaintance {
    pub(super) const fn new(expected: Option<DeviceIdentity>) -> Self {
        Self {
            expected,
            presence: Presence::Unknown,
            about: None,
            trouble: None,
            passing: None,
            deviations: 0,
        }
    }

    pub(super) fn is_online(&self) -> bool {
        self.presence == Presence::Online
    }

    /// Whether it has been looked for and not been found.
    pub(super) fn is_offline(&self) -> bool {
        self.presence == Presence::Offline
    }

    /// Who it last said it is, and what it can do.
    pub(super) fn about(&self) -> Option<(DeviceId, Capabilities)> {
        self.about
    }

    /// Longest frame it can receive, as far as is known. One byte of what it says is left to the mark byte, which no
    /// length counts but some devices keep in the same buffer (libosdp to 3.2.7 at least).
    pub(super) fn receive_buffer(&self) -> usize {
        let said = self.about.and_then(|(_, capabilities)| capabilities.receive_buffer);
        said.map_or(MIN_FRAME_LEN, |len| usize::from(len).saturating_sub(1).max(MIN_FRAME_LEN))
    }

    /// The device that should answer. Where a PD is sought, the one that was there before is.
    pub(super) fn awaited(&self, is_sought: bool) -> Option<DeviceIdentity> {
        let last = self.about.filter(|_| is_sought).map(|(pdid, _)| DeviceIdentity::from(&pdid));
        self.expected.or(last)
    }

    /// It has said who it is and what it can do. `None`: nothing that was not known.
    pub(super) fn described(&mut self, pdid: DeviceId, capabilities: Capabilities) -> Option<Event> {
        let about = Some((pdid, capabilities));
        let is_known = self.is_online() && self.about == about;
        if self.replaces(&pdid) {
            self.deviations = 0;
        }
        if matches!(self.trouble, Some(Trouble::Swapped(_) | Trouble::NoIdentity(_))) {
            self.trouble = None;
        }
        (self.presence, self.about) = (Presence::Online, about);
        (!is_known).then_some(Event::Online { pdid, capabilities })
    }

    /// Whether that is another device than the last one that said who it is.
    pub(super) fn replaces(&self, pdid: &DeviceId) -> bool {
        self.about.is_some_and(|(last, _)| DeviceIdentity::from(&last) != DeviceIdentity::from(pdid))
    }

    /// It has proven its key: it is the device that should answer from now on.
    pub(super) fn proven(&mut self) {
        (self.trouble, self.passing) = (None, None);
        self.expected = self.expected.or_else(|| self.about.map(|(pdid, _)| DeviceIdentity::from(&pdid)));
    }

    /// Another device answers in its place. `None`: that has been told.
    pub(super) fn swapped(&mut self, expected: DeviceIdentity, found: DeviceId) -> Option<Event> {
        self.presence = Presence::Offline;
        let is_news = self.get_into(Trouble::Swapped(DeviceIdentity::from(&found)));
        is_news.then_some(Event::Swapped { expected, found })
    }

    /// Something answers in its place, and doesn't say who it is. `None`: that has been told.
    pub(super) fn unidentified(&mut self, fault: IdFault) -> Option<Event> {
        self.presence = Presence::Offline;
        self.get_into(Trouble::NoIdentity(fault)).then_some(Event::NoIdentity { fault })
    }

    /// It does something otherwise than it should. `None`: that has been told.
    pub(super) fn deviates(&mut self, what: Deviation) -> Option<Event> {
        let bit = 1 << what as u8;
        let is_news = self.deviations & bit == 0;
        self.deviations |= bit;
        is_news.then_some(Event::Deviates { what })
    }

    /// Whether it says that it has a secure channel; yes, as long as it says nothing.
    pub(super) fn claims_secure_channel(&self) -> bool {
        let says_nothing = |capabilities| capabilities == Capabilities::default();
        self.about.is_none_or(|(_, can)| can.secure_channel || says_nothing(can))
    }

    /// No session can be had with it. `None`: that has been told.
    pub(super) fn refused(&mut self, fault: KeyFault) -> Option<Event> {
        if fault.may_pass() && self.passing.replace(fault) != Some(fault) {
            return None;
        }
        self.get_into(Trouble::NoSession(fault)).then_some(Event::NoSession { fault })
    }

    fn get_into(&mut self, trouble: Trouble) -> bool {
        self.trouble.replace(trouble) != Some(trouble)
    }

    /// It doesn't answer. True: it did, or that was not known.
    pub(super) fn gone(&mut self) -> bool {
        let was_offline = self.is_offline();
        (self.presence, self.trouble) = (Presence::Offline, None);
        !was_offline
    }

    /// Any device is welcome in its place.
    pub(super) fn welcome_any(&mut self) {
        (self.expected, self.trouble) = (None, None);
    }

    /// How it is, given whether it takes commands.
    pub(super) fn state(&self, is_open: bool) -> PdState {
        match (self.presence, self.trouble) {
            (_, Some(Trouble::Swapped(found))) => PdState::Swapped(found),
            (_, Some(Trouble::NoIdentity(fault))) => PdState::NoIdentity(fault),
            (Presence::Online, _) if is_open => PdState::Ready,
            (Presence::Online, Some(Trouble::NoSession(fault))) => PdState::NoSession(fault),
            (Presence::Online, None) => PdState::Starting,
            (Presence::Unknown | Presence::Offline, _) => PdState::Offline,
        }
    }
}

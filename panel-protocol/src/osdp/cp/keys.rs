//! Which key a PD's next handshake uses, and the change from one key to another.
//!
//! The old key is kept until a handshake with the new one has succeeded. The default key is never used but while
//! the operator's install mode is open, and then only to set the new key.

use super::config::PdKey;
use super::output::RotateError;
use crate::osdp::payload::Manufacturer;
use crate::osdp::reply::Reply;
use crate::osdp::secure::{KeyKind, SCBK_D, Scbk};
use crate::time::Micros;

/// A key by its role.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Which {
    /// The one the PD should have.
    Installed,
    /// The one it is to get, or may have got.
    New,
    /// The one every factory-fresh PD has.
    Default,
}

impl Which {
    /// The role as the handshake's security blocks say it.
    pub(super) fn kind(self) -> KeyKind {
        match self {
            Self::Default => KeyKind::Default,
            Self::Installed | Self::New => KeyKind::Installed,
        }
    }
}

/// What a handshake that has succeeded leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Worked {
    /// The session is good for commands.
    Up,
    /// The new key has worked and is now the installed one; the session is good for commands.
    NewKey,
    /// The old key has worked after the change had ended: the new key is forgotten. Good for commands.
    OldKey,
    /// The new key has to be set before anything else.
    SetKey,
}

/// A key change on its way.
#[derive(Debug)]
struct Change {
    new: Scbk,
    until: Micros,
    default_allowed: bool,
    /// The PD has answered the question that comes before a key.
    admitted: bool,
    /// The PD may have the new key: KEYSET has been sent.
    sent: bool,
}

/// A vendor command that a PD has to answer before it is given a key in install mode.
pub(super) type Question = Manufacturer<'static>;

/// The keys of one PD.
#[derive(Debug)]
pub(super) struct Keys {
    installed: PdKey,
    change: Option<Change>,
    question: Option<Question>,
    /// Handshakes that failed since the last one that succeeded; goes through the candidates.
    failures: usize,
}

impl Keys {
    pub(super) fn new(installed: PdKey) -> Self {
        Self { installed, change: None, question: None, failures: 0 }
    }

    /// Whether the operator chose to do without a secure channel.
    pub(super) fn is_clear(&self) -> bool {
        matches!(self.installed, PdKey::Clear)
    }

    /// Begins a change to `new`, to be made before `until`; with the default key too if that is allowed. Of a change
    /// that is under way only the time is new, if it is to the same key.
    pub(super) fn change(&mut self, new: Scbk, until: Micros, default_allowed: bool) {
        let sent = self.change.as_ref().is_some_and(|change| change.sent && change.new == new);
        self.change = Some(Change { new, until, default_allowed, admitted: sent, sent });
        self.failures = 0;
    }

    /// Begins a change to `new` under the installed key, to be made before `until`.
    pub(super) fn rotate(&mut self, new: Scbk, until: Micros) -> Result<(), RotateError> {
        if !matches!(self.installed, PdKey::Scbk(_)) {
            return Err(RotateError::NoKey);
        }
        if self.change.as_ref().is_some_and(|change| change.sent && change.new != new) {
            return Err(RotateError::UnderWay);
        }
        self.change(new, until, false);
        Ok(())
    }

    /// Takes up a change that an earlier run had begun: the PD may have either key.
    pub(super) fn resume(&mut self, new: Scbk) {
        let until = Micros(0);
        self.change = Some(Change { new, until, default_allowed: false, admitted: true, sent: true });
        self.failures = 0;
    }

    /// Forgets a change whose time is over and whose key has never been sent. True: there was one.
    pub(super) fn expire(&mut self, now: Micros) -> bool {
        let over = self.change.as_ref().is_some_and(|c| now >= c.until && !c.sent);
        if over {
            self.change = None;
        }
        over
    }

    /// The key to try next; `None`: there is none.
    pub(super) fn candidate(&self, now: Micros) -> Option<Which> {
        let (list, count) = self.candidates(now);
        list[..count].get(self.failures % count.max(1)).copied()
    }

    /// The keys that may be tried now, most likely first, and how many they are.
    fn candidates(&self, now: Micros) -> ([Which; 3], usize) {
        let has_installed = matches!(self.installed, PdKey::Scbk(_));
        let sent = self.change.as_ref().is_some_and(|c| c.sent);
        let default = self.default_allowed(now);
        let mut list = [Which::Installed; 3];
        let mut count = 0;
        for (which, wanted) in
            [(Which::New, sent), (Which::Default, default), (Which::Installed, has_installed)]
        {
            if wanted {
                list[count] = which;
                count += 1;
            }
        }
        (list, count)
    }

    /// Whether the default key may be used now.
    pub(super) fn default_allowed(&self, now: Micros) -> bool {
        self.change.as_ref().is_some_and(|c| c.default_allowed && now < c.until)
    }

    /// The key itself. Falls back to the default key only for the role that says so.
    pub(super) fn scbk(&self, which: Which) -> Option<&Scbk> {
        match which {
            Which::Installed => match &self.installed {
                PdKey::Scbk(key) => Some(key),
                PdKey::Unset | PdKey::Clear => None,
            },
            Which::New => self.change.as_ref().map(|c| &c.new),
            Which::Default => Some(const { &SCBK_D }),
        }
    }

    /// A handshake failed. True: another key is left to try before it is time for a pause.
    pub(super) fn failed(&mut self, now: Micros) -> bool {
        self.failures = self.failures.wrapping_add(1);
        let (_, count) = self.candidates(now);
        count > 0 && !self.failures.is_multiple_of(count)
    }

    /// A handshake with `which` succeeded.
    pub(super) fn worked(&mut self, which: Which, now: Micros) -> Worked {
        self.failures = 0;
        match (which, self.change.take()) {
            (Which::New, Some(change)) => {
                self.installed = PdKey::Scbk(change.new);
                Worked::NewKey
            }
            (Which::Default, change) => {
                self.change = change;
                Worked::SetKey
            }
            (_, Some(change)) if now < change.until => {
                self.change = Some(change);
                Worked::SetKey
            }
            (_, Some(_)) => Worked::OldKey,
            (_, None) => Worked::Up,
        }
    }

    /// From now on a PD has to answer this before it is given a key in install mode.
    pub(super) fn ask_first(&mut self, question: Question) {
        self.question = Some(question);
    }

    /// What is to be asked now, before the key is given.
    pub(super) fn question(&self, now: Micros) -> Option<Question> {
        let asks = |c: &Change| c.default_allowed && !c.admitted && now < c.until;
        self.question.filter(|_| self.change.as_ref().is_some_and(asks))
    }

    /// The PD's answer to the question. False: it is not the kind of device that is to have a key, and gets none.
    pub(super) fn answered(&mut self, reply: Option<&Reply<'_>>) -> bool {
        let oui = self.question.map(|question| question.oui);
        let admitted = matches!(reply, Some(Reply::Manufacturer(said)) if Some(said.oui) == oui);
        match &mut self.change {
            Some(change) if admitted => change.admitted = true,
            _ => self.change = None,
        }
        admitted
    }

    /// The key that a KEYSET has to carry now, if a change is to be made.
    pub(super) fn to_set(&self, now: Micros) -> Option<&Scbk> {
        self.change.as_ref().filter(|c| now < c.until).map(|c| &c.new)
    }

    /// KEYSET is about to be sent: from now on the PD may have the new key.
    pub(super) fn set_sent(&mut self) {
        if let Some(change) = &mut self.change {
            change.sent = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = Micros(1_000);
    const LATER: Micros = Micros(2_000);

    fn key(byte: u8) -> Scbk {
        Scbk::new([byte; 16])
    }

    fn tried(keys: &mut Keys, now: Micros) -> [Option<Which>; 4] {
        core::array::from_fn(|_| {
            let which = keys.candidate(now);
            keys.failed(now);
            which
        })
    }

    #[test]
    fn without_install_mode_only_the_installed_key_is_tried() {
        assert_eq!(tried(&mut Keys::new(PdKey::Scbk(key(1))), NOW), [Some(Which::Installed); 4]);
        assert_eq!(tried(&mut Keys::new(PdKey::Unset), NOW), [None; 4]);
    }

    #[test]
    fn the_default_key_ends_with_install_mode() {
        let mut keys = Keys::new(PdKey::Unset);
        keys.change(key(2), LATER, true);
        assert_eq!(tried(&mut keys, NOW), [Some(Which::Default); 4]);
        assert_eq!(tried(&mut keys, LATER), [None; 4]);
        assert!(keys.expire(LATER));
        assert!(!keys.expire(LATER));
    }

    #[test]
    fn a_rotation_never_tries_the_default_key_nor_forgets_one_that_the_pd_may_have() {
        assert_eq!(Keys::new(PdKey::Unset).rotate(key(2), LATER), Err(RotateError::NoKey));
        assert_eq!(Keys::new(PdKey::Clear).rotate(key(2), LATER), Err(RotateError::NoKey));
        let mut keys = Keys::new(PdKey::Scbk(key(1)));
        keys.rotate(key(2), LATER).unwrap();
        assert_eq!(tried(&mut keys, NOW), [Some(Which::Installed); 4]);
        keys.rotate(key(3), LATER).unwrap();
        keys.set_sent();
        assert_eq!(keys.rotate(key(2), LATER), Err(RotateError::UnderWay));
        keys.rotate(key(3), LATER).unwrap();
        let expected = [Which::New, Which::Installed, Which::New, Which::Installed].map(Some);
        assert_eq!(tried(&mut keys, NOW), expected);
    }

    #[test]
    fn a_session_under_the_default_key_is_never_good_for_commands() {
        let mut keys = Keys::new(PdKey::Unset);
        keys.change(key(2), LATER, true);
        assert_eq!(keys.worked(Which::Default, NOW), Worked::SetKey);
        assert_eq!(keys.worked(Which::Default, LATER), Worked::SetKey);
        assert!(keys.to_set(LATER).is_none());
    }

    #[test]
    fn after_a_lost_keyset_both_keys_are_tried_and_neither_forgotten() {
        let mut keys = Keys::new(PdKey::Scbk(key(1)));
        keys.change(key(2), LATER, false);
        keys.set_sent();
        assert!(!keys.expire(LATER));
        let expected = [Which::New, Which::Installed, Which::New, Which::Installed].map(Some);
        assert_eq!(tried(&mut keys, LATER), expected);
        assert_eq!(keys.worked(Which::New, LATER), Worked::NewKey);
        assert_eq!(tried(&mut keys, LATER), [Some(Which::Installed); 4]);
    }

    #[test]
    fn a_change_begun_again_does_not_forget_that_the_pd_may_have_the_key() {
        let mut keys = Keys::new(PdKey::Unset);
        keys.change(key(2), NOW, true);
        keys.set_sent();
        keys.change(key(2), LATER, true);
        assert_eq!(keys.candidate(NOW), Some(Which::New));
    }

    #[test]
    fn an_old_key_that_works_within_the_time_leads_to_another_keyset() {
        let mut keys = Keys::new(PdKey::Scbk(key(1)));
        keys.change(key(2), LATER, true);
        keys.set_sent();
        assert_eq!(keys.worked(Which::Installed, NOW), Worked::SetKey);
        assert!(keys.to_set(NOW).is_some());
        assert_eq!(keys.worked(Which::Installed, LATER), Worked::OldKey);
        assert_eq!(keys.worked(Which::Installed, LATER), Worked::Up);
    }
}

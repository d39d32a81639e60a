//! Keys: a factory-new device gets one through the default key, a wrong one opens nothing, and nothing goes in clear
//! where a key is required.

use std::time::Duration;

use libosdp::{OsdpCommand, OsdpCommandBuzzer, OsdpCommandKeyset};
use panel_protocol::osdp::command::{Buzzer, Command, Tone};
use panel_protocol::osdp::cp::{Event, KeyFault, LossCause, PdKey, PdState};
use panel_protocol::osdp::pd;
use panel_protocol::osdp::reply::{NakReason, Reply};
use panel_protocol::osdp::secure::{KeyKind, Scbk};

use crate::our_cp::{OurCp, Said};
use crate::our_pd::OurPd;
use crate::pair::{KEY, Pair, Setting};
use crate::theirs::{Setup, TheirCp, TheirPd};

crate::on_both_wires! {
    our_cp_gives_their_new_pd_a_key,
    their_cp_gives_our_new_pd_a_key,
    our_cp_changes_their_pds_key,
    their_cp_changes_our_pds_key,
    our_cp_with_a_wrong_key_has_no_session,
    their_cp_with_a_wrong_key_reaches_nothing,
    their_pd_that_enforces_security_takes_nothing_in_clear,
    their_pd_that_enforces_security_takes_no_default_key,
    their_cp_that_enforces_security_uses_no_default_key,
}

const OTHER_KEY: Scbk = Scbk::new(*b"another byte key");
/// How long an operator leaves install mode open.
const INSTALL: Duration = Duration::from_secs(60);

const BEEP: Command<'_> =
    Command::Buzzer(Buzzer { reader: 0, tone: Tone::Default, on_100ms: 2, off_100ms: 1, count: 3 });

fn beep() -> OsdpCommand {
    let beep = OsdpCommandBuzzer { reader: 0, control_code: 2, on_count: 2, off_count: 1, rep_count: 3 };
    OsdpCommand::Buzzer(beep)
}

fn keyset(key: &Scbk) -> OsdpCommand {
    OsdpCommand::KeySet(OsdpCommandKeyset::new_scbk(*key.expose()))
}

fn our_cp_gives_their_new_pd_a_key(Setting { wire, .. }: Setting) {
    let mut pair =
        Pair::new(wire, |end| OurCp::new(end, PdKey::Unset), |end| TheirPd::new(end, &Setup::default()));
    let no_key = PdState::NoSession(KeyFault::NoKey);
    pair.until("our CP waits for the operator", |cp, _| cp.status().state == no_key);
    pair.cp.install_key(INSTALL, KEY);
    pair.until("the key has worked", |cp, _| cp.is_ready());
    assert!(pair.cp.events.ends_with(&[Event::KeyInstalled, Event::SecureUp]), "{:?}", pair.cp.events);
    assert_eq!(pair.pd.commands(), [keyset(&KEY)]);
    assert_eq!(pair.ask(&BEEP).reply(), Reply::Ack);
    assert!(pair.pd.is_secure());
}

/// Their CP tries its key first, takes the refusal for a reason to try the default key, and sets its own.
fn their_cp_gives_our_new_pd_a_key(Setting { wire, .. }: Setting) {
    let setup = Setup::with_key(&KEY);
    let mut pair = Pair::new(wire, |end| TheirCp::new(end, &setup), |end| OurPd::new(end, None, true));
    pair.until("the key has worked", |cp, pd| {
        pd.secured_by() == Some(KeyKind::Installed) && cp.is_online() && cp.is_secure()
    });
    assert_eq!(pair.pd.device.key, Some(KEY));
    let story = pair.pd.events.iter().filter(|event| !matches!(event, pd::Event::SecureClosed(_)));
    let expected = [
        pd::Event::Online,
        pd::Event::SecureOpened(KeyKind::Default),
        pd::Event::KeyInstalled,
        pd::Event::SecureOpened(KeyKind::Installed),
    ];
    assert_eq!(story.copied().collect::<Vec<_>>(), expected);
    pair.their_command_arrives();
}

fn our_cp_changes_their_pds_key(setting: Setting) {
    let mut pair = Pair::we_poll(setting);
    pair.cp.install_key(INSTALL, OTHER_KEY);
    pair.until("the new key has worked", |cp, _| {
        cp.events.ends_with(&[Event::KeyInstalled, Event::SecureUp])
    });
    assert!(pair.cp.events.contains(&Event::SecureLost { cause: LossCause::KeyChange }));
    assert_eq!(pair.pd.commands(), [keyset(&OTHER_KEY)]);
    assert_eq!(pair.ask(&BEEP).reply(), Reply::Ack);
}

/// Their CP leaves the session by a challenge, without sequence number 0.
fn their_cp_changes_our_pds_key(setting: Setting) {
    let mut pair = Pair::they_poll(setting);
    pair.pd.events.clear();
    pair.cp.send(keyset(&OTHER_KEY));
    pair.until("the new key has worked", |cp, pd| {
        cp.is_secure() && pd.events.last() == Some(&pd::Event::SecureOpened(KeyKind::Installed))
    });
    assert_eq!(pair.pd.device.key, Some(OTHER_KEY));
    pair.their_command_arrives();
}

fn our_cp_with_a_wrong_key_has_no_session(Setting { wire, .. }: Setting) {
    let theirs = Setup::with_key(&KEY);
    let mut pair =
        Pair::new(wire, |end| OurCp::new(end, PdKey::Scbk(OTHER_KEY)), |end| TheirPd::new(end, &theirs));
    let refused = PdState::NoSession(KeyFault::Cryptogram);
    pair.until("our CP sees that the key is wrong", |cp, _| cp.status().state == refused);
    pair.until("it has tried again", |cp, _| cp.status().counters.frames_sent >= 6);
    assert_eq!(pair.cp.events.iter().filter(|event| matches!(event, Event::NoSession { .. })).count(), 1);
    assert!(!pair.pd.is_secure());
    assert_eq!((pair.pd.commands(), pair.cp.status().counters.sessions), (vec![], 0));
}

/// Without ENFORCE_SECURE, their CP takes the failure for a reason to go on in clear: that has to fail here.
fn their_cp_with_a_wrong_key_reaches_nothing(Setting { wire, .. }: Setting) {
    let setup = Setup::with_key(&OTHER_KEY);
    let mut pair = Pair::new(wire, |end| TheirCp::new(end, &setup), |end| OurPd::new(end, Some(KEY), true));
    pair.until("their CP believes to be online", |cp, _| cp.is_online());
    assert!(!pair.cp.is_secure());
    pair.cp.send(beep());
    pair.until("their CP has given up", |cp, _| !cp.is_online());
    assert!(pair.pd.device.commands.is_empty());
    assert_eq!((pair.pd.device.key.clone(), pair.pd.secured_by()), (Some(KEY), None));
}

fn their_pd_that_enforces_security_takes_nothing_in_clear(Setting { wire, .. }: Setting) {
    let theirs = Setup::enforced(&KEY);
    let mut pair = Pair::new(wire, |end| OurCp::new(end, PdKey::Clear), |end| TheirPd::new(end, &theirs));
    pair.until("our CP believes to be ready", |cp, _| cp.is_ready());
    let said = pair.ask(&BEEP);
    let Reply::Nak(nak) = said.reply() else { panic!("not refused: {said:?}") };
    assert_eq!(nak.reason, NakReason::Security);
    assert_eq!(pair.pd.commands(), []);
}

fn their_pd_that_enforces_security_takes_no_default_key(Setting { wire, .. }: Setting) {
    let theirs = Setup::enforced(&KEY);
    let mut pair = Pair::new(wire, |end| OurCp::new(end, PdKey::Unset), |end| TheirPd::new(end, &theirs));
    pair.cp.install_key(INSTALL, OTHER_KEY);
    pair.until("our CP sees the refusal", |cp, _| matches!(cp.status().state, PdState::NoSession(_)));
    assert!(!pair.cp.events.contains(&Event::KeyInstalled));
    assert_eq!((pair.pd.commands(), pair.pd.is_secure()), (vec![], false));
}

fn their_cp_that_enforces_security_uses_no_default_key(Setting { wire, .. }: Setting) {
    let setup = Setup::enforced(&KEY);
    let mut pair = Pair::new(wire, |end| TheirCp::new(end, &setup), |end| OurPd::new(end, None, true));
    pair.until("ID, CAP and CHLNG have come", |_, pd| pd.frames_heard() >= 3);
    pair.rounds(20);
    assert_eq!(pair.pd.frames_heard(), 3, "a refused challenge was its last word");
    assert!(!pair.cp.is_secure());
    assert_eq!(pair.pd.device.key, None);
    assert_eq!(pair.pd.events, [pd::Event::Online]);
}

impl Pair<TheirCp, OurPd> {
    fn their_command_arrives(&mut self) {
        self.until("their CP is online", |cp, _| cp.is_online());
        self.cp.send(beep());
        self.until("the command arrives", |_, pd| !pd.device.commands.is_empty());
        assert_eq!(self.pd.device.commands, [Said::of(&BEEP)]);
    }
}

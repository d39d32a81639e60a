//! The line is cut and joined again, devices lose their power: both sides find each other again by themselves.

use std::time::{Duration, Instant};

use libosdp::{OsdpEvent, OsdpEventCardRead};
use panel_protocol::credential::Credential;
use panel_protocol::osdp::cp::{Event, LossCause, OfflineCause, PdKey};
use panel_protocol::osdp::pd;
use panel_protocol::osdp::reply::{Raw, Reply};

use crate::our_cp::OurCp;
use crate::our_pd::OurPd;
use crate::pair::{KEY, Pair, Setting};
use crate::theirs::{Setup, TheirCp, TheirPd};

crate::on_both_wires! {
    our_cp_finds_their_pd_after_a_long_cut,
    a_short_cut_costs_their_cp_no_session,
    their_cp_begun_anew_finds_our_pd_after_a_long_cut,
    our_cp_finds_their_pd_after_a_power_failure,
    their_cp_begun_anew_finds_our_pd_after_a_power_failure,
}

/// Our CP gives a PD up after this; the standard's 8 s would only be more of the same.
const OFFLINE_AFTER: Duration = Duration::from_secs(1);

fn our_cp_finds_their_pd_after_a_long_cut(Setting { wire, .. }: Setting) {
    let theirs = Setup::with_key(&KEY);
    let ours = |end| OurCp::with_patience(end, PdKey::Scbk(KEY), OFFLINE_AFTER);
    let mut pair = Pair::new(wire, ours, |end| TheirPd::new(end, &theirs));
    pair.until_at_work();
    pair.cp.events.clear();
    pair.line.cut();
    let offline = Event::Offline { cause: OfflineCause::Silent };
    pair.until("our CP gives the PD up", |cp, _| cp.events.contains(&offline));
    pair.line.mend();
    pair.until("they have a session again", |cp, pd| cp.is_ready() && pd.is_secure());
    assert_eq!(pair.cp.events[..2], [Event::SecureLost { cause: LossCause::Silent }, offline]);
    assert_eq!(pair.cp.events.last(), Some(&Event::SecureUp));
    pair.a_card_reaches_our_cp();
}

/// After eight seconds our PD ends the session, as the standard says. libosdp as a CP takes the end of a session, in
/// whatever way it learns of it, for a reason to leave the PD alone for five minutes; its application can only
/// begin anew.
fn their_cp_begun_anew_finds_our_pd_after_a_long_cut(setting: Setting) {
    let mut pair = Pair::they_poll(setting);
    pair.line.cut();
    pair.pd.events.clear();
    pair.until("our PD takes the CP to be away", |_, pd| pd.events.ends_with(&[pd::Event::Offline]));
    assert_eq!(pair.pd.events[0], pd::Event::SecureClosed(pd::Closed::Silence));
    pair.line.mend();
    pair.their_cp_begins_anew();
}

/// Three of their repetitions go by; what was told before the cut is heard after it, once.
fn a_short_cut_costs_their_cp_no_session(setting: Setting) {
    let mut pair = Pair::they_poll(setting);
    pair.line.cut();
    pair.pd.events.clear();
    let began = Instant::now();
    pair.until("three seconds have passed", |_, _| began.elapsed() >= Duration::from_secs(3));
    pair.line.mend();
    pair.a_card_reaches_their_cp();
    assert_eq!(pair.pd.events, []);
}

fn our_cp_finds_their_pd_after_a_power_failure(setting: Setting) {
    let mut pair = Pair::we_poll(setting);
    pair.cp.events.clear();
    pair.pd.restart();
    pair.until("they have a session again", |cp, pd| cp.is_ready() && pd.is_secure());
    assert_eq!(pair.cp.events.last(), Some(&Event::SecureUp));
    pair.a_card_reaches_our_cp();
}

fn their_cp_begun_anew_finds_our_pd_after_a_power_failure(setting: Setting) {
    let mut pair = Pair::they_poll(setting);
    pair.pd.restart();
    pair.until("their CP sees that the session is gone", |cp, _| !cp.is_online());
    pair.their_cp_begins_anew();
}

fn card() -> Credential {
    Credential::new(32, 0x1234_5678).unwrap()
}

/// The same card in libosdp's words.
fn their_card() -> OsdpEvent {
    OsdpEvent::CardRead(OsdpEventCardRead::new_raw(0x1234_5678_u32.to_be_bytes().to_vec()))
}

impl Pair<OurCp, TheirPd> {
    fn a_card_reaches_our_cp(&mut self) {
        self.until_at_work();
        self.pd.tell(their_card());
        self.until("the card is there", |cp, _| !cp.told.is_empty());
        let Reply::Raw(raw) = self.cp.told[0].reply() else { panic!("no card: {:?}", self.cp.told) };
        assert_eq!((raw.credential(), self.cp.told.len()), (Ok(card()), 1));
    }
}

impl Pair<TheirCp, OurPd> {
    fn their_cp_begins_anew(&mut self) {
        self.cp.restart();
        self.until("they have a session again", |cp, pd| cp.is_secure() && pd.secured_by().is_some());
        self.a_card_reaches_their_cp();
    }

    fn a_card_reaches_their_cp(&mut self) {
        self.pd.tell(&Reply::Raw(Raw::of(0, card(), &mut [0; 8])));
        self.until("the card is there", |cp, pd| !cp.events().is_empty() && pd.device.news.is_empty());
        assert_eq!(self.cp.events(), [their_card()]);
    }
}

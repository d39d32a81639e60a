//! What a PD tells when it is polled: cards, keys, inputs, outputs, tampering.

use libosdp::{
    OsdpCardFormats, OsdpEvent, OsdpEventCardRead, OsdpEventKeyPress, OsdpStatusReport, OsdpStatusReportType,
};
use panel_protocol::credential::Credential;
use panel_protocol::osdp::records::Records;
use panel_protocol::osdp::reply::{Keypad, Raw, Reply};

use crate::our_cp::{OurCp, Said};
use crate::our_pd::{CONTACT_STATES, READER_STATES, TAMPERED};
use crate::pair::{Pair, Setting};
use crate::theirs::{TheirPd, status};

crate::everywhere! {
    cards_read_by_their_reader_reach_our_cp,
    cards_read_by_our_reader_reach_their_cp,
    keys_pressed_at_their_reader_reach_our_cp,
    keys_pressed_at_our_reader_reach_their_cp,
    changes_of_their_contacts_reach_our_cp,
    changes_of_our_contacts_reach_their_cp,
}

/// Of few bits and of many, whole bytes and not, with ones at both ends.
fn cards() -> [Credential; 5] {
    [(26, 0x2F6_23AE), (34, 0x3_0000_0001), (37, 0x12_3456_789A), (64, u64::MAX - 1), (1, 1)]
        .map(|(bits, raw)| Credential::new(bits, raw).unwrap())
}

/// `#` and `*` have codes of their own.
const KEYS: &[u8] = b"0123456789\x0D\x7F";

fn cards_read_by_their_reader_reach_our_cp(setting: Setting) {
    let mut pair = Pair::we_poll(setting);
    for card in cards() {
        pair.pd.tell(OsdpEvent::CardRead(as_theirs(card)));
        let said = pair.next_news();
        let Reply::Raw(raw) = said.reply() else { panic!("no card: {said:?}") };
        assert_eq!((raw.reader(), raw.credential()), (0, Ok(card)));
    }
}

fn cards_read_by_our_reader_reach_their_cp(setting: Setting) {
    let mut pair = Pair::they_poll(setting);
    for card in cards() {
        pair.pd.tell(&Reply::Raw(Raw::of(0, card, &mut [0; 8])));
    }
    pair.until("all cards are there", |cp, pd| {
        cp.events().len() >= cards().len() && pd.device.news.is_empty()
    });
    let format = OsdpCardFormats::Unspecified;
    let expected = cards().map(|card| OsdpEvent::CardRead(OsdpEventCardRead { format, ..as_theirs(card) }));
    assert_eq!(pair.cp.events(), expected);
}

fn keys_pressed_at_their_reader_reach_our_cp(setting: Setting) {
    let mut pair = Pair::we_poll(setting);
    pair.pd.tell(OsdpEvent::KeyPress(OsdpEventKeyPress::new(KEYS.to_vec())));
    assert_eq!(pair.next_news().reply(), Reply::Keypad(Keypad { reader: 0, keys: KEYS }));
}

fn keys_pressed_at_our_reader_reach_their_cp(setting: Setting) {
    let mut pair = Pair::they_poll(setting);
    pair.pd.tell(&Reply::Keypad(Keypad { reader: 0, keys: KEYS }));
    pair.until("the keys are there", |cp, _| !cp.events().is_empty());
    assert_eq!(pair.cp.events(), [OsdpEvent::KeyPress(OsdpEventKeyPress::new(KEYS.to_vec()))]);
}

/// Every kind of status that a PD may tell unasked, in our words and in theirs.
fn changes() -> [(Reply<'static>, OsdpStatusReport); 4] {
    use OsdpStatusReportType::{Input, Local, Output, Remote};
    let contacts = Records::of(&CONTACT_STATES);
    [
        (Reply::InputStatus(contacts), status(Input)),
        (Reply::OutputStatus(contacts), status(Output)),
        (Reply::LocalStatus(TAMPERED), status(Local)),
        (Reply::ReaderStatus(Records::of(&READER_STATES)), status(Remote)),
    ]
}

fn changes_of_their_contacts_reach_our_cp(setting: Setting) {
    let mut pair = Pair::we_poll(setting);
    for (reply, report) in changes() {
        pair.pd.tell(OsdpEvent::Status(report));
        assert_eq!(pair.next_news().reply(), reply);
    }
}

fn changes_of_our_contacts_reach_their_cp(setting: Setting) {
    let mut pair = Pair::they_poll(setting);
    for (reply, _) in changes() {
        pair.pd.tell(&reply);
    }
    pair.until("all changes are there", |cp, _| cp.events().len() >= changes().len());
    assert_eq!(pair.cp.events(), changes().map(|(_, report)| OsdpEvent::Status(report)));
}

impl Pair<OurCp, TheirPd> {
    /// The next thing that their PD tells.
    fn next_news(&mut self) -> Said {
        self.until("their PD tells something", |cp, _| !cp.told.is_empty());
        self.cp.told.remove(0)
    }
}

/// A card as libosdp hands it over: bits from the left, the last byte padded.
fn as_theirs(card: Credential) -> OsdpEventCardRead {
    let bytes = (card.raw() << (64 - card.bits())).to_be_bytes();
    OsdpEventCardRead::new_wiegand(card.bits().into(), bytes[..card.byte_len()].to_vec()).unwrap()
}

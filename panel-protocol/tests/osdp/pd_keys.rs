//! Keys of a PD: how it gets one, and what it does for a CP that has none or another.

use crate::bench::{ADDRESS, Bench, Device, card};
use crate::pd_stories::{BEEP, KEY, nak};
use panel_protocol::osdp::command::{Command, KeySet};
use panel_protocol::osdp::frame::scs;
use panel_protocol::osdp::payload::ComSettings;
use panel_protocol::osdp::pd::Event;
use panel_protocol::osdp::reply::{NakReason, Reply};
use panel_protocol::osdp::secure::{KeyKind, SCBK_D, Scbk};

const OTHER_KEY: Scbk = Scbk::new(*b"another byte key");

#[test]
fn a_new_key_is_acknowledged_under_the_old_one_and_then_holds() {
    let mut bench = Bench::secured(Device::factory_new());
    let heard = bench.ask(&Command::KeySet(KeySet::new(&KEY)));
    assert_eq!((heard.reply(), heard.scs), (Reply::Ack, Some(scs::REPLY_MAC)));
    assert_eq!(bench.events, [Event::KeyInstalled]);
    assert_eq!(bench.device.key, Some(KEY));
    assert_eq!(bench.ask(&Command::Poll).reply(), Reply::Ack, "the channel lives on");
    bench.open_channel(KeyKind::Installed, &KEY).unwrap();
    let heard = bench.open_channel(KeyKind::Default, &SCBK_D).unwrap_err();
    assert_eq!(nak(&heard), Some(NakReason::Security), "the default key has had its day");
}

#[test]
fn a_key_in_clear_is_refused() {
    let mut bench = Bench::new(Device::factory_new());
    assert_eq!(nak(&bench.ask(&Command::KeySet(KeySet::new(&KEY)))), Some(NakReason::Security));
    assert_eq!(bench.device.key, None);
}

#[test]
fn a_key_that_could_not_be_kept_is_not_acknowledged() {
    let mut bench = Bench::secured(Device { refuses_keys: true, ..Device::factory_new() });
    assert_eq!(nak(&bench.ask(&Command::KeySet(KeySet::new(&KEY)))), Some(NakReason::Record));
    assert_eq!(bench.ask(&Command::Poll).reply(), Reply::Ack);
}

#[test]
fn the_default_key_is_refused_once_a_key_is_installed() {
    let mut bench = Bench::new(Device::with_key(&KEY));
    let heard = bench.open_channel(KeyKind::Default, &SCBK_D).unwrap_err();
    assert_eq!(nak(&heard), Some(NakReason::Security));
    let mut new = Bench::new(Device::factory_new());
    let heard = new.open_channel(KeyKind::Installed, &SCBK_D).unwrap_err();
    assert_eq!(nak(&heard), Some(NakReason::Security), "a new device has no key of its own");
}

#[test]
fn a_cp_with_another_key_gets_no_channel() {
    let mut bench = Bench::new(Device::with_key(&KEY));
    let heard = bench.open_channel(KeyKind::Installed, &OTHER_KEY).unwrap_err();
    assert_eq!((heard.code, nak(&heard)), (0x41, Some(NakReason::Security)));
    assert_eq!(bench.pd.secured_by(), None);
    bench.open_channel(KeyKind::Installed, &KEY).unwrap();
}

#[test]
fn a_proof_without_a_challenge_is_refused() {
    let mut bench = Bench::new(Device::with_key(&KEY));
    let proof = Command::ServerCryptogram([0; 16]);
    let heard = bench.step(scs::SERVER_CRYPTOGRAM, KeyKind::Installed, &proof);
    assert_eq!(nak(&heard), Some(NakReason::Security));
}

#[test]
fn each_handshake_has_a_new_random_number() {
    let mut bench = Bench::new(Device::with_key(&KEY));
    let mut challenge = || {
        let heard = bench.step(scs::CHALLENGE, KeyKind::Installed, &Command::Challenge([1; 8]));
        let Reply::ClientCryptogram(client) = heard.reply() else { panic!("no CCRYPT") };
        (client.random, client.cryptogram)
    };
    assert_ne!(challenge(), challenge());
}

#[test]
fn a_keyed_device_does_little_without_a_channel() {
    let mut bench = Bench::new(Device::with_key(&KEY));
    bench.show(card(1));
    assert!(matches!(bench.ask(&Command::Id).reply(), Reply::Id(_)));
    assert!(matches!(bench.ask(&Command::Capabilities).reply(), Reply::Capabilities(_)));
    let com_set = Command::ComSet(ComSettings { address: 9, baud: 9600 });
    for refused in [Command::Poll, BEEP, Command::LocalStatus, Command::ReceiveSize(256), com_set] {
        assert_eq!(nak(&bench.ask(&refused)), Some(NakReason::Security), "{refused:?}");
    }
    assert_eq!((bench.device.told, bench.device.commands.len(), bench.pd.address()), (0, 0, ADDRESS));
}

//! MFG: a vendor's own commands and replies, of every length that libosdp can carry.

use libosdp::{OsdpCommand, OsdpCommandMfg, OsdpEvent, OsdpEventMfgReply};
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::payload::Manufacturer;
use panel_protocol::osdp::reply::Reply;

use crate::our_cp::Said;
use crate::pair::{OUI, Pair, Setting};

crate::everywhere! {
    their_pd_answers_our_vendor_commands,
    our_pd_answers_their_vendor_commands,
    a_vendor_reply_told_by_their_pd_reaches_our_cp,
    a_vendor_reply_told_by_our_pd_reaches_their_cp,
}

/// Most bytes behind the OUI that libosdp takes in a command.
const COMMAND_MAX: u8 = 64;
/// Most bytes behind the OUI that libosdp takes in a reply.
const REPLY_MAX: u8 = 128;
/// Most that our PD sends to it: libosdp as a CP never says with ACURXSIZE how long a frame it can take, so it gets
/// none longer than the 128 bytes that every CP must take (OSDP 2.2, 5.6), sealed and all.
const REPLY_UNASKED_MAX: u8 = 108;

fn bytes(len: u8) -> Vec<u8> {
    (0..len).map(|byte| byte.wrapping_mul(37).wrapping_add(len)).collect()
}

fn backwards(len: u8) -> Vec<u8> {
    bytes(len).into_iter().rev().collect()
}

fn theirs() -> (u8, u8, u8) {
    OUI.into()
}

/// Both devices send the bytes back in reverse, and acknowledge a command without any.
fn their_pd_answers_our_vendor_commands(setting: Setting) {
    let mut pair = Pair::we_poll(setting);
    for len in 1..=COMMAND_MAX {
        let said = pair.ask(&Command::Manufacturer(Manufacturer { oui: OUI, data: &bytes(len) }));
        assert_eq!(said.reply(), Reply::Manufacturer(Manufacturer { oui: OUI, data: &backwards(len) }));
        let seen = pair.pd.commands().pop();
        assert_eq!(seen, Some(OsdpCommand::Mfg(OsdpCommandMfg { vendor_code: theirs(), data: bytes(len) })));
    }
    let said = pair.ask(&Command::Manufacturer(Manufacturer { oui: OUI, data: &[] }));
    assert_eq!(said.reply(), Reply::Ack);
    assert_eq!(pair.pd.commands().len(), usize::from(COMMAND_MAX) + 1);
}

fn our_pd_answers_their_vendor_commands(setting: Setting) {
    let mut pair = Pair::they_poll(setting);
    let mut expected = Vec::new();
    for len in 0..=COMMAND_MAX {
        let data = bytes(len);
        expected.push(Said::of(&Command::Manufacturer(Manufacturer { oui: OUI, data: &data })));
        pair.cp.send(OsdpCommand::Mfg(OsdpCommandMfg { vendor_code: theirs(), data }));
        pair.until("the command is answered", |cp, pd| {
            pd.device.commands.len() == expected.len() && cp.events().len() == usize::from(len)
        });
        assert_eq!(pair.pd.device.commands.last(), expected.last());
    }
    let answers = (1..=COMMAND_MAX).map(|len| mfg_reply(backwards(len)));
    assert_eq!(pair.cp.events(), answers.collect::<Vec<_>>());
}

fn a_vendor_reply_told_by_their_pd_reaches_our_cp(setting: Setting) {
    let mut pair = Pair::we_poll(setting);
    pair.pd.tell(mfg_reply(bytes(REPLY_MAX)));
    pair.until("the reply is there", |cp, _| !cp.told.is_empty());
    let told = Manufacturer { oui: OUI, data: &bytes(REPLY_MAX) };
    assert_eq!(pair.cp.told[0].reply(), Reply::Manufacturer(told));
}

fn a_vendor_reply_told_by_our_pd_reaches_their_cp(setting: Setting) {
    let mut pair = Pair::they_poll(setting);
    pair.pd.tell(&Reply::Manufacturer(Manufacturer { oui: OUI, data: &bytes(REPLY_UNASKED_MAX) }));
    pair.until("the reply is there", |cp, _| !cp.events().is_empty());
    assert_eq!(pair.cp.events(), [mfg_reply(bytes(REPLY_UNASKED_MAX))]);
}

fn mfg_reply(data: Vec<u8>) -> OsdpEvent {
    OsdpEvent::MfgReply(OsdpEventMfgReply { vendor_code: theirs(), data })
}

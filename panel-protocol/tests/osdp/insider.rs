//! Somebody who has the session's keys and doesn't keep its rules: frames with a right MAC that no CP would send.
//!
//! Computed beside the crate's own session, which would refuse to make them (OSDP 2.2, Annex D).

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::frame::{self, Header, Scb};
use panel_protocol::osdp::secure::Scbk;

use crate::bench::{repair_check, repair_len};

type Block = [u8; 16];

/// The keys of a session, and the MAC that its next command continues.
pub(crate) struct Insider {
    enc: Aes128,
    mac1: Aes128,
    mac2: Aes128,
    chain: Block,
}

impl Insider {
    /// Knows the key and has heard the handshake.
    pub(crate) fn new(key: &Scbk, rnd_a: &[u8; 8], initial_mac: Block) -> Self {
        let base = Aes128::new(key.expose().into());
        let derive = |label| {
            let mut seed = [0; 16];
            seed[..2].copy_from_slice(&[1, label]);
            seed[2..8].copy_from_slice(&rnd_a[..6]);
            Aes128::new(&encrypted(&base, seed).into())
        };
        Self { enc: derive(0x82), mac1: derive(1), mac2: derive(2), chain: initial_mac }
    }

    /// A frame with a right MAC, whatever its security block and data are; the data travels as it is given.
    pub(crate) fn seal(&self, header: Header, kind: u8, code: u8, data: &[u8]) -> Vec<u8> {
        let (command, scb) = (Command::Other { code, data }, Some(Scb { kind, data: &[] }));
        let mut sealed = frame::emit(&mut [0; 256], header, scb, &command).expect("room").to_vec();
        repair_len(&mut sealed, 4);
        let check = sealed.split_off(sealed.len() - 2);
        let mac = self.mac(&sealed[1..]);
        sealed.extend_from_slice(&mac[..4]);
        sealed.extend_from_slice(&check);
        repair_check(&mut sealed);
        sealed
    }

    /// The padding that follows no data, encrypted.
    pub(crate) fn bare_padding(&self) -> Block {
        let mut block = self.chain.map(|byte| !byte);
        block[0] ^= 0x80;
        encrypted(&self.enc, block)
    }

    fn mac(&self, message: &[u8]) -> Block {
        let mut padded = message.to_vec();
        if !padded.len().is_multiple_of(16) {
            padded.push(0x80);
            padded.resize(padded.len().next_multiple_of(16), 0);
        }
        let blocks = padded.as_chunks::<16>().0;
        blocks.iter().enumerate().fold(self.chain, |chain, (index, block)| {
            let key = if index + 1 == blocks.len() { &self.mac2 } else { &self.mac1 };
            encrypted(key, core::array::from_fn(|at| chain[at] ^ block[at]))
        })
    }
}

fn encrypted(key: &Aes128, mut block: Block) -> Block {
    key.encrypt_block((&mut block).into());
    block
}

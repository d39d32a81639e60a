//! AES-128 as the secure channel uses it: three session keys, CBC and the chained MAC.

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use zeroize::Zeroizing;

use super::Scbk;

/// Bytes of an AES block.
pub const BLOCK: usize = 16;

pub(super) type Block = [u8; BLOCK];

/// The keys of one session (Annex D.4.1). Their schedules are wiped when dropped.
#[derive(Clone)]
pub(super) struct SessionKeys {
    enc: Aes128,
    mac1: Aes128,
    mac2: Aes128,
}

impl SessionKeys {
    pub(super) fn derive(scbk: &Scbk, rnd_a: &[u8; 8]) -> Self {
        let base = Aes128::new(scbk.expose().into());
        let key = |label: u8| {
            let mut seed = Zeroizing::new([0u8; BLOCK]);
            seed[0] = 0x01;
            seed[1] = label;
            seed[2..8].copy_from_slice(&rnd_a[..6]);
            base.encrypt_block((&mut *seed).into());
            Aes128::new((&*seed).into())
        };
        Self { mac1: key(0x01), mac2: key(0x02), enc: key(0x82) }
    }

    /// `first | second`, encrypted: both cryptograms are made so.
    pub(super) fn cryptogram(&self, first: &[u8; 8], second: &[u8; 8]) -> Block {
        let mut block = [0; BLOCK];
        block[..8].copy_from_slice(first);
        block[8..].copy_from_slice(second);
        encrypted(&self.enc, block)
    }

    /// The MAC that a session's first command continues.
    pub(super) fn initial_mac(&self, server_cryptogram: &Block) -> Block {
        encrypted(&self.mac2, encrypted(&self.mac1, *server_cryptogram))
    }

    /// CBC-MAC of `message` continuing `previous`: S-MAC1 for all blocks but the last, S-MAC2 for that (D.5.1).
    pub(super) fn mac(&self, previous: &Block, message: &[u8]) -> Block {
        let last_at = message.len().saturating_sub(1) / BLOCK * BLOCK;
        let (whole, last) = message.split_at(last_at);
        let chained = whole.chunks_exact(BLOCK).fold(*previous, |chain, block| {
            let mut mixed = chain;
            xor(&mut mixed, block);
            encrypted(&self.mac1, mixed)
        });
        let mut padded = [0; BLOCK];
        padded[..last.len()].copy_from_slice(last);
        if let Some(pad) = padded.get_mut(last.len()) {
            *pad = 0x80;
        }
        xor(&mut padded, &chained);
        encrypted(&self.mac2, padded)
    }

    /// Encrypts whole blocks in place; a remainder that is no whole block stays as it is.
    pub(super) fn encrypt(&self, previous_mac: &Block, data: &mut [u8]) {
        let mut chain = inverted(previous_mac);
        for block in data.as_chunks_mut::<BLOCK>().0 {
            xor(block, &chain);
            self.enc.encrypt_block(block.into());
            chain = *block;
        }
    }

    /// Decrypts whole blocks in place; a remainder that is no whole block stays as it is.
    pub(super) fn decrypt(&self, previous_mac: &Block, data: &mut [u8]) {
        let mut chain = inverted(previous_mac);
        for block in data.as_chunks_mut::<BLOCK>().0 {
            let cipher_text = *block;
            self.enc.decrypt_block(block.into());
            xor(block, &chain);
            chain = cipher_text;
        }
    }

    #[cfg(test)]
    pub(super) fn fingerprint(&self) -> [Block; 3] {
        [&self.enc, &self.mac1, &self.mac2].map(|key| encrypted(key, [0; BLOCK]))
    }
}

fn encrypted(key: &Aes128, mut block: Block) -> Block {
    key.encrypt_block((&mut block).into());
    block
}

/// The initial vector of a frame's data is the bitwise inverse of the MAC it continues (D.5.2).
fn inverted(mac: &Block) -> Block {
    mac.map(|byte| !byte)
}

fn xor(into: &mut Block, other: &[u8]) {
    for (byte, mask) in into.iter_mut().zip(other) {
        *byte ^= mask;
    }
}

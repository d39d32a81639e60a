//! Proving to each other that both sides know the key.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::Scbk;
use super::cipher::{Block, SessionKeys};
use super::session::Session;

/// Two random numbers and the keys that follow from them; becomes a [`Session`] when the other side has proven
/// itself. Either role makes it as soon as it knows both numbers.
pub struct Handshake {
    keys: SessionKeys,
    client: Block,
    server: Block,
}

/// The other side doesn't know the key: its proof is not what the key gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WrongKey;

impl Handshake {
    /// Derives the session's keys; `rnd_a` is the CP's number, `rnd_b` the PD's, both fresh and unpredictable.
    #[must_use]
    pub fn new(scbk: &Scbk, rnd_a: &[u8; 8], rnd_b: &[u8; 8]) -> Self {
        let keys = SessionKeys::derive(scbk, rnd_a);
        let client = keys.cryptogram(rnd_a, rnd_b);
        let server = keys.cryptogram(rnd_b, rnd_a);
        Self { keys, client, server }
    }

    /// The PD's proof, which CCRYPT carries.
    #[must_use]
    pub fn client_cryptogram(&self) -> &[u8; 16] {
        &self.client
    }

    /// CP: takes the PD's proof, and gives the CP's own for SCRYPT.
    ///
    /// # Errors
    /// [`WrongKey`] when the PD has another key.
    pub fn check_client(&self, cryptogram: &[u8; 16]) -> Result<&[u8; 16], WrongKey> {
        same(&self.client, cryptogram).map(|()| &self.server)
    }

    /// PD: takes the CP's proof; gives the session, and the initial MAC for RMAC_I. Whatever comes of it, the handshake
    /// is over: drop it where it lies, which wipes it.
    ///
    /// # Errors
    /// [`WrongKey`] when the CP has another key.
    pub fn accept(&self, cryptogram: &[u8; 16]) -> Result<(Session, [u8; 16]), WrongKey> {
        same(&self.server, cryptogram)?;
        let initial = self.keys.initial_mac(&self.server);
        Ok((Session::new(self.keys.clone(), initial), initial))
    }

    /// CP: takes the initial MAC that RMAC_I carries; gives the session.
    ///
    /// # Errors
    /// [`WrongKey`] when the PD computed another; the handshake is over.
    pub fn confirm(self, initial_mac: &[u8; 16]) -> Result<Session, WrongKey> {
        let initial = self.keys.initial_mac(&self.server);
        same(&initial, initial_mac)?;
        Ok(Session::new(self.keys.clone(), initial))
    }

    #[cfg(test)]
    pub(super) fn fingerprint(&self) -> [Block; 3] {
        self.keys.fingerprint()
    }
}

/// Compares in constant time.
fn same(expected: &Block, given: &[u8; 16]) -> Result<(), WrongKey> {
    if bool::from(expected.ct_eq(given)) { Ok(()) } else { Err(WrongKey) }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        self.client.zeroize();
        self.server.zeroize();
    }
}

impl ZeroizeOnDrop for Handshake {}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handshake(..)")
    }
}

impl fmt::Display for WrongKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the other side has another key")
    }
}

impl core::error::Error for WrongKey {}

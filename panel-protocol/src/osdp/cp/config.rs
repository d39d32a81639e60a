//! What the installer says about a line and its PDs.

use core::time::Duration;

use super::event::DeviceIdentity;
use crate::osdp::frame::Check;
use crate::osdp::secure::Scbk;

/// One line's timing. [`LineConfig::new`] has the standard's values; the fields are there to be changed.
#[derive(Clone, Debug)]
pub struct LineConfig {
    /// Bits a second, 8N1.
    pub baud: u32,
    /// Time a PD has for the first byte of its reply, from the last byte of the command (OSDP 2.2, 5.7: 200 ms).
    pub reply_timeout: Duration,
    /// Silence that ends a partial frame (OSDP 2.2, 5.7: 20 ms; longer for adapters that deliver in lumps).
    pub character_gap: Duration,
    /// Time between two polls of one PD, where the line is fast enough for it.
    pub poll_interval: Duration,
    /// Time without a valid reply after which a PD is offline (OSDP 2.2, 5.7: 8 s).
    pub offline_after: Duration,
    /// Pause after the first failed attempt to bring up a PD.
    pub backoff_first: Duration,
    /// Longest pause between attempts; each is twice the one before.
    pub backoff_cap: Duration,
    /// Pause before a command is repeated to a PD that said BUSY.
    pub busy_pause: Duration,
    /// Line time that one bulk frame may take while other PDs are online on the line.
    pub frame_time: Duration,
    /// Age from which cards and keys are not told but dropped and counted: those that a PD kept while it could not be
    /// reached, and those of unknown age that it had before its first poll. Longer than a round of polls through the
    /// whole line takes. `None`: all are told, with their age.
    pub stale_after: Option<Duration>,
}

impl LineConfig {
    /// The standard's timing at `baud`.
    pub const fn new(baud: u32) -> Self {
        Self {
            baud,
            reply_timeout: Duration::from_millis(200),
            character_gap: Duration::from_millis(20),
            poll_interval: Duration::from_millis(50),
            offline_after: Duration::from_secs(8),
            backoff_first: Duration::from_secs(1),
            backoff_cap: Duration::from_secs(10),
            busy_pause: Duration::from_millis(20),
            frame_time: Duration::from_millis(80),
            stale_after: Some(Duration::from_secs(8)),
        }
    }
}

/// How the CP and a PD trust each other.
#[derive(Debug)]
pub enum PdKey {
    /// Secure channel with this key, and nothing without it.
    Scbk(Scbk),
    /// No key yet: the PD is looked for and identified, and waits for install mode.
    Unset,
    /// No secure channel, by the operator's explicit word: everything on the line can be read and forged.
    Clear,
}

/// One PD of the line.
#[derive(Debug)]
pub struct PdConfig {
    /// Address, 0x00 to 0x7E.
    pub address: u8,
    /// The key it should have.
    pub key: PdKey,
    /// What its frames end with. `None`: CRC, and checksum for an old device that answers nothing else.
    pub check: Option<Check>,
    /// The device that should answer. `None`: the first one that proves to have the key.
    pub expected: Option<DeviceIdentity>,
}

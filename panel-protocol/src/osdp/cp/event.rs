//! What the CP tells about a PD besides its replies.

use core::fmt;

use super::loss::LossCause;
use super::offer::{FileFault, FileOutcome};
use crate::osdp::payload::ComSettings;
use crate::osdp::records::Records;
use crate::osdp::reply::{Capability, DeviceId, NakReason, function};

/// Who a device is, whatever its firmware: what a swapped device can't have in common with the old one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DeviceIdentity {
    /// The maker's IEEE OUI.
    pub vendor: [u8; 3],
    /// The maker's number of the model.
    pub model: u8,
    /// The device's serial number.
    pub serial: u32,
}

impl From<&DeviceId> for DeviceIdentity {
    fn from(id: &DeviceId) -> Self {
        Self { vendor: id.vendor, model: id.model, serial: id.serial }
    }
}

/// What the CP uses of a PD's capabilities (PDCAP).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Capabilities {
    /// Longest frame it can receive (function 10); `None`: it doesn't say.
    pub receive_buffer: Option<u16>,
    /// Whether it knows the CRC, not only the checksum (function 8).
    pub crc: bool,
    /// Whether it knows the secure channel (function 9).
    pub secure_channel: bool,
    /// Readers attached (function 13).
    pub readers: u8,
    /// Outputs (function 2).
    pub outputs: u8,
    /// Inputs (function 1).
    pub inputs: u8,
    /// Whether it has lights (function 4).
    pub lights: bool,
    /// Whether it has a buzzer (function 5).
    pub buzzer: bool,
    /// Whether it has a display (function 6).
    pub display: bool,
    /// OSDP version (function 16): 1 IEC 60839-11-5, 2 SIA 2.2; 0: it doesn't say.
    pub version: u8,
}

impl From<&Records<'_, Capability>> for Capabilities {
    fn from(list: &Records<'_, Capability>) -> Self {
        let mut known = Self::default();
        for capability in list.iter() {
            match capability.function {
                function::OUTPUTS => known.outputs = capability.count,
                function::CONTACTS => known.inputs = capability.count,
                function::LED => known.lights = capability.compliance > 0,
                function::AUDIBLE => known.buzzer = capability.compliance > 0,
                function::TEXT => known.display = capability.compliance > 0,
                function::CHECK => known.crc = capability.compliance & 1 != 0,
                function::SECURITY => known.secure_channel = capability.compliance & 1 != 0,
                function::RECEIVE_BUFFER => known.receive_buffer = Some(capability.size()),
                function::READERS => known.readers = capability.count,
                function::OSDP_VERSION => known.version = capability.compliance,
                _ => {}
            }
        }
        known
    }
}

/// Something about a PD that its caller should know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// It answers, and this is who it is. Its secure session is still to come.
    Online {
        /// The identity it claims.
        pdid: DeviceId,
        /// What it can do.
        capabilities: Capabilities,
    },
    /// It doesn't answer.
    Offline {
        /// Why it is taken to be away.
        cause: OfflineCause,
    },
    /// Its session is up (for a clear PD: its bring-up is over), and commands may be sent.
    SecureUp,
    /// Its session is over; a new one is tried.
    SecureLost {
        /// What ended it.
        cause: LossCause,
    },
    /// No session with it can be had. Told once until the reason changes; tried again all the while. What the line may
    /// be at fault for is told the second time in a row.
    NoSession {
        /// Why not.
        fault: KeyFault,
    },
    /// Something answers at its address, and it can't be told who it is. Told once until the reason changes; asked again
    /// all the while.
    NoIdentity {
        /// What it answers.
        fault: IdFault,
    },
    /// It does something otherwise than the standard says, and is served all the same. Told once.
    Deviates {
        /// What it does.
        what: Deviation,
    },
    /// Another device answers at its address. It is not used. Told once.
    Swapped {
        /// The device that should answer.
        expected: DeviceIdentity,
        /// The device that does.
        found: DeviceId,
    },
    /// The new key has been set and has worked: keep it, forget the old one.
    KeyInstalled,
    /// The key change ended without success: the old key is still good, forget the new one.
    KeyKept,
    /// A file has been sent.
    FileSent {
        /// What the PD makes of it.
        outcome: FileOutcome,
    },
    /// A file could not be sent.
    FileFailed {
        /// Why not.
        fault: FileFault,
    },
    /// It listens at these settings from now on. A speed that is not the line's puts it out of reach until
    /// [`Cp::set_baud`](super::Cp::set_baud).
    Moved {
        /// What will take effect, whatever was asked for.
        settings: ComSettings,
    },
    /// It listens where it did: it refused to change, its session ended before it was asked, or it was looked for and
    /// found there.
    NotMoved {
        /// Its reason, if it refused.
        reason: Option<NakReason>,
    },
    /// It was not given a key: it does not answer what [`Cp::ask_before_key`](super::Cp::ask_before_key) says.
    /// [`KeyKept`](Self::KeyKept) follows.
    KeyWithheld {
        /// Its reason, if it refused to answer.
        reason: Option<NakReason>,
    },
    /// The PD refused to take the new key.
    KeyRefused {
        /// Its reason.
        reason: NakReason,
    },
}

/// Why a PD is taken to be away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OfflineCause {
    /// No valid reply for as long as the line's configuration says.
    Silent,
    /// The caller said that the line is down.
    LineDown,
}

/// What stands in for a PD's identity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IdFault {
    /// A PDID of so many bytes, where there are twelve.
    Length(u16),
    /// A refusal to say it.
    Refused(NakReason),
    /// A reply with this code.
    Other(u8),
}

/// What a PD does otherwise than the standard says, where no secret is at stake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deviation {
    /// It says encrypted what has no data: SCS_18 with nothing but padding, where SCS_16 would do.
    EmptyEncrypted,
    /// Its initial MAC came under SCS_12 instead of SCS_14. The MAC itself was right.
    InitialMacAsCryptogram,
    /// It doesn't say who it is before it has been polled.
    PolledFirst,
    /// It says that it knows the CRC, and answers checksums alone.
    ChecksumAlone,
    /// It replies later than the line's reply time allows, and is given more.
    Late,
}

/// Why no session can be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyFault {
    /// There is no key for it, and install mode is not open.
    NoKey,
    /// Its cryptogram shows that it has another key.
    Cryptogram,
    /// It says that it uses the default key where its own was asked for, or the reverse.
    KeyFlag,
    /// It found our cryptogram wrong: it has another key.
    Rejected,
    /// It has no secure channel: it says so, or doesn't know what a handshake is.
    NoSecureChannel,
    /// It answers, but not the handshake.
    Unanswered,
    /// It refused the handshake, with this reason.
    Refused(NakReason),
    /// Its answer is none that the handshake allows.
    Malformed,
}

impl KeyFault {
    /// Whether it may only have missed a frame, and the next attempt may well succeed.
    pub(super) const fn may_pass(self) -> bool {
        matches!(self, Self::Malformed | Self::Refused(NakReason::Check | NakReason::Sequence))
    }
}

impl fmt::Display for IdFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(len) => write!(f, "a malformed identity ({len} bytes, where there are 12)"),
            Self::Refused(reason) => write!(f, "a refusal to say who it is: {reason}"),
            Self::Other(code) => write!(f, "reply 0x{code:02X} to the question who it is"),
        }
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyEncrypted => "answers an empty reply encrypted (SCS_18)",
            Self::InitialMacAsCryptogram => "sends its initial MAC under SCS_12 instead of SCS_14",
            Self::PolledFirst => "doesn't say who it is before it has been polled",
            Self::ChecksumAlone => "claims to know the CRC and answers checksums alone",
            Self::Late => "replies later than the standard allows, and is given more time",
        })
    }
}

//! What a PD answers, or tells when it is polled.

mod card;
pub mod code;
mod cryptogram;
mod identity;
mod nak;
mod status;

pub use card::{Formatted, Keypad, Raw};
pub use code::name;
pub use cryptogram::ClientCryptogram;
pub use identity::{Capability, DeviceId, function};
pub use nak::{Nak, NakReason};
pub use status::{Contact, LocalStatus, ReaderState};

use super::biometrics::{BioMatchResult, BioReadResult};
use super::bytes::{Full, Writer};
use super::file::FileStatus;
use super::frame::Payload;
use super::multipart::Fragment;
use super::payload::{ComSettings, Manufacturer, PayloadError, bare, fixed};
use super::records::Records;
use super::smart_card::Extended;

/// A reply, with its data checked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Reply<'a> {
    /// ACK: done, or nothing new.
    Ack,
    /// NAK: refused, and why.
    Nak(Nak<'a>),
    /// PDID: who the device is.
    Id(DeviceId),
    /// PDCAP: what it can do.
    Capabilities(Records<'a, Capability>),
    /// LSTATR: tamper and power.
    LocalStatus(LocalStatus),
    /// ISTATR: all inputs, from number 0.
    InputStatus(Records<'a, Contact>),
    /// OSTATR: all outputs, from number 0.
    OutputStatus(Records<'a, Contact>),
    /// RSTATR: all attached readers, from number 0.
    ReaderStatus(Records<'a, ReaderState>),
    /// RAW: a card was presented.
    Raw(Raw<'a>),
    /// FMT: a card was presented, as characters. Deprecated, and loosely specified.
    Formatted(Formatted<'a>),
    /// KEYPAD: keys were pressed.
    Keypad(Keypad<'a>),
    /// COM: address and speed that hold once this reply has been sent.
    Com(ComSettings),
    /// BIOREADR: what was scanned.
    BioRead(BioReadResult<'a>),
    /// BIOMATCHR: how well the scan matched.
    BioMatch(BioMatchResult),
    /// CCRYPT: the PD's number and proof of the key.
    ClientCryptogram(ClientCryptogram),
    /// RMAC_I: the MAC that the session's first command continues.
    InitialMac([u8; 16]),
    /// BUSY: ask the same again. Always sequence 0 and in clear.
    Busy,
    /// FTSTAT: what the PD makes of a part of a file.
    FileStatus(FileStatus),
    /// PIVDATAR: a part of a PIV card's object.
    PivData(Fragment<'a>),
    /// GENAUTHR: a part of a PIV card's answer.
    GenAuth(Fragment<'a>),
    /// CRAUTHR: a part of a PIV card's answer.
    CrAuth(Fragment<'a>),
    /// MFGREP: a vendor's own reply.
    Manufacturer(Manufacturer<'a>),
    /// MFGSTATR: a vendor's status; it names no vendor.
    ManufacturerStatus(&'a [u8]),
    /// MFGERRR: a vendor's error; it names no vendor.
    ManufacturerError(&'a [u8]),
    /// XRD: from a smart card, or about the mode that leads there.
    ExtendedRead(Extended<'a>),
    /// A code this crate doesn't know.
    Other {
        /// The code.
        code: u8,
        /// Its data, unchecked.
        data: &'a [u8],
    },
}

impl<'a> Reply<'a> {
    /// A refusal without details.
    #[must_use]
    pub const fn nak(reason: NakReason) -> Self {
        Self::Nak(Nak { reason, detail: &[] })
    }

    /// Gives the code and data of a frame or an opened message their meaning.
    ///
    /// # Errors
    /// When the data is not what the code promises.
    pub fn parse(code: u8, data: &'a [u8]) -> Result<Self, PayloadError> {
        match code {
            code::ACK => bare(Self::Ack, data),
            code::NAK => Nak::parse(data).map(Self::Nak),
            code::PDID => DeviceId::parse(data).map(Self::Id),
            code::PDCAP => Records::parse(data).map(Self::Capabilities),
            code::LSTATR => LocalStatus::parse(data).map(Self::LocalStatus),
            code::ISTATR => Records::parse(data).map(Self::InputStatus),
            code::OSTATR => Records::parse(data).map(Self::OutputStatus),
            code::RSTATR => Records::parse(data).map(Self::ReaderStatus),
            code::RAW => Raw::parse(data).map(Self::Raw),
            code::FMT => Formatted::parse(data).map(Self::Formatted),
            code::KEYPAD => Keypad::parse(data).map(Self::Keypad),
            code::COM => ComSettings::parse(data).map(Self::Com),
            code::BIOREADR => BioReadResult::parse(data).map(Self::BioRead),
            code::BIOMATCHR => BioMatchResult::parse(data).map(Self::BioMatch),
            code::CCRYPT => ClientCryptogram::parse(data).map(Self::ClientCryptogram),
            code::RMAC_I => fixed(data).copied().map(Self::InitialMac),
            code::BUSY => bare(Self::Busy, data),
            code::FTSTAT => FileStatus::parse(data).map(Self::FileStatus),
            code::PIVDATAR => Fragment::parse(data).map(Self::PivData),
            code::GENAUTHR => Fragment::parse(data).map(Self::GenAuth),
            code::CRAUTHR => Fragment::parse(data).map(Self::CrAuth),
            code::MFGREP => Manufacturer::parse(data).map(Self::Manufacturer),
            code::MFGSTATR => Ok(Self::ManufacturerStatus(data)),
            code::MFGERRR => Ok(Self::ManufacturerError(data)),
            code::XRD => Extended::parse(data).map(Self::ExtendedRead),
            _ => Ok(Self::Other { code, data }),
        }
    }
}

impl Payload for Reply<'_> {
    fn code(&self) -> u8 {
        match self {
            Self::Ack => code::ACK,
            Self::Nak(_) => code::NAK,
            Self::Id(_) => code::PDID,
            Self::Capabilities(_) => code::PDCAP,
            Self::LocalStatus(_) => code::LSTATR,
            Self::InputStatus(_) => code::ISTATR,
            Self::OutputStatus(_) => code::OSTATR,
            Self::ReaderStatus(_) => code::RSTATR,
            Self::Raw(_) => code::RAW,
            Self::Formatted(_) => code::FMT,
            Self::Keypad(_) => code::KEYPAD,
            Self::Com(_) => code::COM,
            Self::BioRead(_) => code::BIOREADR,
            Self::BioMatch(_) => code::BIOMATCHR,
            Self::ClientCryptogram(_) => code::CCRYPT,
            Self::InitialMac(_) => code::RMAC_I,
            Self::Busy => code::BUSY,
            Self::FileStatus(_) => code::FTSTAT,
            Self::PivData(_) => code::PIVDATAR,
            Self::GenAuth(_) => code::GENAUTHR,
            Self::CrAuth(_) => code::CRAUTHR,
            Self::Manufacturer(_) => code::MFGREP,
            Self::ManufacturerStatus(_) => code::MFGSTATR,
            Self::ManufacturerError(_) => code::MFGERRR,
            Self::ExtendedRead(_) => code::XRD,
            Self::Other { code, .. } => *code,
        }
    }

    fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        match self {
            Self::Ack | Self::Busy => Ok(()),
            Self::Nak(nak) => nak.emit(out),
            Self::Id(id) => id.emit(out),
            Self::Capabilities(records) => records.emit(out),
            Self::LocalStatus(status) => status.emit(out),
            Self::InputStatus(records) | Self::OutputStatus(records) => records.emit(out),
            Self::ReaderStatus(records) => records.emit(out),
            Self::Raw(raw) => raw.emit(out),
            Self::Formatted(card) => card.emit(out),
            Self::Keypad(keypad) => keypad.emit(out),
            Self::Com(settings) => settings.emit(out),
            Self::BioRead(result) => result.emit(out),
            Self::BioMatch(result) => result.emit(out),
            Self::ClientCryptogram(cryptogram) => cryptogram.emit(out),
            Self::InitialMac(mac) => out.put(mac),
            Self::FileStatus(status) => status.emit(out),
            Self::PivData(part) | Self::GenAuth(part) | Self::CrAuth(part) => part.emit(out),
            Self::Manufacturer(message) => message.emit(out),
            Self::ManufacturerStatus(data) | Self::ManufacturerError(data) => out.put(data),
            Self::ExtendedRead(message) => message.emit(out),
            Self::Other { data, .. } => out.put(data),
        }
    }
}

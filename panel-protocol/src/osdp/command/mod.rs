//! What a CP says to a PD.

mod annunciate;
pub mod code;
mod key_set;
mod led;
mod output;

pub use annunciate::{Buzzer, Text, TextMode, Tone};
pub use code::name;
pub use key_set::KeySet;
pub use led::{Color, LedControl, Pattern, PermanentAction, TemporaryAction};
pub use output::{OutputAction, OutputControl};

use super::biometrics::{BioMatch, BioRead};
use super::bytes::{Full, Writer};
use super::file::FileFragment;
use super::frame::Payload;
use super::payload::{ComSettings, Manufacturer, PayloadError, bare, fixed};
use super::records::Records;
use super::smart_card::{AuthFragment, Extended, PivData};

/// A command, with its data checked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Command<'a> {
    /// POLL: anything new?
    Poll,
    /// ID: who are you? Answered by PDID.
    Id,
    /// CAP: what can you do? Answered by PDCAP.
    Capabilities,
    /// LSTAT: tamper and power, answered by LSTATR.
    LocalStatus,
    /// ISTAT: all inputs, answered by ISTATR.
    InputStatus,
    /// OSTAT: all outputs, answered by OSTATR.
    OutputStatus,
    /// RSTAT: all attached readers, answered by RSTATR.
    ReaderStatus,
    /// OUT: switch outputs.
    Output(Records<'a, OutputControl>),
    /// LED: set lights.
    Led(Records<'a, LedControl>),
    /// BUZ: sound the buzzer.
    Buzzer(Buzzer),
    /// TEXT: show text.
    Text(Text<'a>),
    /// COMSET: change address and speed. Answered by COM, with what will hold after it.
    ComSet(ComSettings),
    /// BIOREAD: scan a finger or the like. Answered by BIOREADR, or with ACK and BIOREADR to a later POLL.
    BioRead(BioRead),
    /// BIOMATCH: scan and compare. Answered by BIOMATCHR, or with ACK and BIOMATCHR to a later POLL.
    BioMatch(BioMatch<'a>),
    /// KEYSET: install a key. Only inside a secure channel.
    KeySet(KeySet<'a>),
    /// CHLNG: begin a secure channel with the CP's random number. Answered by CCRYPT.
    Challenge([u8; 8]),
    /// SCRYPT: the CP's proof of the key. Answered by RMAC_I.
    ServerCryptogram([u8; 16]),
    /// ACURXSIZE: the longest frame that the CP can take, in bytes.
    ReceiveSize(u16),
    /// FILETRANSFER: a part of a file. Answered by FTSTAT.
    FileTransfer(FileFragment<'a>),
    /// MFG: a vendor's own command. Answered by ACK, MFGREP, MFGSTATR or MFGERRR.
    Manufacturer(Manufacturer<'a>),
    /// XWR: to a smart card, or about the mode that leads there. Answered by XRD.
    ExtendedWrite(Extended<'a>),
    /// ABORT: stop what takes long.
    Abort,
    /// PIVDATA: read a PIV card. Answered by PIVDATAR, in fragments.
    PivData(PivData),
    /// GENAUTH: a part of a challenge to a PIV card. Answered by GENAUTHR, in fragments.
    GenAuth(AuthFragment<'a>),
    /// CRAUTH: a part of a challenge to a PIV card. Answered by CRAUTHR, in fragments.
    CrAuth(AuthFragment<'a>),
    /// KEEPACTIVE: keep a card's session alive for this many milliseconds.
    KeepActive(u16),
    /// A code this crate doesn't know.
    Other {
        /// The code.
        code: u8,
        /// Its data, unchecked.
        data: &'a [u8],
    },
}

impl<'a> Command<'a> {
    /// Gives the code and data of a frame or an opened message their meaning.
    ///
    /// # Errors
    /// When the data is not what the code promises.
    pub fn parse(code: u8, data: &'a [u8]) -> Result<Self, PayloadError> {
        match code {
            code::POLL => bare(Self::Poll, data),
            code::ID => at_most_one(Self::Id, data),
            code::CAP => at_most_one(Self::Capabilities, data),
            code::LSTAT => bare(Self::LocalStatus, data),
            code::ISTAT => bare(Self::InputStatus, data),
            code::OSTAT => bare(Self::OutputStatus, data),
            code::RSTAT => bare(Self::ReaderStatus, data),
            code::OUT => Records::parse(data).map(Self::Output),
            code::LED => Records::parse(data).map(Self::Led),
            code::BUZ => Buzzer::parse(data).map(Self::Buzzer),
            code::TEXT => Text::parse(data).map(Self::Text),
            code::COMSET => ComSettings::parse(data).map(Self::ComSet),
            code::BIOREAD => BioRead::parse(data).map(Self::BioRead),
            code::BIOMATCH => BioMatch::parse(data).map(Self::BioMatch),
            code::KEYSET => KeySet::parse(data).map(Self::KeySet),
            code::CHLNG => fixed(data).copied().map(Self::Challenge),
            code::SCRYPT => fixed(data).copied().map(Self::ServerCryptogram),
            code::ACURXSIZE => fixed(data).map(|size| Self::ReceiveSize(u16::from_le_bytes(*size))),
            code::FILETRANSFER => FileFragment::parse(data).map(Self::FileTransfer),
            code::MFG => Manufacturer::parse(data).map(Self::Manufacturer),
            code::XWR => Extended::parse(data).map(Self::ExtendedWrite),
            code::ABORT => bare(Self::Abort, data),
            code::PIVDATA => PivData::parse(data).map(Self::PivData),
            code::GENAUTH => AuthFragment::parse(data).map(Self::GenAuth),
            code::CRAUTH => AuthFragment::parse(data).map(Self::CrAuth),
            code::KEEPACTIVE => fixed(data).map(|ms| Self::KeepActive(u16::from_le_bytes(*ms))),
            _ => Ok(Self::Other { code, data }),
        }
    }
}

impl Payload for Command<'_> {
    fn code(&self) -> u8 {
        match self {
            Self::Poll => code::POLL,
            Self::Id => code::ID,
            Self::Capabilities => code::CAP,
            Self::LocalStatus => code::LSTAT,
            Self::InputStatus => code::ISTAT,
            Self::OutputStatus => code::OSTAT,
            Self::ReaderStatus => code::RSTAT,
            Self::Output(_) => code::OUT,
            Self::Led(_) => code::LED,
            Self::Buzzer(_) => code::BUZ,
            Self::Text(_) => code::TEXT,
            Self::ComSet(_) => code::COMSET,
            Self::BioRead(_) => code::BIOREAD,
            Self::BioMatch(_) => code::BIOMATCH,
            Self::KeySet(_) => code::KEYSET,
            Self::Challenge(_) => code::CHLNG,
            Self::ServerCryptogram(_) => code::SCRYPT,
            Self::ReceiveSize(_) => code::ACURXSIZE,
            Self::FileTransfer(_) => code::FILETRANSFER,
            Self::Manufacturer(_) => code::MFG,
            Self::ExtendedWrite(_) => code::XWR,
            Self::Abort => code::ABORT,
            Self::PivData(_) => code::PIVDATA,
            Self::GenAuth(_) => code::GENAUTH,
            Self::CrAuth(_) => code::CRAUTH,
            Self::KeepActive(_) => code::KEEPACTIVE,
            Self::Other { code, .. } => *code,
        }
    }

    fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        match self {
            Self::Poll
            | Self::LocalStatus
            | Self::InputStatus
            | Self::OutputStatus
            | Self::ReaderStatus
            | Self::Abort => Ok(()),
            Self::Id | Self::Capabilities => out.put(&[0]), // "standard form", the only one there is
            Self::Output(records) => records.emit(out),
            Self::Led(records) => records.emit(out),
            Self::Buzzer(buzzer) => buzzer.emit(out),
            Self::Text(text) => text.emit(out),
            Self::ComSet(settings) => settings.emit(out),
            Self::BioRead(request) => request.emit(out),
            Self::BioMatch(request) => request.emit(out),
            Self::KeySet(key) => key.emit(out),
            Self::Challenge(random) => out.put(random),
            Self::ServerCryptogram(cryptogram) => out.put(cryptogram),
            Self::ReceiveSize(value) | Self::KeepActive(value) => out.put_u16(*value),
            Self::FileTransfer(fragment) => fragment.emit(out),
            Self::Manufacturer(message) => message.emit(out),
            Self::ExtendedWrite(message) => message.emit(out),
            Self::PivData(request) => request.emit(out),
            Self::GenAuth(part) | Self::CrAuth(part) => part.emit(out),
            Self::Other { data, .. } => out.put(data),
        }
    }
}

/// ID and CAP carry one byte, which some CPs leave out.
fn at_most_one<T>(value: T, data: &[u8]) -> Result<T, PayloadError> {
    if data.len() > 1 { Err(PayloadError::TooLong { len: data.len(), max: 1 }) } else { Ok(value) }
}

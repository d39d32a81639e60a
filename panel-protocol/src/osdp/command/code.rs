//! Code bytes of commands (OSDP 2.2, Annex A.1), and their names.

use crate::osdp::named_bytes::codes;

codes! {
    /// Anything new?
    POLL = 0x60,
    /// Who are you?
    ID = 0x61,
    /// What can you do?
    CAP = 0x62,
    /// Tamper and power.
    LSTAT = 0x64,
    /// Inputs.
    ISTAT = 0x65,
    /// Outputs.
    OSTAT = 0x66,
    /// Attached readers.
    RSTAT = 0x67,
    /// Switch outputs.
    OUT = 0x68,
    /// Set lights.
    LED = 0x69,
    /// Sound the buzzer.
    BUZ = 0x6A,
    /// Show text.
    TEXT = 0x6B,
    /// Change address and speed.
    COMSET = 0x6E,
    /// Scan a finger, a face or the like, and send it.
    BIOREAD = 0x73,
    /// Scan, and compare with a template.
    BIOMATCH = 0x74,
    /// Install a key.
    KEYSET = 0x75,
    /// Begin a secure channel.
    CHLNG = 0x76,
    /// Prove the key.
    SCRYPT = 0x77,
    /// The CP's receive buffer.
    ACURXSIZE = 0x7B,
    /// A part of a file.
    FILETRANSFER = 0x7C,
    /// A vendor's own command.
    MFG = 0x80,
    /// Extended write: to a smart card, or to the mode that leads there.
    XWR = 0xA1,
    /// Stop what takes long.
    ABORT = 0xA2,
    /// Read an object of a PIV card.
    PIVDATA = 0xA3,
    /// Have a PIV card authenticate (a part of the request).
    GENAUTH = 0xA4,
    /// Have a PIV card answer a challenge (a part of the request).
    CRAUTH = 0xA5,
    /// Keep a card's session alive.
    KEEPACTIVE = 0xA7,
}

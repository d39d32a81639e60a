//! Code bytes of replies (OSDP 2.2, Annex A.2), and their names.

use crate::osdp::named_bytes::codes;

codes! {
    /// Done, or nothing new.
    ACK = 0x40,
    /// Refused.
    NAK = 0x41,
    /// Who I am.
    PDID = 0x45,
    /// What I can do.
    PDCAP = 0x46,
    /// Tamper and power.
    LSTATR = 0x48,
    /// Inputs.
    ISTATR = 0x49,
    /// Outputs.
    OSTATR = 0x4A,
    /// Attached readers.
    RSTATR = 0x4B,
    /// A card.
    RAW = 0x50,
    /// A card, as characters.
    FMT = 0x51,
    /// Keys pressed.
    KEYPAD = 0x53,
    /// Address and speed from now on.
    COM = 0x54,
    /// What was scanned.
    BIOREADR = 0x57,
    /// How well the scan matched.
    BIOMATCHR = 0x58,
    /// The PD's number and proof.
    CCRYPT = 0x76,
    /// The session's initial MAC.
    RMAC_I = 0x78,
    /// Later, please.
    BUSY = 0x79,
    /// What became of a part of a file.
    FTSTAT = 0x7A,
    /// A part of a PIV card's object.
    PIVDATAR = 0x80,
    /// A part of what a PIV card made of GENAUTH.
    GENAUTHR = 0x81,
    /// A part of what a PIV card made of CRAUTH.
    CRAUTHR = 0x82,
    /// A vendor's status.
    MFGSTATR = 0x83,
    /// A vendor's error.
    MFGERRR = 0x84,
    /// A vendor's own reply.
    MFGREP = 0x90,
    /// Extended read: from a smart card, or from the mode that leads there.
    XRD = 0xB1,
}

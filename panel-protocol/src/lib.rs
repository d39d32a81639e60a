//! What a gateway and a door controller say to each other, and what the door decides.
//!
//! `no_std`, no allocation, no clock and no I/O: bytes and time go in as arguments, bytes, events and the next
//! deadline come out. The gateway, the firmware and the simulator run this same code, so they can't disagree.
//!
//! - [`osdp`]: OSDP 2.2 (IEC 60839-11-5) frames, commands, replies, secure channel, and the machines of both sides.
//! - [`credential`] and [`wiegand`]: a card as the reader sees it, and the formats that give its bits a meaning.
//! - [`table`]: the card table a controller holds, its rows, profiles and digest.
//! - [`panel`]: the vendor command set that carries card tables inside OSDP (`PROTOCOL.md` has it to the byte).
//! - [`decide`]: one pure function from a presented card to granted or refused.
#![no_std]

#[cfg(test)]
extern crate std;

pub mod credential;
pub mod decide;
pub mod limits;
pub mod osdp;
pub mod panel;
pub mod pulses;
pub mod table;
pub mod time;
pub mod wiegand;

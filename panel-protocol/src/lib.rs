//! What a gateway and a door controller say to each other, and what the door decides.
//!
//! `no_std`, no allocation, no clock and no I/O: bytes and time go in as arguments, bytes, events and the next
//! deadline come out. The gateway, the firmware and the simulator run this same code, so they can't disagree.
//!
//! - [`osdp`]: OSDP 2.2 (IEC 60839-11-5) frames, commands, replies, secure channel, and the machines of both sides.
//! - [`credential`], [`wiegand`] and [`pulses`]: a card as the reader sees it, the formats that give its bits a meaning,
//!   and the wires that it comes over.
//! - [`table`]: the card table a controller holds, its rows, profiles and digest.
//! - [`panel`]: the vendor command set that carries card tables inside OSDP (`PROTOCOL.md` has it to the byte), and a
//!   whole panel behind it.
//! - [`decide`]: one pure function from a presented card to granted or refused, by rows, profiles, door settings and the
//!   [`schedule`]s of the site.
//! - [`door`]: one door: lock, contact, button, and what people order of it.
//!
//! # Both sides of a line
//! Every machine here is used alike: `handle` what happened, then drain `poll_output` until it waits. A panel is a
//! [`Pd`](osdp::pd::Pd), which speaks OSDP, and the [`Device`](panel::Device) behind it; a poller is a
//! [`Cp`](osdp::cp::Cp). Here one of each shares a key, and nothing is between them but a loop.
//!
//! ```
//! use panel_protocol::credential::Credential;
//! use panel_protocol::osdp::command::Command;
//! use panel_protocol::osdp::cp::{self, Cp, Demand, LineConfig, PdKey};
//! use panel_protocol::osdp::payload::Manufacturer;
//! use panel_protocol::osdp::pd::{self, Pd};
//! use panel_protocol::osdp::reply::DeviceId;
//! use panel_protocol::osdp::secure::Scbk;
//! use panel_protocol::panel::{Answer, ChangeBuilder, Device, DeviceConfig, Hardware, OUI, Panel, PanelConfig};
//! use panel_protocol::table::{Row, SortedRows};
//! use panel_protocol::time::Micros;
//!
//! // The panel's hardware: a place for a key, and random numbers. (These are none.)
//! struct Board;
//!
//! impl Hardware for Board {
//!     fn keep_key(&mut self, _: &Scbk) -> bool {
//!         false
//!     }
//!     fn random(&mut self) -> [u8; 8] {
//!         [0x5A; 8]
//!     }
//! }
//!
//! // The panel: 100 rows, 4 profiles, 16 events, frames of 256 bytes, address 1.
//! let key = Scbk::new([7; 16]);
//! let panel = Box::new(Panel::<_, 4, 16>::new(PanelConfig { readers: 1 }, SortedRows::<100>::new()));
//! let id = DeviceId { vendor: [1, 2, 3], model: 1, version: 1, serial: 1, firmware: [1, 0, 0] };
//! let about = DeviceConfig { id, receive_buffer: 256, extras: &[] };
//! let mut device = Device::new(about, panel, Some(key.clone()), Board);
//! let mut pd = Pd::<256>::new(pd::PdConfig { address: 1, require_secure: true });
//!
//! // The poller, and what it has to say to the panel: one row, for the card 0x2F623AE of 26 bits.
//! let mut cp = Cp::<1, 256, _>::new(LineConfig::new(115_200), || [0xA5; 8]);
//! let one = cp.add_pd(cp::PdConfig { address: 1, key: PdKey::Scbk(key), check: None, expected: None }).unwrap();
//! let card = Credential::new(26, 0x2F623AE).unwrap();
//! let mut buffer = [0; 64];
//! let mut change = ChangeBuilder::put_rows(&mut buffer).unwrap();
//! assert!(change.row(&Row::new(card, 0)));
//! let len = change.len();
//! let mut to_say = Some(&buffer[..len]);
//!
//! // The line. Time stands still while anybody has something to do.
//! let mut now = Micros(0);
//! let digest = loop {
//!     cp.set_demand(one, if to_say.is_some() { Demand::Urgent } else { Demand::None });
//!     match cp.poll_output(now) {
//!         cp::Output::Transmit(frame) => {
//!             pd.handle(now, pd::Input::Received(frame), &mut device);
//!             while let Some(output) = pd.poll_output() {
//!                 match output {
//!                     pd::Output::Transmit(frame) => cp.handle(now, cp::Input::Received(frame)),
//!                     pd::Output::Event(event) => println!("panel: {event:?}"),
//!                 }
//!             }
//!         }
//!         cp::Output::Turn { pd, .. } => match to_say.take() {
//!             Some(data) => {
//!                 cp.send(now, pd, &Command::Manufacturer(Manufacturer { oui: OUI, data })).unwrap();
//!             }
//!             None => cp.decline(now, pd),
//!         },
//!         cp::Output::Reply { message, .. } => {
//!             // The vendor's bytes, behind its identifier.
//!             let Some(Answer::Change { digest, .. }) = Answer::decode(&message.data[3..]) else { panic!() };
//!             break digest;
//!         }
//!         cp::Output::Event { event, .. } => println!("poller: {event:?}"),
//!         cp::Output::Unsolicited { .. } | cp::Output::Fragment { .. } => {}
//!         cp::Output::Failed { .. } => panic!("nothing fails on this line"),
//!         cp::Output::Wait(until) => now = until.expect("a PD is always polled again"),
//!     }
//! };
//!
//! // The card is in, and the answer proved what the whole table is now.
//! assert_eq!(device.panel.table().get(card), Some(Row::new(card, 0)));
//! assert_eq!(digest, device.panel.table().digest());
//! ```
//!
//! `examples/panel` in this crate's folder is the same panel as firmware for a Cortex-M0+.
#![no_std]

#[cfg(any(test, feature = "testing"))]
extern crate std;

mod bytes;
pub mod credential;
pub mod decide;
pub mod door;
pub mod limits;
pub mod osdp;
pub mod panel;
pub mod pulses;
pub mod schedule;
pub mod table;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod time;
pub mod wiegand;

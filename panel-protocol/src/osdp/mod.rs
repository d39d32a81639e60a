//! OSDP 2.2 (IEC 60839-11-5), both sides of the line.
//!
//! From the wire inwards: [`deframe`] finds frames in a stream, [`frame`] checks one and emits one, [`secure`] opens
//! and seals what is inside, [`command`] and [`reply`] give it a type, and [`cp`] and [`pd`] are the machines of the
//! polling and of the polled side; a [`monitor`] listens to both. Nothing here owns a clock, a port or a heap.
//!
//! The CP is the polling side (the gateway), a PD a polled one (a panel or a reader).
//!
//! A frame says what it is without a machine:
//!
//! ```
//! use panel_protocol::osdp::command::Command;
//! use panel_protocol::osdp::frame::{Check, Frame};
//!
//! let frame = Frame::parse(&[0x53, 0x05, 0x08, 0x00, 0x06, 0x60, 0xDE, 0xEF])?;
//! let header = frame.header();
//! assert_eq!((header.address, header.reply, header.sequence, header.check), (5, false, 2, Check::Crc));
//! assert_eq!(Command::parse(frame.code(), frame.data()), Ok(Command::Poll));
//! # Ok::<(), panel_protocol::osdp::frame::FrameError>(())
//! ```

pub mod biometrics;
pub mod bytes;
pub mod command;
mod counters;
pub mod cp;
pub mod crc;
pub mod deframe;
pub mod file;
pub mod frame;
pub mod monitor;
pub mod multipart;
mod named_bytes;
pub mod payload;
pub mod pd;
pub mod records;
pub mod reply;
pub mod secure;
pub mod smart_card;
pub mod timing;

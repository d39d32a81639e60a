//! The vendor command set that carries card tables, and the panel that answers it.
//!
//! `PROTOCOL.md` beside this crate has every byte. Over OSDP an [`Operation`] is the vendor part of `osdp_MFG` and an
//! [`Answer`] that of `osdp_MFGREP`, under [`OUI`] and inside the secure channel. [`Panel`] is all that a firmware
//! needs behind its reader and its line: it holds the table, the clock and the events, answers operations, and decides.

mod answer;
mod bytes;
mod device;
mod event;
mod items;
mod operation;
#[allow(clippy::module_inception, reason = "the panel is what this module is about")]
mod panel;

pub use answer::{Answer, BucketList, EventList, Info, RowList, Status};
pub use device::{Device, DeviceConfig, Hardware, MAX_CONTACTS, MAX_EXTRAS};
pub use event::{EVENT_MAX_LEN, EventBody, PanelEvent};
pub use items::{ChangeBuilder, Keys, ProfileList, Rows};
pub use operation::Operation;
pub use panel::{Panel, PanelConfig};

/// The organisation under which the commands travel: a locally administered identifier.
pub const OUI: [u8; 3] = [0x0A, 0x47, 0x48];

/// The version of the command set that this crate speaks.
pub const VERSION: u8 = 1;

#[cfg(test)]
mod tests;

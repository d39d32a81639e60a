//! The vendor command set that carries card tables, and the panel that answers it.
//!
//! `PROTOCOL.md` beside this crate has every byte. Over OSDP an [`Operation`] is the vendor part of `osdp_MFG` and an
//! [`Answer`] that of `osdp_MFGREP`, under [`OUI`] and inside the secure channel. [`Panel`] is all that a firmware
//! needs behind its reader and its line: it holds the table, the clock and the events, answers operations, and decides.
//! [`Device`] puts it behind an OSDP line; it can be used without one:
//!
//! ```
//! use panel_protocol::decide::Reason;
//! use panel_protocol::panel::{Answer, ChangeBuilder, EventBody, Operation, Panel, PanelConfig, ProfileList};
//! use panel_protocol::table::{Profile, Row, SortedRows};
//! use panel_protocol::time::Micros;
//! use panel_protocol::wiegand::H10301;
//!
//! let mut panel = Panel::<_, 4, 16>::new(PanelConfig { readers: 1 }, SortedRows::<100>::new());
//! let (mut request, mut answer) = ([0; 64], [0; 64]);
//!
//! // Profiles come in two steps: staged, then put in force with the digest that must come out.
//! let profile = Profile::always([0]);
//! let digest = panel.table().digest_with(&[profile]);
//! let profiles = ProfileList::checked(profile.as_bytes()).unwrap();
//! for operation in [
//!     Operation::StageProfiles { first: 0, profiles },
//!     Operation::CommitProfiles { count: 1, digest },
//! ] {
//!     let len = operation.encode(&mut request).unwrap();
//!     let len = panel.operate(Micros(0), &request[..len], &mut answer);
//!     assert!(matches!(Answer::decode(&answer[..len]), Some(Answer::Change { applied: 1, .. })));
//! }
//!
//! let card = H10301.encode(100, 1_234).unwrap();
//! let mut change = ChangeBuilder::put_rows(&mut request).unwrap();
//! assert!(change.row(&Row::new(card, 0)));
//! let len = change.len();
//! panel.operate(Micros(0), &request[..len], &mut answer);
//!
//! // Somebody presents the card, the panel decides, and keeps it until the gateway has it.
//! assert_eq!(panel.present(Micros(0), 0, card), Reason::Granted);
//! let len = Operation::ReadEvents { from: 0 }.encode(&mut request).unwrap();
//! let len = panel.operate(Micros(0), &request[..len], &mut answer);
//! let Some(Answer::Events { events, .. }) = Answer::decode(&answer[..len]) else { panic!() };
//! let EventBody::CardRead { credential, reason, .. } = events.iter().next().unwrap().body;
//! assert_eq!((credential, reason), (card, Reason::Granted));
//! ```

mod answer;
mod code;
mod device;
mod doors;
mod event;
mod execute;
mod info;
mod items;
mod operation;
mod operation_bytes;
#[allow(clippy::module_inception, reason = "the panel is what this module is about")]
mod panel;
mod run;
mod status;

pub use answer::{Answer, BucketList, EventList, RowList};
pub use code::{WHO_ARE_YOU, is_read, operation_name};
pub use device::{Device, DeviceConfig, Hardware, MAX_CONTACTS, MAX_EXTRAS};
pub use event::{EVENT_MAX_LEN, EventBody, PanelEvent};
pub use info::Info;
pub use items::{ChangeBuilder, Keys, ProfileList, Rows, SettingKeys, SettingList};
pub use operation::Operation;
pub use panel::{Panel, PanelConfig};
pub use run::{RunEncoder, RunPlace, Runs};
pub use status::Status;

/// The organisation under which the commands travel: a locally administered identifier.
pub const OUI: [u8; 3] = [0x0A, 0x47, 0x48];

/// The newest version of the command set that this crate speaks.
pub const VERSION: u8 = 2;

#[cfg(test)]
mod tests;

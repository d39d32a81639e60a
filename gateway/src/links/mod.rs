//! Any link to devices, in words that no protocol owns; one room for each kind of link behind them.
//!
//! A link asks its [`DeviceClient`] what a device wants (`demand`), has it put the next operation into a room that the
//! link's dialect fills (`next`: a frame for a line, a message for a broker), and brings back `answered` or `failed`. It
//! tells what it [`Heard`], what a device became and how it is itself. From outside it is a [`LinkHandle`], whatever its
//! kind: to wake it, to open install mode, to switch an output, to listen, to see how it stands.
//!
//! A link never decides what to send and never knows cardholders. No word here belongs to one protocol; rooms of two
//! protocols never know each other. [`card_table`] has the bytes of panel-protocol's own command set, which several
//! kinds of link carry.

pub mod card_table;
mod client;
mod handle;
mod heard;
pub mod limits;
pub mod modbus;
pub mod mqtt;
pub mod osdp;
mod private_file;
mod serial_port;
mod status;
mod tending;
pub mod wiegand_serial;

pub use crate::domain::InputState;
pub use client::DeviceClient;
pub use handle::{ActuateError, Actuation, InstallError, LinkEnd, LinkHandle, Order, Showing, Switch};
pub use heard::{Decided, Heard, PressedKeys};
pub use status::{DeviceStatus, LinkStatus};
pub use tending::{TendError, Tended, Tending, Wish};

//! Who knows what to send to devices, and wants to know what comes of it.

use super::heard::Heard;
use crate::domain::{Became, LinkCondition};
use crate::sync::{Answer, Demand, Failure, Room};

/// A link's client. A device is named by its place in the client's own list.
///
/// Its methods are called on the link's thread: they are short and never wait for anything but a short lock, and for a
/// disk or the network never.
pub trait DeviceClient: Send + Sync {
    /// Whether it has something for this device, and how much it hurries.
    fn demand(&self, device: usize) -> Demand;

    /// Fills the room with the next operation for this device; false if there is none after all. If there was one, then
    /// comes exactly one [`answered`](Self::answered) or [`failed`](Self::failed).
    fn next(&self, device: usize, room: &mut dyn Room) -> bool;

    /// The answer to the operation.
    fn answered(&self, device: usize, answer: &Answer);

    /// No answer comes to the operation, and why.
    fn failed(&self, device: usize, failure: Failure);

    /// What a device told without being asked.
    fn heard(&self, device: usize, heard: &Heard);

    /// What a device became.
    fn became(&self, device: usize, became: &Became);

    /// How the link is. Told when that changes.
    fn link(&self, condition: &LinkCondition);
}

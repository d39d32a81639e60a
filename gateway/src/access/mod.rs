//! From the directory to the rows a controller should hold. Pure: no clock, no store, no tokio.
//!
//! [`reach`] names the cards that a change may concern, [`compile`] says what each may do, [`DoorPlan`] turns that into
//! one controller's row or none, and a [`DesiredTable`] is all of those of one controller. [`CardIndex`] holds every
//! active card; nothing else is as large as the site. Where a controller holds no table, [`decide`] says whether a card opens
//! its door, and [`doors`] what becomes of the door.

mod card;
mod compile;
mod decision;
pub mod doors;
mod index;
pub mod mass_revocation;
mod plan;

pub use card::{CardAccess, Clearance};
pub use compile::{affected, compile, reach};
pub use decision::{Decision, decide};
pub use index::CardIndex;
pub use plan::{DesiredTable, DoorPlan};

#[cfg(test)]
mod tests;

//! From the directory to the rows a controller should hold. Pure: no clock, no store, no tokio.
//!
//! [`reach`] names those whom a change may concern, the [`Compiler`] says what each of their cards may do, [`DoorPlan`]
//! turns that into one controller's row or none, and a [`DesiredTable`] is all of those of one controller. [`CardIndex`]
//! holds every active card; nothing else is as large as the site. Where a controller holds no table, [`decide`] says whether a
//! card opens its door, and [`doors`] what becomes of the door.

mod card;
mod clearances;
mod compile;
mod compiler;
mod decision;
mod difference;
pub mod doors;
mod explain;
mod grants;
mod hours;
mod index;
pub mod mass_revocation;
mod model;
mod plan;
mod reach;
mod seconds;
mod shape;

pub use card::{CardAccess, Clearance};
pub use clearances::Clearances;
pub use compile::{affected, compile};
pub use compiler::{Compiler, Holder, Learned};
pub use decision::{Decision, decide};
pub use difference::Difference;
pub use explain::{AtDoor, Facts, explain};
pub use grants::{Grant, Grants};
pub use hours::Times;
pub use index::CardIndex;
pub use model::AccessModel;
pub use plan::{DesiredTable, DoorPlan};
pub use reach::{Concern, Reach, reach};
pub use shape::{LeftOut, Opens, PlannedDoor, Shape, shape};

#[cfg(test)]
mod tests;

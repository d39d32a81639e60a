//! Outside to `Change`: one module for each kind of source, and what they share: the [`Moment`] of a plan, and what a card
//! number becomes ([`cards`]). A source never knows doors, beyond their names.

pub mod access;
pub mod by_hand;
pub mod cards;
pub mod connection;
pub mod events;
mod moment;
pub mod scim;
pub mod webhook;

pub use moment::Moment;

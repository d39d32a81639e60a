//! Outside to `Change`: one module for each kind of source. A source never knows doors, beyond their names.

pub mod access;
pub mod by_hand;
pub mod card_number;
pub mod connection;
pub mod scim;

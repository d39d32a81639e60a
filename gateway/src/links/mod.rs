//! One adapter for each kind of line. A link never knows cardholders.

pub mod card_table;
pub mod osdp;

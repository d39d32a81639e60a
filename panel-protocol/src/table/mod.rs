//! The card table that a controller holds.

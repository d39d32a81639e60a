//! Between the directory's words and SCIM's: cardholders and groups as documents, documents as what shall be kept,
//! and the plans that change them.

mod attributes;
mod entity;
mod group;
mod memberships;
mod user;
mod version;
mod write;

pub(super) use attributes::location;
pub(super) use entity::Entity;
pub(super) use version::{Condition, is_known};
pub(super) use write::{Planned, Wish, Write};

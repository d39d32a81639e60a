//! Gatehouse's service: from what an identity provider says to what every door controller holds, and the proof back.
//!
//! `ARCHITECTURE.md` beside this crate tells where things live and who may import whom.

pub mod access;
pub mod cli;
pub mod config;
#[cfg(feature = "demo")]
pub mod demo;
pub mod domain;
pub mod forward;
pub mod health;
pub mod links;
pub mod operator;
pub mod service;
pub mod site;
pub mod sources;
pub mod store;
pub mod sync;
pub mod views;
pub mod web;

//! The store on disks that fill up, fail and lose power. What is tried runs in a process of its own, this program once
//! more, into which `disk.c` is preloaded: so it is the store as it is, sled's own files included.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod child;
mod damage;
mod faults;
mod model;
mod power_cut;
mod recording;
mod shim;
mod small_files;

//! The CP against the real PD machine, on a virtual clock and a simulated line, told as stories.

mod bringup;
mod chaos;
mod checks;
mod damage;
mod field;
mod gadget;
mod liar;
mod lies;
mod revocations;
mod scheduling;
mod sessions;
mod settings;
mod site;
mod transfer;
mod unsolicited;

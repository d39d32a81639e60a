//! OSDP against values that others computed, against chance, and as stories of what a CP does to a PD.

mod bench;
mod flash;
mod insider;
mod masking;
mod monitor;
mod payload_properties;
mod pd_attacks;
mod pd_broadcast;
mod pd_events;
mod pd_files;
mod pd_keys;
mod pd_malformed;
mod pd_properties;
mod pd_refusals;
mod pd_stories;
mod pieces;
mod stream_properties;
mod vectors;

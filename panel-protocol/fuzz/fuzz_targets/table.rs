//! Gives the fuzzer's bytes to [`table::check`](panel_protocol_fuzz::table::check).
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| panel_protocol_fuzz::table::check(input));

//! Gives the fuzzer's bytes to [`deframer::check`](panel_protocol_fuzz::deframer::check).
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| panel_protocol_fuzz::deframer::check(input));

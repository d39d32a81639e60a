//! Gives the fuzzer's bytes to [`conversation::check`](panel_protocol_fuzz::conversation::check).
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| panel_protocol_fuzz::conversation::check(input));

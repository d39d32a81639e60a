//! Gives the fuzzer's bytes to [`check_filter`](gateway::sources::scim::fuzzing::check_filter).
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| gateway::sources::scim::fuzzing::check_filter(input));

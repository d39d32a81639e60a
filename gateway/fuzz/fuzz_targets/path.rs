//! Gives the fuzzer's bytes to [`check_path`](gateway::sources::scim::fuzzing::check_path).
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| gateway::sources::scim::fuzzing::check_path(input));

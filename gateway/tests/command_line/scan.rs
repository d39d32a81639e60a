//! `gateway scan`: what is refused before a port is touched.

use std::path::Path;

use crate::program::run;

#[test]
fn wrong_words_are_refused_with_what_would_be_right() {
    let cases = [
        ("", "--port"),
        ("--port x --baud 9601", "9600, 19200, 38400, 57600, 115200, 230400"),
        ("--port x --addresses 127", "0 to 126"),
        ("--port x --addresses 9-3", "such as 5 or 0-15"),
        ("--port x --addresses 1,,2", "0 to 126"),
    ];
    for (arguments, expected) in cases {
        let stderr = run(Path::new("."), &format!("scan {arguments}")).failed(2);
        assert!(stderr.contains(expected), "{arguments}: {stderr}");
    }
}

#[test]
fn a_port_that_is_not_there_is_named_with_where_to_look() {
    let stderr = run(Path::new("."), "scan --port /nowhere/tty").failed(1);
    assert!(stderr.starts_with("error: /nowhere/tty: "), "{stderr}");
    assert!(stderr.contains("/dev/serial/by-id"), "{stderr}");
}

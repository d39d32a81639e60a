//! `gateway status` and `gateway enrol`, at a service of which only the socket is there.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread::{self, JoinHandle};

use tempfile::{TempDir, tempdir};

use crate::program::run;

/// A site with two controllers, and its folder of data.
fn site() -> TempDir {
    let folder = tempdir().unwrap();
    run(folder.path(), "init --controllers 2").succeeded();
    fs::create_dir(folder.path().join("data")).unwrap();
    folder
}

/// Answers so many requests with the same body, and tells what was asked.
fn service(folder: &Path, status: &str, body: &str, requests: usize) -> JoinHandle<Vec<String>> {
    let listener = UnixListener::bind(folder.join("data/gateway.sock")).unwrap();
    let length = body.len();
    let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    thread::spawn(move || {
        let answer_one = |_| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = String::new();
            let mut buffer = [0; 4096];
            while !is_whole(&request) {
                let read = stream.read(&mut buffer).unwrap();
                assert_ne!(read, 0, "cut short: {request}");
                request.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
            }
            stream.write_all(answer.as_bytes()).unwrap();
            request
        };
        (0..requests).map(answer_one).collect()
    })
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

#[test]
fn a_service_that_does_not_run_is_told_with_the_way_to_start_it() {
    for arguments in ["status --config gateway.toml", "enrol --all --config gateway.toml"] {
        let stderr = run(site().path(), arguments).failed(1);
        assert!(stderr.contains("not running") && stderr.contains("gateway run --config"), "{stderr}");
    }
}

#[test]
fn status_as_json_is_the_services_own_answer() {
    let site = site();
    let service = service(site.path(), "200 OK", r#"{"verdict":{"level":"well"}}"#, 1);
    let stdout = run(site.path(), "status --json --config gateway.toml").succeeded();
    assert_eq!(stdout, "{\"verdict\":{\"level\":\"well\"}}\n");
    assert!(service.join().unwrap()[0].starts_with("GET /api/v1/site HTTP/1.1\r\n"));
}

#[test]
fn status_fails_while_there_is_a_problem_and_says_which_all_the_same() {
    let site = site();
    let body = r#"{"verdict":{"level":"problem"}}"#;
    let service = service(site.path(), "200 OK", body, 1);
    let finished = run(site.path(), "status --json --config gateway.toml");
    assert_eq!((finished.code, finished.stdout.trim_end(), finished.stderr.as_str()), (Some(1), body, ""));
    service.join().unwrap();
}

#[test]
fn enrol_opens_install_mode_for_each_controller_and_tells_until_when() {
    let site = site();
    let body = r#"{"controller":"panel-1","until":"2026-11-22T11:10:00Z"}"#;
    let service = service(site.path(), "200 OK", body, 2);
    let stdout = run(site.path(), "enrol --all --minutes 5 --config gateway.toml").succeeded();
    let until = "install mode is open until 22 Nov 2026 12:10 CET";
    assert_eq!(stdout, format!("panel-1: {until}\npanel-2: {until}\n"));
    let asked = service.join().unwrap();
    for (request, id) in asked.iter().zip(["panel-1", "panel-2"]) {
        let expected = format!("POST /api/v1/controllers/{id}/install-mode HTTP/1.1\r\n");
        assert!(request.starts_with(&expected), "{request}");
        assert!(request.ends_with("{\"minutes\":5}"), "{request}");
    }
}

#[test]
fn a_refusal_is_told_and_fails() {
    let site = site();
    let body = r#"{"error":{"message":"install mode can't be opened now","remedy":"The line is down."}}"#;
    let service = service(site.path(), "409 Conflict", body, 1);
    let stderr = run(site.path(), "enrol --controller panel-2 --config gateway.toml").failed(1);
    assert!(stderr.contains("panel-2: install mode can't be opened now. The line is down."), "{stderr}");
    service.join().unwrap();
}

#[test]
fn wrong_arguments_ask_nobody() {
    let site = site();
    let cases = [
        ("enrol", "--controller"),
        ("enrol --all --controller panel-1", "cannot be used with"),
        ("enrol --all --minutes 61", "1..=60"),
        ("enrol --controller panel1", "did you mean \"panel-1\"?"),
        (
            "card add --user ada --card 100:1 --until 2020-01-01T00:00:00Z",
            "--until 2020-01-01T00:00:00Z: this is over already",
        ),
        ("card add --user ada --card 100:1 --until 2020-01-31", "--until 2020-01-31: this is over already"),
        ("card add --user ada --card 100:1 --until soon", "give 2027-01-31"),
    ];
    for (arguments, expected) in cases {
        let stderr = run(site.path(), &format!("{arguments} --config gateway.toml")).failed(2);
        assert!(stderr.contains(expected), "{arguments}: {stderr}");
    }
}

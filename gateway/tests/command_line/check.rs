//! `gateway check`: the shipped example is right, and every shipped mistake gets exactly its message.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::program::{run, shipped, site};

#[test]
fn the_example_is_right() {
    let stdout = run(&shipped(), "check --config example.toml").succeeded();
    assert_eq!(stdout, "OK: 4 lines, a broker, 9 controllers, 10 doors\n");
}

/// With `UPDATE_EXPECTED=1` the messages are written anew, to be read before they are committed.
#[test]
fn every_mistake_gets_the_message_beside_it() {
    let folder = shipped().join("invalid");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".toml").map(ToOwned::to_owned))
        .collect();
    names.sort();
    assert!(names.len() >= 30, "only {} bad examples", names.len());
    for name in names {
        let stderr = run(&folder, &format!("check --config {name}.toml")).failed(2);
        let shown = stderr.replace(folder.to_str().unwrap(), "$DIR");
        let expected = folder.join(format!("{name}.expected"));
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&expected, &shown).unwrap();
        }
        let expected =
            fs::read_to_string(expected).unwrap_or_else(|error| panic!("{name}.expected: {error}"));
        assert_eq!(shown, expected, "{name}.toml");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let stderr = run(folder.path(), "check --config nowhere.toml").failed(2);
    assert!(stderr.contains("nowhere.toml") && stderr.contains("gateway init"), "{stderr}");
}

#[test]
fn a_file_that_is_not_text_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("gateway.toml"), b"name = \"\xFF\"").unwrap();
    let stderr = run(folder.path(), "check --config gateway.toml").failed(2);
    assert!(stderr.contains("gateway.toml") && stderr.contains("UTF-8"), "{stderr}");
}

#[test]
fn a_key_file_that_others_may_read_is_pointed_at() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "init --yes --simulator").succeeded();
    let key = folder.path().join("keys/panel-1.scbk");
    let secret = fs::read_to_string(&key).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    let stderr = run(folder.path(), "check --config gateway.toml").failed(2);
    assert!(stderr.contains("has mode 0640") && stderr.contains("chmod 600"), "{stderr}");
    assert!(stderr.contains("\"keys/panel-1.scbk\""), "the place in the file is shown: {stderr}");
    assert!(!stderr.contains(secret.trim()), "the key is shown");
}

#[test]
fn the_end_of_the_operators_certificate_is_told() {
    for (year, expected) in
        [(2020, "ended on 4 Mar 2020 01:00 CET;"), (2120, "is valid until 4 Mar 2120 01:00 CET.")]
    {
        let site = site();
        let mut params = rcgen::CertificateParams::new(vec!["gate.example".into()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 3, 4);
        let pair = rcgen::KeyPair::generate().unwrap();
        fs::write(site.path().join("cert.pem"), params.self_signed(&pair).unwrap().pem()).unwrap();
        let key = site.path().join("key.pem");
        fs::write(&key, pair.serialize_pem()).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let config = site.path().join("gateway.toml");
        let files = "tls = { cert = \"cert.pem\", key = \"key.pem\" }";
        let text = fs::read_to_string(&config).unwrap().replace("tls = \"self-signed\"", files);
        fs::write(&config, text).unwrap();
        let finished = run(site.path(), "check --config gateway.toml");
        assert!(finished.stderr.contains(expected), "{finished:?}");
        finished.succeeded();
    }
}

#[test]
fn no_colours_reach_a_pipe() {
    let stderr = run(&shipped().join("invalid"), "check --config several.toml").failed(2);
    assert!(!stderr.contains('\x1b'), "{stderr:?}");
}

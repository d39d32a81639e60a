//! `gateway token`: the secret is shown once, and in no other place.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use crate::program::{Finished, gateway, run, site};

fn token(folder: &Path, arguments: &str) -> Finished {
    run(folder, &format!("token {arguments} --config gateway.toml"))
}

fn created(folder: &TempDir, arguments: &str) -> String {
    let stdout = token(folder.path(), &format!("create {arguments}")).succeeded();
    let token = stdout.strip_suffix('\n').unwrap();
    assert!(token.len() >= 43 && !token.contains(char::is_whitespace), "more than the token: {stdout:?}");
    token.to_owned()
}

#[test]
fn create_prints_the_token_alone_and_keeps_only_its_hash() {
    let site = site();
    let secret = created(&site, "--name entra");
    let kept = site.path().join("data/tokens.json");
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!fs::read_to_string(kept).unwrap().contains(&secret), "the token stands in its file");
    assert_ne!(created(&site, "--name okta"), secret);
}

#[test]
fn list_tells_names_and_times_but_no_secret() {
    let site = site();
    let secrets =
        [created(&site, "--name entra --client entra --expires 180d"), created(&site, "--name okta")];
    let table = token(site.path(), "list").succeeded();
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("NAME   CLIENT   SCOPE  CREATED"), "{table}");
    assert!(lines[1].starts_with("entra") && lines[2].starts_with("okta"), "{table}");
    assert!(lines[1].contains(" entra ") && lines[2].contains(" guessed "), "{table}");
    assert!(lines[2].contains("never"), "{table}");
    let json = token(site.path(), "list --json").succeeded();
    let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(parsed[0]["name"], "entra");
    assert_eq!((&parsed[0]["client"], &parsed[0]["scope"]), (&"entra".into(), &"scim".into()));
    assert!(parsed[0]["expires"].is_string() && parsed[1]["expires"].is_null(), "{json}");
    for shown in [table, json] {
        assert!(secrets.iter().all(|secret| !shown.contains(secret.as_str())), "{shown}");
    }
}

#[test]
fn an_empty_list_is_no_result() {
    assert_eq!(token(site().path(), "list").succeeded(), "");
    assert_eq!(token(site().path(), "list --json").succeeded(), "[]\n");
}

#[test]
fn a_revoked_token_is_gone_and_its_name_is_free() {
    let site = site();
    created(&site, "--name entra");
    assert_eq!(token(site.path(), "revoke --name entra").succeeded(), "");
    assert_eq!(token(site.path(), "list --json").succeeded(), "[]\n");
    created(&site, "--name entra");
}

#[test]
fn rotating_prints_a_new_token_alone_and_tells_how_long_the_old_one_lives() {
    let site = site();
    let old = created(&site, "--name entra");
    let rotated = token(site.path(), "rotate entra --overlap 2h");
    let stderr = rotated.stderr.clone();
    let new = rotated.succeeded();
    assert!(new.starts_with("ghs_") && new.trim_end() != old && new.lines().count() == 1, "{new}");
    assert!(stderr.contains("is taken until"), "{stderr}");
    let until = stderr.split("is taken until ").nth(1).unwrap().split(". ").next().unwrap();
    let list = token(site.path(), "list").succeeded();
    assert!(!list.contains(new.trim_end()), "{list}");
    assert!(list.lines().nth(1).unwrap().trim_end().ends_with(until), "{until} is not in\n{list}");
    let ended = token(site.path(), "rotate entra --overlap 0s");
    assert!(ended.stderr.contains("refused from now on"), "{}", ended.stderr);
}

#[test]
fn a_lifetime_is_told_to_the_minute_with_the_zone_and_everywhere_alike() {
    let site = site();
    let told = token(site.path(), "create --name trial --expires 5s").stderr;
    let until = told.split("valid until ").nth(1).unwrap().split(". ").next().unwrap();
    assert!(until.contains(':') && (until.ends_with(" CET") || until.ends_with(" CEST")), "{told}");
    let list = token(site.path(), "list").succeeded();
    assert!(list.lines().nth(1).unwrap().contains(until), "{until} is not in\n{list}");
}

#[test]
fn a_name_that_is_nearly_one_is_told_which() {
    let site = site();
    created(&site, "--name trial");
    for (arguments, tip) in [
        ("revoke tri", "; did you mean \"trial\"?"),
        ("rotate trail", "; did you mean \"trial\"?"),
        ("revoke okta", "there is no token named \"okta\"\n"),
    ] {
        let stderr = token(site.path(), arguments).failed(2);
        assert!(stderr.contains(tip), "{arguments}: {stderr}");
    }
    assert!(token(site.path(), "list").succeeded().contains("trial"));
}

#[test]
fn wrong_words_are_refused_and_change_nothing() {
    let site = site();
    created(&site, "--name entra");
    let cases = [
        ("create --name entra", "entra"),
        ("create --name two,words", "','"),
        ("create", "--name"),
        ("create --name x --client azure", "entra, okta and generic"),
        ("rotate okta", "okta"),
        ("rotate entra --overlap 15d", "14 days"),
        ("rotate entra --overlap soon", "7d"),
        ("create --name x --expires soon", "180d"),
        ("create --name x --expires=-3d", "180d"),
        ("create --name x --expires 9000y", "too long"),
        ("revoke --name okta", "okta"),
    ];
    for (arguments, expected) in cases {
        let stderr = token(site.path(), arguments).failed(2);
        assert!(stderr.contains(expected), "{arguments}: {stderr}");
    }
    let json = token(site.path(), "list --json").succeeded();
    assert_eq!(json.matches("\"name\"").count(), 1, "{json}");
}

#[test]
fn a_token_that_nobody_could_read_does_not_stay_valid() {
    let site = site();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = gateway();
    command.current_dir(site.path()).args(["token", "create", "--name", "entra", "--config", "gateway.toml"]);
    let stderr = Finished::of(command.stdout(writer).output().unwrap()).failed(1);
    assert!(stderr.contains("revoked"), "{stderr}");
    assert_eq!(token(site.path(), "list --json").succeeded(), "[]\n");
}

#[test]
fn a_spoilt_file_is_named_and_left_alone() {
    let site = site();
    created(&site, "--name entra");
    let path = site.path().join("data/tokens.json");
    fs::write(&path, "{ nonsense").unwrap();
    for arguments in ["list", "create --name okta", "revoke --name entra"] {
        let stderr = token(site.path(), arguments).failed(1);
        assert!(stderr.contains("tokens.json"), "{stderr}");
    }
    assert_eq!(fs::read_to_string(path).unwrap(), "{ nonsense");
}

/// Whoever runs the tests, one of the two folders belongs to somebody else.
#[test]
fn files_that_the_service_could_not_read_are_not_made() {
    let site = site();
    let data = site.path().join("data");
    fs::create_dir(&data).unwrap();
    if std::os::unix::fs::chown(&data, Some(12_345), None).is_err() {
        let config = site.path().join("gateway.toml");
        let text = fs::read_to_string(&config).unwrap();
        fs::write(&config, text.replace("\"data\"", "\"/usr\"")).unwrap();
    }
    let stderr = token(site.path(), "create --name entra").failed(2);
    assert!(stderr.contains("run this as its owner: sudo -u '#"), "{stderr}");
    assert_eq!(fs::read_dir(data).unwrap().count(), 0);
}

use std::fs;
use std::os::unix::fs::PermissionsExt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tempfile::TempDir;

use super::*;
use crate::domain::TokenScope;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

#[test]
fn a_token_is_known_again_and_nothing_like_it_is() {
    let dir = TempDir::new().unwrap();
    let tokens = Tokens::open(dir.path());
    let token = tokens.create("entra", None, None, at(1)).unwrap();
    tokens.create("okta", None, None, at(1)).unwrap();
    assert!(token.expose().starts_with("ghs_") && token.expose().len() == 47);
    assert_eq!(tokens.check(token.expose(), at(2)).valid().unwrap().name, "entra");
    let altered = token.expose().replace(token.expose().chars().last().unwrap(), "~");
    for wrong in ["", "ghs_", &altered, &token.expose()[..46], &format!("{} ", token.expose())] {
        assert_eq!(tokens.check(wrong, at(2)), Presented::Unknown, "{wrong:?}");
    }
}

#[test]
fn a_token_revoked_by_another_process_is_refused_at_once() {
    let dir = TempDir::new().unwrap();
    let (service, command_line) = (Tokens::open(dir.path()), Tokens::open(dir.path()));
    let token = command_line.create("entra", None, None, at(1)).unwrap();
    assert!(service.check(token.expose(), at(2)).valid().is_some());
    command_line.revoke("entra").unwrap();
    assert_eq!(service.check(token.expose(), at(2)).valid(), None);
    assert!(matches!(command_line.revoke("entra"), Err(TokenError::Unknown(_))));
    let renewed = command_line.create("entra", None, None, at(3)).unwrap();
    assert_eq!(service.check(token.expose(), at(4)).valid(), None);
    assert!(service.check(renewed.expose(), at(4)).valid().is_some());
}

#[test]
fn an_expired_token_is_refused() {
    let dir = TempDir::new().unwrap();
    let tokens = Tokens::open(dir.path());
    let token = tokens.create("entra", None, Some(at(100)), at(1)).unwrap();
    assert!(tokens.check(token.expose(), at(99)).valid().is_some());
    assert_eq!(tokens.check(token.expose(), at(100)).valid(), None);
    assert!(matches!(tokens.create("late", None, Some(at(1)), at(1)), Err(TokenError::Expired(_))));
}

#[test]
fn the_file_is_private_and_has_no_token_in_it() {
    let dir = TempDir::new().unwrap();
    let tokens = Tokens::open(dir.path());
    let token = tokens.create("entra", None, None, at(1)).unwrap();
    let path = dir.path().join("tokens.json");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains(&token.expose()[4..]), "the token stands in its file");
    assert!(!format!("{token:?}").contains(token.expose()));
}

#[test]
fn names_are_unique_and_sane() {
    let dir = TempDir::new().unwrap();
    let tokens = Tokens::open(dir.path());
    tokens.create("entra", None, None, at(1)).unwrap();
    assert!(matches!(tokens.create("entra", None, None, at(1)), Err(TokenError::Taken(_))));
    assert!(matches!(tokens.create("", None, None, at(1)), Err(TokenError::Name(_))));
    assert!(matches!(tokens.create("a b", None, None, at(1)), Err(TokenError::Name(_))));
    assert_eq!(tokens.list().unwrap().len(), 1);
}

#[test]
fn last_use_is_seen_by_others_within_the_hour() {
    let dir = TempDir::new().unwrap();
    let (service, command_line) = (Tokens::open(dir.path()), Tokens::open(dir.path()));
    let token = command_line.create("entra", None, None, at(0)).unwrap();
    assert_eq!(command_line.list().unwrap()[0].last_used, None);
    for second in [10, 20, 3_700] {
        service.check(token.expose(), at(second));
        assert_eq!(service.list().unwrap()[0].last_used, Some(at(second)));
    }
    assert_eq!(command_line.list().unwrap()[0].last_used, Some(at(3_700)));
}

#[test]
fn a_spoilt_file_lets_nobody_in_and_is_named_without_its_content() {
    let dir = TempDir::new().unwrap();
    let tokens = Tokens::open(dir.path());
    let token = tokens.create("entra", None, None, at(1)).unwrap();
    fs::write(dir.path().join("tokens.json"), r#"{"tokens": [{"name": "sesame"}]}"#).unwrap();
    assert_eq!(tokens.check(token.expose(), at(2)).valid(), None);
    let error = tokens.list().unwrap_err().to_string();
    assert!(error.contains("tokens.json") && !error.contains("sesame"), "{error}");
    assert!(tokens.create("okta", None, None, at(2)).is_err(), "a spoilt file is not overwritten");
}

#[test]
fn after_a_rotation_both_secrets_work_until_the_old_one_has_lived_on_long_enough() {
    let dir = TempDir::new().unwrap();
    let (service, command_line) = (Tokens::open(dir.path()), Tokens::open(dir.path()));
    let old = command_line.create("entra", Some(ClientKind::Entra), None, at(0)).unwrap();
    assert!(service.check(old.expose(), at(5)).valid().is_some());
    let new = command_line.rotate("entra", USUAL_OVERLAP, at(10)).unwrap();
    for secret in [&old, &new] {
        let token = service.check(secret.expose(), at(3_609)).valid().unwrap();
        assert_eq!((token.name.as_str(), token.client), ("entra", Some(ClientKind::Entra)));
    }
    assert!(matches!(service.check(old.expose(), at(3_610)), Presented::Expired(_)));
    assert!(service.check(new.expose(), at(3_610)).valid().is_some());
}

#[test]
fn a_rotated_token_is_unused_until_its_new_secret_is() {
    let dir = TempDir::new().unwrap();
    let tokens = Tokens::open(dir.path());
    let old = tokens.create("entra", None, None, at(0)).unwrap();
    tokens.check(old.expose(), at(5));
    let new = tokens.rotate("entra", USUAL_OVERLAP, at(10)).unwrap();
    tokens.check(old.expose(), at(20));
    let told = tokens.list().unwrap().remove(0);
    assert_eq!((told.last_used, told.previous_until), (None, Some(at(3_610))));
    tokens.check(new.expose(), at(30));
    assert_eq!(tokens.list().unwrap()[0].last_used, Some(at(30)));
}

#[test]
fn rotating_twice_ends_the_first_secret_and_no_overlap_ends_it_at_once() {
    let dir = TempDir::new().unwrap();
    let tokens = Tokens::open(dir.path());
    let first = tokens.create("entra", None, None, at(0)).unwrap();
    let second = tokens.rotate("entra", USUAL_OVERLAP, at(1)).unwrap();
    let third = tokens.rotate("entra", USUAL_OVERLAP, at(2)).unwrap();
    assert_eq!(tokens.check(first.expose(), at(3)), Presented::Unknown);
    assert!(tokens.check(second.expose(), at(3)).valid().is_some());
    let fourth = tokens.rotate("entra", SignedDuration::ZERO, at(4)).unwrap();
    assert_eq!(tokens.check(third.expose(), at(4)), Presented::Unknown);
    assert!(tokens.check(fourth.expose(), at(4)).valid().is_some());
}

#[test]
fn a_new_secret_lives_as_long_as_the_old_one_was_made_for_and_revives_nothing() {
    let dir = TempDir::new().unwrap();
    let tokens = Tokens::open(dir.path());
    let old = tokens.create("entra", None, Some(at(1_000)), at(0)).unwrap();
    let new = tokens.rotate("entra", USUAL_OVERLAP, at(900)).unwrap();
    let token = tokens.list().unwrap().remove(0);
    assert_eq!((token.expires, token.previous_until), (Some(at(1_900)), Some(at(1_000))));
    assert!(matches!(tokens.check(old.expose(), at(1_000)), Presented::Expired(_)));
    tokens.rotate("entra", USUAL_OVERLAP, at(5_000)).unwrap();
    assert_eq!(tokens.check(new.expose(), at(5_000)), Presented::Unknown, "it had expired before");
}

#[test]
fn what_cannot_be_rotated_is_said_and_left_alone() {
    let dir = TempDir::new().unwrap();
    let tokens = Tokens::open(dir.path());
    let token = tokens.create("entra", None, None, at(0)).unwrap();
    assert!(matches!(tokens.rotate("okta", USUAL_OVERLAP, at(1)), Err(TokenError::Unknown(_))));
    let too_long = MAX_OVERLAP + SignedDuration::from_secs(1);
    assert!(matches!(tokens.rotate("entra", too_long, at(1)), Err(TokenError::Overlap)));
    assert!(tokens.check(token.expose(), at(2)).valid().is_some());
    tokens.revoke("entra").unwrap();
    assert_eq!(tokens.check(token.expose(), at(2)), Presented::Unknown);
}

#[test]
fn revoking_ends_the_old_secret_too() {
    let dir = TempDir::new().unwrap();
    let tokens = Tokens::open(dir.path());
    let old = tokens.create("entra", None, None, at(0)).unwrap();
    let new = tokens.rotate("entra", USUAL_OVERLAP, at(1)).unwrap();
    tokens.revoke("entra").unwrap();
    for secret in [old, new] {
        assert_eq!(tokens.check(secret.expose(), at(2)), Presented::Unknown);
    }
}

/// The token in it is `ghs_` and 43 times `A`.
#[test]
fn a_file_of_the_first_version_is_read_and_its_token_still_opens() {
    let dir = TempDir::new().unwrap();
    let secret = format!("ghs_{}", "A".repeat(43));
    let sha256 = URL_SAFE_NO_PAD.encode(secret::digest(&secret));
    let file = format!(
        r#"{{"tokens": [{{"name": "entra", "sha256": "{sha256}", "created": "2026-01-02T03:04:05Z",
            "expires": "2027-01-02T03:04:05Z", "last_used": "2026-02-02T03:04:05Z"}}]}}"#
    );
    fs::write(dir.path().join("tokens.json"), file).unwrap();
    let tokens = Tokens::open(dir.path());
    let told = tokens.list().unwrap().remove(0);
    assert_eq!((told.client, told.scope, told.previous_until), (None, TokenScope::Scim, None));
    assert_eq!(tokens.check(&secret, "2026-05-01T00:00:00Z".parse().unwrap()).valid().unwrap().name, "entra");
    tokens.rotate("entra", USUAL_OVERLAP, "2026-05-01T00:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(tokens.list().unwrap().len(), 1);
}

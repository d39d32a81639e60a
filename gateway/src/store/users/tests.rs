use std::fs;

use tempfile::TempDir;

use super::*;

#[test]
fn only_the_right_password_opens_an_account_and_a_new_one_breaks_its_seal() {
    let dir = TempDir::new().unwrap();
    let (page, command_line) = (Users::open(dir.path()), Users::open(dir.path()));
    command_line.add("anna", Role::Manager, "correct horse", Timestamp::UNIX_EPOCH).unwrap();
    let anna = page.verify("anna", "correct horse").unwrap().unwrap();
    assert_eq!((anna.role, page.find("anna").unwrap()), (Role::Manager, Some(anna.clone())));
    assert_eq!(page.verify("anna", "correct horsf").unwrap(), None);
    assert_eq!(page.verify("nobody", "the password of nobody").unwrap(), None);
    command_line.set_password("anna", "battery staple").unwrap();
    assert_eq!(page.verify("anna", "correct horse").unwrap(), None);
    assert_ne!(page.find("anna").unwrap().unwrap().seal, anna.seal);
    let text = fs::read_to_string(dir.path().join("users.json")).unwrap();
    assert!(text.contains("$argon2id$v=19$") && !text.contains("staple"));
}

#[test]
fn accounts_are_bounded_and_named_once() {
    let dir = TempDir::new().unwrap();
    let users = Users::open(dir.path());
    let add = |name: &str, password: &str| users.add(name, Role::Viewer, password, Timestamp::UNIX_EPOCH);
    add("anna", "long enough now").unwrap();
    assert!(matches!(add("anna", "long enough now"), Err(UserError::Taken(_))));
    assert!(matches!(add("bert", "too short"), Err(UserError::Password)));
    assert!(matches!(add("bert", &"x".repeat(2000)), Err(UserError::Password)));
    assert!(matches!(add("a/b", "long enough now"), Err(UserError::Name(_))));
    assert_eq!(users.verify("anna", &"x".repeat(2000)).unwrap(), None);
    users.set_role("anna", Role::Installer).unwrap();
    assert_eq!(users.list().unwrap()[0].role, Role::Installer);
    users.remove("anna").unwrap();
    assert!(matches!(users.remove("anna"), Err(UserError::Unknown(_))));
    assert!(users.list().unwrap().is_empty());
}

#[test]
fn roles_have_one_word_each() {
    for role in [Role::Viewer, Role::Manager, Role::Installer] {
        assert_eq!(role.word().parse(), Ok(role));
    }
    assert!("root".parse::<Role>().is_err());
}

#[test]
fn accounts_that_were_read_go_on_while_the_file_can_not_be_and_that_is_told() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("users.json");
    let users = Users::open(dir.path());
    users.add("ada", Role::Manager, "correct horse battery", Timestamp::UNIX_EPOCH).unwrap();
    let signs_in = |password| users.verify("ada", password).unwrap().is_some();
    assert!(signs_in("correct horse battery") && users.trouble().is_none());
    let whole = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(signs_in("correct horse battery") && !signs_in("wrong horse battery"));
    assert!(users.find("ada").unwrap().is_some());
    assert!(users.trouble().unwrap().contains("users.json"));
    fs::remove_dir(&path).unwrap();
    fs::write(&path, b"{ \"users\": [ {").unwrap();
    assert!(signs_in("correct horse battery") && users.trouble().is_some());
    assert!(users.list().is_err(), "whoever lists them is told");
    assert!(Users::open(dir.path()).find("ada").is_err(), "nothing was read yet");
    fs::write(&path, whole).unwrap();
    assert!(signs_in("correct horse battery") && users.trouble().is_none());
}

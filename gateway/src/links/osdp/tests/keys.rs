//! Keys and the devices that have them: given by an operator's word alone, kept on the disk, and never a stranger's.

use panel_protocol::osdp::cp::{Event, KeyFault};

use super::super::{event, identity_file};
use super::*;
use crate::links::limits;

#[tokio::test]
async fn install_mode_gives_a_factory_panel_a_key_and_writes_its_file() {
    let scene = Scene::begin(115_200, &[PanelKey::Factory]).plug_in();
    let no_key = event::became(&Event::NoSession { fault: KeyFault::NoKey });
    scene.teller.until("told of", |story| story.events.contains(&(0, no_key.clone()))).await;
    let path = key_path(scene.folder.path(), 0);
    assert!(!path.exists());
    scene.handle.open_install_mode(0, Duration::from_secs(60)).await.unwrap();
    scene.teller.until("saved", |story| story.events.contains(&(0, event::key_saved()))).await;
    scene.until_up(0, 1).await;
    assert!(key_file::read(&path).unwrap().is_some());
    scene.ask_info(0);
    scene.teller.until("answered", |story| story.answers.len() == 1).await;
    let simulated = scene.site.clone(); // with the line's link in the folder
    let folder = scene.finish().await;
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "the line, the key, and whose it is");
    drop(simulated);
}

#[tokio::test]
async fn a_device_swapped_while_the_service_was_stopped_is_an_alarm_until_it_is_enrolled() {
    let mut scene = Scene::begin(115_200, &installed(1)).plug_in();
    scene.until_up(0, 1).await;
    let remembered = identity_file::path(&key_path(scene.folder.path(), 0));
    scene.site = None;
    scene.config.panels[0].serial += 1;
    let scene = scene.restart().await;
    let before = fs::read(&remembered).unwrap();
    let scene = scene.plug_in();
    let is_swapped = |became: &Became| is(became, DeviceCondition::Swapped);
    scene.teller.until("told of", |story| story.events.iter().any(|(_, event)| is_swapped(event))).await;
    assert_eq!(fs::read(&remembered).unwrap(), before, "a stranger is not remembered");
    scene.handle.open_install_mode(0, Duration::from_secs(60)).await.unwrap();
    scene.until_up(0, 1).await;
    let _folder = scene.finish().await;
    assert_ne!(fs::read(&remembered).unwrap(), before);
}

#[tokio::test]
async fn install_mode_is_refused_for_strangers_and_for_ever() {
    let scene = Scene::begin(115_200, &installed(1)).plug_in();
    let forever = limits::MAX_INSTALL_TIME + Duration::from_secs(1);
    assert!(scene.handle.open_install_mode(7, Duration::from_secs(1)).await.is_err());
    assert!(scene.handle.open_install_mode(0, forever).await.is_err());
    assert!(scene.handle.open_install_mode(0, Duration::ZERO).await.is_err());
    assert_eq!(fs::read_dir(scene.folder.path()).unwrap().count(), 2, "no pending key is left");
    scene.finish().await;
}

#[tokio::test]
async fn a_panel_with_another_key_is_told_of_and_the_others_are_served() {
    let scene = Scene::begin(115_200, &[PanelKey::Scbk([0xEE; 16]), PanelKey::Scbk(key_of(1))]).plug_in();
    scene.until_up(1, 1).await;
    let wrong = |became: &Became| is(became, DeviceCondition::WrongKey);
    scene
        .teller
        .until("told of", |story| story.events.iter().any(|(c, event)| *c == 0 && wrong(event)))
        .await;
    scene.ask_info(0);
    scene.ask_info(1);
    scene.teller.until("answered", |story| story.answers.len() == 1).await;
    assert_eq!(scene.teller.story().answers[0].0, 1);
    scene.finish().await;
}

#[tokio::test]
async fn a_key_file_that_others_may_read_is_told_of_and_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let key_file = key_path(folder.path(), 0);
    key_file::write(&key_file, &Key::new(key_of(0))).unwrap();
    fs::set_permissions(&key_file, fs::Permissions::from_mode(0o644)).unwrap();
    let teller = Arc::new(Teller::default());
    let devices = vec![DeviceSetup {
        device: 0,
        address: 0,
        key_file: Some(key_file),
        holds_table: true,
        feedback: Arc::default(),
    }];
    let setup =
        LineSetup { id: "line".parse().unwrap(), port: folder.path().join("line"), baud: 9600, devices };
    let _task = line(setup, Arc::clone(&teller) as Arc<dyn DeviceClient>);
    let story = teller.story();
    let [(0, Became::Condition { is: DeviceCondition::WrongKey, why })] = &story.events[..] else {
        panic!("{:?}", story.events)
    };
    assert!(why.contains("chmod 600"), "{why}");
}

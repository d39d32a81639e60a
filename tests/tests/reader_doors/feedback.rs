//! What people see at the reader is what the installer wants.

use libosdp::OsdpLedColor;
use serde_json::json;
use tests::eventually;

use super::{KEY, Site};

#[tokio::test]
async fn a_reader_shows_what_the_configuration_says_for_the_site_and_for_itself() {
    let site_wide = "[feedback]\ngranted = { light = \"blue\", beeps = 0 }\nrefused = { light = \"none\", beeps = 2 }\n\n";
    let own = "feedback = { refused = { light = \"magenta\" } }\n";
    let site = Site::with_more(Some(KEY), site_wide, own).await;
    site.give_card("ada", 1234).await;
    assert_eq!(site.swipe(1234).await["granted"], true);
    let refused = site.swipe(1235).await;
    assert_eq!(refused["granted"], json!(false));
    let colours = async || site.reader.colours();
    let shown = eventually("both are shown", colours, |it: &Vec<_>| it.len() >= 2).await;
    assert_eq!(shown, [OsdpLedColor::Blue, OsdpLedColor::Magenta]);
    let beeps = eventually("one beeps", async || site.reader.beeps(), |it: &Vec<_>| !it.is_empty()).await;
    assert_eq!(beeps, [2], "none for who may enter");
}

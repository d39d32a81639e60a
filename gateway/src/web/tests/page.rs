//! What the page says, and what it must not let through.

use super::*;
use crate::domain::{
    AccessMode, AlarmComment, CardRefusal, CardholderId, GivenCard, LinkCondition, Muted, Notice, RefusedCard,
};
use crate::views::{CardText, RefusedCardView};

const HOSTILE: &str = "<script>alert('x')</script>\r\n\"onload=\"boom\" </title>&amp;";

/// Everything that comes from outside is [`HOSTILE`].
fn hostile() -> SiteFacts {
    let mut facts = fixture::everything();
    let bad = || HOSTILE.to_owned();
    facts.name = bad();
    facts.controllers[0].identity = Some(bad());
    facts.controllers[0].doors[0].name = bad();
    facts.lines[0].state = LinkCondition::Down { why: bad() };
    facts.lines[0].port = bad();
    for receipt in &mut facts.receipts {
        receipt.holder_name = bad();
        receipt.card = CardText::new(HOSTILE);
    }
    for exposure in &mut facts.exposed {
        exposure.holder_name = bad();
        exposure.doors = vec![bad()];
    }
    let refusal = CardRefusal::NotACard { number: bad(), detail: bad() };
    let given = GivenCard { number: bad(), ..GivenCard::default() };
    let refused = RefusedCard { given, refusal, at: fixture::noon(), ended: false };
    facts.refused_cards = vec![RefusedCardView::of(CardholderId(uuid::Uuid::nil()), HOSTILE, &refused)];
    facts.alarms[0].text = bad();
    let handled = fixture::forced_door();
    let reworded = |muted: Muted| Muted { by: bad(), reason: bad(), ..muted };
    facts.alarms_over = vec![AlarmView {
        person: Some(bad()),
        reason: Some(bad()),
        comments: handled.comments.iter().map(|it| AlarmComment { text: bad(), ..it.clone() }).collect(),
        muted: handled.muted.clone().map(reworded),
        ..handled
    }];
    facts.notices = vec![Notice { text: bad(), ..facts.notices.remove(0) }];
    let source = &mut facts.identity_providers.sources[0];
    source.name = bad();
    source.last_error.as_mut().unwrap().detail = Some(bad());
    facts.identity_providers.test.as_mut().unwrap().reasons = vec![bad()];
    for event in &mut facts.events {
        event.who = Some(bad());
        event.door = bad();
        event.card = Some(CardText::new(HOSTILE));
    }
    facts
}

fn assert_harmless(html: &str) {
    let scripts = html.matches("<script").count();
    assert_eq!(scripts, html.matches("<script src=\"/assets/live.js?v=").count(), "{html}");
    assert!(!html.contains("\"onload"), "{html}");
    assert_eq!(html.matches("</title>").count(), html.matches("<title>").count());
}

#[tokio::test]
async fn hostile_names_stay_text() {
    let served = Served::with(hostile(), Transport::PlainLoopback, false).await;
    for name in ["vera", "ida"] {
        let page = served.page(name).await;
        assert_harmless(&page);
        assert!(page.matches("&#60;script&#62;").count() > 12, "they are shown, as text");
    }
    assert_harmless(&served.get("/sign-in").send().await.unwrap().text().await.unwrap());
    assert_harmless(&served.get("/%3Cscript%3E").send().await.unwrap().text().await.unwrap());
}

#[tokio::test]
async fn what_turns_writing_around_is_shown_and_not_obeyed() {
    let mut facts = fixture::everything();
    facts.events[0].who = Some("Ada\u{202E}adA \u{1b}[31m".to_owned());
    let page = Served::with(facts, Transport::PlainLoopback, false).await.page("vera").await;
    assert!(!page.contains(['\u{202E}', '\u{1b}']), "{page}");
    assert!(page.contains("Ada\\u{202e}adA"), "{page}");
}

#[tokio::test]
async fn nothing_on_the_page_refers_to_another_host_or_needs_inline_code() {
    let served = Served::start().await;
    let mut texts = vec![("page", served.page("ida").await)];
    for path in ["/sign-in", "/nowhere", "/assets/style.css", "/assets/live.js"] {
        texts.push((path, served.get(path).send().await.unwrap().text().await.unwrap()));
    }
    for (name, text) in texts {
        for forbidden in
            ["http://", "https://", "=\"//", "url(", "@import", " style=", "<style", "javascript:", " on"]
        {
            let found = text.match_indices(forbidden).find(|(at, _)| {
                // ` on` is an event handler only where `=` follows its word.
                let word = text[at + 1..].chars().take_while(char::is_ascii_alphanumeric).count();
                forbidden != " on" || text[at + 1 + word..].starts_with("=\"")
            });
            assert!(found.is_none(), "{name} has {forbidden} at {found:?}");
        }
    }
}

#[tokio::test]
async fn the_page_tells_all_without_script() {
    let served = Served::start().await;
    let page = served.page("ida").await;
    for told in [
        "<noscript><meta http-equiv=\"refresh\" content=\"10\"></noscript>",
        "1 revocation not proven at dock: offline since 10:02",
        "Carla Conti",
        "Dock, roller door",
        "412 timeouts, 3 frames damaged",
        "proven everywhere in <strong>71 ms</strong>",
        "card expired",
        "<time datetime=\"2026-11-22T11:59:56.000+01:00\"",
        "<span class=\"ago\">4 s ago</span>",
        "The directory was rebuilt",
    ] {
        assert!(page.contains(told), "{told} is missing in\n{page}");
    }
}

#[tokio::test]
async fn the_page_says_what_decides_at_the_doors() {
    let served = Served::start().await;
    let page = served.page("vera").await;
    assert!(page.contains("open <small>every active card opens every door</small>"), "{page}");
    served.site.change(|facts| facts.counts.rules = 2);
    let page = served.page("vera").await;
    assert!(
        page.contains("open <small>every active card opens every door, whatever the rules say</small>"),
        "{page}"
    );
    served.site.change(|facts| facts.access_mode = AccessMode::Rules);
    let page = served.page("vera").await;
    assert!(page.contains("rules <small>2</small>") && !page.contains("every active card"), "{page}");
}

#[tokio::test]
async fn the_parts_come_in_the_order_in_which_somebody_looks() {
    let page = Served::start().await.page("vera").await;
    let parts = [
        "verdict",
        "counts",
        "controllers",
        "receipts",
        "exposed",
        "refused",
        "alarms",
        "events",
        "identity",
    ];
    let places: Vec<_> = parts
        .iter()
        .map(|id| page.find(&format!("<section id=\"{id}\"")).unwrap_or_else(|| panic!("{id}")))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[tokio::test]
async fn trouble_is_told_in_words_and_icon_never_in_colour_alone() {
    let page = Served::start().await.page("vera").await;
    let pill = "<p class=\"pill problem\"><svg class=\"icon\" aria-hidden=\"true\"><use href=\"#i-problem\"></use></svg> offline</p>";
    assert!(page.contains(pill), "{page}");
}

//! Pages that are open hear of changes.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::*;

/// Reads a stream of server-sent events.
struct Stream {
    response: Response,
    /// What has arrived and not been looked at; its end may be half a character.
    bytes: Vec<u8>,
}

impl Stream {
    async fn open(served: &Served, cookie: &str) -> Self {
        let response = served.get("/live?page=status").header("cookie", cookie).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, bytes: Vec::new() }
    }

    /// The next event's name and data; nothing when the stream has ended.
    async fn next(&mut self) -> Option<(String, String)> {
        loop {
            if let Some(end) = self.bytes.windows(2).position(|pair| pair == b"\n\n") {
                let event = String::from_utf8(self.bytes.drain(..end + 2).collect()).unwrap();
                let field = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .unwrap_or_default()
                        .trim()
                        .to_owned()
                };
                return Some((field("event:"), field("data:")));
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.response.chunk());
            let chunk = chunk.await.expect("the stream says something").unwrap()?;
            self.bytes.extend_from_slice(&chunk);
        }
    }

    /// The ids and texts of the parts that changed, when some did.
    async fn parts(&mut self) -> serde_json::Map<String, Value> {
        loop {
            let (name, data) = self.next().await.expect("the stream goes on");
            assert_eq!(name, "parts");
            let update: Value = serde_json::from_str(&data).unwrap();
            assert!(update["now"].is_string());
            let parts = update["parts"].as_object().unwrap();
            // An event without any is the heartbeat, which a slow machine may hear before the change.
            if !parts.is_empty() {
                return parts.clone();
            }
        }
    }
}

#[tokio::test]
async fn a_page_hears_of_a_change_and_gets_only_what_changed() {
    let served = Served::start().await;
    let mut stream = Stream::open(&served, &served.cookie("vera").await).await;
    assert_eq!(stream.parts().await.len(), 10, "the first event carries all");
    served.site.change(|facts| facts.counts.people = 4_711);
    let update = stream.parts().await;
    assert_eq!(update.keys().collect::<Vec<_>>(), ["counts"]);
    assert!(update["counts"].as_str().unwrap().contains("4711"));
    served.site.change(|facts| facts.exposed.clear());
    let update = stream.parts().await;
    assert!(update["exposed"].as_str().unwrap().contains("Nobody."));
    assert!(update["verdict"].as_str().unwrap().contains("dock is offline"));
}

#[tokio::test]
async fn many_changes_are_few_updates_and_the_last_is_not_lost() {
    let served = Served::start().await;
    let mut stream = Stream::open(&served, &served.cookie("vera").await).await;
    stream.parts().await;
    let (start, mut updates) = (Instant::now(), 0);
    let site = Arc::clone(&served.site);
    let changes = tokio::spawn(async move {
        for people in 1..=2_000 {
            site.change(|facts| facts.counts.people = people);
            tokio::task::yield_now().await;
        }
    });
    loop {
        updates += 1;
        if stream.parts().await.get("counts").is_some_and(|html| html.as_str().unwrap().contains("of 2000<"))
        {
            break;
        }
    }
    changes.await.unwrap();
    let most = 1 + start.elapsed().as_millis() / limits::LIVE_INTERVAL.as_millis();
    assert!(updates <= most, "{updates} updates where {most} are allowed");
}

#[tokio::test]
async fn hostile_names_arrive_whole_and_escaped() {
    let served = Served::start().await;
    let mut stream = Stream::open(&served, &served.cookie("vera").await).await;
    stream.parts().await;
    let name = "a\r\n\ndata: {}\n\n<img src=x>\u{2028}";
    served.site.change(|facts| facts.events[0].who = Some(name.to_owned()));
    let html = stream.parts().await["events"].as_str().unwrap().to_owned();
    assert!(html.contains("a\r\n\ndata: {}\n\n&#60;img src=x&#62;\u{2028}"), "{html}");
}

#[tokio::test]
async fn a_viewers_stream_is_masked_and_a_session_that_ends_ends_its_stream() {
    let served = Served::start().await;
    let cookie = served.cookie("vera").await;
    let mut stream = Stream::open(&served, &cookie).await;
    let all = serde_json::to_string(&stream.parts().await).unwrap();
    for number in fixture::CARD_NUMBERS {
        assert!(!all.contains(number), "{number}");
    }
    served.post("/sign-out").header("cookie", &cookie).send().await.unwrap();
    served.site.change(|facts| facts.counts.people = 4_711);
    assert_eq!(stream.next().await.unwrap().0, "signed-out");
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let served = Served::start().await;
    let cookie = served.cookie("vera").await;
    let mut stream = Stream::open(&served, &cookie).await;
    stream.parts().await;
    served.state.close();
    assert_eq!(stream.next().await, None);
    assert_eq!(Stream::open(&served, &cookie).await.next().await, None);
}

#[tokio::test]
async fn one_page_too_many_is_told_so_and_a_closed_one_makes_room() {
    let served = Served::start().await;
    let cookie = served.cookie("vera").await;
    let mut streams = Vec::new();
    for _ in 0..limits::MAX_LIVE_STREAMS {
        streams.push(Stream::open(&served, &cookie).await);
    }
    let refused = served.get("/live?page=status").header("cookie", &cookie).send().await.unwrap();
    assert_eq!(refused.status(), 503);
    drop(streams.pop());
    let room = served.state.live_streams.acquire();
    tokio::time::timeout(Duration::from_secs(20), room)
        .await
        .expect("its place is free again")
        .unwrap()
        .forget();
}
